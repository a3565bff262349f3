"""Imports are kept, and undone: the values before come back unless something stands in the way."""

import json
import zlib
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.utils import timezone

from stocks.imports import Refused, Row, batches, kept
from stocks.imports.undo import undo
from stocks.imports.writer import write_bars, write_quotes
from stocks.models import Bar, DataImport, ImportBatch, Stock

BAR = {"open": "10", "high": "11.5", "low": "9.9", "close": "11"}


def quotes(*several, source="test.csv", **options):
    rows = [Row(line, values) for line, values in enumerate(several, 2)]
    return write_quotes(rows, source=source, **options).record


def bars(*several, source="bars.csv"):
    rows = [Row(line, {**BAR, **values}) for line, values in enumerate(several, 2)]
    return write_bars(rows, source=source).record


def table(model):
    return list(model.objects.order_by("pk").values())


def test_record_says_who_when_what_and_how_much(stocks, alice):
    report = write_quotes(
        [Row(2, {"code": "000007", "price": "17"}), Row(3, {"code": "AAPL", "short": "Apple"}),
         Row(4, {"code": "000036", "price": "11.29"}), Row(5, {"code": "x", "price": "y"})],
        source="spot.csv", made_by=alice, skip_rejected=True,
    )  # fmt: skip
    record = DataImport.objects.get()
    assert record == report.record
    assert (record.kind, record.source, record.made_by) == ("quotes", "spot.csv", alice)
    assert timezone.now() - record.made_at < timedelta(minutes=1)
    counts = (record.new, record.changed, record.unchanged, record.rejected)
    assert counts == (1, 1, 1, 1)
    alice.delete()
    record.refresh_from_db()
    assert record.made_by is None


def test_quotes_are_undone(stocks):
    Stock.objects.filter(code="000036").update(market_value="123456789012.34", industry="旅游")
    Stock.objects.filter(code="000007").update(quote_time="2026-06-30T07:00Z", source="feed")
    before = table(Stock)
    record = quotes(
        {"code": "000007", "price": "17", "chg": "-1.5", "time": "2026-07-01", "volume": "5"},
        {"code": "000036", "short": "浦发银行", "market_value": "1", "industry": "银行"},
        {"code": "300268", "price": "0", "quote_time": "2026-07-01 15:00"},
        {"code": "AAPL", "short": "Apple", "quote_time": "2026-07-01 15:00", "industry": "IT"},
    )
    assert Stock.objects.search("pfyh").exists()
    assert Stock.objects.get(code="000007").quote_time is None
    result = undo(record)
    assert (result.done, result.restored, result.named) == (True, 4, [])
    assert table(Stock) == before
    record.refresh_from_db()
    assert record.undone_at
    with pytest.raises(Refused, match="already"):
        undo(record)


def test_erased_values_come_back(stocks):
    before = table(Stock)
    record = quotes({"code": "000007", "price": "", "time": None}, overwrite_empty=True)
    assert Stock.objects.get(code="000007").price is None
    assert undo(record).done
    assert table(Stock) == before


def test_later_import_stands_in_the_way_and_is_named(stocks):
    first = quotes(
        {"code": "000007", "price": "17", "volume": "1"}, {"code": "000036", "price": "12"}
    )
    second = quotes({"code": "000007", "price": "18"}, source="later.csv")
    before = table(Stock)
    result = undo(first)
    assert not result.done
    named, source = result.named
    assert "000007 全新好: latest price is 18" in named
    assert "was 17" in named
    assert f"import {second.pk} (later.csv)" in named
    assert "source is later.csv" in source
    assert table(Stock) == before
    result = undo(first, skip_conflicts=True)
    assert (result.done, result.restored, result.conflicts) == (True, 2, 2)
    stock = Stock.objects.get(code="000007")
    assert (stock.price, stock.volume) == (18, None)
    assert Stock.objects.get(code="000036").price == stocks["000036"].price


def test_imports_are_undone_one_after_the_other(stocks):
    before = table(Stock)
    first = quotes({"code": "000007", "price": "17"})
    second = quotes({"code": "000007", "price": "18"}, source="later.csv")
    assert undo(second).done
    assert undo(first).done
    assert table(Stock) == before


def test_person_who_changed_it_later_is_named(stocks, admin):
    record = quotes({"code": "000007", "price": "17"})
    stock = Stock.objects.get(code="000007")
    stock.price, stock._history_user = Decimal("19"), admin
    stock.save()
    (named,) = undo(record).named
    assert "is 19" in named
    assert "admin" in named


def test_new_stock_in_use_stays(stocks, alice):
    record = quotes(
        {"code": "AAPL", "short": "Apple"},
        {"code": "IBM", "short": "IBM"},
        {"code": "GOOG", "short": "Google"},
    )
    alice.watchlist.watch(Stock.objects.get(code="AAPL"))
    bars({"code": "IBM", "date": "2026-07-01"})
    Stock.objects.filter(code="GOOG").update(short="Alphabet")
    result = undo(record)
    assert not result.done
    assert sorted(result.named) == [
        "AAPL Apple: it is on a watchlist",
        "GOOG Alphabet: name is Alphabet now, and was Google after the import",
        "IBM IBM: it has bars",
    ]
    assert undo(record, skip_conflicts=True).restored == 0


def test_deleted_stock_is_named_and_a_new_one_that_is_gone_is_not(stocks):
    record = quotes({"code": "000007", "price": "17"}, {"code": "AAPL", "short": "Apple"})
    Stock.objects.filter(code__in=["000007", "AAPL"]).delete()
    (named,) = undo(record).named
    assert "no longer there" in named


