"""The watchlist: adding, removing, undoing, writing notes."""

import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.core import serializers
from django.db import connection
from django.test import Client
from django.urls import reverse

from stocks.columns import INDUSTRY, VOLUME, WATCHLIST
from stocks.models import Stock, WatchlistEntry

from .conftest import PASSWORD
from .pages import codes, find, parse, said, text
from .rows import ADDED, many, rows_of, varied, watched_by

NOTES = [
    "利好",
    "/ ? # % \\ < > & \" '",
    "</textarea><script>alert(1)</script>",
    "{{ 7|add:7 }} {% now 'Y' %} %(stock)s %s \\1 \\g<0>",
    "📈👨‍👩‍👧 🇨🇳",
    "a\nb\n\nc",
    "\nstarts with a line break, ends with one\n",
    "  spaces   around  ",
    "\ttab",
    "x" * 2000,
    "长" * 1999 + "😀",
]


def do(client, action, symbol="000007.SZ", **data):
    return client.post(f"/watchlist/{symbol}/{action}/", data, follow=True)


def everything():
    """Return all that is stored about stocks and watchlists."""
    rows = [*Stock.objects.order_by("pk"), *WatchlistEntry.objects.order_by("pk")]
    return serializers.serialize("json", rows)


def test_adding_keeps_the_day_and_the_price(alice_client, alice, stocks):
    response = do(alice_client, "add")
    assert said(response) == ["000007 全新好 is on your watchlist."]
    entry = alice.watchlist.get()
    assert (entry.info, entry.note_info) == (stocks["000007"], "")
    assert entry.added_price == Decimal("16.05")
    assert abs((datetime.now(UTC) - entry.added_at).total_seconds()) < 60


def test_adding_twice_says_it_is_there_already_and_changes_nothing(alice_client, alice, stocks):
    alice.watchlist.watch(stocks["000007"], note_info="kept", added_price="1.50")
    before = everything()
    assert said(do(alice_client, "add")) == ["000007 全新好 is on your watchlist already."]
    assert everything() == before


@pytest.mark.parametrize("action", ["add", "remove", "note", "restore"])
def test_unknown_stock_is_404(client, alice_client, stocks, action):
    for visitor in (client, alice_client):
        response = do(visitor, action, "999999.SZ", note_info="x")
        assert response.status_code == 404
        parse(response)
    assert not WatchlistEntry.objects.exists()


def test_removing_says_so(alice_client, alice, stocks):
    alice.watchlist.watch(stocks["000007"])
    response = do(alice_client, "remove")
    assert said(response) == ["000007 全新好 was taken off your watchlist. Undo"]
    assert not alice.watchlist.exists()


def test_removing_what_is_not_there_says_so(alice_client, stocks):
    assert said(do(alice_client, "remove")) == ["000007 全新好 is not on your watchlist."]


def undo(client, response):
    """Press the button of the message that offers to undo."""
    (form,) = find(find(parse(response), "div", id="messages")[0], "form")
    fields = {field.get("name"): field.get("value") for field in find(form, "input")}
    return client.post(form.get("action"), fields, follow=True)


def test_undo_restores_note_day_and_price(alice_client, alice, stocks):
    kept = {"note_info": "a\n'b'", "added_price": Decimal("0.0001"), "added_at": ADDED}
    alice.watchlist.watch(stocks["000007"], **kept)
    alice.watchlist.watch(stocks["000036"], note_info="other", added_price=None, added_at=None)
    first, second = do(alice_client, "remove"), do(alice_client, "remove", "000036.SZ")
    assert said(undo(alice_client, second)) == ["000036 华联控股 is on your watchlist."]
    assert said(undo(alice_client, first)) == ["000007 全新好 is on your watchlist."]
    values = alice.watchlist.values("note_info", "added_price", "added_at")
    assert values.get(info=stocks["000007"]) == kept
    assert values.get(info=stocks["000036"]) == {
        "note_info": "other",
        "added_price": None,
        "added_at": None,
    }


