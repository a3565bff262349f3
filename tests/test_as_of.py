"""The day that a page's data is from, by the calendars of its markets."""

from datetime import date, datetime

import pytest
from django.utils import timezone

from stocks.as_of import AsOf


@pytest.mark.parametrize(
    ("markets", "now", "quoted", "stale"),
    [
        # Shanghai has closed on Monday, New York has not opened yet.
        (["US"], "2026-11-23T16:00+08:00", "2026-11-20T21:00Z", False),
        (["SH"], "2026-11-23T16:00+08:00", "2026-11-20T07:00Z", True),
        (["SH", "US"], "2026-11-23T16:00+08:00", "2026-11-20T21:00Z", False),
        # A week of holidays in China, in which New York trades.
        (["US"], "2026-10-06T12:00+08:00", "2026-10-01T20:00Z", True),
        (["SH"], "2026-10-06T12:00+08:00", "2026-09-30T07:00Z", False),
        (["", "SH"], "2026-11-23T14:00+08:00", "2026-11-20T07:00Z", False),
        ([], "2026-11-23T14:00+08:00", "2026-11-20T07:00Z", False),
    ],
)
def test_old_is_what_its_own_market_has_traded_since(monkeypatch, markets, now, quoted, stale):
    monkeypatch.setattr(timezone, "now", lambda: datetime.fromisoformat(now))
    as_of = AsOf.of(datetime.fromisoformat(quoted), date(2017, 7, 20), markets)
    assert as_of.stale is stale


@pytest.mark.parametrize(
    ("markets", "day"),
    [
        (["US"], date(2026, 11, 20)),
        (["SH"], date(2026, 11, 21)),
        (["SH", "US"], date(2026, 11, 21)),
    ],
)
def test_the_day_is_one_of_the_markets_own_clock(markets, day):
    assert AsOf.of(datetime.fromisoformat("2026-11-20T21:00Z"), None, markets).day == day


def test_nothing_is_not_old():
    assert AsOf.of(None, None, ["SH"]).day is None
    assert not AsOf.of(None, None, ["SH"]).stale
