"""The overview of the market: its figures, its links to the table, its drawings."""

import gzip
from datetime import date
from decimal import Decimal

import pytest
from django.http import QueryDict

from stocks.heat_map import MOST_GROUPS, Group
from stocks.models import Stock
from stocks.overview import Overview
from stocks.treemap import Item

from .pages import codes, find, parse, said, text

SVG = "{http://www.w3.org/2000/svg}"
CHANGES = [
    "-10", "-8", "-7.9999", "-2", "-1.9999", "-0.0001", "0", "0", "0.0001", "1.9999", "2", "5",
    "6", "7.9999", "8", "99999999.9999", None,
]  # fmt: skip
COUNTS = [2, 1, 0, 1, 2, 2, 2, 1, 1, 2, 2]
MOST_BYTES, MOST_BYTES_SENT = 100 * 1024, 25 * 1024


def overview(query=""):
    return Overview(QueryDict(query))


def make(code, chg=None, **values):
    return Stock.objects.create(
        code=code, short=values.pop("short", f"n{code}"), chg=chg and Decimal(chg), **values
    )


def moves(page):
    return {name: stocks for _css, name, stocks, _screen in page.changes.moves}


def listed(page):
    return {listing.title: [stock.code for stock in listing.rows] for listing in page.listings}


@pytest.fixture
def changed(db):
    """Stocks at the edges of the bars, one of each kind that does not count."""
    for place, chg in enumerate(CHANGES):
        make(f"60{place:04}", chg, price=10, highs=9 + place % 3)
    make("700001", "9", status="suspended", price=10, highs=1, turnover=9)
    make("700002", "-9", status="delisted", price=10, highs=1, turnover=9)


@pytest.fixture
def industries(db):
    """Two industries and a stock of none; sizes as 6 to 3 to 1."""
    make("600001", "2", industry="Banks", market_value=400)
    make("600002", "-1", industry="Banks", market_value=200, amount=7)
    make("600003", "10", industry="<&> 🚀", market_value=300, amount=9)
    make("600004", None, market_value=100)


def test_who_rose_and_fell(changed):
    page = overview()
    assert moves(page) == {"Fell": 6, "Unchanged": 2, "Rose": 8}
    assert (page.tallies.total, page.without_change, page.tallies.resting) == (17, 1, 2)
    assert [length for _css, _left, length in page.changes.share] == [375, 125, 500]


def test_bars_count_every_change_once(changed):
    assert [bar.stocks for bar in overview().changes.bars] == COUNTS


def test_bars_and_moves_lead_to_just_their_stocks(client, changed):
    assert Stock.objects.exclude(status="").exists()
    page = overview()
    screens = [(bar.stocks, bar.screen) for bar in page.changes.bars]
    screens += [(stocks, screen) for _css, _name, stocks, screen in page.changes.moves]
    for stocks, screen in screens:
        response = client.get(f"/{screen.query()}")
        assert (len(codes(response)), said(response)) == (stocks, [])


def test_bars_say_what_they_are_about(changed):
    assert [bar.words for bar in overview().changes.bars][::2] == [
        "−8% and beyond",
        "−4% to −6%",
        "0% to −2%",
        "0% to +2%",
        "+4% to +6%",
        "+8% and beyond",
    ]


def test_lists_begin_as_the_screen_they_lead_to(client, all_stocks):
    page = overview()
    assert [len(listing.rows) for listing in page.listings] == [10, 1, 10, 10]
    for listing in page.listings:
        response = client.get(f"/{listing.screen.query()}")
        assert codes(response)[:10] == [stock.code for stock in listing.rows]
        assert said(response) == []
    assert [listing.total for listing in page.listings] == [93, 1, 94, 94]


def test_suspended_and_delisted_stocks_are_on_no_list_and_no_map(changed):
    page = overview()
    shown = {code for rows in listed(page).values() for code in rows}
    assert shown
    assert not shown & {"700001", "700002"}
    assert [listing.total for listing in page.listings] == [8, 6, 0, 6]
    assert sum(group.stocks for group in page.heat_map.groups) == page.tallies.total


def test_most_traded_goes_by_the_amount_where_it_is_known(industries):
    assert listed(overview())["Most traded"] == ["600003", "600002"]


def test_amounts_of_different_currencies_are_not_compared(industries):
    make("AAPL", "1", amount=8, turnover=3)
    assert listed(overview())["Most traded"] == ["AAPL"]
    assert listed(overview("market=US"))["Most traded"] == ["AAPL"]
    assert listed(overview("market=sh"))["Most traded"] == ["600003", "600002"]