def test_undo_twice_says_it_is_there_already(alice_client, alice, stocks):
    alice.watchlist.watch(stocks["000007"], note_info="kept")
    removed = do(alice_client, "remove")
    undo(alice_client, removed)
    assert said(undo(alice_client, removed)) == ["000007 全新好 is on your watchlist already."]
    assert alice.watchlist.get().note_info == "kept"


def test_newest_of_many_removals_can_be_undone(alice_client, alice, stocks):
    first = stocks["000007"]
    alice.watchlist.watch(first, note_info="old")
    do(alice_client, "remove")
    for number in range(9):
        other = Stock.objects.create(code=f"60100{number}", short="n")
        alice.watchlist.watch(other)
        do(alice_client, "remove", other.slug)
    alice.watchlist.watch(first, note_info="new")
    removed = do(alice_client, "remove")
    other = Stock.objects.create(code="601009", short="n")
    alice.watchlist.watch(other)
    do(alice_client, "remove", other.slug)
    undo(alice_client, removed)
    assert alice.watchlist.get().note_info == "new"


@pytest.mark.parametrize("note", NOTES)
def test_note_is_kept_and_shown_as_text(alice_client, alice, stocks, note):
    alice.watchlist.watch(stocks["000007"])
    response = do(alice_client, "note", note_info=note.replace("\n", "\r\n"))
    assert said(response) == ["The note of 000007 全新好 is saved."]
    assert alice.watchlist.get().note_info == note
    tree = parse(response)
    assert "".join(find(tree, "p", css="note")[0].itertext()) == note
    assert "".join(find(tree, "textarea")[0].itertext()) == note
    (cell,) = find(parse(alice_client.get("/watchlist/")), "td", css="c-note_info")
    assert "".join(find(cell, "span")[0].itertext()) == note


def test_old_line_breaks_become_new_ones(alice_client, alice, stocks):
    alice.watchlist.watch(stocks["000007"])
    do(alice_client, "note", note_info="a\rb\r\nc\nd")
    assert alice.watchlist.get().note_info == "a\nb\nc\nd"


def test_line_break_counts_as_one_character(alice_client, alice, stocks):
    alice.watchlist.watch(stocks["000007"])
    note = "\r\n".join("x" * 1001)
    assert do(alice_client, "note", note_info=note[:-1]).status_code == 200
    assert len(alice.watchlist.get().note_info) == 2000


@pytest.mark.parametrize("note", ["x" * 2001, "\r\n".join("x" * 1001), "nul\0"])
def test_note_that_does_not_fit_is_refused_and_kept_in_the_form(alice_client, alice, stocks, note):
    alice.watchlist.watch(stocks["000007"], note_info="before")
    response = do(alice_client, "note", note_info=note)
    assert response.status_code == 400
    tree = parse(response)
    problem = text(find(tree, "div", id="note-errors")[0])
    assert "2000" in problem or "Null" in problem
    typed = "".join(find(tree, "textarea")[0].itertext())
    assert typed == note.replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert alice.watchlist.get().note_info == "before"


def test_empty_note_clears_and_a_missing_one_does_not(alice_client, alice, stocks):
    alice.watchlist.watch(stocks["000007"], note_info="before")
    assert do(alice_client, "note").status_code == 400
    assert alice.watchlist.get().note_info == "before"
    do(alice_client, "note", note_info="")
    assert alice.watchlist.get().note_info == ""


def test_note_of_a_stock_not_on_the_list_is_refused_and_kept_in_the_form(alice_client, stocks):
    response = do(alice_client, "note", note_info="typed")
    assert response.status_code == 409
    assert "is not on your watchlist: add it" in said(response)[0]
    assert text(find(parse(response), "textarea")[0]) == "typed"
    assert not WatchlistEntry.objects.exists()


