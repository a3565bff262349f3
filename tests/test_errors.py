"""What the site says when something goes wrong."""

import pytest
from django.test import Client, RequestFactory

from stocks.models import Stock
from stocksite.wsgi import django_application

from .pages import find, parse, text

pytestmark = pytest.mark.sqlite

CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-CN"}
DRESSED = ("header", "nav", "footer")


def check(response, status, *, dressed=True):
    assert response.status_code == status
    tree = parse(response)
    assert text(find(tree, "p", css="code")[0]) == str(status)
    assert len(find(tree, "h1")) == 1
    for tag in DRESSED:
        assert bool(find(tree, tag)) is dressed
    return text(find(tree, "main")[0])


@pytest.fixture
def broken(monkeypatch):
    """A client of a site whose table cannot be read for a reason nobody thought of."""

    def fail(*_args):
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr("stocks.views.market.Page.of", fail)
    return Client(raise_request_exception=False)


ERRORS = {
    400: ({"path": "/", "HTTP_HOST": "evil.example"}, "cannot be read", "无法"),
    404: ({"path": "/nothing/"}, "Nothing is here", "没有"),
    405: ({"path": "/", "method": "DELETE"}, "Not this way", "不"),
}


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_page_of_its_own_in_the_visitors_language(client, db, status, language):
    request, english, chinese = ERRORS[status]
    request = {"method": "GET", **request}
    response = client.generic(**request, HTTP_ACCEPT_LANGUAGE=language)
    said = check(response, status)
    assert (english if language == "en" else chinese) in said
    assert find(parse(response), "html")[0].get("lang") == language


def test_403_of_a_form_without_its_token(db):
    client = Client(enforce_csrf_checks=True)
    assert "came from another site" in check(client.post("/settings/", {"theme": "dark"}), 403)
    check(client.post("/settings/", {"theme": "dark"}, **CHINESE), 403)


@pytest.mark.parametrize("path", ["/settings/", "/watchlist/000007.SZ/note/", "/accounts/login/"])
def test_413_of_too_much_at_once(client, stocks, path):
    response = client.post(path, "note_info=" + "x" * 2**20, "application/x-www-form-urlencoded")
    assert "Send less" in check(response, 413)


def test_400_of_too_many_fields_and_of_broken_forms(client, stocks):
    path = "/watchlist/000007.SZ/note/"
    many = "&".join(f"a{n}=" for n in range(2000))
    check(client.post(path, many, "application/x-www-form-urlencoded"), 400)
    check(client.post(path, b"--x", "multipart/form-data"), 400)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_500_says_nothing_of_the_inside(broken, stocks, language):
    response = broken.get("/", HTTP_ACCEPT_LANGUAGE=language)
    said = check(response, 500, dressed=False)
    assert "secret" not in response.content.decode()
    assert ("on our side" in said) is (language == "en")
    assert find(parse(response), "html")[0].get("lang") == language


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", {"GET", "HEAD"}),
        ("/market/", {"GET", "HEAD"}),
        ("/watchlist/", {"GET", "HEAD"}),
        ("/stocks/000007.SZ/", {"GET", "HEAD"}),
        ("/about/", {"GET", "HEAD"}),
        ("/healthz", {"GET", "HEAD"}),
        ("/readyz", {"GET", "HEAD"}),
        ("/settings/", {"GET", "HEAD", "POST"}),
        ("/watchlist/000007.SZ/add/", {"GET", "HEAD", "POST"}),
        ("/watchlist/000007.SZ/remove/", {"POST"}),
        ("/watchlist/000007.SZ/note/", {"POST"}),
        ("/watchlist/000007.SZ/restore/", {"POST"}),
        ("/add/000007.html", {"GET", "HEAD", "POST"}),
        ("/del/000007.html", {"GET", "HEAD", "POST"}),
        ("/update/000007.html", {"GET", "HEAD", "POST"}),
        ("/update/000007/note.html", {"GET", "HEAD", "POST"}),
    ],
)
def test_405_names_what_is_allowed(alice_client, stocks, path, allowed):
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"}:
        response = alice_client.generic(method, path)
        if method in allowed:
            assert response.status_code in (200, 302, 400), method
        else:
            assert response.status_code == 405
            if method != "HEAD":
                advice = "Open it as a link" if "GET" in allowed else "not a link"
                assert advice in check(response, 405)
            assert set(response["Allow"].split(", ")) == allowed


