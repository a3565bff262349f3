"""Which stock somebody may have meant whose symbol there is not."""

import difflib
import re
from os.path import commonprefix
from string import ascii_uppercase, digits

from django.db.models import Case, Value, When

from .pinyin import HAN, search_form
from .symbols import split_symbol

MOST_SUGGESTIONS = 6
# What is typed beyond this many characters says nothing about which stock is meant.
LONGEST_GUESS = 32
LONGEST_CODE = 12
LEAST_LIKENESS = 0.4
# Codes of numbers are written with this many digits.
LENGTHS = (6, 5)
# As other sites write them: sz000007, hk.00700.
PREFIX = re.compile(r"^(?:SH|SZ|BJ|HK|US)[.:]?(?=\w)")
ALIKE = str.maketrans("OIL", "011")


def nearest(stocks, text):
    """Return up to six of `stocks` whose code or name is most like `text`, the likest first."""
    wanted = search_form(text[:LONGEST_GUESS])
    code, _market = split_symbol(wanted)
    by_code = stocks.order_by("code")
    meant = [
        *by_code.search(wanted)[:MOST_SUGGESTIONS],
        *by_code.filter(code__in=misspelt(code))[:MOST_SUGGESTIONS],
    ]
    near = [
        *by_code.filter(code__gte=code)[:MOST_SUGGESTIONS],
        *by_code.reverse().filter(code__lt=code)[:MOST_SUGGESTIONS],
        *sharing(stocks, wanted)[:MOST_SUGGESTIONS],
    ]

    def likeness(stock):
        forms = (stock.code.casefold(), stock.symbol.casefold(), stock.search_name)
        return max(
            (
                difflib.SequenceMatcher(None, wanted, form).ratio(),
                len(commonprefix([wanted, form])),
            )
            for form in forms
        )

    like = [stock for stock in near if likeness(stock) >= (LEAST_LIKENESS,)]
    either = {stock.pk: stock for stock in (*meant, *like)}.values()
    return sorted(either, key=likeness, reverse=True)[:MOST_SUGGESTIONS]


def misspelt(text):
    """Return the codes of which `text` may be a slip of the pen.

    One sign is wrong, missing or too many, two have changed places, zeros are missing, or the
    market stands before it.
    """
    if len(text) > LONGEST_CODE:
        return set()
    bare = PREFIX.sub("", text)
    number = bare.translate(ALIKE)
    code, signs = (number, digits) if number.isdecimal() else (bare, ascii_uppercase)
    cuts = [(code[:place], code[place:]) for place in range(len(code) + 1)]
    return {
        code,
        *(code.zfill(length) for length in LENGTHS if code.isdecimal()),
        *(head + tail[1:] for head, tail in cuts if tail),
        *(head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1),
        *(head + sign + tail[1:] for head, tail in cuts if tail for sign in signs),
        *(head + sign + tail for head, tail in cuts for sign in signs),
    }


def sharing(stocks, wanted):
    """Return the stocks whose name shares a Chinese character with a text, most first."""
    characters = set(HAN.findall(wanted))
    if not characters:
        return stocks.none()
    shared = Value(0)
    for character in characters:
        shared += Case(When(search_name__contains=character, then=1), default=0)
    return stocks.annotate(shared=shared).filter(shared__gt=0).order_by("-shared", "code")
