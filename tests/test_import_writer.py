"""The one writer: what rows do to the stocks and bars, and what keeps them out."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import Error, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stocks.imports import Refused, Row, batches, tables
from stocks.imports import bars as bar_writer
from stocks.imports.writer import write_bars, write_quotes
from stocks.locks import named_lock
from stocks.models import Bar, DataImport, Stock

NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


def quotes(*several, **options):
    """Write quotes from dictionaries, the first on line 2 as in a file with headings."""
    rows = [Row(line, values) for line, values in enumerate(several, 2)]
    return write_quotes(rows, **{"source": "test.csv", **options})


def counts(report):
    return report.new, report.changed, report.unchanged, len(report.rejected)


def reasons(report):
    return [(line, reason) for line, reason, _values in report.rejected]


def stored():
    return list(Stock.objects.order_by("pk").values())


def test_new_changed_and_unchanged_are_told_apart(stocks):
    report = quotes(
        {"code": "000007", "price": "17.00", "chg": "10.01%"},
        {"code": "000036", "price": "11.29", "chg": "10.04"},
        {"code": "600000", "short": "浦发银行", "price": "9.90", "volume": "1,234,567"},
    )
    assert counts(report) == (1, 1, 1, 0)
    stock = Stock.objects.get(code="600000")
    assert (stock.symbol, stock.price, stock.volume) == ("600000.SH", Decimal("9.9"), 1234567)
    assert (stock.source, stock.industry, stock.status) == ("test.csv", "", "")
    assert list(Stock.objects.search("pfyh")) == [stock]
    changed = Stock.objects.get(code="000007")
    assert (changed.price, changed.highs) == (Decimal("17"), stocks["000007"].highs)
    assert changed.source == "test.csv"
    assert Stock.objects.get(code="000036").source == ""


def test_same_rows_again_change_nothing(stocks):
    rows = [
        {"code": "000007", "price": "17", "market_value": "123456789012345678.91", "chg": "-1.5%"},
        {"code": "AAPL", "short": "Apple", "time": "2026/7/1", "quote_time": "2026-07-01 12:00"},
    ]
    assert counts(quotes(*rows)) == (1, 1, 0, 0)
    before = stored()
    report = quotes(*rows)
    assert counts(report) == (0, 0, 2, 0)
    assert report.record is None
    assert stored() == before


def test_new_name_is_found_by_its_pinyin(stocks):
    quotes({"code": "000007", "short": "浦发银行"})
    stock = Stock.objects.search("pfyh").get()
    assert (stock.code, stock.price) == ("000007", stocks["000007"].price)
    assert stock.search_name == "浦发银行"


def test_empty_value_erases_only_when_asked(stocks):
    row = {"code": "000007", "price": "-", "highs": "", "short": "--", "industry": None}
    before = stored()
    assert counts(quotes(row)) == (0, 0, 1, 0)
    assert stored() == before
    assert counts(quotes(row, overwrite_empty=True)) == (0, 1, 0, 0)
    stock = Stock.objects.get(code="000007")
    assert (stock.price, stock.highs, stock.short) == (None, None, "全新好")
    assert stock.chg == stocks["000007"].chg


def test_price_of_zero_is_no_quote(stocks):
    price = stocks["000007"].price
    report = quotes({"code": "000007", "price": "0.00", "open": 0, "chg": "-100", "volume": "0"})
    assert counts(report) == (0, 1, 0, 0)
    stock = Stock.objects.get(code="000007")
    assert (stock.price, stock.status, stock.chg) == (price, "suspended", stocks["000007"].chg)
    assert (stock.open, stock.volume) == (None, 0)
    quotes({"code": "000007", "price": "16"})
    assert Stock.objects.get(code="000007").status == ""


def test_status_is_said_in_words(stocks):
    for word, status in (("退市", "delisted"), ("suspended", "suspended"), ("traded", "")):
        quotes({"code": "000007", "status": word})
        assert Stock.objects.get(code="000007").status == status
    assert "gone" in reasons(quotes({"code": "000007", "status": "gone"}))[0][1]


def test_time_of_the_quotes_is_kept(stocks):
    report = quotes(
        {"code": "000007", "price": "17"},
        {"code": "000036", "price": "12", "quote_time": "2026-07-01T02:00:00Z"},
        {"code": "300268", "industry": "食品"},
        as_of=NOON,
    )
    times = [Stock.objects.get(code=code).quote_time for code in ("000007", "000036", "300268")]
    assert times == [NOON, datetime(2026, 7, 1, 2, tzinfo=UTC), None]
    assert report.record.as_of == NOON
    later = quotes({"code": "000036", "price": "12", "quote_time": "2026-07-01T05:00:00Z"})
    assert later.record.as_of == datetime(2026, 7, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "quote_time", "source"),
    [
        ({"price": "17"}, None, "test.csv"),
        ({"price": "17", "quote_time": "-"}, None, "test.csv"),
        ({"price": "16", "volume": "6"}, None, "test.csv"),
        ({"price": "16", "volume": "5", "open": "15", "industry": "IT"}, NOON, "feed"),
        ({"price": "16"}, NOON, "feed"),
        ({"price": "0", "volume": "0"}, NOON, "feed"),
        ({"volume": "6"}, NOON, "feed"),
    ],
)
def test_another_quote_never_keeps_the_time_of_the_one_before(stocks, values, quote_time, source):
    quotes({"code": "000007", "price": "16", "volume": "5"}, as_of=NOON, source="feed")
    first = quotes({"code": "000007", **values})
    stock = Stock.objects.get(code="000007")
    assert (stock.quote_time, stock.source) == (quote_time, source)
    if quote_time is None:
        assert first.differences[0].values["quote_time"] == (NOON, None)
    assert counts(quotes({"code": "000007", **values})) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"code": "000007", "price": "sixteen"}, "sixteen"),
        ({"code": "000007", "price": "1.23456"}, "4 decimal"),
        ({"code": "000007", "price": "-1"}, "0.0001"),
        ({"code": "000007", "price": "12345678901"}, "10 digits"),
        ({"code": "000007", "price": "12\n13"}, "number"),
        ({"code": "000007", "price": True}, "number"),
        ({"code": "000007", "chg": "-101%"}, "-100"),
        ({"code": "000007", "turnover": "-0.01"}, "0"),
        ({"code": "000007", "volume": "1.5"}, "whole"),
        ({"code": "000007", "volume": "-1"}, "0"),
        ({"code": "000007", "volume": "9" * 19}, "9223372036854775807"),
        ({"code": "000007", "time": "2026-02-30"}, "day"),
        ({"code": "000007", "quote_time": "yesterday"}, "time"),
        ({"code": "000007", "quote_time": "0001-01-01 00:00"}, "time"),
        ({"code": "000007", "quote_time": "2999-01-01 00:00"}, "future"),
        ({"code": "000007", "short": True}, "name True: This is no text"),
        ({"code": "000007", "status": True}, "no text"),
        ({"code": "000007", "time": True}, "day"),
        ({"code": True, "short": "x"}, "code True: This is no text"),
        ({"code": "7", "market": False}, "market False: This is no text"),
        ({"code": "000007", "short": "x" * 65}, "64"),
        ({"code": "000007", "short": "a\0b"}, "text"),
        ({"code": "000007", "short": "\ud800"}, "text"),
        ({"code": "000007", "market": "深圳市"}, "market"),
        ({"code": "茅台", "short": "茅台"}, "letters and digits"),
        ({"code": "7", "short": "x"}, "leading zeros"),
        ({"code": "", "short": "x"}, "no code"),
        ({"code": "--", "short": "x"}, "no code"),
        ({"code": None, "short": "x"}, "no code"),
        ({"code": float("nan"), "short": "x"}, "no code"),
        ({"short": "x"}, "no code"),
        ({"code": "0" * 13, "short": "x"}, "12"),
        ({"code": "600000"}, "600000.SH"),
        ({"code": "600000", "short": " "}, "no name"),
    ],
)
def test_bad_row_is_rejected_with_its_line_and_reason(stocks, values, named):
    before = stored()
    report = quotes({"code": "000036", "price": "1"}, values)
    (line, reason, kept), *more = report.rejected
    assert not more
    assert (line, kept) == (3, values)
    assert named in reason
    assert counts(report) == (0, 1, 0, 1)
    assert report.record is None
    assert stored() == before
    assert not DataImport.objects.exists()


def test_rest_is_taken_when_asked(stocks):
    report = quotes(
        {"code": "000007", "price": "x", "chg": "y"},
        {"code": "000036", "price": "1"},
        skip_rejected=True,
    )
    assert counts(report) == (0, 1, 0, 1)
    assert "x" in reasons(report)[0][1]
    assert "y" in reasons(report)[0][1]
    assert Stock.objects.get(code="000036").price == 1
    assert (report.record.changed, report.record.rejected) == (1, 1)


def test_dry_run_writes_nothing(stocks):
    before = stored()
    rows = [{"code": "000007", "price": "17"}, {"code": "600000", "short": "浦发银行"}]
    report = quotes(*rows, dry_run=True)
    assert counts(report) == (1, 1, 0, 0)
    assert stored() == before
    assert not DataImport.objects.exists()
    first, second = report.differences
    assert first.values == {"price": (Decimal("16.05"), Decimal("17")), "source": ("", "test.csv")}
    assert (first.line, first.name, second.new) == (2, "000007 全新好", True)


@pytest.mark.parametrize("size", [1, 2, 2000])
def test_rows_for_one_stock_are_all_rejected(stocks, monkeypatch, size):
    monkeypatch.setattr(batches, "SIZE", size)
    rows = [
        {"code": "000007", "price": "1"},
        {"code": "600000", "short": "浦发银行"},
        {"code": "000036", "price": "2"},
        {"code": "000007.SZ", "price": "3"},
        {"code": "sh600000", "short": "浦发"},
        {"code": "7", "market": "深", "price": "4"},
    ]
    before = stored()
    report = quotes(*rows)
    assert counts(report) == (0, 1, 0, 5)
    assert [(line, reason.split()[1]) for line, reason in sorted(reasons(report))] == [
        (2, "5"), (3, "6"), (5, "2"), (6, "3"), (7, "2"),
    ]  # fmt: skip
    assert stored() == before
    assert counts(quotes(*rows, skip_rejected=True)) == (0, 1, 0, 5)
    assert Stock.objects.get(code="000036").price == 2
    assert Stock.objects.get(code="000007").price == stocks["000007"].price
    assert not Stock.objects.filter(code="600000").exists()


def test_rows_that_can_be_read_once_only_are_taken(stocks):
    rows = (Row(line, {"code": "000007", "price": "1"}) for line in (2, 3))
    assert counts(write_quotes(rows, source="feed")) == (0, 0, 0, 2)


def test_same_code_in_two_markets_is_two_stocks(stocks):
    report = quotes(
        {"code": "000001", "market": "SH", "short": "上证指数"},
        {"code": "000001", "short": "平安银行"},
    )
    assert counts(report) == (2, 0, 0, 0)
    assert {s.symbol for s in Stock.objects.called("000001")} == {"000001.SH", "000001.SZ"}


@pytest.mark.parametrize(
    ("code", "market", "symbol"),
    [
        ("000007", "", "000007.SZ"),
        (" ６０００００ ", "", "600000.SH"),
        ("600000.SS", "", "600000.SH"),
        ("sz000858", "", "000858.SZ"),
        ("SH.600000", "", "600000.SH"),
        ("hk00700", "", "00700.HK"),
        ("700", "港", "00700.HK"),
        (7.0, "SZ", "000007.SZ"),
        (600000, None, "600000.SH"),
        ("aapl", "", "AAPL.US"),
        ("aapl.us", "", "AAPL.US"),
        ("BRK.B", "", "BRK.B.US"),
        ("NAN", "", "NAN.US"),
        (" none", "US", "NONE.US"),
        ("NULL.US", "", "NULL.US"),
        ("600519", "SSE", "600519.SH"),
        ("7", "szse", "000007.SZ"),
        ("000007.SZSE", "", "000007.SZ"),
        ("430047", "BSE", "430047.BJ"),
        ("700", "HKEX", "00700.HK"),
        ("AAPL", "Nasdaq", "AAPL.US"),
        ("IBM", "NYSE", "IBM.US"),
        ("IMO", "AMEX", "IMO.US"),
        ("920001", "", "920001.BJ"),
    ],
)
def test_codes_as_sources_write_them(db, code, market, symbol):
    quotes({"code": code, "market": market, "short": "x"})
    assert Stock.objects.get().symbol == symbol


def test_many_rows_are_few_queries(db):
    rows = [{"code": f"{n:06}", "short": f"股{n}", "price": "1"} for n in range(600000, 601500)]
    with CaptureQueriesContext(connection) as queries:
        quotes(*rows)
    assert len(queries) < 40
    with CaptureQueriesContext(connection) as queries:
        quotes(*({**row, "price": "2"} for row in rows))
    assert len(queries) < 40
    assert Stock.objects.filter(price=2).count() == 1500


BAR = {"open": "10", "high": "11.5", "low": "9.9", "close": "11", "volume": "1000"}


def bars(*several, **options):
    """Write bars from dictionaries, as `quotes` does."""
    rows = [Row(line, {**BAR, **values}) for line, values in enumerate(several, 2)]
    return write_bars(rows, **{"source": "bars.csv", **options})


def test_bars_are_new_changed_and_unchanged(stocks):
    rows = [
        {"code": "000007", "date": "2026-07-01"},
        {"code": "000007", "date": "2026/7/2", "amount": "1.2亿"},
        {"code": "000036", "date": date(2026, 7, 1), "close": 11.2},
    ]
    assert counts(bars(*rows)) == (3, 0, 0, 0)
    bar = Bar.objects.get(pk=(stocks["000007"].pk, date(2026, 7, 2)))
    assert (bar.high, bar.volume, bar.amount) == (Decimal("11.5"), 1000, Decimal("120000000"))
    rows[0] = {**rows[0], "close": "11.1"}
    report = bars(*rows)
    assert counts(report) == (0, 1, 2, 0)
    assert report.differences[0].values == {"close": (Decimal("11"), Decimal("11.1"))}
    assert Bar.objects.get(pk=(stocks["000007"].pk, date(2026, 7, 1))).close == Decimal("11.1")
    assert counts(bars(*rows)) == (0, 0, 3, 0)


def test_empty_value_of_a_bar_erases_only_when_asked(stocks):
    row = {"code": "000007", "date": "2026-07-01"}
    bars(row)
    assert counts(bars({**row, "volume": "-"})) == (0, 0, 1, 0)
    assert counts(bars({**row, "volume": "-"}, overwrite_empty=True)) == (0, 1, 0, 0)
    assert Bar.objects.get().volume is None


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"code": "600000", "date": "2026-07-01"}, "no stock 600000.SH"),
        ({"code": "000007", "date": ""}, "date"),
        ({"code": "000007", "date": "2026-13-01"}, "day"),
        ({"code": "000007", "date": "0001-01-01"}, "day"),
        ({"code": "000007", "date": "2999-01-01"}, "future"),
        ({"code": "000007", "date": "2026-07-01", "low": "11.6"}, "11.5 is below the low 11.6"),
        ({"code": "000007", "date": "2026-07-01", "close": "-"}, "close"),
        ({"code": "000007", "date": "2026-07-01", "low": "0"}, "0.0001"),
        ({"code": "000007", "date": "2026-07-01", "volume": "1\n2"}, "whole"),
        ({"date": "2026-07-01"}, "no code"),
    ],
)
def test_bad_bar_is_rejected(stocks, values, named):
    good = {"code": "000036", "date": "2026-07-01"}
    report = bars(good, values)
    ((line, reason),) = reasons(report)
    assert line == 3
    assert named in reason
    assert not Bar.objects.exists()
    assert counts(bars(good, values, skip_rejected=True)) == (1, 0, 0, 1)
    assert Bar.objects.count() == 1


@pytest.mark.parametrize(("days", "taken"), [(0, 1), (1, 1), (2, 0)])
def test_day_ahead_is_left_to_other_clocks(stocks, days, taken):
    moment = timezone.localtime() + timedelta(days=days)
    day = {"code": "000036", "date": moment.date().isoformat()}
    assert bars(day).new == taken
    times = [moment - timedelta(minutes=1), moment + timedelta(minutes=1)]
    row = {"code": "000007", "price": "17"}
    reports = [quotes({**row, "quote_time": time}, dry_run=True) for time in times]
    assert [report.changed for report in reports] == [1 if days < 2 else 0, 1 if days < 1 else 0]


def test_bars_of_one_day_are_all_rejected(stocks):
    day = {"code": "000007", "date": "2026-07-01"}
    report = bars(day, {**day, "date": "20260701"}, {"code": "000036", "date": "2026-07-01"})
    assert counts(report) == (1, 0, 0, 2)
    assert not Bar.objects.exists()


def test_bars_in_any_order_are_compared_with_their_own(stocks, monkeypatch):
    monkeypatch.setattr(batches, "SIZE", 7)
    monkeypatch.setattr(bar_writer, "MOST_SPANS", 2)
    codes = list(stocks)
    rows = [
        {"code": codes[n % 5], "date": date(2026, 1, 1 + n * 7 % 31), "volume": n}
        for n in range(31)
    ]
    assert counts(bars(*rows)) == (31, 0, 0, 0)
    rows[3]["volume"] = 99
    assert counts(bars(*rows[::-1])) == (0, 1, 30, 0)


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_import_waits_for_another_and_then_gives_up(monkeypatch):
    monkeypatch.setattr(tables, "PATIENCE", 0)
    row, other = {"code": "600000", "short": "浦发银行"}, connection.copy()
    with named_lock(other, "stocksite import", 0) as free:
        assert free
        with pytest.raises(Refused, match="Another import is running"):
            quotes(row)
        assert not Stock.objects.exists()
    other.close()
    assert counts(quotes(row)) == (1, 0, 0, 0)


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_error_of_an_import_is_told_though_the_connection_is_lost():
    def lose():
        with connection.cursor() as cursor, suppress(Error):
            cursor.execute("KILL CONNECTION_ID()")
        raise ValueError("its own")

    with pytest.raises(ValueError, match="its own"):
        write_quotes(SimpleNamespace(batches=lose), source="test.csv")
    connection.close()
