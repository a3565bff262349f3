"""Screens that a person keeps under a name."""

import pytest
from django.test import Client

from stocks.columns import MARKET, WATCHLIST
from stocks.models import SavedScreen, Stock
from stocks.models.saved_screen import MOST_SCREENS

from .pages import classes, codes, find, parse, said, text

QUERY = "market=SZ&industry=Banks&sort=-chg&price_min=1&columns=chg,volume"


@pytest.fixture
def kept(alice, stocks):
    """A screen of alice's."""
    alice.screens.keep(MARKET, "Banks", QUERY)
    return alice.screens.get()


def save(client, name, query=QUERY, table="market", **more):
    """Save a screen as the form of a table does it."""
    fields = {"name": name, "query": query, "next": f"/?{query}", **more}
    return client.post(f"/screens/{table}/save/", fields)


def chips(response):
    """Return the links to saved screens as (name, address, whether it is this one)."""
    lists = [ul for ul in find(parse(response), "ul") if ul.get("aria-label") == "Saved screens"]
    return [
        (text(link), link.get("href"), link.get("aria-current") == "page")
        for ul in lists
        for link in find(ul, "a")
    ]


def test_what_is_saved_is_a_link_above_the_table(alice_client, stocks):
    (form,) = find(parse(alice_client.get(f"/?{QUERY}&size=25")), "form", css="save")
    fields = {field.get("name"): field.get("value") for field in find(form, "input")}
    assert fields["query"] == QUERY
    response = alice_client.post(form.get("action"), {**fields, "name": " 银行 <b> "}, follow=True)
    assert said(response) == ["The screen “银行 <b>” is saved."]
    assert chips(response) == [("银行 <b>", f"?{QUERY}", True)]
    assert chips(alice_client.get("/?sort=-chg")) == [("银行 <b>", f"?{QUERY}", False)]


def test_watchlist_has_screens_of_its_own(alice_client, alice, kept, stocks):
    alice.watchlist.watch(stocks["000007"])
    assert save(alice_client, "Banks", "since_min=0", "watchlist").status_code == 302
    assert chips(alice_client.get("/watchlist/")) == [("Banks", "?since_min=0", False)]
    assert [query for _name, query, _now in chips(alice_client.get("/"))] == [f"?{QUERY}"]


def test_columns_that_are_remembered_are_saved_too(alice_client, alice, stocks):
    alice.save_columns("market", ["volume"])
    (form,) = find(parse(alice_client.get("/?sort=-chg")), "form", css="save")
    (query,) = [field.get("value") for field in find(form, "input", name="query")]
    assert query == "sort=-chg&columns=volume"


def test_only_what_a_screen_knows_is_kept(alice_client, alice, db):
    save(alice_client, "odd", "sort=nothing&evil=%3Cscript%3E&price_min=x&q=a&q=b&page=3&size=25")
    assert alice.screens.get().query == "q=b"


def test_name_that_is_taken_asks_before_it_replaces(alice_client, kept):
    response = save(alice_client, "Banks", "q=b")
    assert response.status_code == 409
    assert said(response)[0].startswith("“Banks” is a saved screen already.")
    fields = {f.get("name"): f.get("value") for f in find(parse(response), "input")}
    assert (fields["name"], fields["query"], fields["next"]) == ("Banks", "q=b", "/?q=b")
    kept.refresh_from_db()
    assert kept.query == QUERY
    assert save(alice_client, "Banks", "q=b", replace="")["Location"] == "/?q=b"
    kept.refresh_from_db()
    assert kept.query == "q=b"


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\0b"])
def test_bad_name_is_refused_at_its_field(alice_client, alice, kept, name):
    for response in (
        save(alice_client, name),
        alice_client.post(f"/screens/{kept.pk}/rename/", {"name": name}),
    ):
        assert response.status_code == 400
        (field,) = [f for f in find(parse(response), "input", name="name") if f.get("aria-invalid")]
        assert field.get("aria-describedby")
    assert [screen.name for screen in alice.screens.all()] == ["Banks"]


