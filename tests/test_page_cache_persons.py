"""The page cache for people who are signed in: their own marks on a page that all share."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from stocks import page_cache
from stocks.columns import MARKET

from .page_cache import Answer, cookie_of
from .test_data_change import update

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


@pytest.fixture
def alices(alice, client, stocks):
    """What alice's browser sends along, once she watches a stock."""
    alice.watchlist.watch(stocks["000007"])
    cookies = cookie_of(client, alice)
    client.get("/settings/")
    return f"{cookies}; csrftoken={client.cookies['csrftoken'].value}"


def without_token(page):
    """Return a page without what differs each time it is made."""
    return re.sub(r'(?<=csrfmiddlewaretoken" value=")[^"]+', "", page)


@pytest.mark.parametrize("path", ["/", "/?sort=-price", "/?q=qxh", "/?q=nothing-at-all"])
@pytest.mark.parametrize("staff", [False, True])
@pytest.mark.parametrize(
    "own",
    [
        {},
        {"language": "zh-hans", "theme": "dark"},
        {"up_colour": "red", "columns": {"market": ["price", "volume"]}},
        {"username": '<b>"&amp;'},
    ],
    ids=str,
)
def test_a_persons_page_is_the_one_django_makes(cache, client, alice, alices, path, staff, own):
    for name, value in {"is_staff": staff, **own}.items():
        setattr(alice, name, value)
    alice.save()
    expected = without_token(client.get(path).content.decode())
    for encoding in ("gzip", ""):
        answer = Answer(cache, path, HTTP_COOKIE=alices, HTTP_ACCEPT_ENCODING=encoding)
        assert without_token(answer.text) == expected
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers.get("content-encoding", "") == encoding
    assert cache.pages.counts["answered"] == 2


def as_alice(cache, alices, **environ):
    """Ask for the table as alice."""
    return Answer(cache, "/", HTTP_COOKIE=alices, **environ)


@pytest.mark.parametrize("accepted", ["gzip, br", "*", "br", "identity"])
def test_a_persons_page_is_in_gzip_where_that_is_accepted(cache, alices, accepted):
    answer = as_alice(cache, alices, HTTP_ACCEPT_ENCODING=accepted)
    encoding = "gzip" if accepted in ("gzip, br", "*") else None
    assert answer.headers.get("content-encoding") == encoding
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert ">alice<" in answer.text


def test_a_persons_buttons_work(cache, alice, alices, stocks):
    page = as_alice(cache, alices).text
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    assert token not in as_alice(cache, alices).text  # masked anew each time
    browser = Client(enforce_csrf_checks=True)
    browser.cookies.load(alices)
    address = "/watchlist/000036.SZ/add/"
    assert browser.post(address, {"csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert browser.post(address, {"csrfmiddlewaretoken": token}).status_code == 302
    assert alice.watchlist.filter(info=stocks["000036"]).exists()


def test_ones_own_change_is_there_at_once(new_cache, alice, alices, stocks, monkeypatch):
    monkeypatch.setattr(page_cache, "CHECKED_EVERY", 60)
    cache = new_cache()
    before = as_alice(cache, alices)
    again = as_alice(cache, alices, HTTP_IF_NONE_MATCH=before.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    alice.watchlist.watch(stocks["000036"])
    after = as_alice(cache, alices, HTTP_IF_NONE_MATCH=before.headers["etag"])
    assert after.status == 200
    assert after.text.count('class="on"') == 2
    update()
    assert as_alice(cache, alices).text != after.text
    assert cache.pages.counts["made"] == 2


def test_what_is_impersonal_is_everyones(cache, alices):
    for path in ("/histogram/price.svg", "/stocks/000007.SZ/bars.json"):
        visitors, hers = Answer(cache, path), Answer(cache, path, HTTP_COOKIE=alices)
        assert (visitors.body, visitors.headers) == (hers.body, hers.headers)
    assert cache.pages.counts["made"] == 2


def test_another_token_is_another_page_to_a_browser(cache, alices):
    before = as_alice(cache, alices).headers["etag"]
    other = alices[:-32] + "x" * 32
    assert as_alice(cache, other, HTTP_IF_NONE_MATCH=before).status == 200


def test_persons_share_the_pieces_and_nothing_else(cache, client, alice, alices, bob):
    bobs = f"{cookie_of(Client(), bob)}; csrftoken={'b' * 32}"
    for _round in range(2):
        pages = {who: Answer(cache, "/", HTTP_COOKIE=who) for who in (alices, bobs)}
        assert [page.text.count('class="on"') for page in pages.values()] == [1, 0]
        assert [">alice<" in page.text for page in pages.values()] == [True, False]
        assert [">bob<" in page.text for page in pages.values()] == [False, True]
        assert len({page.headers["etag"] for page in pages.values()}) == 2
    assert cache.pages.counts["made"] == 1
    (pieces,) = cache.pages.pages.values()
    assert b"alice" not in b"".join(pieces.parts)
    assert Answer(cache, "/", HTTP_COOKIE=bobs).headers["cache-control"] == "private, no-cache"


def leave(alice, client):
    client.post("/accounts/logout/")


def change_password(alice, client):
    alice.set_password("another walk by the river")
    alice.save()


def deactivate(alice, client):
    alice.is_active = False
    alice.save()


def expire(alice, client):
    Session.objects.update(expire_date=timezone.now())


@pytest.mark.parametrize("end", [leave, change_password, deactivate, expire])
def test_who_is_signed_in_no_longer_is_a_visitor(cache, client, alice, alices, end):
    assert ">alice<" in as_alice(cache, alices).text
    end(alice, client)
    assert ">alice<" not in as_alice(cache, alices).text


def test_what_is_unusual_is_left_to_django(cache, client, alice, alices):
    answered = cache.pages.counts["answered"]
    client.post("/watchlist/000036.SZ/add/")
    message = f"; messages={client.cookies['messages'].coded_value}"
    assert "is on your watchlist" in as_alice(cache, alices + message).text
    assert cache.pages.counts["answered"] == answered
    assert "is on your watchlist" not in as_alice(cache, alices).text
    assert cache.pages.counts["answered"] == answered + 1
    alice.screens.keep(MARKET, "my dear ones", "sort=-price")
    assert "my dear ones" in as_alice(cache, alices).text
    assert cache.pages.counts["answered"] == answered + 1
    for cookies in ("sessionid=", "sessionid=x; csrftoken=y", f"sessionid=x; {alices[-42:]}"):
        assert ">alice<" not in Answer(cache, "/", HTTP_COOKIE=cookies).text


def test_a_page_that_cannot_be_cut_is_left_to_django(cache, alices, monkeypatch):
    monkeypatch.setattr("stocks.person_pages.BUTTON", re.compile("(nowhere)|(to be found)"))
    for _again in range(2):
        answer = as_alice(cache, alices)
        assert (answer.status, answer.text.count('class="on"')) == (200, 1)
    assert cache.pages.counts["answered"] == 0