ASKED = [
    ("add", {}, "000007 全新好 is on your watchlist."),
    ("remove", {}, "000007 全新好 was taken off your watchlist. Undo"),
    ("note", {"note_info": "a < b\r\n?"}, "The note of 000007 全新好 is saved."),
]


@pytest.mark.parametrize(("action", "data", "message"), ASKED)
def test_signed_out_the_button_signs_in_and_then_does_it(
    client, alice, stocks, action, data, message
):
    if action != "add":
        alice.watchlist.watch(stocks["000007"])
    response = do(client, action, next="/?sort=-chg&q=0", **data)
    assert response.redirect_chain == [("/accounts/login/?next=%2F%3Fsort%3D-chg%26q%3D0", 302)]
    fields = {"login": "alice", "password": PASSWORD, "next": "/?sort=-chg&q=0"}
    response = client.post("/accounts/login/", fields, follow=True)
    assert response.redirect_chain == [("/?sort=-chg&q=0", 302)]
    assert message in said(response)
    notes = {"add": [""], "remove": [], "note": ["a < b\n?"]}
    assert [entry.note_info for entry in alice.watchlist.all()] == notes[action]
    assert "asked" not in client.session


def press(client, response):
    """Press the button of the note's form."""
    (form,) = find(parse(response), "form", css="note")
    fields = {field.get("name"): field.get("value") for field in find(form, "input")}
    (button,) = find(form, "button")
    fields[button.get("name") or ""] = button.get("value")
    for field in find(form, "textarea"):
        fields[field.get("name")] = "".join(field.itertext())
    return client.post(form.get("action"), fields, follow=True)


@pytest.mark.parametrize("way", ["/accounts/login/", "/accounts/signup/"])
def test_note_of_a_stock_not_on_the_list_is_kept_through_signing_in(client, alice, stocks, way):
    do(client, "note", note_info="a < b\r\n?")
    fields = {"login": "alice", "password": PASSWORD, "next": "/?q=0"}
    fields |= {"username": "dora", "password1": PASSWORD, "password2": PASSWORD}
    response = client.post(way, fields, follow=True)
    assert "000007 全新好 is not on your watchlist: add it with your note." in said(response)
    assert not WatchlistEntry.objects.exists()
    response = press(client, client.get(response.redirect_chain[-1][0]))
    assert said(response) == [
        "000007 全新好 is on your watchlist.",
        "The note of 000007 全新好 is saved.",
    ]
    assert WatchlistEntry.objects.get().note_info == "a < b\n?"
    assert "unwritten" not in client.session


def test_page_of_a_note_for_a_stock_not_on_the_list_adds_both(alice_client, alice, stocks):
    refused = do(alice_client, "note", note_info="x" * 2001, add="1")
    assert refused.status_code == 400
    (button,) = find(find(parse(refused), "form", css="note")[0], "button")
    assert button.get("name") == "add"
    press(alice_client, do(alice_client, "note", note_info="typed"))
    assert alice.watchlist.get().note_info == "typed"


def test_stock_that_is_there_by_now_gets_the_note(alice_client, alice, stocks):
    alice.watchlist.watch(stocks["000007"], note_info="before")
    assert said(do(alice_client, "note", note_info="new", add="1")) == [
        "000007 全新好 is on your watchlist already.",
        "The note of 000007 全新好 is saved.",
    ]
    assert alice.watchlist.get().note_info == "new"


def test_button_of_a_visitor_is_a_link_that_signs_in_first(client, alice, stocks):
    (button,) = [
        a for a in find(parse(client.get("/?q=000007")), "a") if a.get("data-add") is not None
    ]
    response = client.get(button.get("href"), follow=True)
    address = response.redirect_chain[-1][0]
    assert address == "/accounts/login/?next=%2F%3Fq%3D000007"
    client.post(address, {"login": "alice", "password": PASSWORD})
    assert alice.watchlist.get().info == stocks["000007"]


