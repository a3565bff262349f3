"""The page cache: what everyone sees alike comes from it, and nothing else ever does."""

import threading
import time

import html5lib
import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection
from django.urls import get_resolver

from stocks import page_cache
from stocks.models import Stock
from stocks.page_cache import canonical, encoding_for
from stocksite.wsgi import django_application

from .page_cache import Answer, cookie_of
from .test_data_change import import_quotes, save

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]

FAILS = "The cache of pages fails (ConnectionError): each process makes its own."
PUBLIC = [
    "/",
    "/?q=qxh",
    "/?sort=-price&page=1",
    "/market/",
    "/stocks/000007.SZ/",
    "/stocks/000007.SZ/bars.json",
    "/histogram/price.svg",
    "/about/",
]


# From the cache


@pytest.mark.parametrize("path", PUBLIC)
def test_made_once_and_the_same_in_every_encoding(cache, client, path):
    answers = [Answer(cache, path, HTTP_ACCEPT_ENCODING=e) for e in ("gzip, br", "gzip", "")]
    encodings = [answer.headers.get("content-encoding") for answer in answers]
    assert encodings == ["br", "gzip", None]
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["etag"] for answer in answers}) == 3
    for answer in answers:
        assert int(answer.headers["content-length"]) == len(answer.body)
        assert answer.headers["vary"] == "Accept-Language, Accept-Encoding, Cookie"
        assert answer.headers["cache-control"].startswith("public")
    assert (cache.pages.counts["made"], cache.pages.counts["answered"]) == (1, 3)
    uncached = client.get(path, HTTP_ACCEPT_ENCODING="").content.decode()
    assert answers[0].text == uncached


def test_unchanged_is_304_with_what_a_cache_keeps(cache):
    first = Answer(cache, "/")
    etag = first.headers["etag"]
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = Answer(cache, "/", HTTP_IF_NONE_MATCH=given)
        assert (again.status, again.body) == (304, b"")
        kept = {"etag", "vary", "cache-control"}
        assert {again.headers[name] for name in kept} == {first.headers[name] for name in kept}
        assert "content-length" not in again.headers
    assert Answer(cache, "/", HTTP_IF_NONE_MATCH='"other"').status == 200
    assert Answer(cache, "/", HTTP_IF_NONE_MATCH=etag, HTTP_ACCEPT_ENCODING="br").status == 200


def test_head_has_the_headers_of_get(cache):
    get, head = Answer(cache, "/"), Answer(cache, "/", "HEAD")
    assert (head.status, head.body, head.headers) == (200, b"", get.headers)
    assert cache.pages.counts["made"] == 1


VARIANTS = {
    "Chinese": {"HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9"},
    "Chinese chosen": {"HTTP_COOKIE": "django_language=zh-hans; theme=dark"},
    "dark": {"HTTP_COOKIE": "theme=dark"},
    "red": {"HTTP_COOKIE": "up_colour=red"},
    "English": {},
}


@pytest.mark.parametrize("path", ["/", "/market/", "/stocks/000007.SZ/", "/about/"])
def test_language_theme_and_colours_have_pages_of_their_own(cache, client, path):
    for _round in range(2):
        for headers in VARIANTS.values():
            cached = Answer(cache, path, **headers)
            assert cached.text == client.get(path, **headers).content.decode()
            client.cookies.clear()
    assert cache.pages.counts["made"] == len(VARIANTS)
    assert cache.pages.counts["answered"] == 2 * len(VARIANTS)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br;q=0.0, gzip; q=0", ""),
        ("identity", ""),
        ("*", "br"),
        ("*;q=0", ""),
        ("gzip;q=1.0, *;q=0", "gzip"),
    ],
)
def test_encoding_is_one_that_is_accepted(accepted, encoding):
    assert encoding_for(accepted) == encoding


# Not from the cache


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("q=qxh", True),
        ("q=%E5%85%A8", True),
        ("market=SZ&sort=-price&page=2", True),
        ("sort=-price&market=SZ", False),
        ("q=a&q=b", False),
        ("q=", False),
        ("utm_source=x", False),
        ("q=%e5%85%a8", False),
        ("q=a+b", True),
        ("q=a%20b", False),
        ("q=" + "x" * 600, False),
        ("&q=a", False),
        ("q", False),
    ],
)
def test_only_known_parameters_in_their_order_are_kept(cache, client, query, kept):
    names = ("q", "market", "sort", "page")
    assert canonical(query, names) is kept
    first, second = Answer(cache, f"/?{query}"), Answer(cache, f"/?{query}")
    assert first.status == second.status == 200
    assert cache.pages.counts["answered"] == (2 if kept else 0)
    assert ("etag" in first.headers) is kept


