"""Choosing the columns of a table."""

import pytest
from django.test import Client

from stocks.columns import MARKET, WATCHLIST
from stocks.models import Stock

from .pages import codes, find, parse, said, text

USUAL = [column.heading for column in MARKET.usual]


def headings(response):
    """Return the headings of the table, without the place, the arrows and the buttons."""
    found = find(parse(response), "th", scope="col")
    return [text(heading).rstrip("↑↓") for heading in found][1:-1]


def ticked(response):
    """Return the values of the boxes that are ticked."""
    boxes = find(parse(response), "input", type="checkbox")
    return [box.get("value") for box in boxes if box.get("checked") is not None]


@pytest.mark.parametrize("query", ["columns=volume,chg", "columns=volume&columns=chg,short,code"])
def test_address_says_which_columns_in_which_order_does_not_matter(client, stocks, query):
    response = client.get(f"/?{query}&sort=-price")
    assert headings(response) == ["Code", "Name", "Change", "Volume"]
    assert said(response) == []
    assert ticked(response) == ["chg", "volume"]
    links = [a.get("href") for th in find(parse(response), "th", scope="col") for a in th.iter("a")]
    assert links[0] == "?columns=chg,volume"
    assert links[2] == "?sort=-chg&columns=chg,volume"


def test_every_declared_column_can_be_shown(client, db, alice_client, alice):
    stock = Stock.objects.create(
        code="000001",
        short="平安银行",
        volume=123456,
        amount="307180000",
        previous_close="9.90",
        price_earnings="-3.5",
        industry="<Banks & co>",
        source="a file",
        status="suspended",
        quote_time="2017-07-20T07:00:00Z",
    )
    alice.watchlist.watch(stock)
    for page, table in (("/", MARKET), ("/watchlist/", WATCHLIST)):
        every = ",".join(column.name for column in table.choosable)
        response = alice_client.get(f"{page}?columns={every}")
        assert headings(response) == [str(column.heading) for column in table.columns]
        row = text(find(parse(response), "tr")[1])
        for shown in (
            "123.46K",
            "307.18M",
            "9.90",
            "-3.50",
            "<Banks & co>",
            "20 Jul 2017",
            "Suspended",
        ):
            assert shown in row
    assert headings(client.get("/")) == USUAL


def test_nothing_ticked_leaves_the_code_and_the_name(client, stocks):
    response = client.get("/?columns=code")
    assert headings(response) == ["Code", "Name"]
    assert "columns=code" in find(parse(response), "th", scope="col")[1][0].get("href")
    assert headings(client.get("/?columns=")) == USUAL


def test_unknown_columns_are_named_and_the_others_shown(client, stocks):
    response = client.get("/?columns=volume,foo,id,password")
    assert headings(response) == ["Code", "Name", "Volume"]
    (problem,) = said(response)
    assert problem.startswith("columns cannot be “foo, id, password”; it takes code, short, chg")
    assert len(said(client.get("/", {"columns": "x," * 9000}))) == 1


def test_what_is_not_shown_sorts_and_filters_too(client, db):
    for place in range(1, 4):
        Stock.objects.create(code=f"60000{place}", short="n", volume=place * 10, price=place)
    response = client.get("/?columns=price&sort=-volume&volume_min=15")
    assert codes(response) == ["600003", "600002"]
    assert "Volume" not in headings(response)
    (filters,) = find(parse(response), "form", css="filters")
    fields = {field.get("name") for field in find(filters, "input")}
    assert {"volume_min", "price_min"} <= fields
    assert "amount_min" not in fields
    hidden = find(parse(response), "input", type="hidden", name="columns")
    assert [field.get("value") for field in hidden] == ["price", "code"]


def test_visitor_chooses_by_an_address_that_keeps_the_rest(client, stocks):
    tree = parse(client.get("/?q=0&sort=-chg&price_min=1&size=25&columns=chg"))
    (form,) = find(tree, "form", css="columns")
    assert (form.get("method"), form.get("action")) == (None, None)
    hidden = {f.get("name"): f.get("value") for f in find(form, "input", type="hidden")}
    assert hidden == {"q": "0", "sort": "-chg", "price_min": "1", "size": "25", "columns": "code"}
    (usual,) = find(form, "a")
    assert usual.get("href") == "?q=0&sort=-chg&price_min=1&size=25"


def test_choice_of_a_person_is_remembered_by_table(alice_client, alice, bob, sign_in, stocks):
    alice.watchlist.watch(stocks["000007"])
    form = {"columns": ["code", "volume", "chg"], "next": "/?sort=-chg"}
    response = alice_client.post("/columns/market/", form, follow=True)
    assert response.redirect_chain == [("/?sort=-chg", 302)]
    assert said(response) == ["Your columns are saved."]
    assert headings(response) == ["Code", "Name", "Change", "Volume"]
    assert ticked(response) == ["chg", "volume"]
    assert headings(alice_client.get("/watchlist/")) == [str(c.heading) for c in WATCHLIST.usual]
    assert headings(sign_in(bob).get("/")) == USUAL
    assert alice_client.get("/accounts/data/").json()["columns"] == {"market": ["chg", "volume"]}


def test_address_wins_over_what_is_remembered_and_there_is_a_way_back(alice_client, alice, stocks):
    alice.save_columns("market", ["volume"])
    assert headings(alice_client.get("/")) == ["Code", "Name", "Volume"]
    assert headings(alice_client.get("/?columns=chg")) == ["Code", "Name", "Change"]
    alice_client.post("/columns/market/", {"usual": "", "columns": ["volume"]})
    assert headings(alice_client.get("/")) == USUAL


def test_column_that_is_gone_is_forgotten(alice_client, alice, stocks):
    alice.save_columns("market", ["volume", "gone"])
    assert headings(alice_client.get("/")) == ["Code", "Name", "Volume"]


def test_choice_needs_a_known_table_a_post_and_a_token(alice, alice_client, client, sign_in, db):
    assert alice_client.post("/columns/nothing/").status_code == 404
    assert alice_client.get("/columns/market/").status_code == 405
    response = alice_client.post("/columns/market/", {"columns": "foo", "next": "//evil"})
    assert response["Location"] == "/"
    assert "“foo”" in said(alice_client.get("/"))[0]
    asked = client.post("/columns/market/", {"columns": "chg", "next": "/?q=a"})
    assert asked["Location"] == "/accounts/login/?next=/%3Fq%3Da"
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post("/columns/market/", {"columns": "chg"}).status_code == 403
    alice.refresh_from_db()
    assert alice.columns == {"market": []}
