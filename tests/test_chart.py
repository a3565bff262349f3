"""The chart of a stock's page: its data, its line and table, what they cost."""

import gzip
import io
import json
from datetime import date, timedelta
from itertools import accumulate

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from stocks.history import EPOCH, History
from stocks.models import Bar, Stock

from .pages import find, parse, text

MOST_BYTES = 60 * 1024
YEARS = 3270
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def fixtures(django_db_setup, django_db_blocker):
    """The five US stocks with their 13 years, for all tests of this file."""
    with django_db_blocker.unblock():
        Stock.objects.all().delete()
        call_command("prepare", stdout=io.StringIO())
        yield
        Bar.objects.all().delete()
        Stock.objects.all().delete()


@pytest.fixture
def apple(fixtures, db):
    return Stock.objects.get(code="AAPL")


def unpacked(data):
    """Read the packed lists as the script does: (date, open, high, low, close, volume)."""
    rows, before = [], 0
    dates = accumulate(data["date"])
    unit = 10 ** data["digits"]
    for place, day in enumerate(dates):
        close = before + data["close"][place]
        opened = before + data["open"][place]
        high = max(opened, close) + data["high"][place]
        low = min(opened, close) - data["low"][place]
        prices = (price / unit for price in (opened, high, low, close))
        rows.append((EPOCH + timedelta(days=day), *prices, data["volume"][place]))
        before = close
    return rows


def test_five_stocks_with_their_history_come_with_the_site(apple):
    assert Stock.objects.count() == 99
    assert Bar.objects.count() == 12_154
    quotes = Stock.objects.filter(market="US").order_by("code")
    assert [(stock.code, str(stock.price), str(stock.highs)) for stock in quotes] == [
        ("AAPL", "430.47", "594.59"),
        ("FB", "27.78", "32.5063"),
        ("GOOG", "806.19", "808.97"),
        ("IBM", "202.91", "208.58"),
        ("MSFT", "27.95", "28.23"),
    ]
    out = io.StringIO()
    call_command("prepare", stdout=out)
    assert out.getvalue() == "Database ready: 99 stocks, nothing to load.\n"


def test_an_old_quote_does_not_date_the_newer_previous_highs(client, apple):
    assert "99 stocks as of 20 Jul 2017" in text(find(parse(client.get("/")), "main")[0])


def test_what_is_unpacked_is_what_was_stored(client, apple):
    data = client.get("/stocks/AAPL.US/bars.json").json()
    assert (data["symbol"], data["name"], data["digits"]) == ("AAPL.US", "Apple", 2)
    rows = unpacked(data)
    assert len(rows) == YEARS
    assert rows[-1] == (date(2013, 3, 1), 438.0, 438.18, 429.98, 430.47, 19_730_000)
    # Two splits of two for one came after the first day.
    day, *prices, volume = rows[0]
    assert day == date(2000, 3, 1)
    assert prices == pytest.approx([29.64, 33.02, 29.63, 32.58], abs=0.011)
    assert volume == pytest.approx(4 * 9_616_100, rel=0.001)
    assert all(low <= min(o, c) <= max(o, c) <= high for _d, o, high, low, c, _v in rows)


def test_thirteen_years_take_few_bytes(client, apple):
    response = client.get("/stocks/AAPL.US/bars.json", headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(response.content))["date"]) == YEARS
    print(f"{len(response.content)} bytes")
    assert len(response.content) <= MOST_BYTES


def test_a_browser_keeps_the_data_and_asks_whether_it_changed(client, apple):
    path = "/stocks/AAPL.US/bars.json"
    response = client.get(path)
    assert "Set-Cookie" not in response.headers
    tag = response["ETag"]
    again = client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    apple.bars.filter(date="2001-01-02").update(volume=1)
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("path", "target"),
    [("aapl", "/stocks/AAPL.US/bars.json"), ("000007", "/stocks/000007.SZ/bars.json")],
)
def test_the_address_follows_the_rules_of_the_page(client, apple, path, target):
    response = client.get(f"/stocks/{path}/bars.json")
    assert (response.status_code, response["Location"]) == (302, target)


