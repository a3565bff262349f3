"""Values as people and programs write them: numbers, days, moments, codes."""

import math
import re
import unicodedata
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ..numbers import NUMBER
from ..symbols import MARKETS
from .batches import MISSING

# How files and feeds write that there is no value.
NONE = frozenset(("", "-", "--", "–", "—", "n/a", "nan", "none", "null"))
UNITS = {"万亿": 12, "亿": 8, "万": 4}
WITH_UNIT = re.compile(r"(.*?)\s*(万亿|亿|万)")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
FLOAT = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
# Nobody writes a price with so many digits: they are what a binary fraction prints.
DIGITS_OF_A_FLOAT = 16
DAY = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})"
    r"|(\d\d)(\d\d)|年(\d{1,2})月(\d{1,2})日)(?:[T ]0?0:00(?::00(?:\.0+)?)?)?",
    re.ASCII,
)
COMPACT_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)
# sh600519, SZ000858, hk00700: how Tencent and Sina write a market before the code.
PREFIXED = re.compile(r"(?:(SH|SZ|BJ)[.:]?(\d{6})|(HK)[.:]?(\d{5}))", re.ASCII)
SHORTEST_NUMBER = 5
MARKET_WORDS = {
    "SS": "SH",
    "SSE": "SH",
    "XSHG": "SH",
    "SZSE": "SZ",
    "XSHE": "SZ",
    "BSE": "BJ",
    "HKEX": "HK",
    "NASDAQ": "US",
    "NYSE": "US",
    "AMEX": "US",
    "沪": "SH",
    "深": "SZ",
    "京": "BJ",
    "港": "HK",
    "美": "US",
    "上海": "SH",
    "深圳": "SZ",
    "北京": "BJ",
    "香港": "HK",
    "美国": "US",
}


def is_none(raw):
    """Return whether a raw value stands for none: empty, a dash or two, not a number."""
    if isinstance(raw, str):
        plain = raw.strip()
        return len(plain) < SHORTEST_NUMBER and plain.lower() in NONE
    return raw is None or raw is MISSING or (isinstance(raw, float) and math.isnan(raw))


def plain_text(raw):
    """Return a raw value as text without what only looks different: full width, spaces around.

    ValueError for true and false, which are neither text nor number.
    """
    if isinstance(raw, bool):
        raise ValueError(f"{raw!r} is no number and no text")
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    return unicodedata.normalize("NFKC", str(raw)).strip().replace("\N{MINUS SIGN}", "-")


def read_number(raw, *, percent=False, places=None):
    """Return the Decimal that a raw value writes; ValueError when it writes none.

    1,234.5 and 1.2亿 are numbers, with `percent` 10.01% as well. What a program printed of a
    binary fraction, 27.149999618530273, is rounded to `places`; what a person wrote is not.
    """
    plain = plain_text(raw)
    if percent:
        plain = plain.removesuffix("%").rstrip()
    unit = WITH_UNIT.fullmatch(plain)
    if unit:
        plain = unit[1]
    if GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if NUMBER.fullmatch(plain):
        value = Decimal(plain)
    elif FLOAT.fullmatch(plain):
        value = read_float(plain, places)
    else:
        raise ValueError(f"{raw!r} is no number")
    return value.scaleb(UNITS[unit[2]]) if unit else value


def read_float(plain, places):
    """Return the Decimal of a float's digits, rounded to `places` where they are too many."""
    value = Decimal(plain)
    _sign, digits, exponent = value.as_tuple()
    if places is None or exponent >= -places or len(digits) < DIGITS_OF_A_FLOAT:
        return value
    try:
        return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    except InvalidOperation as error:
        raise ValueError(f"{plain!r} has too many digits") from error


def read_day(raw):
    """Return the date that a raw value writes; ValueError when it writes none."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    found = DAY.fullmatch(plain_text(raw))
    if not found:
        raise ValueError(f"{raw!r} is no day")
    return date(*(int(part) for part in found.groups() if part))


def read_moment(raw):
    """Return the aware datetime that a raw value writes; ValueError when it writes none.

    A moment without a time zone is in the site's; a day alone is its midnight.
    """
    if not isinstance(raw, date):
        plain = plain_text(raw)
        compact = COMPACT_MOMENT.fullmatch(plain)
        if compact:
            raw = datetime(*map(int, compact.groups()))  # noqa: DTZ001
        else:
            raw = parse_datetime(plain.replace("/", "-")) or read_day(plain)
    if not isinstance(raw, datetime):
        raw = datetime.combine(raw, time.min)
    try:
        moment = raw if timezone.is_aware(raw) else timezone.make_aware(raw)
        moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{raw!r} is too far off") from error
    return moment


def read_symbol(code, market=None):
    """Return the (code, market) that a raw code and market write, "" for a market not given.

    600519, 600519.SH, 600519.SS and sh600519 are all understood. Raises ValueError for a number
    that a spreadsheet has taken the leading zeros from, unless the market says how many.
    """
    code = "".join(plain_text(code).upper().split())
    market = "" if is_none(market) else plain_text(market).upper()
    market = MARKET_WORDS.get(market, market)
    prefixed = PREFIXED.fullmatch(code)
    if prefixed:
        found, code = (part for part in prefixed.groups() if part)
        return code, market or found
    bare, point, suffix = code.rpartition(".")
    suffix = MARKET_WORDS.get(suffix, suffix)
    if point and suffix in MARKETS and market in ("", suffix):
        code, market = bare, suffix
    if code.isdecimal() and market in ("SH", "SZ", "BJ"):
        code = code.zfill(6)
    elif code.isdecimal() and market == "HK":
        code = code.zfill(5)
    elif code.isdecimal() and len(code) < SHORTEST_NUMBER and not market:
        raise ValueError(f"{code!r} has lost its leading zeros")
    return code, market
