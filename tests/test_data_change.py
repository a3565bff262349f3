"""Every commit that changes stocks or bars is another version of the data."""

from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from stocks import history
from stocks.imports import Row
from stocks.imports.writer import write_bars, write_quotes
from stocks.models import Bar, DataChange, DataImport, Stock


def save():
    Stock.objects.get(code="000007").save()


def save_and_roll_back():
    with transaction.atomic():
        save()
        transaction.set_rollback(True)


def delete():
    Stock.objects.get(code="000007").delete()


def bulk():
    Stock.objects.bulk_create([Stock(code="1", short="one")])


def update():
    Stock.objects.filter(code="000007").update(price=1)


def add_bar():
    Bar.objects.create(stock=Stock.objects.get(code="000007"), date="2026-07-01", **PRICES)


def import_quotes():
    rows = [{"code": "000007", "market": "SZ", "price": "9.87"}]
    write_quotes([page_row(row) for row in rows], source="test")


def import_bars():
    row = {"code": "000007", "market": "SZ", "date": "2026-07-01", **PRICES}
    write_bars([page_row(row)], source="test")


def undo_import():
    call_command("undoimport", str(DataImport.objects.latest("pk").pk), verbosity=0)


def load():
    call_command("loaddata", "info", verbosity=0)


PRICES = {"open": Decimal(2), "high": Decimal(3), "low": Decimal(1), "close": Decimal(2)}


def page_row(values):
    """Return a row as a reader gives it."""
    return Row(2, {name: str(value) for name, value in values.items()})


@pytest.mark.parametrize(
    "change", [save, delete, bulk, update, add_bar, import_quotes, import_bars, load]
)
def test_every_change_is_another_version(stocks, change, capsys):
    before = DataChange.objects.version()
    # The rows were made in the same transaction, the test's own.
    connection.run_on_commit.clear()
    change()
    assert DataChange.objects.version() != before


@pytest.mark.django_db(transaction=True)
def test_so_is_an_import_undone_and_a_rebuilt_quote(stocks, capsys):
    versions = [DataChange.objects.version()]
    for change in (import_quotes, undo_import, add_bar, history.rebuild):
        change()
        versions.append(DataChange.objects.version())
    assert len(set(versions)) == len(versions)


def test_a_watchlist_is_none(stocks, alice):
    before = DataChange.objects.version()
    alice.watchlist.watch(stocks["000007"])
    assert DataChange.objects.version() == before


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_taken_for_noted(stocks):
    before = DataChange.objects.version()
    with transaction.atomic():
        save_and_roll_back()
        assert DataChange.objects.version() == before
        save()
        save()
        once = DataChange.objects.version()
    assert once == DataChange.objects.version() != before
    save_and_roll_back()
    save()
    assert DataChange.objects.version() != once


def test_old_changes_are_forgotten(stocks, monkeypatch):
    monkeypatch.setattr("stocks.models.data_change.KEPT", 5)
    seen = set()
    for _n in range(23):
        connection.run_on_commit.clear()
        save()
        seen.add(DataChange.objects.version())
    assert len(seen) == 23
    assert DataChange.objects.count() <= 10