def test_too_long_a_note_is_refused_before_signing_in(client, stocks):
    assert do(client, "note", note_info="x" * 2001).status_code == 400


OWN = "/stocks/000007.SZ/"
WAYS = [
    ("/watchlist/?sort=-since", "/watchlist/?sort=-since"),
    ("", OWN),
    ("//evil.example/", OWN),
    ("///evil.example/", OWN),
    ("https://evil.example/", OWN),
    ("http:evil.example", OWN),
    ("market", OWN),
    ("nothing", OWN),
    ("\\\\evil.example", OWN),
    ("/\\evil.example", OWN),
    ("javascript:alert(1)", OWN),
    ("data:text/html,x", OWN),
    ("\x08//evil.example", OWN),
    ("http://[", OWN),
    ("/" + "x" * 20_000, OWN),
]


@pytest.mark.parametrize(("asked", "address"), WAYS)
@pytest.mark.parametrize("action", ["add", "remove", "note", "restore"])
@pytest.mark.sqlite
def test_way_back_stays_on_the_site(alice_client, alice, stocks, action, asked, address):
    alice.watchlist.watch(stocks["000007"])
    path = f"/watchlist/000007.SZ/{action}/"
    response = alice_client.post(path, {"next": asked, "note_info": ""})
    assert (response.status_code, response["Location"]) == (302, address)


def test_line_break_in_the_way_back_makes_no_header(alice_client, stocks):
    response = alice_client.post("/watchlist/000007.SZ/add/", {"next": "/a\r\nSet-Cookie: b=c"})
    assert response.status_code == 302
    assert "b" not in response.cookies


HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.mark.parametrize(
    ("action", "there", "follows"),
    [("add", False, "remove"), ("add", True, "remove"), ("remove", True, "restore"),
     ("remove", False, "restore"), ("restore", False, "remove")],
)  # fmt: skip
# In place, the button of a row that was taken off puts it back as it was.
def test_htmx_gets_the_button_and_the_same_message(alice, sign_in, stocks, action, there, follows):
    path = f"/watchlist/000007.SZ/{action}/"
    answers = []
    for extra in ({}, HTMX):
        alice.watchlist.all().delete()
        if there:
            alice.watchlist.watch(stocks["000007"])
        client = sign_in(alice)
        answers.append(client.post(path, {"next": "/?q=0"}, follow=True, **extra))
    whole, piece = answers
    assert said(piece) == said(whole) != []
    assert piece.redirect_chain == []
    tree = parse(piece)
    assert find(tree, "div", id="messages")[0].get("hx-swap-oob")
    (button,) = find(tree, "button", form="watch")
    assert button.get("formaction") == button.get("hx-post") == f"/watchlist/000007.SZ/{follows}/"


def test_htmx_of_somebody_signed_out_goes_to_the_sign_in_page(client, stocks):
    response = client.post("/watchlist/000007.SZ/add/", {"next": "/?q=0"}, **HTMX)
    assert response["HX-Redirect"] == "/accounts/login/?next=%2F%3Fq%3D0"


ADDRESSES = [
    "/",
    "/index.html",
    "/center.html",
    "/watchlist/",
    "/stocks/000007.SZ/",
    "/stocks/000007/",
    *(f"/watchlist/000007.SZ/{action}/" for action in ("add", "remove", "note", "restore")),
    "/watchlist/000036.SZ/add/",
    "/add/000036.html",
    "/del/000007.html",
    "/update/000007.html",
    "/update/000007/new.html",
    "/settings/",
    "/about/",
    "/accounts/",
    "/accounts/logout/",
    "/accounts/delete/",
    "/accounts/data/",
]


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.sqlite
def test_looking_never_changes_data(alice_client, client, alice, stocks, method, path):
    alice.watchlist.watch(stocks["000007"], note_info="kept")
    before = everything()
    query = "?note_info=x&next=/&language=en&theme=dark&confirm=1"
    for visitor in (alice_client, client):
        response = getattr(visitor, method)(f"{path}{query}")
        assert response.status_code in (200, 301, 302, 405)
        if (
            response.status_code == 200
            and method == "get"
            and "json" not in response["Content-Type"]
        ):
            parse(response)
    assert everything() == before
    assert list(get_user_model().objects.values_list("theme")) == [("",)]
    assert alice_client.get("/watchlist/").status_code == 200


