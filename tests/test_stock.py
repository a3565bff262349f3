"""The page of one stock."""

import re
from html import unescape

import pytest
from django.http import QueryDict

from stocks.columns import INDUSTRY, MARKET, VOLUME, WATCHLIST
from stocks.models import Stock
from stocks.nearest import nearest
from stocks.screen import Screen

from .pages import codes, find, parse, said, text
from .rows import many, varied, watched_by

LINK = '<a [^>]*rel="{}" href="([^"]+)"'


def neighbour(response, which):
    found = re.search(LINK.format(which), response.content.decode())
    return found and unescape(found[1])


def test_every_value_stands_with_its_meaning(client, stocks):
    tree = parse(client.get("/stocks/000007.SZ/"))
    values = [[text(part) for part in pair] for pair in find(find(tree, "dl")[0], "div")]
    assert [heading for heading, _value, _meaning in values] == [
        "Code",
        "Name",
        "Change",
        "Turnover rate",
        "Latest price",
        "Previous high",
        "Previous high on",
        "From previous high",
    ]
    assert [value for _heading, value, _meaning in values] == [
        "000007",
        "全新好",
        "▲+10.01%",
        "4.40%",
        "16.05",
        "14.60",
        "18 Jul 2017",
        "▲+9.93%",
    ]
    assert all(meaning.endswith(".") for _heading, _value, meaning in values)


def test_distance_from_the_previous_high_and_when_it_was(client, stocks):
    page = text(find(parse(client.get("/stocks/000007.SZ/")), "article")[0])
    assert "▲+9.93% from its previous high of 14.60 on 18 Jul 2017." in page


def test_stock_without_values_has_dashes(client, db):
    Stock.objects.create(code="000004", short="bear")
    tree = parse(client.get("/stocks/000004.SZ/"))
    values = [text(find(pair, "dd")[0]) for pair in find(find(tree, "dl")[0], "div")]
    assert values[2:] == ["–"] * 6


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/stocks/000007/", "/stocks/000007.SZ/"),
        ("/stocks/000007.sz/", "/stocks/000007.SZ/"),
        ("/stocks/000007./?sort=-chg&q=a%26b", None),
        ("/stocks/000007/?sort=-chg&q=a%26b", "/stocks/000007.SZ/?sort=-chg&q=a%26b"),
        ("/stocks/^gspc/", "/stocks/%5EGSPC./"),
        ("/stocks/%5EGSPC/", "/stocks/%5EGSPC./"),
    ],
)
def test_code_leads_to_the_one_stock_it_fits(client, stocks, path, target):
    Stock.objects.create(code="^GSPC", short="S&P 500")
    response = client.get(path)
    if target is None:
        assert response.status_code == 404
    else:
        assert response.status_code == 302
        assert response["Location"].replace("^", "%5E") == target
        assert client.get(response["Location"]).status_code == 200


def test_code_of_several_stocks_asks_which(client, alice_client, alice, stocks):
    Stock.objects.create(code="000007", market="HK", short="elsewhere")
    nowhere = Stock.objects.create(code="ABCDEF", short="nowhere")
    somewhere = Stock.objects.create(code="ABCDEF", market="LSE", short="somewhere")
    tree = parse(client.get("/stocks/000007/"))
    links = [a.get("href") for a in find(find(tree, "ul", css="choices")[0], "a")]
    assert links == ["/stocks/000007.SZ/", "/stocks/000007.HK/"]
    tree = parse(client.get("/stocks/ABCDEF/"))
    links = [a.get("href") for a in find(find(tree, "ul", css="choices")[0], "a")]
    assert links == ["/stocks/ABCDEF./", "/stocks/ABCDEF.LSE/"]
    for stock, link in zip((nowhere, somewhere), links, strict=True):
        tree = parse(alice_client.get(link))
        assert stock.short in text(find(tree, "h1")[0])
        (button,) = [b for b in find(tree, "button") if b.get("form") == "watch"]
        assert alice_client.post(button.get("formaction")).status_code == 302
    assert {entry.info for entry in alice.watchlist.all()} == {nowhere, somewhere}


def suggested(response):
    assert response.status_code == 404
    return [text(find(item, "strong")[0]) for item in find(parse(response), "li")]


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("000008", "全新好"),
        ("全新好", "全新好"),
        ("全新坏", "全新好"),
        ("华联", "华联控股"),
        ("600728", "重庆百货"),
        ("cqbh", "重庆百货"),
        ("000007.SH", "全新好"),
        ("００００３６", "华联控股"),
        ("00007", "全新好"),
        ("007", "全新好"),
        ("7", "全新好"),
        ("100007", "全新好"),
        ("00O007", "全新好"),
        ("000070", "全新好"),
        ("sz000007", "全新好"),
    ],
)
def test_unknown_stock_suggests_the_nearest(client, all_stocks, asked, first):
    found = suggested(client.get(f"/stocks/{asked}/"))
    assert found[0] == first
    assert len(found) <= 6


