"""Taking one's data away, and the account with it."""

import json

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from stocks.models import Stock, User, WatchlistEntry

from .conftest import PASSWORD
from .pages import find, parse, said, text

pytestmark = pytest.mark.usefixtures("nobody_guessed_yet")

NOTE = '涨停 <b>&"\\ 😀\n第二行'


@pytest.fixture
def signed_in(client, alice, bob, stocks):
    """Alice's browser; she and bob watch a stock each."""
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    alice.watchlist.watch(stocks["000007"], note_info=NOTE)
    bob.watchlist.watch(stocks["000036"], note_info="bob's own")
    alice.save_display(language="en", theme="dark", up_colour="blue")
    return client


def test_account_leads_to_everything(signed_in):
    links = {link.get("href") for link in find(parse(signed_in.get("/accounts/")), "a")}
    assert links >= {
        "/accounts/password/change/",
        "/accounts/email/",
        "/accounts/2fa/",
        "/accounts/sessions/",
        "/settings/",
        "/accounts/data/",
        "/accounts/delete/",
    }


@pytest.mark.parametrize("address", ["/accounts/", "/accounts/data/", "/accounts/delete/"])
def test_visitors_sign_in_first(client, db, address):
    assert client.get(address)["Location"] == f"/accounts/login/?next={address}"


def test_data_is_a_file_of_all_that_is_ones_own(signed_in, alice):
    response = signed_in.get("/accounts/data/")
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == 'attachment; filename="stocksite-alice.json"'
    assert "no-store" in response["Cache-Control"]
    written = response.content.decode()
    assert "全新好" in written
    assert alice.password not in written
    assert signed_in.session.session_key not in written
    assert "bob" not in written
    data = json.loads(written)
    entry = alice.watchlist.get()
    assert data["watchlist"] == [
        {
            "symbol": "000007.SZ",
            "short": "全新好",
            "note_info": NOTE,
            "added_at": entry.added_at.isoformat(),
            "added_price": "16.05",
        }
    ]
    assert data["account"]["username"] == "alice"
    assert data["display"] == {"language": "en", "theme": "dark", "up_colour": "blue"}
    assert [session["ip"] for session in data["sessions"]] == ["127.0.0.1"]


def test_data_holds_addresses_and_no_secret_of_the_second_factor(signed_in, alice):
    alice.emailaddress_set.create(email="a@example.org", verified=True)
    alice.authenticator_set.create(type="totp", data={"secret": "HUSHHUSH"})
    written = signed_in.get("/accounts/data/").content.decode()
    assert "HUSHHUSH" not in written
    data = json.loads(written)
    assert {"email": "a@example.org", "verified": True, "primary": False} in data["emails"]
    assert data["two_factor"][0]["type"] == "totp"


def test_name_of_the_file_may_be_chinese(client, db, sign_in):
    response = sign_in(User.objects.create_user("张三")).get("/accounts/data/")
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''stocksite-%")


def test_data_takes_the_same_queries_for_any_watchlist(
    signed_in, alice, all_stocks, django_assert_max_num_queries
):
    for stock in all_stocks:
        alice.watchlist.watch(stock)
    with django_assert_max_num_queries(8):
        assert len(signed_in.get("/accounts/data/").json()["watchlist"]) == 94


def test_deleting_asks_first(signed_in, alice):
    response = signed_in.get("/accounts/delete/")
    assert "1 stock" in text(find(parse(response), "main")[0])
    assert User.objects.filter(pk=alice.pk).exists()


@pytest.mark.parametrize("password", ["", "wrong", "\0"])
def test_deleting_needs_the_password(signed_in, alice, password):
    response = signed_in.post("/accounts/delete/", {"password": password})
    assert response.status_code == 400
    field = find(parse(response), "input", name="password")[0]
    assert field.get("aria-invalid") == "true"
    assert User.objects.filter(pk=alice.pk).exists()


def test_deleting_takes_everything_of_the_person_and_nothing_else(signed_in, alice, bob):
    other = Client()
    other.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    response = signed_in.post("/accounts/delete/", {"password": PASSWORD}, follow=True)
    assert said(response)[-1] == "Your account and everything in it is deleted."
    assert list(User.objects.all()) == [bob]
    assert [entry.owner for entry in WatchlistEntry.objects.all()] == [bob]
    assert Stock.objects.count() == 5
    assert not [row for row in Session.objects.all() if "_auth_user_id" in row.get_decoded()]
    for client in (signed_in, other):
        assert client.get("/accounts/")["Location"].startswith("/accounts/login/")


def test_guessing_the_password_is_limited(signed_in, alice):
    statuses = [
        signed_in.post("/accounts/delete/", {"password": "wrong"}).status_code for _ in range(6)
    ]
    assert statuses == [400] * 5 + [429]


def test_last_superuser_stays(admin, sign_in):
    client = sign_in(admin)
    response = client.post("/accounts/delete/", {"password": PASSWORD})
    assert response.status_code == 400
    assert "last superuser" in text(find(parse(response), "main")[0])
    assert User.objects.get() == admin
    assert client.get("/accounts/").status_code == 200


def test_superuser_who_is_not_the_last_may_go(admin, sign_in, alice):
    User.objects.filter(pk=alice.pk).update(is_superuser=True, is_active=False)
    sign_in(admin).post("/accounts/delete/", {"password": PASSWORD})
    assert User.objects.filter(pk=admin.pk).exists()
    User.objects.filter(pk=alice.pk).update(is_active=True)
    sign_in(admin).post("/accounts/delete/", {"password": PASSWORD})
    assert not User.objects.filter(pk=admin.pk).exists()
