"""What is stored, and what follows from it."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.html import strip_tags

from stocks.columns import CHG, HIGHS, PRICE, TURNOVER
from stocks.models import Stock
from stocks.numbers import parse_decimal, shortest
from stocks.pinyin import pinyin_keys
from stocks.symbols import split_symbol
from stocks.trading_days import last_trading_day


def percent_above(value, base):
    return ((value - base) * 100 / base).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def test_distance_is_exact_for_every_row(all_stocks):
    assert len(all_stocks) == 94
    for stock in all_stocks:
        assert stock.distance == percent_above(stock.price, stock.highs), stock


@pytest.mark.parametrize(
    ("price", "highs", "distance"),
    [("10", "9", "11.1111"), ("9", "10", "-10"), ("5", None, None), (None, "5", None)],
)
def test_distance_of_whole_and_missing_prices(db, price, highs, distance):
    Stock.objects.create(code="000001", short="one", price=price, highs=highs)
    stored = Stock.objects.get().distance
    assert stored == (distance and Decimal(distance))


@pytest.mark.parametrize("price", ["0.0001", "742000.01", "9999999999.9999"])
def test_prices_from_a_mill_to_brk_a_come_back_as_they_were(db, price):
    Stock.objects.create(code="BRK.A", short="Berkshire", price=price, highs="0.0001")
    stock = Stock.objects.get()
    assert str(stock.price) == price
    assert stock.distance == percent_above(stock.price, stock.highs)


def test_every_number_is_a_decimal(all_stocks):
    for stock in all_stocks:
        for name in ("chg", "turnover", "price", "highs", "distance"):
            assert type(getattr(stock, name)) is Decimal


@pytest.mark.parametrize(
    ("code", "market"),
    [
        ("000007", "SZ"),
        ("200011", "SZ"),
        ("300268", "SZ"),
        ("600225", "SH"),
        ("688001", "SH"),
        ("900901", "SH"),
        ("430047", "BJ"),
        ("830799", "BJ"),
        ("920799", "BJ"),
        ("00700", "HK"),
        ("BRK.A", "US"),
        ("aapl", "US"),
        ("^GSPC", ""),
        ("1234567", ""),
    ],
)
def test_market_follows_from_the_code_when_not_given(db, code, market):
    stock = Stock.objects.create(code=code, short="name")
    assert (stock.code, stock.market) == (code.upper(), market)


def test_given_market_stays(db):
    assert Stock.objects.create(code="000007", market="hk", short="name").market == "HK"


def test_one_row_a_market_and_code(stocks):
    with pytest.raises(IntegrityError), transaction.atomic():
        Stock.objects.create(code="000007", short="again")
    Stock.objects.create(code="000007", market="HK", short="elsewhere")


@pytest.mark.parametrize("text", ["10.01%", "10.01", " 10.01 % ", "１０.０１％"])
def test_percent_field_takes_both_forms(text):
    assert Stock._meta.get_field("chg").to_python(text) == Decimal("10.01")


@pytest.mark.parametrize("text", ["--", "ten", "1e3", "NaN", "10%%"])
def test_percent_field_refuses_what_is_no_percentage_and_names_it(text):
    with pytest.raises(ValidationError) as refusal:
        Stock._meta.get_field("chg").to_python(text)
    assert text in refusal.value.messages[0]


@pytest.mark.parametrize("code", ["0000/7", "", "7?", "-7", "0000007000007"])
def test_code_that_cannot_stand_in_an_address_is_refused(db, code):
    with pytest.raises(ValidationError) as refusal:
        Stock(code=code, short="name").full_clean()
    assert "code" in refusal.value.message_dict


def test_longest_code_and_name_are_kept(db):
    Stock.objects.create(code="A" * 12, short="长" * 64)
    assert Stock.objects.get().short == "长" * 64


@pytest.mark.parametrize(
    ("symbol", "parts"),
    [
        ("000007.SZ", ("000007", "SZ")),
        ("000007.sz", ("000007", "SZ")),
        ("000007", ("000007", None)),
        ("000007.", ("000007", "")),
        ("BRK.A.US", ("BRK.A", "US")),
    ],
)
def test_symbol_is_split_at_its_last_point(symbol, parts):
    assert split_symbol(symbol) == parts


@pytest.mark.parametrize("text", ["1.5", "+1.5", "１．５", " 1.50 "])
def test_number_as_people_write_it(text):
    assert parse_decimal(text) == Decimal("1.5")


@pytest.mark.parametrize("text", ["", "1e5", "inf", "1,5", "0x1", "1.5.5", "-", ".", "٣"])
def test_what_is_no_number(text):
    with pytest.raises(ValueError, match="is no number"):
        parse_decimal(text)


@pytest.mark.parametrize(
    ("padded", "short"), [("16.0500", "16.05"), ("10.0000", "10.00"), ("0.0001", "0.0001")]
)
def test_padding_is_dropped_but_two_places_stay(padded, short):
    assert str(shortest(Decimal(padded))) == short


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        (PRICE, "1234.5", "1,234.50"),
        (HIGHS, "0.0001", "0.0001"),
        (TURNOVER, "4.405", "4.41%"),
        (CHG, "10.01", "▲+10.01%"),
        (CHG, "-9.996", "▼−10.00%"),
        (CHG, "0", "0.00%"),
    ],
)
def test_value_as_its_column_shows_it(column, value, shown):
    assert strip_tags(column.show(Stock(**{column.name: Decimal(value)}))) == shown


def test_missing_value_is_a_dash():
    assert PRICE.show(Stock()) == "–"


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-07-29T15:00+08:00", date(2026, 7, 29)),
        ("2026-07-29T14:59+08:00", date(2026, 7, 28)),
        ("2026-07-27T09:00+08:00", date(2026, 7, 24)),
        ("2026-08-01T18:00+08:00", date(2026, 7, 31)),
        ("2026-08-02T18:00+08:00", date(2026, 7, 31)),
    ],
)
def test_last_trading_day_is_a_weekday_that_has_closed(moment, day):
    assert last_trading_day(datetime.fromisoformat(moment)) == day


@pytest.mark.parametrize("key", ["chongqingbaihuo", "zhongqingbaihuo", "cqbh", "zqbh", "bh", "bai"])
def test_pinyin_of_a_name_with_several_readings(key):
    assert f" {key}" in pinyin_keys("重庆百货")


def test_latin_name_is_its_own_key_however_long():
    name = "Berkshire Hathaway Class"
    assert pinyin_keys(f"{name} A") < pinyin_keys(f"{name} B")


@pytest.mark.parametrize(
    ("name", "most"), [("market_value", 999999999999999000), ("amount", 10**12)]
)
def test_the_largest_number_that_is_taken_comes_back(db, name, most):
    stock = Stock(code="600000", short="x", **{name: most})
    stock.clean_fields()
    stock.save()
    assert getattr(Stock.objects.get(), name) == most


def test_a_number_that_sqlite_would_round_up_too_far_is_refused():
    with pytest.raises(ValidationError, match="market_value"):
        Stock(code="600000", short="x", market_value="999999999999999999.99").clean_fields()
