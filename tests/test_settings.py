"""Language, theme and colours: of the person, or of the browser."""

import pytest

from .conftest import PASSWORD
from .pages import find, parse, said, text

pytestmark = pytest.mark.sqlite

CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9,en;q=0.5"}


def look(response):
    """Return the language, theme and rising colour of a page."""
    (html,) = find(parse(response), "html")
    return html.get("lang"), html.get("data-theme"), html.get("data-up")


@pytest.mark.parametrize(
    ("preference", "language", "up"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.5", "zh-hans", "red"),
        ("zh-TW", "zh-hans", "red"),
        ("en-GB", "en", "green"),
        ("fr,de", "en", "green"),
        ("*", "en", "green"),
        ("\x00;q=x,,;", "en", "green"),
        ("x" * 5000, "en", "green"),
    ],
)
def test_browser_says_the_language_and_it_the_colours(client, db, preference, language, up):
    response = client.get("/", HTTP_ACCEPT_LANGUAGE=preference)
    assert look(response) == (language, None, up)
    assert response["Content-Language"] == language


def test_chinese_page_speaks_chinese(client, stocks):
    tree = parse(client.get("/", **CHINESE))
    assert "股票代码" in [text(heading).rstrip("↑") for heading in find(tree, "th", scope="col")]
    (day, *_rest) = find(tree, "time")
    assert text(day) == day.get("datetime") == "2017-07-18"


def test_visitors_choices_stay_in_cookies(client, db):
    response = client.post("/settings/", {"language": "zh-hans", "next": "/about/"}, follow=True)
    assert response.redirect_chain == [("/about/", 302)]
    assert said(response) == ["设置已保存。"]
    client.post("/settings/", {"theme": "dark"})
    client.post("/settings/", {"up_colour": "blue"})
    assert look(client.get("/")) == ("zh-hans", "dark", "blue")
    for name in ("django_language", "theme", "up_colour"):
        cookie = client.cookies[name]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
        assert cookie["max-age"] == 365 * 24 * 60 * 60


def test_persons_choices_are_kept_with_the_person(alice, alice_client, bob, sign_in):
    alice_client.post("/settings/", {"language": "zh-hans", "theme": "light"})
    alice_client.post("/settings/", {"up_colour": "green"})
    alice.refresh_from_db()
    assert (alice.language, alice.theme, alice.up_colour) == ("zh-hans", "light", "green")
    assert look(sign_in(alice).get("/")) == ("zh-hans", "light", "green")
    assert look(sign_in(bob).get("/")) == ("en", None, "green")


def test_one_choice_leaves_the_others_alone(client, alice_client):
    for visitor in (client, alice_client):
        visitor.cookies["django_language"] = "zh-hans"
        response = visitor.post("/settings/", {"theme": "dark"}, follow=True)
        assert said(response) == ["设置已保存。"]
        assert look(response) == ("zh-hans", "dark", "red")
        assert "up_colour" not in visitor.cookies


def test_visitors_choices_become_those_of_a_new_account(client, django_user_model, db):
    client.post("/settings/", {"language": "zh-hans", "theme": "dark", "up_colour": "blue"})
    data = {"username": "dora", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", data)
    client.cookies.pop("django_language")
    assert look(client.get("/")) == ("zh-hans", "dark", "blue")
    client.post("/settings/", {"theme": "light"})
    dora = django_user_model.objects.get()
    assert (dora.language, dora.theme, dora.up_colour) == ("zh-hans", "light", "blue")


def test_choices_of_the_browser_do_not_become_those_of_an_account_there_is(client, alice):
    client.post("/settings/", {"language": "zh-hans", "theme": "dark", "up_colour": "blue"})
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    alice.refresh_from_db()
    assert (alice.language, alice.theme, alice.up_colour) == ("", "", "")


def test_person_comes_before_the_cookie_and_the_cookie_before_the_browser(
    client, alice, alice_client
):
    for visitor in (client, alice_client):
        visitor.cookies["django_language"] = "en"
    assert look(client.get("/", **CHINESE))[0] == "en"
    assert look(alice_client.get("/", **CHINESE))[0] == "en"
    alice.save_display(language="zh-hans")
    assert look(alice_client.get("/", HTTP_ACCEPT_LANGUAGE="en"))[0] == "zh-hans"


@pytest.mark.parametrize("signed_in", [False, True])
def test_defaults_can_be_chosen_again(client, alice_client, signed_in):
    visitor = alice_client if signed_in else client
    visitor.post("/settings/", {"language": "en", "theme": "dark", "up_colour": "blue"})
    assert look(visitor.get("/", **CHINESE)) == ("en", "dark", "blue")
    empty = {"language": "", "theme": "", "up_colour": ""}
    response = visitor.post("/settings/", empty, follow=True, **CHINESE)
    assert said(response) == ["设置已保存。"]
    assert look(visitor.get("/", **CHINESE)) == ("zh-hans", None, "red")


def test_page_shows_what_is_chosen(client, db):
    client.post("/settings/", {"theme": "dark"})
    tree = parse(client.get("/settings/?next=/about/"))
    pressed = [b for b in find(tree, "button") if b.get("aria-pressed") == "true"]
    assert [(b.get("name"), b.get("value")) for b in pressed] == [
        ("language", ""),
        ("theme", "dark"),
        ("up_colour", ""),
    ]
    assert find(tree, "input", name="next")[0].get("value") == "/about/"


@pytest.mark.parametrize("name", ["language", "theme", "up_colour"])
def test_what_is_no_choice_is_refused_and_changes_nothing(alice, alice_client, name):
    response = alice_client.post("/settings/", {name: "xx<"})
    assert response.status_code == 400
    (problem,) = find(parse(response), "ul", css="errorlist")
    assert "xx<" in text(problem)
    alice.refresh_from_db()
    assert getattr(alice, name) == ""


@pytest.mark.parametrize("name", ["django_language", "theme", "up_colour", "sessionid", "messages"])
@pytest.mark.parametrize("value", ["xx", "e" * 700, "\x01", '"'])
def test_odd_cookies_count_as_none(client, db, name, value):
    # As a header, for the client's own jar may refuse what a browser would send.
    assert look(client.get("/", headers={"cookie": f"{name}={value}"})) == ("en", None, "green")


def test_choices_that_are_none_any_more_count_as_none(alice, alice_client):
    alice.save_display(language="xx", theme="pink", up_colour="pink")
    assert look(alice_client.get("/", **CHINESE)) == ("zh-hans", None, "red")


@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example/", "javascript:x"])
def test_way_back_stays_on_the_site(client, db, address):
    assert client.post("/settings/", {"theme": "dark", "next": address})["Location"] == "/"
    tree = parse(client.get("/settings/", {"next": address}))
    assert find(tree, "input", name="next")[0].get("value") == "/"
