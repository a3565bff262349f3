"""The calendar: sessions, holidays, and years it does not know."""

from datetime import date, datetime, timedelta

import pytest

from stocks.trading_days import (
    in_session,
    is_session,
    is_stale,
    last_trading_day,
    latest_moment,
    session_before,
)

pytestmark = pytest.mark.sqlite

# How many sessions the exchanges counted in a year.
SESSIONS = {
    "SZ": [244, 243, 244, 243, 243, 242, 242, 242, 243],
    "US": [251, 251, 252, 253, 252, 251, 250, 252, 250],
}


def moment(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("market", "year", "count"),
    [(m, year, n) for m, several in SESSIONS.items() for year, n in enumerate(several, 2017)],
)
def test_year_has_as_many_sessions_as_the_exchange_counted(market, year, count):
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365 + (year % 4 == 0))]
    assert sum(is_session(market, day) for day in days) == count


def test_every_holiday_is_a_day_that_would_have_had_trading():
    # A span may reach over a weekend; a single day would be a slip of the pen.
    from stocks.trading_days import HOLIDAYS, SATURDAY

    for years in HOLIDAYS.values():
        for year, text in years.items():
            for span in text.split():
                for end in span.split("-"):
                    day = date(year, *map(int, end.split(".")))
                    assert "-" in span or day.weekday() < SATURDAY, day


@pytest.mark.parametrize(
    ("market", "day", "session"),
    [
        ("SH", "2026-10-09", True),
        ("SH", "2026-10-07", False),
        ("SH", "2026-10-10", False),
        ("HK", "2026-10-07", True),
        ("US", "2026-07-03", False),
        ("SH", "2027-01-04", None),
        ("SH", "2027-01-03", False),
        ("HK", "2019-10-08", None),
        ("XX", "2026-10-09", None),
    ],
)
def test_session_is_told_or_not_known(market, day, session):
    assert is_session(market, date.fromisoformat(day)) is session


@pytest.mark.parametrize(
    ("market", "now", "day"),
    [
        ("SH", "2026-10-08T09:00+08:00", date(2026, 9, 30)),
        ("SH", "2026-10-08T15:00+08:00", date(2026, 10, 8)),
        ("HK", "2026-10-08T15:59+08:00", date(2026, 10, 7)),
        ("HK", "2026-10-08T16:00+08:00", date(2026, 10, 8)),
        ("US", "2026-11-27T05:00+08:00", date(2026, 11, 25)),
        ("SH", "2030-02-05T18:00+08:00", date(2030, 2, 5)),
    ],
)
def test_last_trading_day_goes_by_the_clock_of_the_market(market, now, day):
    assert last_trading_day(moment(now), market) == day


@pytest.mark.parametrize(
    ("market", "day", "before"),
    [("SH", "2026-10-08", "2026-09-30"), ("US", "2026-11-27", "2026-11-25")],
)
def test_session_before(market, day, before):
    assert session_before(market, date.fromisoformat(day)) == date.fromisoformat(before)


@pytest.mark.parametrize(
    ("market", "quoted", "now", "stale"),
    [
        ("SH", "2026-09-30T15:00+08:00", "2026-10-08T09:00+08:00", False),
        ("SH", "2026-09-30T15:00+08:00", "2026-10-08T15:00+08:00", True),
        ("SH", "2026-10-08T09:31+08:00", "2026-10-08T10:00+08:00", False),
        ("US", "2026-11-25T16:00-05:00", "2026-11-26T20:00-05:00", False),
        ("US", "2026-11-24T16:00-05:00", "2026-11-26T20:00-05:00", True),
        # A year whose holidays nobody told: Monday's quote on Wednesday evening.
        ("SH", "2030-02-04T15:00+08:00", "2030-02-06T18:00+08:00", None),
        ("SH", "2030-02-06T15:00+08:00", "2030-02-06T18:00+08:00", False),
        ("SH", "2030-01-18T15:00+08:00", "2030-02-06T18:00+08:00", True),
    ],
)
def test_quote_is_stale_fresh_or_nobody_knows(market, quoted, now, stale):
    assert is_stale(moment(quoted), market, moment(now)) is stale


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("2026-10-09T09:00+08:00", "2026-10-08T15:00+08:00"),
        ("2026-10-09T10:01+08:00", "2026-10-09T10:01+08:00"),
        ("2026-10-09T20:00+08:00", "2026-10-09T15:00+08:00"),
        ("2026-10-11T10:00+08:00", "2026-10-09T15:00+08:00"),
    ],
)
def test_price_without_a_time_is_from_the_session(now, told):
    assert latest_moment("SH", moment(now)) == moment(told)


@pytest.mark.parametrize(
    ("market", "now", "trades"),
    [
        ("SZ", "2026-03-02T09:29:59+08:00", False),
        ("SZ", "2026-03-02T09:30+08:00", True),
        ("SZ", "2026-03-02T12:00+08:00", False),
        ("HK", "2026-03-02T15:30+08:00", True),
        ("SZ", "2026-03-02T15:30+08:00", False),
        ("SZ", "2026-02-16T10:00+08:00", False),  # a holiday
        ("SZ", "2026-03-07T10:00+08:00", False),  # a Saturday
        ("SZ", "2031-03-03T10:00+08:00", True),  # nobody knows the holidays yet
        ("US", "2026-03-02T23:00+08:00", True),
        ("", "2026-03-02T10:00+08:00", True),
    ],
)
def test_a_market_trades_in_its_hours(market, now, trades):
    assert in_session(market, moment(now)) is trades
