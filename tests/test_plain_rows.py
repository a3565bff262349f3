"""Rows read as plain texts: what they are, and in what state the database is left."""

import gc
import itertools
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from stocks import exports, plain_rows
from stocks.exports import stocks_source
from stocks.imports.headings import FIELDS, QUOTES
from stocks.models import Stock

from .rows import odd_stocks


def plain_text(value):
    """Return a value's text as Python's own means have it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat()
    return "" if value is None else str(value)


def set_stored(stock, **values):
    """Set fields past Django, which would round them."""
    names = ", ".join(f"{name} = {value!r}" for name, value in values.items())
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE info SET {names} WHERE id = {stock.pk}")


def test_texts_are_those_of_what_django_reads(alice):
    """However a number or moment was stored, and whatever was remembered before it."""
    odd_stocks()
    stored = [
        "2000000000",
        "0.00005",
        "0.1000000001",
        "12.345",
        "0.0001",
        "-0.5",
        "9999999999.9999",
        "1e-7",
        "0",
    ]
    stocks = Stock.objects.order_by("pk")
    for number, stock in zip(itertools.cycle(stored), list(stocks)):
        set_stored(stock, price=number, highs=stored[3], market_value=number, chg="3")
        alice.watchlist.watch(stock)
    if connection.vendor == "sqlite":
        for place, moment in enumerate(["2026-07-01", "2026-07-01 07:00:00+02:00"]):
            set_stored(stocks[place], quote_time=moment)
    alice.watchlist.update(added_price=Decimal("20000.01"))
    stocks = alice.watchlist.stocks().order_by("pk")
    names = (*FIELDS[QUOTES], "distance", "since", "added_at", "added_price")
    rows = list(stocks.values_list(*names))
    source = stocks_source(stocks, names)
    (batch,) = source.batches
    columns = source.columns(batch)
    assert list(zip(*columns, strict=True)) == [tuple(map(plain_text, row)) for row in rows]


@pytest.mark.parametrize("stored", ["1e16", "123456789012345.5", "10000000000000.25", "1e-7"])
def test_more_digits_than_a_float_keeps_are_those_that_django_reads(stocks, stored):
    set_stored(stocks["000007"], market_value=stored)
    found = Stock.objects.filter(code="000007")
    source = stocks_source(found, ("market_value",))
    (columns,) = map(source.columns, source.batches)
    assert list(columns[0]) == [plain_text(found.get().market_value)]


@pytest.mark.sqlite
@pytest.mark.parametrize("stored", ["9e999", "'none'"])
@pytest.mark.parametrize("name", ["price", "market_value"])
def test_what_is_no_number_is_not_passed_over(stocks, name, stored):
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE info SET {name} = {stored} WHERE code = '000007'")
    with pytest.raises((ArithmeticError, ValueError)):
        list(stocks_source(Stock.objects.all(), (name,)).batches)


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
def test_a_moment_at_the_end_of_time_is_written(written):
    moment = datetime.fromisoformat(written)
    assert datetime.fromisoformat(plain_rows.moment_text(moment)) == moment


def test_what_is_remembered_has_a_limit(monkeypatch):
    monkeypatch.setattr(plain_rows, "MOST", 3)
    remembered = plain_rows.Remembered(str)
    values = [1.5, 2.5, 3.5, 4.5, 1.5, -0.0, 0.0]
    assert remembered.texts(values) == [str(value) for value in values]
    assert 0 < len(remembered) <= 3


@pytest.mark.mariadb
def test_mariadb_hands_out_ids_as_they_are_read(stocks):
    def rows_the_driver_holds():
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM info")
            held = getattr(cursor.cursor.cursor, "_rows", ())
            cursor.fetchall()
        return len(held or ())

    with plain_rows.unbuffered():
        assert rows_the_driver_holds() == 0
    assert rows_the_driver_holds() == len(stocks)


def test_cycles_are_looked_for_again_once_every_thread_is_done():
    first, second = plain_rows.not_collecting(), plain_rows.not_collecting()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_a_file_nobody_waits_for_leaves_the_database_as_it_was(all_stocks, monkeypatch):
    monkeypatch.setattr(exports, "SIZE", 7)
    source = stocks_source(all_stocks, ("code",))
    for _batch in source.batches:
        break
    source.batches.close()
    assert not connection.allow_thread_sharing
    assert Stock.objects.count() == 94
    assert sum(len(codes) for (codes,) in stocks_source(all_stocks, ("code",)).batches) == 94