def test_a_persons_page_reaches_nobody_else(cache, client, alice, bob):
    alice.watchlist.watch(Stock.objects.get(code="000007"), note_info="only alice knows")
    cookies = {person: cookie_of(client, person) for person in (alice, bob)}
    paths = [*PUBLIC, "/watchlist/", "/settings/", "/accounts/", "/screens/", "/no-such-page"]
    for _round in range(2):
        for language in ("en", "zh-hans"):
            for path in paths:
                for person in (alice, None, bob):
                    headers = {"HTTP_ACCEPT_LANGUAGE": language}
                    if person:
                        headers["HTTP_COOKIE"] = cookies[person]
                    answer = Answer(cache, path, **headers)
                    others = {"alice", "bob"} - {person and person.username}
                    assert not any(f">{name}<" in answer.text for name in others)
                    assert ("only alice knows" in answer.text) <= (person is alice)
                    if person and answer.headers["content-type"].startswith("text/html"):
                        assert "public" not in answer.headers["cache-control"]
    assert all(b"alice" not in page.plain for page in cache.pages.pages.values())


def test_what_else_a_request_says_gets_into_no_page(cache):
    """Cookies, addresses and headers of whoever had the page made stay out of it."""
    told = {
        "HTTP_COOKIE": "csrftoken=secret-of-one; other=secret-of-one",
        "HTTP_REFERER": "http://testserver/secret-of-one",
        "HTTP_USER_AGENT": "secret-of-one",
        "HTTP_X_FORWARDED_FOR": "secret-of-one",
        "HTTP_HX_REQUEST": "true",
        "HTTP_HX_CURRENT_URL": "secret-of-one",
        "HTTP_RANGE": "bytes=0-9",
        "HTTP_AUTHORIZATION": "Basic secret-of-one",
    }
    answers = [Answer(cache, "/", **told), Answer(cache, "/")]
    assert cache.pages.counts["made"] == 1
    assert answers[0].text == answers[1].text
    assert "secret" not in answers[0].text + str(answers[0].headers)


def test_messages_are_for_the_one_they_are_meant_for(cache):
    Answer(cache, "/", HTTP_COOKIE="messages=x")
    assert cache.pages.counts["answered"] == 0


def plain_application(status="200 OK", *headers):
    """Return an application that answers everything alike."""

    def application(environ, start_response):
        application.calls += 1
        start_response(status, [("Content-Type", "text/html"), *headers])
        return [b"page"]

    application.calls = 0
    return application


@pytest.mark.parametrize(
    "application",
    [
        plain_application("200 OK", ("Set-Cookie", "a=b")),
        plain_application("302 Found", ("Location", "/elsewhere")),
        plain_application("404 Not Found"),
        plain_application("500 Internal Server Error"),
    ],
)
def test_cookies_redirects_and_errors_are_never_kept(new_cache, application):
    cache = new_cache(application)
    for calls in (1, 2):
        Answer(cache, "/")
        assert application.calls >= calls
    assert not cache.pages.pages


@pytest.mark.parametrize(
    "path",
    [
        "/stocks/000007/",
        "/stocks/999999.SZ/",
        "/stocks/999999/bars.json",
        "/histogram/x.svg",
    ],
)
def test_redirects_and_errors_are_passed_on(cache, client, path):
    for _again in range(2):
        answer, direct = Answer(cache, path), client.get(path)
        assert answer.status == direct.status_code
        assert answer.headers.get("location") == direct.get("Location")
        assert answer.headers["cache-control"] == "private, no-cache"
    assert not cache.pages.pages


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "QUERY"])
def test_other_methods_are_not_answered(cache, method):
    Answer(cache, "/")
    assert Answer(cache, "/", method).status in (403, 405)
    assert cache.pages.counts["answered"] == 1


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_is_the_same_under_every_name_of_the_site(cache, client, path, settings):
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "stocks.example.org"]
    for name in ("testserver", "stocks.example.org"):
        expected = client.get(path, HTTP_HOST=name).content.decode()
        assert Answer(cache, path, HTTP_HOST=name).text == expected
    assert cache.pages.counts["made"] == 1


@pytest.mark.parametrize("host", ["evil.example.org", "testserver@evil", ""])
def test_other_hosts_are_not_answered(cache, host):
    Answer(cache, "/")
    assert Answer(cache, "/", HTTP_HOST=host).status == 400 or not host
    assert cache.pages.counts["answered"] == 1