@pytest.mark.parametrize("path", [
    *(f"/watchlist/000007.SZ/{action}/" for action in ("add", "remove", "note", "restore")),
    "/add/000007.html", "/del/000007.html", "/update/000007.html", "/update/000007/new.html",
    "/settings/",
])  # fmt: skip
def test_forms_of_other_sites_are_refused(alice, stocks, path):
    alice.watchlist.watch(stocks["000007"], note_info="kept")
    before = everything()
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post(path, {"note_info": "x", "theme": "dark"})
    assert response.status_code == 403
    assert "came from another site" in response.content.decode()
    parse(response)
    assert everything() == before


def test_forms_of_the_page_are_taken(alice, stocks):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    (form,) = find(parse(client.get("/")), "form", id="watch")
    fields = {field.get("name"): field.get("value") for field in find(form, "input")}
    assert client.post("/watchlist/000007.SZ/add/", fields)["Location"] == "/"
    assert alice.watchlist.exists()


def test_bob_neither_sees_nor_touches_what_is_alices(alice, bob, sign_in, stocks):
    alice.watchlist.watch(stocks["000007"], note_info="alice's secret", added_at=ADDED)
    before = serializers.serialize("json", alice.watchlist.all())
    client = sign_in(bob)
    for path in ("/", "/watchlist/", "/stocks/000007.SZ/?list=watchlist", "/update/000007.html"):
        assert "secret" not in client.get(path).content.decode()
    assert "is not on your watchlist" in said(do(client, "remove"))[0]
    assert do(client, "note", note_info="bob was here").status_code == 409
    do(client, "restore")
    do(client, "note", note_info="bob's own")
    do(client, "remove")
    assert serializers.serialize("json", alice.watchlist.all()) == before


def test_signed_out_the_list_leads_to_the_sign_in_page(client, stocks):
    assert client.get("/watchlist/?q=a")["Location"] == "/accounts/login/?next=/watchlist/%3Fq%3Da"


def test_empty_list_says_how_to_fill_it(alice_client, stocks):
    page = parse(alice_client.get("/watchlist/"))
    assert "Nothing on your watchlist yet" in text(find(page, "section", css="empty")[0])


def test_list_shows_the_note_the_price_when_added_and_the_change_since(alice_client, alice, stocks):
    kept = {"note_info": "利好", "added_price": "15.00", "added_at": ADDED}
    alice.watchlist.watch(stocks["000007"], **kept)
    row = find(parse(alice_client.get("/watchlist/")), "tr")[1]
    shown = {cell.get("class").split()[-1]: text(cell) for cell in row}
    assert (shown["c-price"], shown["c-added_price"]) == ("16.05", "15.00")
    assert (shown["c-since"], shown["c-added_at"]) == ("▲+7.00%", "1 Jul 2026")
    assert shown["c-note_info"].startswith("利好")


@pytest.mark.parametrize(
    ("price", "added", "since"),
    [("10", "9", "11.1111"), ("9", "10", "-10.00"), ("7", "7", "0.00"), ("7", None, None),
     (None, "7", None), ("0.0001", "0.0002", "-50.00"), ("742000.01", "3", "24733233.6667")],
)  # fmt: skip
def test_change_since_added_is_exact(alice, db, price, added, since):
    stock = Stock.objects.create(code="000001", short="n", price=price)
    alice.watchlist.watch(stock, added_price=added)
    found = alice.watchlist.stocks().get()
    assert found.since == (since and Decimal(since))
    assert found.since is None or type(found.since) is Decimal
    assert found.added_price is None or type(found.added_price) is Decimal