@pytest.mark.parametrize("symbol", ["AAPX", "000007.SH", "x" * 5000, "%00", "…"])
def test_no_such_stock_has_data(client, apple, symbol):
    response = client.get(f"/stocks/{symbol}/bars.json")
    assert response.status_code == 404
    assert "public" not in response["Cache-Control"]


def test_a_code_of_several_stocks_has_no_data(client, apple):
    Stock.objects.create(code="AAPL", market="LSE", short="elsewhere")
    response = client.get("/stocks/AAPL/bars.json")
    assert response.status_code == 404
    assert len(find(find(parse(response), "ul", css="choices")[0], "a")) == 2


def test_a_stock_without_bars_has_empty_lists_and_no_chart(client, apple):
    data = client.get("/stocks/000007.SZ/bars.json").json()
    assert (data["date"], data["close"]) == ([], [])
    page = client.get("/stocks/000007.SZ/")
    assert not find(parse(page), "section", css="history")
    assert b"lightweight-charts" not in page.content
    assert b"chart.js" not in page.content


def test_only_the_data_may_be_asked_for(client, apple):
    assert client.post("/stocks/AAPL.US/bars.json").status_code == 405


def test_without_a_script_there_is_a_line_with_its_axes(client, apple):
    (box,) = find(parse(client.get("/stocks/AAPL.US/")), "div", css="drawn")
    assert [text(item) for item in find(find(box, "ol", css="prices")[0], "li")] == [
        "800.00",
        "600.00",
        "400.00",
        "200.00",
        "0.00",
    ]
    dates = [text(item) for item in find(find(box, "ol", css="dates")[0], "li")]
    assert (dates[0], dates[-1]) == ("31 Mar 2000", "1 Mar 2013")
    (line,) = find(box, f"{SVG}path", css="line")
    places = line.get("d").removeprefix("M").split("L")
    assert len(places) == 157
    assert places[0].startswith("0 ")
    assert places[-1].startswith("1000 ")


def test_without_a_script_there_is_a_table(client, apple):
    (table,) = find(parse(client.get("/stocks/AAPL.US/")), "table", css="days")
    rows = [[text(cell) for cell in row] for row in find(find(table, "tbody")[0], "tr")]
    assert rows[0] == ["1 Mar 2013", "438.00", "438.18", "429.98", "430.47", "19.73M"]
    assert rows[1][0] == "28 Feb 2013"
    assert len(rows) == 157


def test_the_words_for_a_screen_reader(client, apple):
    (words,) = find(parse(client.get("/stocks/IBM.US/")), "p", id="history-words")
    assert text(words).startswith("Rose 4.14% in six months, high 211.79 on 5 Oct 2012, low ")


def test_the_note_is_told_to_the_chart(alice, alice_client, bob, apple):
    bob.watchlist.watch(apple, note_info="bob's secret")
    alice.watchlist.watch(apple, note_info='"><b>mine', added_at="2012-06-01T20:00Z")
    response = alice_client.get("/stocks/AAPL.US/")
    (box,) = find(parse(response), "div", css="chart")
    assert (box.get("data-note"), box.get("data-added")) == ('"><b>mine', "2012-06-02")
    assert box.get("data-high") == "594.59"
    assert b"secret" not in response.content


def test_the_page_takes_five_queries_at_most(
    client, alice, alice_client, apple, django_assert_num_queries
):
    alice.watchlist.watch(apple, note_info="mine")
    with django_assert_num_queries(3):
        client.get("/stocks/AAPL.US/?sort=-price")
    for query in ("?sort=-price", "?list=watchlist&sort=-since"):
        with django_assert_num_queries(5):
            assert b"mine" in alice_client.get(f"/stocks/AAPL.US/{query}").content
    with django_assert_num_queries(2):
        client.get("/stocks/AAPL.US/bars.json")


def test_the_library_comes_from_its_package():
    found = finders.find("litecharts/lightweight-charts.js")
    with open(found, encoding="utf-8") as file:  # noqa: PTH123
        assert "TradingView Lightweight Charts™ v5.1" in file.read(200)


def test_history_of_the_fixtures_has_no_cliff(apple):
    """A split that was missed would show as a fall by half."""
    for stock in Stock.objects.filter(market="US"):
        days = History.of(stock).days
        steps = [later.close / day.close for day, later in zip(days, days[1:], strict=False)]
        assert min(steps) > 0.45
        assert max(steps) < 1.5