def test_plain_http_is_led_to_https(new_cache, settings):
    settings.SECURE_SSL_REDIRECT = True
    cache = new_cache(WSGIHandler())
    for answered in range(2):
        plain = Answer(cache, "/")
        assert (plain.status, plain.headers["location"]) == (301, "https://testserver/")
        assert cache.pages.counts["answered"] == answered
        https = {"wsgi.url_scheme": "https", "SERVER_PORT": "443"}
        assert Answer(cache, "/", **https).status == 200


def test_every_other_page_is_private(client, alice):
    """No page that is not marked says that a cache may keep it."""
    client.force_login(alice)
    for path in (*PUBLIC, "/watchlist/", "/accounts/", "/settings/", "/accounts/email/"):
        answer = client.get(path)
        if answer.headers["Content-Type"].startswith("text/html"):
            assert answer["Cache-Control"] in ("private, no-cache",) or "no-store" in str(
                answer["Cache-Control"]
            )


def test_marked_views_are_those_that_were_meant():
    views = [p.callback for p in get_resolver("stocks.urls").url_patterns]
    marked = {view.__name__ for view in views if hasattr(view, "public_parameters")}
    assert marked == {"market", "overview", "stock", "bars", "histogram", "about", "version"}


# Until the data changes


def test_a_change_ends_the_pages_before_it(cache):
    Answer(cache, "/")
    save()
    for _again in range(2):
        Answer(cache, "/")
        assert cache.pages.counts["made"] == 2


def test_a_watchlist_ends_no_page(cache, alice, stocks):
    Answer(cache, "/")
    alice.watchlist.watch(stocks["000007"])
    Answer(cache, "/")
    assert cache.pages.counts["made"] == 1


def test_a_commit_elsewhere_is_seen_in_time(new_cache, monkeypatch):
    monkeypatch.setattr(page_cache, "CHECKED_EVERY", 0.2)
    cache = new_cache()
    assert "9.87" not in Answer(cache, "/").text
    update_price = threading.Thread(target=in_thread, args=[import_quotes])
    update_price.start()
    update_price.join()
    time.sleep(0.25)
    assert "9.87" in Answer(cache, "/").text


def in_thread(call, *arguments):
    """Do something over a connection of a thread's own, and leave none behind."""
    try:
        return call(*arguments)
    finally:
        connection.close()


def test_a_page_lives_no_longer_than_its_life(cache, monkeypatch):
    Answer(cache, "/")
    monkeypatch.setattr(page_cache, "LONGEST_LIFE", 0)
    Answer(cache, "/")
    assert cache.pages.counts["made"] == 2


# One makes it


def test_one_process_makes_a_page_and_the_others_take_it(new_cache):
    one, other = new_cache(), new_cache()
    assert Answer(one, "/").text == Answer(other, "/").text
    assert (one.pages.counts["made"], other.pages.counts["made"]) == (1, 0)
    assert other.pages.counts["shared"] == 1


def test_what_another_version_of_the_site_keeps_is_not_taken(new_cache, monkeypatch):
    Answer(new_cache(), "/")
    monkeypatch.setattr(page_cache, "SHAPE", (*page_cache.SHAPE, "new"))
    other = new_cache()
    Answer(other, "/")
    assert other.pages.counts["made"] == 1


class BrokenCache(LocMemCache):
    """A cache that is away."""

    def lose(self, *_args, **_kwargs):
        raise ConnectionError("gone")

    get = add = set = delete = has_key = lose


BROKEN = {"BACKEND": f"{__name__}.BrokenCache"}


def test_without_the_shared_cache_each_process_makes_its_own(new_cache, settings, caplog):
    one, other = new_cache(), new_cache()
    settings.CACHES = {**settings.CACHES, "pages": BROKEN}
    for cache in (one, other, one, other):
        assert "000007" in Answer(cache, "/").text
        assert Answer(cache, "/?sort=-price").status == 200
    assert (one.pages.counts["made"], other.pages.counts["made"]) == (2, 2)
    assert caplog.messages.count(FAILS) == 2


def test_a_shared_cache_that_is_back_is_used_again(new_cache, settings, monkeypatch):
    pages = settings.CACHES["pages"]
    settings.CACHES = {**settings.CACHES, "pages": BROKEN}
    one, other = new_cache(), new_cache()
    assert Answer(one, "/").status == 200
    settings.CACHES = {**settings.CACHES, "pages": pages}
    Answer(one, "/about/")
    monkeypatch.setattr("stocks.cache.LEFT_ALONE", 0)
    Answer(one, "/market/")
    for path in ("/about/", "/market/"):
        Answer(other, path)
    assert (other.pages.counts["made"], other.pages.counts["shared"]) == (1, 1)