def test_there_is_an_end_to_it(alice_client, alice, db):
    SavedScreen.objects.bulk_create(
        SavedScreen(owner=alice, table="market", name=f"n{place}") for place in range(MOST_SCREENS)
    )
    response = save(alice_client, "one more")
    assert response.status_code == 409
    assert "You have 100 saved screens" in said(response)[0]
    assert save(alice_client, "n7", replace="").status_code == 302
    assert alice.screens.count() == MOST_SCREENS


def test_renaming_and_deleting(alice_client, alice, kept):
    alice.screens.keep(MARKET, "Other", "")
    response = alice_client.post(f"/screens/{kept.pk}/rename/", {"name": "Other"})
    assert response.status_code == 409
    (errors,) = [e for e in find(parse(response), "div") if "errors" in classes(e)]
    assert text(errors) == "“Other” is another screen already."
    for name in ("Best banks", "Best banks", "best banks"):
        done = alice_client.post(f"/screens/{kept.pk}/rename/", {"name": name}, follow=True)
        assert said(done) == [f"The screen is called “{name}” now."]
    links = [link.get("href") for link in find(parse(done), "a")]
    assert f"/?{QUERY}" in links
    gone = alice_client.post(f"/screens/{kept.pk}/delete/", follow=True)
    assert said(gone) == ["The screen “best banks” is deleted."]
    assert [screen.name for screen in alice.screens.all()] == ["Other"]


def test_other_peoples_screens_are_nowhere(client, bob, sign_in, kept):
    other = sign_in(bob)
    for action in ("rename", "delete"):
        assert other.post(f"/screens/{kept.pk}/{action}/", {"name": "x"}).status_code == 404
        assert other.post(f"/screens/{10**30}/{action}/", {"name": "x"}).status_code == 404
        away = client.post(f"/screens/{kept.pk}/{action}/", {"name": "x"})
        assert away["Location"].startswith("/accounts/login/")
    assert chips(other.get("/")) == chips(client.get("/")) == []
    assert "Banks" not in other.get("/screens/").content.decode()
    assert other.get("/accounts/data/").json()["screens"] == []
    assert save(other, "Banks").status_code == 302
    kept.refresh_from_db()
    assert (kept.name, kept.query) == ("Banks", QUERY)


def test_visitors_sign_in_first(client, db):
    assert not find(parse(client.get("/")), "form", css="save")
    assert client.get("/screens/")["Location"] == "/accounts/login/?next=/screens/"
    assert save(client, "x", "q=b")["Location"] == "/accounts/login/?next=/%3Fq%3Db"


def test_actions_are_posts_with_a_token_to_a_known_table(alice, alice_client, kept):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    for path in ("market/save", f"{kept.pk}/rename", f"{kept.pk}/delete"):
        assert alice_client.get(f"/screens/{path}/").status_code == 405
        assert strict.post(f"/screens/{path}/", {"name": "x"}).status_code == 403
    assert save(alice_client, "x", table="nothing").status_code == 404
    assert alice.screens.get() == kept


def test_screens_are_in_ones_data_and_go_with_the_account(alice_client, alice, kept):
    data = alice_client.get("/accounts/data/").json()
    assert data["screens"] == [{"table": "market", "name": "Banks", "query": QUERY}]
    alice.close()
    assert not SavedScreen.objects.exists()


@pytest.mark.parametrize("count", [2, MOST_SCREENS])
def test_queries_do_not_grow_with_the_screens(
    alice_client, alice, stocks, django_assert_max_num_queries, count
):
    alice.watchlist.watch(stocks["000007"])
    for table in (MARKET, WATCHLIST):
        SavedScreen.objects.bulk_create(
            SavedScreen(owner=alice, table=table.name, name=f"n{place}")
            for place in range(count // 2)
        )
    for path, queries in (("/", 6), ("/watchlist/", 6), ("/screens/", 3)):
        with django_assert_max_num_queries(queries):
            alice_client.get(path)
    assert len(codes(alice_client.get("/"))) == Stock.objects.count()