PATHS = [
    "/",
    "/market/",
    "/market/?market=nothing&foo=1",
    "/watchlist/",
    "/stocks/000007.SZ/",
    "/stocks/000007/",
    "/stocks/999999/",
    "/settings/",
    "/about/",
    "/accounts/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/logout/",
    "/accounts/delete/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/add/000007.html",
    "/del/000007.html",
    "/update/000007.html",
    "/update/000007/note.html",
    "/watchlist/000007.SZ/add/",
    "/watchlist/000007.SZ/remove/",
    "/?q=nobody",
    "/?sort=nothing&foo=1",
    "/nothing.html",
    "/favicon.ico",
    "/healthz",
    "/readyz",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_is_valid_html_and_answers_head_alike(
    client, alice, alice_client, stocks, path, language
):
    alice.watchlist.watch(stocks["000007"], note_info="<&>\n\x02\ufdd0\U0001fffe")
    Stock.objects.create(code="000007", market="HK", short="]]><!--\x07")
    for visitor in (client, alice_client):
        response = visitor.get(path, HTTP_ACCEPT_LANGUAGE=language)
        if response["Content-Type"].startswith("text/html") and response.content:
            assert find(parse(response), "html")[0].get("lang") == language
            assert int(response["Content-Length"]) == len(response.content)
        headers = visitor.head(path, HTTP_ACCEPT_LANGUAGE=language)
        assert (headers.status_code, headers.content) == (response.status_code, b"")


@pytest.mark.parametrize(
    "part", ["%00", "%ff", "%C3%28", "%01%7f%C2%85", "%EF%BF%BE", "%2e%2e", "%0a", "%F0%9F%98%80"]
)
@pytest.mark.parametrize("path", [
    "/{}", "/stocks/{}/", "/watchlist/{}/add/", "/add/{}.html", "/update/{}.html",
    "/update/000007/{}.html", "/accounts/{}", "/admin/{}", "/static/{}", "/?q={0}&{0}=1",
    "/stocks/000007.SZ/?list={}", "/market/?market={0}&{0}=1", "/settings/?next={}",
])  # fmt: skip
def test_odd_bytes_in_an_address_are_no_error_of_ours(client, alice_client, stocks, path, part):
    for visitor in (client, alice_client):
        response = visitor.get(path.format(part), follow=True)
        assert response.status_code in (200, 400, 403, 404)
        if response.status_code == 200 or "static" not in path:
            parse(response)


@pytest.mark.parametrize("host", ["evil.example", "a b", "", "localhost:x", "[::1", "\xff"])
def test_bad_host_is_400(client, db, host):
    check(client.get("/", HTTP_HOST=host), 400)


@pytest.mark.parametrize("charset", ["hex", "utf-7", "utf-16", "unicode_escape", "nothing"])
def test_note_in_another_encoding_than_the_sites_is_no_error(charset):
    head = b'--x\r\nContent-Disposition: form-data; name="note_info"\r\n\r\n'
    form = head + b"\\ud800+2AA-\xff\r\n--x--\r\n"
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    environ = RequestFactory().generic("POST", "/watchlist/000007.SZ/note/", form, kind).environ
    request = django_application.request_class({**environ, "QUERY_STRING": "q=%E5%A5%BD"})
    assert request.GET["q"] == "好"
    assert request.POST["note_info"] == "\\ud800+2AA-\N{REPLACEMENT CHARACTER}"