def slow_application(*answer, seconds=0.3):
    """Return an application that takes its time."""
    plain = plain_application(*answer)

    def application(environ, start_response):
        time.sleep(seconds)
        return plain(environ, start_response)

    application.plain = plain
    return application


@pytest.mark.parametrize("processes", [1, 2])
def test_others_wait_while_one_makes_a_page(new_cache, processes):
    application = slow_application()
    every = [new_cache(application) for _n in range(processes)]
    answers = []
    threads = [
        threading.Thread(
            target=lambda n=n: answers.append(in_thread(Answer, every[n % processes], "/"))
        )
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert application.plain.calls == 1
    assert [answer.text for answer in answers] == ["page"] * 6


@pytest.mark.parametrize("change", [True, False])
def test_nobody_waits_for_what_does_not_come(new_cache, monkeypatch, change):
    """Neither for an answer that is never kept, nor for the page of the version before."""
    monkeypatch.setattr(page_cache, "LONGEST_WAIT", 60)
    application = slow_application("200 OK" if change else "404 Not Found")
    one, other = new_cache(application), new_cache(application)
    maker = threading.Thread(target=in_thread, args=[Answer, one, "/"])
    maker.start()
    time.sleep(0.1)
    if change:
        save()
    start = time.monotonic()
    assert Answer(other, "/").text == "page"
    assert time.monotonic() - start < 20
    maker.join()
    assert application.plain.calls == 2


def test_the_page_before_is_shown_while_the_next_is_made(new_cache):
    application = slow_application()
    cache = new_cache(application)
    Answer(cache, "/")
    save()
    maker = threading.Thread(target=in_thread, args=[Answer, cache, "/"])
    maker.start()
    time.sleep(0.1)
    start = time.monotonic()
    assert Answer(cache, "/").text == "page"
    assert time.monotonic() - start < 0.1
    maker.join()
    assert application.plain.calls == 2


def test_the_pages_have_bounds(new_cache):
    cache = new_cache(most_bytes=300_000)
    for page in range(1, 40):
        Answer(cache, f"/?size=25&page={page}")
        assert cache.pages.bytes <= 300_000
    assert cache.pages.bytes == sum(page.bytes for page in cache.pages.pages.values())
    assert cache.pages.counts["dropped"] > 0
    for number in range(3000):
        Answer(cache, "/", HTTP_ACCEPT_LANGUAGE=f"en;q=0.{number}")
    assert len(cache.known) <= page_cache.MOST_REQUESTS


# Without the database


@pytest.fixture
def away(monkeypatch):
    """Return a function that takes the database away."""

    def lose(*_args):
        raise OperationalError("gone")

    return lambda: monkeypatch.setattr("stocks.models.data_change.DataChangeQuerySet.version", lose)


def test_a_page_that_is_there_is_shown_and_says_from_when(cache, away):
    before = Answer(cache, "/", HTTP_ACCEPT_LANGUAGE="zh-hans")
    Answer(cache, "/")
    away()
    answer = Answer(cache, "/", HTTP_IF_NONE_MATCH=before.headers["etag"])
    assert answer.status == 200
    assert "The database does not answer. This page is from" in answer.text
    assert "000007" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert int(answer.headers["age"]) >= 0
    assert int(answer.headers["content-length"]) == len(answer.body)
    html5lib.HTMLParser(strict=True).parse(answer.text)
    assert "数据库" in Answer(cache, "/", HTTP_ACCEPT_LANGUAGE="zh-hans").text


def test_a_page_that_is_not_there_is_503(cache, away, monkeypatch):
    away()

    def lose(*_args, **_kwargs):
        raise OperationalError("gone")

    monkeypatch.setattr("stocks.models.stock.StockQuerySet.summary", lose)
    django_application.load_middleware()
    answer = Answer(cache, "/")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "database does not answer" in answer.text
    assert not cache.pages.pages


# What it says of itself


def test_metrics_are_for_admins_and_the_token(client, alice, admin, settings):
    assert client.get("/metrics").status_code == 404
    client.force_login(alice)
    assert client.get("/metrics").status_code == 404
    client.force_login(admin)
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    for name in ("pages", "bytes", "limit_bytes", "answered_total", "made_total"):
        assert f"\nstocksite_page_cache_{name}{{" in answer.text
    client.logout()
    settings.METRICS_TOKEN = "of the scraper"
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer other").status_code == 404
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer of the scraper").status_code == 200
