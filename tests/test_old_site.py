"""The addresses of the old site."""

from urllib.parse import quote

import pytest

from stocks.models import Stock, WatchlistEntry

from .conftest import PASSWORD
from .pages import find, parse, said, text

pytestmark = pytest.mark.sqlite


def typed(response):
    """Return what stands in the note's field of each form."""
    return ["".join(field.itertext()) for field in find(parse(response), "textarea")]


def press(client, response, number=0, **changes):
    """Send the confirmation's form."""
    (main,) = find(parse(response), "main")
    form = [form for form in find(main, "form") if form.get("method") == "post"][number]
    fields = {field.get("name"): field.get("value") for field in find(form, "input")}
    for field in find(form, "textarea"):
        fields[field.get("name")] = "".join(field.itertext())
    return client.post(form.get("action"), fields | changes, follow=True)


@pytest.mark.parametrize(("old", "new"), [("/index.html", "/"), ("/center.html", "/watchlist/")])
def test_lists_redirect(client, old, new):
    response = client.get(old)
    assert (response.status_code, response["Location"]) == (301, new)


def test_adding_asks_first(alice_client, alice, stocks):
    response = alice_client.get("/add/000007.html")
    assert "Add this stock to your watchlist?" in text(find(parse(response), "h1")[0])
    assert not alice.watchlist.exists()
    assert said(press(alice_client, response)) == ["000007 全新好 is on your watchlist."]
    assert alice.watchlist.get().info == stocks["000007"]


def test_removing_asks_first(alice_client, alice, stocks):
    alice.watchlist.watch(stocks["000007"])
    response = alice_client.get("/del/000007.html")
    assert "Take this stock off your watchlist?" in text(find(parse(response), "h1")[0])
    assert alice.watchlist.exists()
    assert said(press(alice_client, response)) == [
        "000007 全新好 was taken off your watchlist. Undo"
    ]
    assert not alice.watchlist.exists()


def test_note_page_has_the_present_note(alice_client, alice, bob, stocks):
    bob.watchlist.watch(stocks["000007"], note_info="bob's")
    assert typed(alice_client.get("/update/000007.html")) == [""]
    alice.watchlist.watch(stocks["000007"], note_info="\nmine & <mine>")
    response = alice_client.get("/update/000007.html")
    assert typed(response) == ["\nmine & <mine>"]
    press(alice_client, response, note_info="new")
    assert alice.watchlist.get().note_info == "new"


NOTES = [
    "利好",
    "a/b/c",
    "a/b.html",
    "what? when?",
    "?",
    "100% #1",
    "%E5%88%A9",
    "a.html.html",
    "line\nbreak\n",
    "📈 + 1",
    "<b>'\"&amp;",
    "\\d",
    "",
]


@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("escaped", ["", "/"])
def test_note_in_the_address_is_decoded_and_stored_only_when_confirmed(
    alice_client, alice, stocks, note, escaped
):
    alice.watchlist.watch(stocks["000007"], note_info="before")
    response = alice_client.get(f"/update/000007/{quote(note, safe=escaped)}.html")
    assert typed(response) == [note]
    assert alice.watchlist.get().note_info == "before"
    press(alice_client, response)
    assert alice.watchlist.get().note_info == note


@pytest.mark.parametrize(
    ("address", "note"),
    [
        ("what? when?.html", "what? when?"),
        ("%E5%88%A9?%E5%A5%BD=1&b.html", "利?好=1&b"),
        ("利?好.html", "利?好"),
        ("%ff?%ff.html", "%FF?\N{REPLACEMENT CHARACTER}"),
        ("no-suffix", "no-suffix"),
    ],
)
def test_question_mark_as_the_old_pages_wrote_it(alice_client, stocks, address, note):
    assert typed(alice_client.get(f"/update/000007/{address}")) == [note]


def test_too_long_a_note_in_the_address_is_shown_and_refused(alice_client, alice, stocks):
    alice.watchlist.watch(stocks["000007"])
    response = alice_client.get(f"/update/000007/{'x' * 2001}.html")
    assert typed(response) == ["x" * 2001]
    refused = press(alice_client, response)
    assert refused.status_code == 400
    assert typed(refused) == ["x" * 2001]


@pytest.mark.parametrize("path", ["/add/{}.html", "/del/{}.html", "/update/{}.html"])
def test_several_stocks_with_a_code_have_a_form_each(alice_client, alice, stocks, path):
    other = Stock.objects.create(code="000007", market="HK", short="elsewhere")
    alice.watchlist.watch(other, note_info="there")
    response = alice_client.get(path.format("000007"))
    (main,) = find(parse(response), "main")
    assert [text(heading) for heading in find(main, "h2")] == [
        "全新好 000007.SZ",
        "elsewhere 000007.HK",
    ]
    press(alice_client, response, number=1, note_info="x")
    watched = {entry.info.symbol: entry.note_info for entry in alice.watchlist.all()}
    outcomes = {"/add": {"000007.HK": "there"}, "/del": {}, "/upd": {"000007.HK": "x"}}
    assert watched == outcomes[path[:4]]


def test_several_stocks_with_a_code_have_each_its_own_note(alice_client, alice, stocks):
    other = Stock.objects.create(code="000007", market="HK", short="elsewhere")
    alice.watchlist.watch(stocks["000007"], note_info="here")
    alice.watchlist.watch(other, note_info="there")
    assert typed(alice_client.get("/update/000007.html")) == ["here", "there"]


@pytest.mark.parametrize(
    "path", ["/add/999999.html", "/del/999999.html", "/update/999999.html", "/update/999999/a.html"]
)
def test_unknown_stock_is_404_with_the_nearest(client, stocks, path):
    for response in (client.get(path), client.post(path, {"note_info": "a"})):
        assert response.status_code == 404
        parse(response)
    assert "There is no stock 999999 here" in text(find(parse(client.get(path)), "h1")[0])


@pytest.mark.parametrize("path", ["/add/000007.html", "/update/000007/%E5%88%A9.html"])
def test_visitor_confirms_signs_in_and_it_is_done(client, alice, stocks, path):
    if "update" in path:
        alice.watchlist.watch(stocks["000007"])
    response = press(client, client.get(path))
    assert response.redirect_chain[0][0].startswith("/accounts/login/")
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    assert alice.watchlist.get().note_info == ("利" if "update" in path else "")


@pytest.mark.parametrize("path", ["/add/000007.html", "/del/000007.html", "/update/000007.html"])
def test_post_to_the_old_address_acts_too(alice_client, alice, stocks, path):
    if "add" not in path:
        alice.watchlist.watch(stocks["000007"])
    response = alice_client.post(path, {"note_info": "x"}, follow=True)
    assert response.status_code == 200
    left = {"/add/": [""], "/del/": [], "/upda": ["x"]}[path[:5]]
    assert [entry.note_info for entry in WatchlistEntry.objects.all()] == left
