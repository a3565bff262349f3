"""Who a session belongs to, and how their page is joined (sent by: test_page_cache_persons)."""

import gzip
import pickle
import random
import zlib

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.middleware.csrf import CSRF_ALLOWED_CHARS, _unmask_cipher_token
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stocks import person_pages
from stocks.columns import MARKET
from stocks.display import Display
from stocks.models import DataChange
from stocks.page_cache import PUBLIC
from stocks.person_pages import STATE_BYTES, TOGETHER, Pieces, SignedIn, Specimen


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


@pytest.mark.parametrize("few", [0, 1, 2, 100])
def test_marks_are_ones_own(alice, bob, session, stocks, monkeypatch, few):
    monkeypatch.setattr(person_pages, "FEW", few)
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


def test_marks_take_one_question_or_two(alice, session, stocks, monkeypatch):
    person, shown = who(session), [stocks["000007"].pk]
    for stock in stocks.values():
        alice.watchlist.watch(stock)
    for few, questions in ((5, 1), (4, 2)):
        monkeypatch.setattr(person_pages, "FEW", few)
        with CaptureQueriesContext(connection) as asked:
            assert person.marks(shown) == shown
        assert len(asked) == questions


def test_a_token_is_its_secret_masked_by_chance():
    secret = CSRF_ALLOWED_CHARS[:16] + CSRF_ALLOWED_CHARS[-16:]
    tokens = [person_pages.masked(secret).decode() for _count in range(500)]
    assert {_unmask_cipher_token(token) for token in tokens} == {secret}
    assert {len(token) for token in tokens} == {64}
    for places in zip(*tokens, strict=True):
        assert len(set(places)) > 50  # of 62


TOKEN = b"t" * 64
NAMES = [
    b"alice",
    "全新好🚀".encode(),
    b"&lt;b&gt;&quot;",
    b"",
    "𠜎".encode() * 150,
    b"&quot;" * 150,
]


@pytest.fixture
def pieces(all_stocks, client):
    """The pieces of a page of 25 rows."""
    specimens = (Specimen(False, {}, Display(), watching) for watching in (False, True))
    pages = [client.get("/?size=25", **{PUBLIC: specimen}).content for specimen in specimens]
    return Pieces.of((1, 1), [], *pages)


def some_marks(stocks):
    """Return marks: none, all, each alone, all but each, and some by chance."""
    chance = random.Random(1)
    yield from ([], stocks)
    yield from ([stock] for stock in stocks)
    yield from ([other for other in stocks if other != stock] for stock in stocks)
    yield from (chance.sample(stocks, chance.randrange(len(stocks))) for _count in range(100))


def test_what_is_sent_in_gzip_is_the_page(pieces):
    assert len(pieces.buttons) == 25
    for marks in some_marks(list(pieces.buttons)):
        for name in NAMES:
            page = pieces.joined(name, TOKEN, marks)
            assert page.count(b'class="on"') == len(marks)
            assert gzip.decompress(pieces.packed(name, TOKEN, marks)) == page


def test_what_is_joined_is_small(pieces):
    """Beside the whole page compressed for one person."""
    marks = list(pieces.buttons)[::7]
    page = pieces.joined(b"alice", TOKEN, marks)
    assert len(pieces.packed(b"alice", TOKEN, marks)) < 1.3 * len(zlib.compress(page, 1))


def test_nothing_of_a_person_is_kept(pieces):
    before = pickle.dumps(pieces)
    stocks = list(pieces.buttons)
    first = pieces.packed(b"alice", TOKEN, stocks)
    assert pickle.dumps(pieces) == before
    assert b"alice" in first
    assert b"alice" not in pieces.packed(b"bob", b"u" * 64, stocks)
    assert pieces.packed(b"alice", TOKEN, stocks) == first
    assert pickle.loads(before).packed(b"alice", TOKEN, stocks) == first


def test_a_page_takes_no_more_than_it_says(pieces):
    for state in range(2**TOGETHER):
        marks = [stock for stock, button in pieces.buttons.items() if button.bit & state]
        pieces.packed(b"alice", TOKEN, marks)
    kept = pieces.segment.cache_info().currsize
    assert kept > len(pieces.buttons) * 2**TOGETHER / TOGETHER
    assert kept * STATE_BYTES + len(pieces.joined(b"", b"", [])) < pieces.bytes
    for marks in some_marks(list(pieces.buttons)):
        pieces.packed(b"bob", TOKEN, marks)
    assert pieces.segment.cache_info().currsize == kept
