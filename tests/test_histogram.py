"""The small pictures of how a column's values are distributed."""

from datetime import date, timedelta

import html5lib
import pytest

from stocks.columns import MARKET
from stocks.histogram import Histogram
from stocks.models import Stock

from .pages import find, parse
from .rows import varied

SVG = "{http://www.w3.org/2000/svg}"


def counts(name):
    """Return how many stocks each bar of a column stands for."""
    return list(Histogram.of(Stock.objects.all(), MARKET.column(name)).counts)


def make(**values):
    """Make a stock for each of some values of one column."""
    ((name, given),) = values.items()
    Stock.objects.bulk_create(
        Stock(code=f"{place:06}", market="SZ", short="n", **{name: value})
        for place, value in enumerate(given)
    )


def test_values_count_in_equal_steps_from_the_least_to_the_most(db):
    make(price=[1, 1, 2, 3, 24, 25, None])
    assert counts("price") == [2, 1, 1, *[0] * 20, 2]


@pytest.mark.parametrize("name", ["chg", "volume"])
def test_the_outermost_hundredth_counts_at_the_ends(db, name):
    make(**{name: [*range(1, 241), 10**7, 10**7 + 1]})
    drawn = counts(name)
    assert sum(drawn) == 242
    assert drawn[-1] == 12
    assert set(drawn[1:-1]) <= {9, 10, 11}


def test_of_many_stocks_some_from_all_over_are_counted(db, monkeypatch):
    monkeypatch.setattr("stocks.histogram.ALL", 96)
    monkeypatch.setattr("stocks.histogram.PART", 48)
    make(price=range(1, 241))
    drawn = Histogram.of(Stock.objects.all(), MARKET.column("price"))
    assert (drawn.least, drawn.most) == (1, 240)
    assert 48 <= sum(drawn.counts) <= 62
    assert max(drawn.counts) <= 3
    Stock.objects.exclude(price__lte=90).delete()
    assert sum(counts("price")) == 90


def test_days_are_counted_too(db):
    make(time=[date(2026, 1, 1) + timedelta(days=place) for place in range(48)])
    assert sum(counts("time")) == 48
    assert max(counts("time")) <= 3


def test_one_value_or_none(db):
    assert counts("price") == []
    make(price=[7, 7])
    assert sum(counts("price")) == 2


def test_negative_numbers(db):
    make(chg=[-12, -11, 0, 12])
    assert counts("chg") == [1, 1, *[0] * 10, 1, *[0] * 10, 1]


@pytest.mark.parametrize("name", [column.name for column in MARKET.ranged])
def test_every_column_with_a_range_is_drawn(client, db, name):
    varied()
    response = client.get(f"/histogram/{name}.svg")
    assert response["Content-Type"] == "image/svg+xml"
    picture = html5lib.parse(response.content.decode(), namespaceHTMLElements=False)
    (path,) = picture.iter(f"{SVG}path")
    assert path.get("d").count("z") == sum(1 for count in counts(name) if count) > 0
    again = client.get(f"/histogram/{name}.svg", HTTP_IF_NONE_MATCH=response["ETag"])
    assert again.status_code == 304


@pytest.mark.parametrize(
    "name", ["code", "industry", "sparkline", "password", "since", "id", "%00"]
)
def test_nothing_else_is_drawn(client, db, name):
    assert client.get(f"/histogram/{name}.svg").status_code == 404


@pytest.mark.parametrize("rows", [2, 200])
def test_few_values_leave_the_database(
    client, db, monkeypatch, django_assert_max_num_queries, rows
):
    monkeypatch.setattr("stocks.histogram.ALL", 48)
    make(price=range(1, rows + 1))
    with django_assert_max_num_queries(6):
        client.get("/histogram/price.svg")


def words(client, name):
    """Return what the picture of a column says of itself."""
    picture = html5lib.parse(client.get(f"/histogram/{name}.svg").content.decode())
    return picture.find(f".//{SVG}svg").get("aria-label")


def test_picture_says_what_it_shows(client, db):
    said = "{} of all stocks, from {} to {}: how many have which"
    assert words(client, "price") == "Latest price: no stock has a value"
    varied()
    assert words(client, "price") == said.format("Latest price", "0.0001", "100.00")
    assert words(client, "chg") == said.format("Change", "▼−10.00%", "▲+10.01%")
    assert words(client, "time") == said.format("Previous high on", "31 Dec 2016", "19 Jul 2017")


def places(response):
    """Return the addresses of the pictures a page has a place for."""
    return [place.get("hx-get") for place in find(parse(response), "div", css="histogram")]


def test_each_range_of_the_market_has_a_place_for_its_picture(client, alice, alice_client, stocks):
    assert len(places(client.get("/"))) == 6
    names = ("chg", "price", "volume", "amount")
    meant = [f"/histogram/{name}.svg" for name in names]
    response = client.get("/?columns=price,volume,chg&amount_min=1")
    assert places(response) == meant
    assert [picture.get("src") for picture in find(parse(response), "img", loading="lazy")] == meant
    alice.watchlist.watch(stocks["000007"])
    assert places(alice_client.get("/watchlist/")) == []
