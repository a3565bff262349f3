"""How often an open page looks for newer prices: the page says it."""

import re
from datetime import datetime

import pytest

from stocks import trading_days
from stocks.models import Stock

SHANGHAI_TRADES = datetime.fromisoformat("2026-03-02T10:00+08:00")
NEW_YORK_TRADES = datetime.fromisoformat("2026-03-02T23:00+08:00")
NOBODY_TRADES = datetime.fromisoformat("2026-03-07T10:00+08:00")


def seconds(client, path):
    """Return what a page says."""
    found = re.search(r'<html [^>]*data-refresh="(\d+)"', client.get(path).content.decode())
    return int(found[1])


@pytest.fixture
def apple(stocks):
    """A stock in New York beside those in Shanghai and Shenzhen."""
    return Stock.objects.create(code="AAPL", market="US", short="Apple")


@pytest.mark.parametrize(
    ("path", "now", "expected"),
    [
        ("/", SHANGHAI_TRADES, 5),
        ("/", NEW_YORK_TRADES, 5),
        ("/", NOBODY_TRADES, 60),
        ("/?market=SZ", NEW_YORK_TRADES, 60),
        ("/?market=US", NEW_YORK_TRADES, 5),
        ("/market/", SHANGHAI_TRADES, 5),
        ("/market/", NOBODY_TRADES, 60),
        ("/market/?market=US", SHANGHAI_TRADES, 60),
        ("/stocks/000007.SZ/", SHANGHAI_TRADES, 5),
        ("/stocks/AAPL.US/", SHANGHAI_TRADES, 60),
        ("/watchlist/", SHANGHAI_TRADES, 60),
        ("/watchlist/", NEW_YORK_TRADES, 5),
    ],
)
def test_often_while_a_market_of_the_page_trades(
    alice, alice_client, apple, monkeypatch, path, now, expected
):
    alice.watchlist.watch(apple)
    monkeypatch.setattr(trading_days.timezone, "now", lambda: now)
    assert seconds(alice_client, path) == expected


@pytest.mark.parametrize("path", ["/about/", "/settings/"])
def test_other_pages_stay_as_they_are(client, db, path):
    assert b"data-refresh" not in client.get(path).content
    assert b"refresh.js" not in client.get(path).content


@pytest.mark.django_db(transaction=True)
def test_the_version_is_another_with_the_data_and_at_the_opening(client, stocks, monkeypatch):
    monkeypatch.setattr(trading_days.timezone, "now", lambda: SHANGHAI_TRADES)
    first = client.get("/version").content
    assert client.get("/version").content == first
    stocks["000007"].save()
    changed = client.get("/version").content
    monkeypatch.setattr(trading_days.timezone, "now", lambda: NOBODY_TRADES)
    assert len({first, changed, client.get("/version").content}) == 3


@pytest.mark.parametrize("path", ["/", "/market/", "/stocks/000007.SZ/", "/watchlist/"])
def test_only_a_persons_page_asks_for_the_version(client, alice_client, stocks, path):
    assert b'data-refresh-by="/version"' in alice_client.get(path).content
    assert b"data-refresh-by" not in client.get(path).content
