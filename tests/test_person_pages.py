"""Who a session belongs to, as the page cache asks; the pages themselves are in test_page_cache."""

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from stocks.columns import MARKET
from stocks.display import Display
from stocks.models import DataChange
from stocks.person_pages import SignedIn


@pytest.fixture
def session(alice_client):
    """The key of alice's session."""
    return alice_client.session.session_key


def who(session):
    return SignedIn.of(session, "market")


def test_a_session_tells_of_its_person(alice, session, stocks):
    alice.language, alice.up_colour, alice.is_staff = "zh-hans", "blue", True
    alice.columns = {"market": ["price"], "watchlist": ["chg"]}
    alice.save()
    version = DataChange.objects.version()
    display = Display("zh-hans", "", "blue")
    assert who(session) == SignedIn(alice.pk, "alice", True, display, ("price",), version)


def test_marks_are_ones_own(alice, bob, session, stocks):
    alice.watchlist.watch(stocks["000007"])
    alice.watchlist.watch(stocks["300268"])
    bob.watchlist.watch(stocks["000036"])
    shown = [stocks["000007"].pk, stocks["000036"].pk]
    assert who(session).marks(shown) == [stocks["000007"].pk]
    assert who(session).marks([]) == []


def test_nobody_has_no_session(alice, session):
    for key in ("", "x", session[:-1], f"{session}'"):
        assert who(key) is None


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}, None], ids=str)
def test_a_session_ends_with_what_it_was_given_for(alice, session, change):
    assert who(session)
    if change is None:
        alice.delete()
    else:
        type(alice).objects.filter(pk=alice.pk).update(**change)
    assert who(session) is None


def test_a_session_expires(alice, session):
    Session.objects.update(expire_date=timezone.now())
    assert who(session) is None


def test_a_visitors_session_is_nobodys(client, stocks):
    client.post("/watchlist/000007.SZ/add/")
    assert client.session["asked"]
    assert who(client.session.session_key) is None


def test_saved_screens_are_for_django_to_show(alice, session):
    alice.screens.keep(MARKET, "mine", "sort=-price")
    assert who(session) is None