def test_breakouts_stand_above_their_previous_high(changed):
    Stock.objects.exclude(code__in=["600000", "600001", "600002"]).delete()
    page = overview()
    assert listed(page)["Above the previous high"] == ["600000"]


@pytest.mark.parametrize(
    ("query", "market", "total"), [("", "", 3), ("market=sz", "SZ", 1), ("market=-", "-", 1)]
)
def test_market(db, query, market, total):
    make("600001")
    make("000001")
    make("1234567")
    page = overview(query)
    assert (page.market, page.tallies.total, page.problems) == (market, total, [])
    assert [name for name, _query, chosen in page.choices if chosen] == [
        {"": "All markets", "SZ": "Shenzhen", "-": "Unknown market"}[market]
    ]


def test_what_the_address_cannot_ask_for_is_named(client, industries):
    response = client.get("/market/?market=<b>&price_min=1&market=moon")
    assert response.status_code == 200
    problems = said(response)
    assert len(problems) == 3
    assert any("“moon”" in problem for problem in problems)
    assert any("“price_min” is no filter of this page" in problem for problem in problems)


# The heat map


def test_industries_by_their_size_with_the_mean_change_of_the_money_in_them(industries):
    page = overview()
    assert page.heat_map.by_industry
    assert page.heat_map.measure.name == "market_value"
    assert [(g.name, g.stocks, g.weight, g.change) for g in page.heat_map.groups] == [
        ("Banks", 2, 600, 1.0),
        ("<&> 🚀", 1, 300, 10.0),
        ("Unknown industry", 1, 100, None),
    ]
    assert [group.href for group in page.heat_map.groups] == [
        "/?industry=Banks&sort=-chg",
        "/?industry=%3C%26%3E+%F0%9F%9A%80&sort=-chg",
        "",
    ]
    assert [share for _group, share in page.heat_map.shares] == ["60.00%", "30.00%", "10.00%"]


def test_the_drawing_links_industries_and_stocks(client, industries):
    response = client.get("/market/?market=SH")
    for css in ("wide", "tall"):
        (drawing,) = find(parse(response), f"{SVG}svg", css=css)
        links = [link.get("href") for link in find(drawing, f"{SVG}a")]
        assert "/?market=SH&industry=Banks&sort=-chg" in links
        assert "/stocks/600003.SH/" in links
        titles = [text(title) for title in find(drawing, f"{SVG}title")]
        assert "n600003 600003.SH +10.00%" in titles
        assert "<&> 🚀, 1 stock, +10.00%" in titles


def test_without_sizes_every_stock_has_the_same_area_by_market(client, all_stocks):
    page = overview()
    assert not page.heat_map.by_industry
    assert page.heat_map.measure is None
    assert [(g.name, g.weight, g.href) for g in page.heat_map.groups] == [
        ("Shanghai", 54, "/?market=SH&sort=-chg"),
        ("Shenzhen", 40, "/?market=SZ&sort=-chg"),
    ]
    response = client.get("/market/")
    assert "a feed or an import that has them brings them" in text(find(parse(response), "main")[0])
    tiles = [tile for block in page.heat_map.wide.blocks for tile in block.tiles]
    assert len(tiles) == 94
    assert all(tile.link for tile in tiles)


def test_amounts_are_the_areas_where_market_values_are_rare(industries):
    Stock.objects.exclude(code="600001").update(market_value=None)
    page = overview()
    assert page.heat_map.measure.name == "amount"
    assert page.heat_map.unmeasured == 2
    assert sorted((g.name, g.weight) for g in page.heat_map.groups) == [("<&> 🚀", 9), ("Banks", 7)]


def test_each_currency_has_as_much_room_as_it_has_stocks(industries):
    make("00700", "1", industry="Games", market_value=10**12)
    make("000001", "1", industry="Banks", market_value=1000)
    page = overview()
    assert page.heat_map.mixed
    weights = {group.name: group.weight for group in page.heat_map.groups}
    assert weights["Games"] == pytest.approx(1)
    assert sum(weights.values()) == pytest.approx(6)
    assert weights["Banks"] == pytest.approx(5 * 1600 / 2000)
    assert not overview("market=HK").heat_map.mixed


def test_small_industries_are_joined(db):
    for place in range(MOST_GROUPS + 3):
        make(f"60{place:04}", "1", industry=f"i{place}", market_value=1000 - place)
    groups = overview().heat_map.groups
    assert len(groups) == MOST_GROUPS + 1
    joined = groups[0]
    assert (joined.name, joined.stocks, joined.href) == ("Other industries", 3, "")
    assert joined.change == 1


