"""Codes, markets and the symbols made of both: 000007 in SZ is 000007.SZ."""

import re

from django.utils.translation import gettext_lazy as _

MARKETS = {
    "SH": _("Shanghai"),
    "SZ": _("Shenzhen"),
    "BJ": _("Beijing"),
    "HK": _("Hong Kong"),
    "US": _("United States"),
}

# How the exchanges hand out codes: 900 is Shanghai's B shares and 920 Beijing's
# numbers since October 2025, so both stand before the single digits.
MARKET_OF_CODE = [
    (re.compile(r"(6\d|90)\d{4}"), "SH"),
    (re.compile(r"[023]\d{5}"), "SZ"),
    (re.compile(r"([48]\d|92)\d{4}"), "BJ"),
    (re.compile(r"\d{5}"), "HK"),
    (re.compile(r"[A-Z]{1,5}([.-][A-Z]{1,2})?"), "US"),
]


def derive_market(code):
    """Return the market whose codes look like `code`, or "" when none can be told."""
    for pattern, market in MARKET_OF_CODE:
        if pattern.fullmatch(code):
            return market
    return ""


def make_symbol(code, market):
    """Return ``000007.SZ``, or the bare code when the market is not known."""
    return f"{code}.{market}" if market else code


def split_symbol(symbol):
    """Return (code, market) at the last point: ``BRK.A.US`` is BRK.A in US.

    A symbol without a point has market None, any market; one that ends with a point has
    market "", the stock of this code whose market is not known.
    """
    code, point, market = symbol.strip().upper().rpartition(".")
    return (code, market) if point else (market, None)
