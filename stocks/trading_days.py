"""When markets trade: weekdays, hours, and the holidays of the years that are known.

The holidays are retyped from the calendars that the exchanges publish each year: the closing
days (休市安排) of the Shanghai and Shenzhen exchanges, which Beijing shares; the holiday
schedules of HKEX and of the NYSE. A year that is not in the table is not known: a weekday in it
may or may not have had trading, and the functions say so with None.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django.utils import timezone

SATURDAY = 5
# No market has ever been closed for so many days in the years of the site.
LONGEST_CLOSURE = 14

MAINLAND = ("SH", "SZ", "BJ")
# The parts of a session, by the market's own clock; the last one's end is the close.
CHINA = ("Asia/Shanghai", ((time(9, 30), time(11, 30)), (time(13), time(15))))
HOURS = {
    **dict.fromkeys(MAINLAND, CHINA),
    "HK": ("Asia/Hong_Kong", ((time(9, 30), time(12)), (time(13), time(16)))),
    "US": ("America/New_York", ((time(9, 30), time(16)),)),
}

# Weekdays without trading: months and days, a span with a dash, a year a line.
CHINA_HOLIDAYS = {
    2017: "1.2 1.27-2.2 4.3-4.4 5.1 5.29-5.30 10.2-10.6",
    2018: "1.1 2.15-2.21 4.5-4.6 4.30-5.1 6.18 9.24 10.1-10.5 12.31",
    2019: "1.1 2.4-2.8 4.5 5.1-5.3 6.7 9.13 10.1-10.7",
    2020: "1.1 1.24-1.31 4.6 5.1-5.5 6.25-6.26 10.1-10.8",
    2021: "1.1 2.11-2.17 4.5 5.3-5.5 6.14 9.20-9.21 10.1-10.7",
    2022: "1.3 1.31-2.4 4.4-4.5 5.2-5.4 6.3 9.12 10.3-10.7",
    2023: "1.2 1.23-1.27 4.5 5.1-5.3 6.22-6.23 9.29-10.6",
    2024: "1.1 2.9-2.16 4.4-4.5 5.1-5.3 6.10 9.16-9.17 10.1-10.7",
    2025: "1.1 1.28-2.4 4.4 5.1-5.5 6.2 10.1-10.8",
    2026: "1.1-1.2 2.16-2.23 4.6 5.1-5.5 6.19 9.25 10.1-10.7",
}
HOLIDAYS = {
    **dict.fromkeys(MAINLAND, CHINA_HOLIDAYS),
    "HK": {
        2025: "1.1 1.29-1.31 4.4 4.18-4.21 5.1 5.5 7.1 10.1 10.7 10.29 12.25-12.26",
        2026: "1.1 2.17-2.19 4.3-4.7 5.1 5.25 6.19 7.1 10.1 10.19 12.25",
    },
    "US": {
        2017: "1.2 1.16 2.20 4.14 5.29 7.4 9.4 11.23 12.25",
        2018: "1.1 1.15 2.19 3.30 5.28 7.4 9.3 11.22 12.5 12.25",
        2019: "1.1 1.21 2.18 4.19 5.27 7.4 9.2 11.28 12.25",
        2020: "1.1 1.20 2.17 4.10 5.25 7.3 9.7 11.26 12.25",
        2021: "1.1 1.18 2.15 4.2 5.31 7.5 9.6 11.25 12.24",
        2022: "1.17 2.21 4.15 5.30 6.20 7.4 9.5 11.24 12.26",
        2023: "1.2 1.16 2.20 4.7 5.29 6.19 7.4 9.4 11.23 12.25",
        2024: "1.1 1.15 2.19 3.29 5.27 6.19 7.4 9.2 11.28 12.25",
        2025: "1.1 1.9 1.20 2.17 4.18 5.26 6.19 7.4 9.1 11.27 12.25",
        2026: "1.1 1.19 2.16 4.3 5.25 6.19 7.3 9.7 11.26 12.25",
        2027: "1.1 1.18 2.15 3.26 5.31 6.18 7.5 9.6 11.25 12.24",
    },
}


@cache
def closed_days(market, year):
    """Return the dates of a year's holidays, None when the year is not known."""
    text = HOLIDAYS.get(market, {}).get(year)
    if text is None:
        return None
    days = set()
    for span in text.split():
        first, _dash, last = span.partition("-")
        day, end = (date(year, *map(int, end.split("."))) for end in (first, last or first))
        while day <= end:
            days.add(day)
            day += timedelta(days=1)
    return frozenset(days)


def is_session(market, day):
    """Return whether a market traded or will trade on a day, None when that is not known."""
    if day.weekday() >= SATURDAY:
        return False
    closed = closed_days(market, day.year)
    return None if closed is None else day not in closed


def zone_of(market):
    """Return the time zone of a market's clock; of Shanghai's for a market that is not known."""
    return ZoneInfo(HOURS.get(market, CHINA)[0])


def open_of(market, day):
    """Return the moment at which a session of a day opens."""
    zone, parts = HOURS.get(market, CHINA)
    return datetime.combine(day, parts[0][0], ZoneInfo(zone))


def close_of(market, day):
    """Return the moment at which a session of a day closes."""
    zone, parts = HOURS.get(market, CHINA)
    return datetime.combine(day, parts[-1][1], ZoneInfo(zone))


def in_session(market, now=None):
    """Return whether a market trades now, as far as is known; the break at noon does not count."""
    now = timezone.localtime(now, zone_of(market))
    _zone, parts = HOURS.get(market, CHINA)
    trades = any(start <= now.time() < end for start, end in parts)
    return trades and is_session(market, now.date()) is not False


def last_sessions(market, now):
    """Return the days on which the last session closed by `now` may have been, the latest first.

    The last of them is certain, or so long ago that some session has closed since.
    """
    day = timezone.localtime(now, zone_of(market)).date()
    if close_of(market, day) > now:
        day -= timedelta(days=1)
    days = []
    for _day in range(LONGEST_CLOSURE):
        session = is_session(market, day)
        if session is not False:
            days.append(day)
        if session:
            break
        day -= timedelta(days=1)
    return days


def last_trading_day(now=None, market="SH"):
    """Return the date of the latest session that has closed by `now`.

    In a year whose holidays are not known every weekday counts as one, so that after a holiday
    the answer may be too late a date.
    """
    return last_sessions(market, now or timezone.now())[0]


def session_before(market, day):
    """Return the date of the latest session before a day, told as by `last_trading_day`."""
    return last_trading_day(open_of(market, day), market)


def is_stale(moment, market, now=None):
    """Return whether a quote is older than the last session of its market, None if not known."""
    days = last_sessions(market, now or timezone.now())
    quoted = timezone.localtime(moment, zone_of(market)).date()
    if quoted >= days[0]:
        return False
    return True if quoted < days[-1] else None


def latest_moment(market, now):
    """Return the moment that a price without a time of its own, fetched at `now`, is from."""
    day = timezone.localtime(now, zone_of(market)).date()
    if is_session(market, day) is not False and now >= open_of(market, day):
        return min(now, close_of(market, day))
    return close_of(market, last_trading_day(now, market))
