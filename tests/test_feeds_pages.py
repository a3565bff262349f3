"""What the pages say of a quote: its source, its time, whether it is old, suspended, delisted."""

import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from stocks.models import FeedRun, Stock

NOW = datetime(2026, 10, 9, 12, tzinfo=UTC)


@pytest.fixture
def stock(db, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return Stock.objects.create(code="600519", market="SH", short="贵州茅台", price="1459.88")


def shown(client, stock, **values):
    """Return what the stock's page says below its price, as plain text."""
    Stock.objects.filter(pk=stock.pk).update(**values)
    page = client.get(f"/stocks/{stock.slug}/").content.decode()
    found = re.search(r'<p class="meaning quote-from">(.*?)</p>', page, re.DOTALL)
    return found and " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def at(text):
    return datetime.fromisoformat(text)


def test_page_says_from_where_and_when_the_price_is(client, stock):
    said = shown(client, stock, quote_time=at("2026-10-09T15:00+08:00"), source="tencent")
    assert said == "9 Oct 2026 15:00 · from tencent"
    assert shown(client, stock, quote_time=None, source="") is None


@pytest.mark.parametrize(
    ("market", "quoted", "said"),
    [
        ("SH", "2026-10-08T15:00+08:00", "older than the last trading day, 9 Oct 2026"),
        ("HK", "2026-10-09T10:00+08:00", None),
        ("US", "2026-10-08T16:00-04:00", None),
        ("US", "2026-10-07T16:00-04:00", "older than the last trading day, 8 Oct 2026"),
        ("XX", "2026-10-08T15:00+08:00", "older than 9 Oct 2026, which may have been a holiday"),
    ],
)
def test_old_price_is_marked_by_the_calendar_of_its_market(client, stock, market, quoted, said):
    stock.market = market
    shown_now = shown(client, stock, market=market, quote_time=at(quoted), source="x")
    assert shown_now.endswith(f"from x {said}" if said else "from x")


@pytest.mark.parametrize(("status", "word"), [("suspended", "Suspended"), ("delisted", "Delisted")])
def test_suspended_and_delisted_stocks_are_marked(client, stock, status, word):
    said = shown(client, stock, status=status, quote_time=at("2026-09-01T15:00+08:00"), source="x")
    assert said == f"{word} 1 Sep 2026 15:00 · from x"
    assert f'<small class="stale">{word}</small>' in client.get("/").content.decode()


def test_row_of_the_table_marks_an_old_price(client, stock):
    Stock.objects.update(quote_time=at("2026-10-08T15:00+08:00"))
    assert client.get("/").content.decode().count('<small class="stale">Old price</small>') == 1
    Stock.objects.update(quote_time=at("2026-10-09T15:00+08:00"))
    assert "Old price" not in client.get("/").content.decode()


def test_log_of_the_feeds_is_in_the_admin_to_look_at(admin, sign_in, db):
    run = FeedRun.objects.begin("quotes", ["SH", "SZ"])
    run.end("failed", "tencent: 127.0.0.1 sent HTML where data should be.")
    client = sign_in(admin)
    assert "SH,SZ" in client.get("/admin/stocks/feedrun/").content.decode()
    address = f"/admin/stocks/feedrun/{run.pk}/change/"
    assert "sent HTML where data should be" in client.get(address).content.decode()
    assert client.post(address, {"message": ""}).status_code == 403
    assert client.get("/admin/stocks/feedrun/add/").status_code == 403