@pytest.mark.parametrize("name", [c.name for c in (*WATCHLIST.usual, INDUSTRY, VOLUME)])
@pytest.mark.parametrize("minus", ["", "-"])
def test_list_sorts_by_every_column_and_what_is_missing_comes_last(
    alice_client, alice, name, minus
):
    rows = list(watched_by(alice).order_by("pk"))
    key = WATCHLIST.column(name).sort_field
    full = [row for row in rows if getattr(row, key) not in (None, "")]
    empty = [row for row in rows if row not in full]
    if name not in ("code", "short"):
        assert empty
    fold = str.casefold if connection.vendor == "mysql" else str
    for part in (full, empty):
        part.sort(
            key=lambda row: (
                (fold(value) if isinstance(value := getattr(row, key), str) else value) or 0,
                row.pk,
            ),
            reverse=bool(minus),
        )
    shown = codes(alice_client.get(f"/watchlist/?sort={minus}{name}"))
    assert shown == [row.code for row in full + empty]


def test_list_filters_by_its_own_columns_too(alice_client, alice):
    watched_by(alice)
    assert codes(alice_client.get("/watchlist/?since_max=0&sort=since")) == ["000001"]
    assert codes(alice_client.get("/watchlist/?since_min=0.01")) == ["000003"]
    assert codes(alice_client.get("/watchlist/?added_price_min=9.5")) == ["000001"]
    assert codes(alice_client.get("/watchlist/?q=wly&market=-")) == ["1234567"]


def test_days_count_from_midnight_to_midnight_where_the_site_is(alice_client, alice, stocks):
    late = datetime(2026, 7, 1, 15, 59, 59, 999999, tzinfo=UTC)
    alice.watchlist.watch(stocks["000007"], added_at=late)
    for query, shown in [
        ("added_at_min=2026-07-01&added_at_max=2026-07-01", 1),
        ("added_at_max=2026-06-30", 0),
        ("added_at_min=2026-07-02", 0),
    ]:
        assert len(codes(alice_client.get(f"/watchlist/?{query}"))) == shown


@pytest.mark.parametrize("rows", [2, 200])
def test_queries_do_not_grow_with_the_rows(
    alice, alice_client, django_assert_max_num_queries, rows
):
    many(2 * rows, alice)
    for path in ("/watchlist/?size=200", "/watchlist/?size=200&q=n&price_min=1&sort=-since"):
        with django_assert_max_num_queries(6):
            assert rows_of(alice_client.get(path)) == rows


def at_once(*requests):
    """Send each request, (person, path, data), from a thread of its own; return the statuses."""
    gate = threading.Barrier(len(requests))
    statuses = []

    def send(person, path, data):
        client = Client(raise_request_exception=False)
        client.force_login(person)
        gate.wait()
        statuses.append(client.post(path, data).status_code)
        connection.close()

    threads = [threading.Thread(target=send, args=request) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_same_stock_added_at_once_is_one_row(alice, bob):
    varied()
    for stock in Stock.objects.all():
        add = reverse("watchlist_add", args=[stock.slug])
        assert set(at_once(*[(alice, add, {})] * 6, *[(bob, add, {})] * 2)) == {302}
        assert alice.watchlist.filter(info=stock).count() == 1
        assert bob.watchlist.filter(info=stock).count() == 1


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_everything_at_once_is_no_error(alice):
    varied()
    stocks = list(Stock.objects.all())
    actions = [("add", {}), ("remove", {}), ("note", {"note_info": "x"}), ("restore", {})]
    for stock in stocks:
        requests = [
            (alice, reverse(f"watchlist_{action}", args=[stock.slug]), data)
            for action, data in actions * 2
        ]
        assert set(at_once(*requests)) <= {302, 409}
        assert alice.watchlist.filter(info=stock).count() <= 1
