"""Numbers as people write them."""

import re
import unicodedata
from decimal import Decimal

CENT = Decimal("0.01")
NUMBER = re.compile(r"[+-]?(\d{1,16}(\.\d{0,8})?|\.\d{1,8})", re.ASCII)


def parse_decimal(text, *, percent=False):
    """Return the Decimal that `text` writes, exactly; ValueError when it writes none.

    Full-width digits and signs count as plain ones. With `percent` a trailing percent
    sign is taken, so that both ``10.01%`` and ``10.01`` are 10.01.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace("\N{MINUS SIGN}", "-")
    if percent:
        plain = plain.removesuffix("%").rstrip()
    if not NUMBER.fullmatch(plain):
        raise ValueError(f"{text!r} is no number")
    return Decimal(plain)


def change(price, before):
    """Return how many percent a price is above the one before, a Decimal."""
    return ((price / before - 1) * 100).quantize(CENT)


def shortest(value):
    """Drop the zeros a column pads a decimal with, but keep two places: 16.0500 is 16.05."""
    if value is None:
        return None
    cents = value.quantize(CENT)
    return cents if cents == value else value.normalize()
