"""Texts that a spreadsheet would run as a formula: made harmless in a CSV file, and read back.

An apostrophe before them does it (OWASP, "CSV Injection"). It is put there for each text that it
would be taken from, so every text comes back as it was, those with an apostrophe of their own too.
"""

import re

FORMULA = re.compile(r"""[\s'"]*[=+\-@\t\r＝＋－＠]""")
APOSTROPHE = "'"


def guarded(text):
    """Return a text as a CSV file may have it."""
    return APOSTROPHE + text if FORMULA.match(text) else text


def unguarded(text):
    """Return the text that `guarded` made a cell of."""
    return text[1:] if text.startswith(APOSTROPHE) and FORMULA.match(text, 1) else text
