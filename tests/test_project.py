"""The rows that come with the site."""

import json

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from stocks.models import DataChange, Stock


def test_fixture_is_loaded_twice_and_given_back_equal(db, tmp_path):
    call_command("loaddata", "info", verbosity=0)
    call_command("loaddata", "info", verbosity=0)
    dumped = tmp_path / "info.json"
    call_command("dumpdata", "stocks.stock", output=str(dumped), verbosity=0)
    fixture = settings.BASE_DIR / "fixtures" / "info.json"
    rows = json.loads(fixture.read_text(encoding="utf-8"))
    assert len(rows) == 94
    assert json.loads(dumped.read_text(encoding="utf-8")) == rows


def test_a_fixture_turns_no_stock_into_another(alice):
    stock = Stock.objects.create(pk=50, code="600519", short="贵州茅台")
    alice.watchlist.watch(stock)
    before = DataChange.objects.version()
    message = "stock 50 of this site is 600519.SH 贵州茅台, and the file would turn it into 6"
    with pytest.raises(CommandError, match=message):
        call_command("loaddata", "info", verbosity=0)
    assert [stock.symbol for stock in Stock.objects.all()] == ["600519.SH"]
    assert alice.watchlist.get().info.symbol == "600519.SH"
    assert DataChange.objects.version() == before