def test_bars_are_undone_with_what_was_worked_out_from_them(stocks):
    first = bars({"code": "000007", "date": "2026-06-30", "volume": "7"})
    before = table(Bar), table(Stock)
    record = bars(
        {"code": "000007", "date": "2026-06-30", "close": "12", "volume": "8"},
        {"code": "000007", "date": "2026-07-01", "adjusted_close": "11", "turnover": "1%"},
        {"code": "000036", "date": "2026-07-01"},
    )
    assert Stock.objects.get(code="000007").quote_time.date() == date(2026, 7, 1)
    result = undo(record)
    assert (result.done, result.restored) == (True, 3)
    assert (table(Bar), table(Stock)) == before
    assert undo(first).done
    assert not Bar.objects.exists()


def test_later_change_of_a_bar_is_named(stocks):
    first = bars({"code": "000007", "date": "2026-06-30"}, {"code": "000036", "date": "2026-06-30"})
    second = bars({"code": "000007", "date": "2026-06-30", "close": "12"})
    (named,) = undo(first).named
    assert "000007 全新好, 2026-06-30: close is 12" in named
    assert f"import {second.pk}" in named
    assert Bar.objects.count() == 2
    assert undo(first, skip_conflicts=True).restored == 1
    assert Bar.objects.get().close == 12


HISTORIES = {
    "newer": ("2026-07-01", "2026-07-02"),
    "newest": ("2026-07-06",),
    "older": ("2016-07-01", "2016-07-04"),
}


@pytest.mark.parametrize("order", list(permutations(HISTORIES)), ids=" ".join)
def test_histories_are_undone_in_any_order(stocks, order):
    Stock.objects.filter(code="000007").update(price=100, previous_close=95, source="first.csv")
    before = table(Stock)
    records = {
        name: bars(*({"code": "000007", "date": day, "close": f"11.{n}"} for day in days))
        for n, (name, days) in enumerate(HISTORIES.items())
    }
    for name in order:
        assert undo(records[name]).named == []
        stock = Stock.objects.get(code="000007")
        last = stock.bars.order_by("date").last()
        told = last is not None and last.date.year > 2016
        assert stock.price == (last.close if told else 100)
        assert stock.source == ("bars" if told else "first.csv")
    assert table(Stock) == before
    assert not Bar.objects.exists()


@pytest.mark.parametrize("first", ["history", "quotes"])
def test_history_and_quotes_over_it_are_undone_in_any_order(stocks, first, monkeypatch):
    monkeypatch.setattr(batches, "SIZE", 1)
    before = table(Stock)
    several = [{"code": code, "date": "2026-07-01", "volume": "7"} for code in ("000007", "000036")]
    records = {"history": bars(*several)}
    records["quotes"] = quotes({"code": "000007", "price": "17"}, source="later.csv")
    later = bars({"code": "000036", "date": "2026-07-02"})
    assert undo(records.pop(first)).done
    stock = Stock.objects.get(code="000007")
    assert (stock.price, stock.source, stock.volume) == {
        "history": (17, "later.csv", None),
        "quotes": (11, "bars", 7),
    }[first]
    (other,) = records.values()
    assert undo(other).done
    assert undo(later).done
    assert table(Stock) == before


def test_price_that_a_person_changed_keeps_its_source(stocks):
    record = bars({"code": "000007", "date": "2026-07-01", "volume": "7"})
    Stock.objects.filter(code="000007").update(price=17)
    assert undo(record).done
    stock = Stock.objects.get(code="000007")
    assert (stock.price, stock.source, stock.volume) == (17, "bars", None)


def test_later_history_that_changed_a_quote_is_named(stocks):
    record = quotes({"code": "000007", "price": "17"})
    later = bars({"code": "000007", "date": "2026-07-01"}, source="later.csv")
    named = undo(record).named
    assert "latest price is 11.00 now" in named[0]
    assert f"import {later.pk} (later.csv)" in named[0]


def test_what_was_skipped_does_not_come_back_later(stocks):
    before = table(Stock)
    first = quotes({"code": "000007", "price": "17"})
    second = quotes({"code": "000007", "price": "18"}, source="later.csv")
    assert undo(first, skip_conflicts=True).done
    assert undo(second).done
    assert table(Stock) == before


def test_dry_run_of_undoing_changes_nothing(stocks):
    record = quotes({"code": "000007", "price": "17"}, {"code": "AAPL", "short": "Apple"})
    before = table(Stock)
    result = undo(record, dry_run=True)
    assert (result.done, result.restored, result.conflicts) == (False, 2, 0)
    assert table(Stock) == before


def test_what_undoes_old_imports_is_forgotten(stocks, monkeypatch):
    monkeypatch.setattr(kept, "KEPT_OF_A_SOURCE", 2)
    other = quotes({"code": "000036", "price": "1"}, source="other.csv")
    several = [quotes({"code": "000007", "price": str(price)}) for price in (1, 2, 3)]
    with pytest.raises(Refused, match="too old"):
        undo(several[0])
    assert DataImport.objects.count() == 4
    assert undo(several[2]).done
    DataImport.objects.filter(pk=other.pk).update(made_at=timezone.now() - timedelta(days=91))
    quotes({"code": "000007", "price": "4"})
    assert not ImportBatch.objects.filter(data_import=other).exists()


def test_what_was_kept_in_the_form_before_is_undone_too(stocks):
    before = table(Stock)
    record = bars(
        {"code": "000007", "date": "2017-07-03"}, {"code": "000007", "date": "2017-07-04"}
    )
    batch = ImportBatch.objects.order_by("pk").first()
    content = kept.unpack(batch)
    columns = {name: "\0".join(values) for name, values in content["new"].items()}
    batch.changes = zlib.compress(json.dumps({**content, "new": columns}).encode())
    batch.save()
    assert kept.unpack(batch) == content
    undo(record)
    assert not Bar.objects.exists()
    assert table(Stock) == before
