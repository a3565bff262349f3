"""The feeds: where quotes and history come from, a module each.

A module has `MARKETS` (the markets it knows), `COMPLETE` (whether its quotes list every stock of
those markets), `quotes(client, wanted)` and, where the source has history, `bars(client, code,
market, since)`. All raise `Refused` when what the source sent cannot be believed.
"""

import contextlib
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from zoneinfo import ZoneInfo

from ...numbers import change
from .. import Refused, Row
from ..values import is_none, read_number

NAMES = ("tencent", "sina", "eastmoney", "stooq", "akshare", "yfinance")
SHANGHAI = ZoneInfo("Asia/Shanghai")
# Sources pad Chinese names to a width: 五 粮 液.
PADDING = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")


@dataclass
class Quotes:
    """What a source sent: rows, and what it says of the stocks that have none.

    `renumbered` maps an old (code, market) to the new code; `unknown` are the stocks asked for
    that the source does not know; `complete` tells that every stock of its markets has a row.
    """

    rows: list = field(default_factory=list)
    renumbered: dict = field(default_factory=dict)
    unknown: list = field(default_factory=list)
    complete: bool = False


def load(name):
    """Return the module of a feed; Refused, with the names there are, for another name."""
    if name not in NAMES:
        raise Refused(f"There is no feed {name}: name some of {', '.join(NAMES)}.")
    return import_module(f"{__name__}.{name}")


def name_of(feed):
    """Return the name of a feed's module."""
    return feed.__name__.rpartition(".")[2]


def clean_name(name):
    """Return a stock's name without padding and full-width letters: 五粮液, 万科A."""
    return PADDING.sub("", unicodedata.normalize("NFKC", name).strip())


def number(raw):
    """Return the Decimal of a source's raw value, None for an empty one; Refused for others."""
    if is_none(raw):
        return None
    try:
        return read_number(raw, percent=True)
    except ValueError as error:
        raise Refused(f"{str(raw)[:40]!r} stands where a number should.") from error


def scaled(raw, factor):
    """Return a source's number in our unit, None for an empty one."""
    value = number(raw)
    return None if value is None else value * factor


def quote_row(line, code, market, short, values):
    """Return the Row of a quote.

    A price of 0, "-" or none means that the stock is suspended: nothing else of the quote counts
    then, so that the last price stays with its day.
    """
    price = number(values.get("price"))
    who = {"code": code, "market": market, "short": clean_name(short)}
    if not price:
        return Row(line, {**who, "status": "suspended"})
    before = number(values.get("previous_close"))
    if is_none(values.get("chg")) and before:
        values["chg"] = change(price, before)
    return Row(line, {**who, **values, "price": price, "status": "traded"})


def moment(text, form, zone=SHANGHAI):
    """Return the moment that a source's text tells by its own clock, None for an empty one."""
    if is_none(text):
        return None
    try:
        return datetime.strptime(text.strip(), form).replace(tzinfo=zone)
    except ValueError as error:
        raise Refused(f"{text[:40]!r} stands where a time should.") from error


def share_count(raw, lot=1):
    """Return how many shares a source's volume is, None for an empty one."""
    value = scaled(raw, Decimal(lot))
    return None if value is None else int(value)


def lines_of(pattern, text, source):
    """Return the groups of each line of a page; Refused when there is anything else in it."""
    if pattern.sub("", text).strip() or not text.strip():
        raise Refused(f"{source}'s page is empty, cut short or in another form than it should be.")
    return pattern.findall(text)


def installed(package):
    """Return a package of requirements-feeds.txt; Refused when it is not there."""
    try:
        return import_module(package)
    except ImportError as error:
        raise Refused(
            f"{package} is not installed: pip install -r requirements-feeds.txt."
        ) from error


@contextlib.contextmanager
def outside(package):
    """Let whatever a package raises on the way to its source be one declared failure."""
    try:
        yield
    except Exception as error:
        raise Refused(f"{package} failed: {type(error).__name__}: {str(error)[:200]}") from error
