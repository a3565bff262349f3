"""What bars tell: quotes, previous highs, and the picture of a stock's past."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from stocks.history import Day, History, derived, joined, rebuild, six_months_before, split_adjusted
from stocks.models import Bar, Stock

MONDAY = date(2024, 1, 1)


@pytest.fixture
def stock(db):
    return Stock.objects.create(code="600000", short="浦发银行")


def bar(stock, place, close, **values):
    """Make the bar of the weekday with a number, whose high is one above its close."""
    day = MONDAY + timedelta(days=place // 5 * 7 + place % 5)
    close = Decimal(str(close))
    values = {"open": close, "high": close + 1, "low": close - 1, "close": close} | values
    return Bar.objects.create(stock=stock, date=day, **values)


def quoted(stock):
    rebuild()
    stock.refresh_from_db()
    return stock


def days(*closes, adjusted=None):
    return [
        Day(MONDAY + timedelta(days=n), close, close + 1, close - 1, close, 100, adj)
        for n, (close, adj) in enumerate(zip(closes, adjusted or [None] * len(closes), strict=True))
    ]


def test_the_last_bar_is_the_quote(stock):
    bar(stock, 0, 10)
    bar(stock, 1, "10.25", volume=5000, amount="51000.00", turnover="1.25")
    stock = quoted(stock)
    assert (stock.price, stock.previous_close, stock.chg) == (
        Decimal("10.25"),
        10,
        Decimal("2.50"),
    )
    assert (stock.open, stock.high, stock.low) == tuple(map(Decimal, ("10.25", "11.25", "9.25")))
    assert (stock.volume, stock.amount, stock.turnover) == (5000, 51000, Decimal("1.25"))
    assert stock.quote_time == datetime(2024, 1, 2, 7, tzinfo=UTC)
    assert stock.source == "bars"


def test_new_york_closes_later(db):
    stock = Stock.objects.create(code="IBM", short="IBM")
    bar(stock, 0, 10)
    assert quoted(stock).quote_time == datetime(2024, 1, 1, 21, tzinfo=UTC)


def test_one_bar_has_no_change_and_no_previous_high(stock):
    bar(stock, 0, 10)
    stock = quoted(stock)
    assert stock.price == 10
    assert (stock.chg, stock.previous_close, stock.highs, stock.time) == (None,) * 4


def test_the_previous_high_is_the_highest_of_the_60_days_before_the_last(stock):
    bar(stock, 0, 90)
    for place in range(1, 61):
        bar(stock, place, 50 if place == 7 else 20)
    last = bar(stock, 61, 70)
    assert quoted(stock).highs == 51
    assert stock.time == date(2024, 1, 10)
    last.delete()
    assert quoted(stock).highs == 91


def test_the_window_is_a_setting(stock, settings):
    settings.HIGH_WINDOW = 2
    for place, close in enumerate((90, 30, 20, 10)):
        bar(stock, place, close)
    assert quoted(stock).highs == 31


def test_of_two_equal_highs_the_later_counts(stock):
    for place, close in enumerate((30, 20, 30, 10)):
        bar(stock, place, close)
    assert quoted(stock).time == date(2024, 1, 3)


def test_a_split_is_no_fall(stock):
    bar(stock, 0, 40, adjusted_close=20)
    bar(stock, 1, 42, adjusted_close=21)
    bar(stock, 2, 22, adjusted_close=22)
    stock = quoted(stock)
    assert (stock.previous_close, stock.chg) == (21, Decimal("4.76"))
    assert stock.highs == Decimal("21.50")


def test_a_dividend_leaves_the_prices_as_they_were_paid(stock):
    bar(stock, 0, 40, adjusted_close=39)
    bar(stock, 1, 42, adjusted_close=42)
    assert quoted(stock).previous_close == 40
    assert stock.highs == 41


def test_a_split_after_the_last_bar_changes_nothing(stock):
    bar(stock, 0, 40, adjusted_close=4)
    bar(stock, 1, 42, adjusted_close=Decimal("4.2"))
    assert quoted(stock).price == 42
    assert stock.highs == 41


def test_splits_multiply_and_bars_without_adjusted_close_follow_the_next():
    adjusted = split_adjusted(days(80, 84, 40, 10, adjusted=[None, 10.5, 10, 10]))
    assert [day.close for day in adjusted] == [10, 10.5, 10, 10]
    assert [day.volume for day in adjusted] == [800, 800, 400, 100]


def test_dividends_taken_off_as_sums_are_no_splits(stock):
    for place, close in enumerate(("5.00", "5.10", "5.00", "5.15", "5.05")):
        bar(stock, place, close, adjusted_close=Decimal(close) - 4)
    stock = quoted(stock)
    assert (stock.previous_close, stock.chg) == (Decimal("5.15"), Decimal("-1.94"))
    assert stock.highs == Decimal("6.15")


@pytest.mark.parametrize("number", [float, Decimal])
@pytest.mark.parametrize(
    ("closes", "adjusted", "scaled"),
    [
        # A sum of 4, then one of 3.8 after a dividend.
        ("5.00 5.10 5.00 5.15 5.05", "1.00 1.10 1.20 1.35 1.25", "5.00 5.10 5.00 5.15 5.05"),
        # 2 for 1 after the second day and 1.25 for 1 before it, with a sum of 4 all along.
        ("12.5 10.2 10.4 5.15 5.05", "1.00 1.10 1.20 1.15 1.05", "5.00 5.10 5.20 5.15 5.05"),
        # The same splits with a ratio of a fifth.
        ("12.5 10.2 10.4 5.15 5.05", "1.00 1.02 1.04 1.03 1.01", "5.00 5.10 5.20 5.15 5.05"),
    ],
)
def test_splits_are_told_from_sums_and_from_ratios(closes, adjusted, scaled, number):
    closes, adjusted, scaled = (list(map(number, t.split())) for t in (closes, adjusted, scaled))
    found = split_adjusted(days(*closes, adjusted=adjusted))
    assert [day.close for day in found] == pytest.approx(scaled, rel=number("1e-9"))


@pytest.mark.parametrize(
    ("quote_time", "price"),
    [("2024-01-01T15:00+08:00", 20), ("2024-01-02T10:00+08:00", 12), (None, 20)],
)
def test_a_quote_of_a_feed_stays_when_it_is_as_new(stock, quote_time, price):
    Stock.objects.update(price=12, chg=3, quote_time=quote_time, source="tencent")
    bar(stock, 0, 10)
    bar(stock, 1, 20)
    assert quoted(stock).price == price
    assert stock.source == ("bars" if price == 20 else "tencent")
    assert (stock.highs, stock.time) == (11, MONDAY)


@pytest.mark.parametrize(
    ("told", "previous_close", "chg"),
    [
        ({}, 10, "5.00"),
        ({"previous_close": 12}, 12, "-12.50"),
        ({"chg": "5.01"}, 10, "5.01"),
        ({"chg": "3"}, None, "3"),
    ],
)
def test_what_a_quote_leaves_empty_comes_from_the_bar_of_its_day(stock, told, previous_close, chg):
    Stock.objects.update(
        price="10.5", quote_time="2024-01-02T10:00+08:00", source="stooq", volume=7, **told
    )
    bar(stock, 0, 20, adjusted_close=10)
    bar(stock, 1, 11, adjusted_close=11, volume=5000, turnover="1.25")
    stock = quoted(stock)
    assert (stock.price, stock.previous_close, stock.chg) == (
        Decimal("10.5"),
        previous_close,
        Decimal(chg),
    )
    assert (stock.high, stock.volume, stock.turnover) == (12, 7, Decimal("1.25"))
    assert stock.source == "stooq"
    assert rebuild() == 0


@pytest.mark.parametrize(
    ("day", "price", "chg"),
    [("03", 21, "5.00"), ("04", 21, None), ("03", 10, None), ("03", 24, None)],
)
def test_the_last_bar_is_the_day_before_of_the_session_after_it(stock, day, price, chg):
    Stock.objects.update(price=price, quote_time=f"2024-01-{day}T10:00+08:00")
    bar(stock, 0, 18)
    bar(stock, 1, 20, volume=5000)
    stock = quoted(stock)
    assert (stock.previous_close, stock.chg) == ((20, Decimal(chg)) if chg else (None, None))
    assert (stock.price, stock.volume, stock.open) == (price, None, None)


def test_a_newer_quote_counts_the_last_bar_among_the_days_before(stock, settings):
    settings.HIGH_WINDOW = 2
    Stock.objects.update(price=12, quote_time="2024-01-04T10:00+08:00")
    for place, close in enumerate((90, 30, 20)):
        bar(stock, place, close)
    assert quoted(stock).highs == 31
    assert stock.price == 12


def test_a_quote_without_a_time_is_later_than_its_previous_high(stock):
    Stock.objects.update(price=12, highs=13, time="2024-02-01")
    bar(stock, 0, 10)
    bar(stock, 1, 20)
    assert quoted(stock).price == 12
    Bar.objects.create(stock=stock, date="2024-02-02", open=5, high=5, low=5, close=5)
    assert quoted(stock).price == 5


def test_bars_that_are_mended_mend_the_quote_and_rebuilding_again_changes_nothing(stock):
    bar(stock, 0, 10)
    last = bar(stock, 1, 20)
    assert rebuild() == 1
    assert rebuild() == 0
    last.close = 30
    last.save()
    assert quoted(stock).price == 30
    last.delete()
    assert quoted(stock).price == 10


def test_a_change_beyond_all_is_none(stock):
    bar(stock, 0, 10, adjusted_close="9999999999")
    bar(stock, 1, 10, adjusted_close="0.0001")
    assert quoted(stock).price == 10
    assert (stock.chg, stock.previous_close, stock.highs) == (-100, None, None)
    bar(stock, 2, "0.0001")
    bar(stock, 3, "9999999990")
    assert quoted(stock).price == Decimal("9999999990")
    assert stock.chg is None


def test_stocks_without_bars_stay(stocks):
    before = list(Stock.objects.order_by("pk").values())
    assert derived(stocks["000007"]) == {}
    assert rebuild() == 0
    assert list(Stock.objects.order_by("pk").values()) == before


def test_the_command_says_how_many_changed(stocks, stock):
    bar(stock, 0, 10)
    bar(stocks["000007"], 0, 9)
    out = io.StringIO()
    call_command("rebuildquotes", "600000", stdout=out)
    assert out.getvalue() == "Changed 1 of 1 stocks from their bars.\n"
    call_command("rebuildquotes", stdout=out)
    assert out.getvalue().endswith("Changed 1 of 6 stocks from their bars.\n")
    with pytest.raises(CommandError, match=r"No stock is called 999999\.SH\."):
        call_command("rebuildquotes", "999999.SH")


def test_weeks_and_months():
    wednesday = date(2024, 1, 31)
    some = [
        Day(date(2024, 1, 26), 5, 9, 4, 6, 10),
        Day(date(2024, 1, 29), 6, 7, 3, 5, None),
        Day(wednesday, 5, 8, 5, 8, 30),
        Day(date(2024, 2, 1), 8, 8, 8, 8, None),
    ]
    assert joined(some, "day") == some
    assert joined(some, "week") == [some[0][:6] + (None,), (date(2024, 2, 1), 6, 8, 3, 8, 30, None)]
    assert joined(some, "month") == [(wednesday, 5, 9, 3, 8, 40, None), some[3]]


@pytest.mark.parametrize(
    ("day", "before"),
    [("2013-03-01", "2012-09-01"), ("2024-08-31", "2024-02-29"), ("2024-06-30", "2023-12-30")],
)
def test_half_a_year_before(day, before):
    assert six_months_before(date.fromisoformat(day)) == date.fromisoformat(before)


def test_the_sentence():
    past = [
        Day(date(2023, 6, 30), 10, 99, 1, 10),
        Day(date(2023, 7, 3), 10, 10.5, 9.5, 10),
        Day(date(2023, 9, 1), 12, 23.05, 11, 12),
        Day(date(2024, 1, 3), 11, 12, 8.5, 11.24),
    ]
    assert History(past).sentence == (
        "Rose 12.40% in six months, high 23.05 on 1 Sep 2023, low 8.50 on 3 Jan 2024; "
        "the last close was 11.24 on 3 Jan 2024."
    )
    assert History(past[2:]).sentence.startswith("Fell 6.33% since 1 Sep 2023, high 12.00")
    assert History([past[0], past[1]]).sentence.startswith("Unchanged since 30 Jun 2023")
    with translation.override("zh-hans"):
        assert "2023-09-01" in History(past).sentence


@pytest.mark.parametrize(
    ("closes", "digits"),
    [((3, 4), 2), ((3, 4.125), 3), ((3, 4.12345), 4), ((1.5, 4), 3), ((1.05, 4), 4)],
)
def test_small_prices_have_more_decimals(closes, digits):
    assert History(days(*closes)).digits == digits


@pytest.mark.parametrize(
    ("closes", "scale"),
    [
        ((17.73, 38.23), "40 35 30 25 20 15"),
        ((5, 5), "5.01 5.00"),
        ((2.001, 2.002), "2.002 2.001 2.000"),
        ((6.36, 702.1), "800 600 400 200 0"),
        ((99_999, 100_000), "100000.5 100000 99999.5 99999"),
    ],
)
def test_the_scale_is_round_and_holds_the_line(closes, scale):
    history = History(days(*closes))
    assert history.scale == [Decimal(price) for price in scale.split()]


def test_the_line_goes_from_edge_to_edge():
    history = History(days(10, 20, 15))
    assert history.scale == [25, 20, 15, 10]
    assert history.line == "M0 400L500 133L1000 267"
    assert history.grid == "M0 0H1000M0 133H1000M0 267H1000M0 400H1000"
    assert history.dates == [MONDAY + timedelta(days=n) for n in (0, 0, 1, 2, 2)]


@pytest.mark.parametrize(
    ("count", "step", "points"), [(260, "day", 260), (261, "week", 38), (3650, "month", 120)]
)
def test_a_long_past_is_drawn_in_larger_steps(count, step, points):
    history = History(days(*([10] * count)))
    assert history.step == step
    assert len(history.points) == points
    assert len(list(history.rows)) == points


def test_one_day_is_no_history():
    assert not History([])
    assert not History(days(5))
    assert History(days(5, 6))