def test_names_are_looked_through_for_chinese_characters_only(
    all_stocks, django_assert_num_queries
):
    with django_assert_num_queries(4):
        nearest(all_stocks, "000008")
    with django_assert_num_queries(5):
        nearest(all_stocks, "全新坏")


@pytest.mark.parametrize(
    "asked", ["x" * 60_000, "9" * 60_000, "全" * 9000, "%25", "_", "%20", "'", '"><b>', "%01", "."]
)
def test_odd_addresses_are_404_with_a_page(client, stocks, asked):
    response = client.get(f"/stocks/{asked}/")
    suggested(response)
    assert len(text(find(parse(response), "h1")[0])) < 100


# Each kind of column once: those that are chosen are read as the usual ones are.
LISTS = [(MARKET, column.name) for column in (*MARKET.usual, INDUSTRY, VOLUME)]
LISTS += [(WATCHLIST, c.name) for c in WATCHLIST.usual if c not in MARKET.usual[1:]]


@pytest.mark.parametrize(("table", "name"), LISTS)
@pytest.mark.parametrize("minus", ["", "-"])
def test_neighbours_are_those_of_the_list(alice, table, name, minus):
    watched_by(alice)
    stocks = alice.watchlist.stocks() if table == WATCHLIST else Stock.objects.all()
    screen = Screen.parse(QueryDict(f"sort={minus}{name}"), table, ())
    rows = list(screen.rows(stocks))
    assert len(rows) == 7
    found = [screen.neighbours(stocks, stock) for stock in rows]
    assert found == list(zip([None, *rows], [*rows[1:], None], strict=False))


@pytest.mark.parametrize(
    ("path", "query"), [("/", "?sort=-price"), ("/watchlist/", "?list=watchlist&sort=since")]
)
def test_one_walks_through_the_list_from_stock_to_stock(alice_client, alice, path, query):
    watched_by(alice)
    order = codes(alice_client.get(f"{path}{query}"))
    slugs = {stock.code: stock.slug for stock in Stock.objects.all()}
    paths = [f"/stocks/{slugs[code]}/{query}" for code in order]
    found = [
        tuple(neighbour(opened, which) for which in ("prev", "next"))
        for opened in map(alice_client.get, paths)
    ]
    assert found == list(zip([None, *paths], [*paths[1:], None], strict=False))


def test_neighbours_keep_to_the_filters_of_the_list(client, db):
    varied()
    response = client.get("/stocks/000002.SZ/?market=SZ&sort=-price&chg_min=-50")
    assert neighbour(response, "prev") == "/stocks/000003.SZ/?market=SZ&sort=-price&chg_min=-50"
    assert neighbour(response, "next") == "/stocks/000001.SZ/?market=SZ&sort=-price&chg_min=-50"


def test_stock_taken_off_the_list_keeps_its_place_there(alice_client, alice):
    watched_by(alice)
    alice.watchlist.filter(info__code="000002").delete()
    response = alice_client.get("/stocks/000002.SZ/?list=watchlist&sort=-price")
    assert neighbour(response, "prev") == "/stocks/000003.SZ/?list=watchlist&sort=-price"
    assert neighbour(response, "next") == "/stocks/000001.SZ/?list=watchlist&sort=-price"


@pytest.mark.parametrize(
    ("query", "back"),
    [
        ("?sort=-chg&q=0", "/?q=0&sort=-chg"),
        ("?list=watchlist&sort=-since", "/watchlist/?sort=-since"),
        ("", "/"),
    ],
)
def test_way_back_to_the_list(alice_client, stocks, query, back):
    tree = parse(alice_client.get(f"/stocks/000007.SZ/{query}"))
    (link,) = [a for a in find(tree, "a") if text(a) == "Back to the list"]
    assert link.get("href") == back


def test_link_from_a_watchlist_opens_for_a_visitor(client, stocks):
    response = client.get("/stocks/000007.SZ/?list=watchlist&sort=-since&since_min=1")
    assert response.status_code == 200
    assert neighbour(response, "next") == "/stocks/000036.SZ/"


def test_unknown_list_is_named(client, stocks):
    assert "“nobodys”" in said(client.get("/stocks/000007.SZ/?list=nobodys"))[0]


def test_note_and_price_when_added_are_ones_own(alice_client, alice, bob, stocks):
    bob.watchlist.watch(stocks["000007"], note_info="bob's secret")
    assert "secret" not in alice_client.get("/stocks/000007.SZ/").content.decode()
    alice.watchlist.watch(stocks["000007"], note_info="mine", added_price="15.00")
    page = text(find(parse(alice_client.get("/stocks/000007.SZ/")), "section", id="note")[0])
    assert "mine" in page
    assert "at 15.00." in page


@pytest.mark.parametrize("rows", [2, 200])
def test_queries_do_not_grow_with_the_rows(
    client, alice, alice_client, django_assert_num_queries, rows
):
    many(rows, alice)
    with django_assert_num_queries(3):
        client.get("/stocks/600001.SH/?sort=-price")
    for query in ("?sort=-price", "?list=watchlist&sort=-since"):
        with django_assert_num_queries(5):
            alice_client.get(f"/stocks/600001.SH/{query}")