def test_what_is_left_of_an_industry_has_its_own_mean(industries):
    (banks,) = [group for group in overview().heat_map.groups if group.name == "Banks"]
    rest = banks.rest(1)
    assert (rest.name, rest.weight, rest.change) == ("1 other", 200, -1)
    assert banks.rest(2) is None


def test_of_others_without_a_change_nothing_is_made_up():
    weights = [0.1, 0.2, 0.3]
    known, moved = sum(weights), sum(weight * 1.1 for weight in weights)
    items = [Item("", weight, 1.1, "") for weight in reversed(weights)]
    group = Group("", "", 4, known + 1, known, moved).with_largest(items)
    assert (group.rest(3).weight, group.rest(3).change) == (pytest.approx(1), None)


# Whatever the rows


@pytest.mark.parametrize("query", ["", "?market=SH", "?market=-"])
def test_no_stocks_at_all(client, db, query):
    response = client.get(f"/market/{query}")
    assert "loaddata info" in text(find(parse(response), "section", css="empty")[0])


def test_only_suspended_stocks(client, db):
    make("600001", "1", status="suspended")
    response = client.get("/market/")
    assert "suspended or delisted" in text(find(parse(response), "p", css="empty")[0])


@pytest.mark.parametrize("rows", [1, 3])
def test_stocks_without_any_value(client, db, rows):
    for place in range(rows):
        make(f"60{place:04}")
    response = client.get("/market/")
    tree = parse(response)
    assert len(find(tree, "section", css="listing")) == 4
    assert moves(overview()) == {"Fell": 0, "Unchanged": 0, "Rose": 0}
    assert f"Of {rows} no change is known." in text(find(tree, "section", css="changes")[0])


def test_odd_values(client, db):
    huge = Decimal("900000000000000000")
    make("600001", "-100", industry="One", market_value=huge, amount=huge, short="]]><!--")
    make("600002", "99999999.9999", industry="One", market_value="0.01", short="<b>&amp;</b>")
    make("600003", "0", industry="One", market_value=0, amount=0, short="🚀" * 30)
    make("600004", "-0.01", industry="One", market_value=huge, short="\x07\ufdd0 ")
    page = overview()
    (one,) = page.heat_map.groups
    assert (one.stocks, page.heat_map.unmeasured) == (3, 1)
    assert one.change == pytest.approx(-50, abs=0.01)
    tree = parse(client.get("/market/"))
    assert "]]><!-- 600001.SH −100.00%" in [text(t) for t in find(tree, f"{SVG}title")]


def test_day_of_the_data(client, changed):
    assert "as of" not in text(find(parse(client.get("/market/")), "header", css="overview")[0])
    Stock.objects.filter(code="600000").update(time=date(2017, 7, 20))
    line = text(find(parse(client.get("/market/")), "header", css="overview")[0])
    assert "as of 20 Jul 2017 older than the last trading day" in line
    Stock.objects.filter(code="600001").update(quote_time="2999-01-02T23:30:00Z")
    line = text(find(parse(client.get("/market/")), "header", css="overview")[0])
    assert "as of 3 Jan 2999" in line
    assert "older" not in line


def crowd(rows):
    """Make a market of so many stocks in 90 industries."""
    Stock.objects.bulk_create(
        Stock(
            code=f"{600000 + place}",
            market="SH",
            short=f"股票{place}",
            chg=(-1) ** place * Decimal(place % 1000 + 1) / 100,
            turnover=place % 7,
            price=10,
            highs=9,
            amount=10**9 // (place + 1),
            market_value=10**12 // (place // 9 + 1),
            industry=f"行业{place % 90}",
        )
        for place in range(rows)
    )


@pytest.mark.parametrize("rows", [2, 200])
def test_queries_do_not_grow_with_the_rows(client, db, django_assert_num_queries, rows):
    crowd(rows)
    with django_assert_num_queries(8):
        assert client.get("/market/").status_code == 200


@pytest.mark.sqlite
def test_a_whole_market_takes_few_bytes(client, db):
    crowd(5400)
    response = client.get("/market/", headers={"Accept-Encoding": "gzip"})
    page = gzip.decompress(response.content)
    assert page.count(b"<title>") > 200
    print(f"{len(page)} bytes, {len(response.content)} sent")
    assert len(page) <= MOST_BYTES
    assert len(response.content) <= MOST_BYTES_SENT
