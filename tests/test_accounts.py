"""Signing up, in and out; passwords, second factors, sessions, and the limits on guessing."""

import concurrent.futures
import multiprocessing
import re
import smtplib
import time

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from stocks.cache import SharedFileCache
from stocks.models import User

from .conftest import PASSWORD
from .pages import find, parse, said, text

pytestmark = [pytest.mark.sqlite, pytest.mark.usefixtures("nobody_guessed_yet")]

NEW_PASSWORD = "another walk along the sea"
LOGIN, SIGNUP, RESET = "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"


def sign_in_as(client, login, password=PASSWORD, **more):
    return client.post(LOGIN, {"login": login, "password": password, **more})


def sign_up_as(client, username, email="", password=NEW_PASSWORD, **more):
    data = {"username": username, "email": email, "password1": password, "password2": password}
    return client.post(SIGNUP, data | more)


def signed_in(client):
    return "_auth_user_id" in client.session


def code_of(secret, step=0):
    """Return what the app shows, or will show so many half minutes from now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def turn_on_two_factor(client):
    """Turn it on as a person does, and return the secret."""
    address = "/accounts/2fa/totp/activate/"
    client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": address})
    page = parse(client.get(address))
    secret = text(find(page, "code", id="authenticator_secret")[0])
    assert find(page, "img", css="qr")[0].get("src").startswith("data:image/svg+xml;base64,")
    wrong = client.post(address, {"code": "000000"})
    assert wrong.status_code == 200
    assert find(parse(wrong), "input", name="code")[0].get("aria-invalid") == "true"
    response = client.post(address, {"code": code_of(secret)})
    assert response.status_code == 302
    assert response["Location"] == "/accounts/2fa/recovery-codes/"
    return secret


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.org", "Alice@Example.org"])
def test_sign_in_by_name_or_address(client, alice, login):
    response = sign_in_as(client, login)
    assert response.status_code == 302
    assert response["Location"] == "/watchlist/"
    assert signed_in(client)


def test_wrong_password_is_said_next_to_the_form(client, alice):
    response = sign_in_as(client, "alice", "wrong")
    assert not signed_in(client)
    assert "not correct" in text(find(parse(response), "div", css="errors")[0])


@pytest.mark.parametrize(
    "address",
    [LOGIN, SIGNUP, RESET, f"{RESET}done/", f"{RESET}key/done/", f"{RESET}key/1-x/",
     "/accounts/confirm-email/", "/accounts/confirm-email/x/", "/accounts/inactive/"],
)  # fmt: skip
def test_pages_for_visitors_are_in_the_dress_of_the_site(client, db, address):
    check_dress(client.get(address))


@pytest.mark.parametrize(
    "address",
    ["/accounts/", "/accounts/delete/", "/accounts/email/", "/accounts/password/change/",
     "/accounts/2fa/", "/accounts/sessions/", "/accounts/logout/", "/accounts/reauthenticate/",
     "/accounts/2fa/totp/activate/", "/accounts/2fa/totp/deactivate/",
     "/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/generate/",
     "/accounts/2fa/reauthenticate/"],
)  # fmt: skip
def test_pages_of_an_account_are_in_the_dress_of_the_site(client, alice, address):
    sign_in_as(client, "alice")
    if "2fa/" in address:
        client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/"})
    if address not in ("/accounts/2fa/totp/activate/", "/accounts/"):
        turn_on_two_factor(client)
    check_dress(client.get(address))


def check_dress(response):
    """Check the page: the site's frame, one heading, and a label for each field."""
    assert response.status_code == 200
    page = parse(response)
    assert find(page, "header", css="site")
    assert len(find(page, "h1")) == 1
    labelled = {label.get("for") for label in find(page, "label")}
    for field in [*find(page, "input"), *find(page, "textarea")]:
        hidden = field.get("type") == "hidden" or "hidden" in field.attrib
        assert hidden or field.get("id") in labelled or field.get("aria-label")
    for field in find(page, "input", type="password"):
        assert field.get("autocomplete") in ("current-password", "new-password")


def test_errors_and_help_belong_to_their_fields(client, alice):
    page = parse(sign_up_as(client, "alice", password="123"))
    for name in ("username", "password1"):
        field = find(page, "input", name=name)[0]
        ids = field.get("aria-describedby").split()
        assert field.get("aria-invalid") == "true"
        assert f"id_{name}_error" in ids
        described = {element.get("id"): text(element) for element in page.iter()}
        assert all(described[id_] for id_ in ids)


# Signing up


def test_sign_up_signs_in(client, db):
    response = sign_up_as(client, "dora", "dora@example.org")
    assert response["Location"] == "/watchlist/"
    assert signed_in(client)
    assert User.objects.get().username == "dora"


def test_sign_up_needs_no_address(client, db):
    sign_up_as(client, "dora")
    assert signed_in(client)


def test_sign_up_closed(client, db, settings):
    settings.SIGNUP_OPEN = False
    assert "closed" in text(find(parse(client.get(SIGNUP)), "h1")[0])
    sign_up_as(client, "dora")
    assert not User.objects.exists()
    assert not find(parse(client.get(LOGIN)), "a", href=SIGNUP)


@pytest.mark.parametrize(
    ("taken", "name"),
    [("alice", "ALICE"), ("alice", "ａｌｉｃｅ"), ("éva", "ÉVA"), ("Éva", "évA"), ("张三", "张三")],
)
def test_names_that_differ_in_case_or_width_only_are_one(client, db, taken, name):
    User.objects.create_user(taken, password=PASSWORD)
    response = sign_up_as(client, name)
    assert response.status_code == 200
    assert User.objects.count() == 1
    assert sign_in_as(client, name).status_code == 302


def test_taken_address_is_refused(client, alice):
    response = sign_up_as(client, "dora", "ALICE@example.org")
    assert response.status_code == 200
    assert not User.objects.filter(username="dora").exists()


@pytest.mark.parametrize(
    "bad",
    ["\0", "a\0b", "x" * 200_000, "<script>", "a b", "../..", "%s", "😀", "' or 1=1 --", " "],
)  # fmt: skip
def test_any_name_gets_an_answer(client, alice, bad):
    assert sign_in_as(client, bad).status_code == 200
    assert sign_in_as(client, "alice", bad).status_code == 200
    assert sign_up_as(client, bad, password=NEW_PASSWORD).status_code == 200
    assert client.post(RESET, {"email": bad}).status_code == 200
    assert client.get(LOGIN, {"next": bad}).status_code == 200
    assert User.objects.count() == 1


@pytest.mark.parametrize(("name", "why"), [("a\0b", "空字符（NUL）"), ("张 三", "汉字")])
def test_refused_name_is_told_why_in_chinese(client, db, name, why):
    client.cookies["django_language"] = "zh-hans"
    page = parse(sign_up_as(client, name))
    assert why in next(text(part) for part in page.iter() if part.get("id") == "id_username_error")


def test_address_longer_than_its_column_is_refused(client, db):
    domain = ".".join(["d" * 60] * 4) + ".example"
    response = sign_up_as(client, "dora", f"{'x' * 40}@{domain}")
    assert response.status_code == 200
    assert find(parse(response), "input", name="email")[0].get("aria-invalid") == "true"


# What was asked for before signing in


@pytest.fixture
def asking(client, stocks):
    """A visitor who pressed the button of a stock and wants to go back to a filtered table."""
    response = client.post("/watchlist/000007/add/", {"next": "/?q=0000"})
    assert response["Location"].startswith(LOGIN)
    client.asked = response["Location"]
    return client


def test_login_and_signup_say_what_was_asked(asking):
    login = parse(asking.get(asking.asked))
    assert "000007 全新好" in text(find(login, "p", css="message")[0])
    to_signup = next(
        link.get("href") for link in find(login, "a") if link.get("href", "").startswith(SIGNUP)
    )
    signup = parse(asking.get(to_signup))
    assert "000007 全新好" in text(find(signup, "p", css="message")[0])
    assert find(signup, "input", name="next")[0].get("value") == "/?q=0000"
    assert find(signup, "a", href=asking.asked)


def test_login_does_what_was_asked(asking, alice):
    response = sign_in_as(asking, "alice", next="/?q=0000")
    assert response["Location"] == "/?q=0000"
    assert [entry.info.code for entry in alice.watchlist.all()] == ["000007"]
    assert "000007 全新好 is on your watchlist." in asking.get("/?q=0000").content.decode()


def test_signup_does_what_was_asked(asking):
    response = sign_up_as(asking, "dora", next="/?q=0000")
    assert response["Location"] == "/?q=0000"
    assert User.objects.get().watchlist.count() == 1


def test_login_with_second_factor_does_what_was_asked(asking, alice):
    other = Client()
    sign_in_as(other, "alice")
    secret = turn_on_two_factor(other)
    response = sign_in_as(asking, "alice", next="/?q=0000")
    assert response["Location"].startswith("/accounts/2fa/authenticate/")
    assert not alice.watchlist.exists()
    assert not signed_in(asking)
    response = asking.post(response["Location"], {"code": code_of(secret, step=1)})
    assert response["Location"] == "/?q=0000"
    assert alice.watchlist.count() == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
    ],
)
def test_no_way_to_another_site(client, alice, elsewhere):
    assert sign_in_as(client, "alice", next=elsewhere)["Location"] == "/watchlist/"
    response = client.post("/accounts/logout/", {"next": elsewhere})
    assert response["Location"] == "/"
    assert sign_up_as(client, "dora", next=elsewhere)["Location"] == "/watchlist/"


def test_language_of_the_person_wins(client, alice):
    alice.save_display(language="zh-hans")
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    page = client.get("/accounts/", headers={"accept-language": "en"})
    assert find(parse(page), "html")[0].get("lang") == "zh-hans"


# The second factor


def test_recovery_code_signs_in_once(client, alice):
    sign_in_as(client, "alice")
    turn_on_two_factor(client)
    page = parse(client.get("/accounts/2fa/recovery-codes/"))
    codes = find(page, "textarea", id="recovery_codes")[0].text.split()
    assert len(codes) == 10
    for expected in (302, 200):
        other = Client()
        sign_in_as(other, "alice")
        response = other.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert response.status_code == expected
        assert signed_in(other) is (expected == 302)


def test_guessing_codes_is_limited(client, alice):
    sign_in_as(client, "alice")
    turn_on_two_factor(client)
    other = Client()
    sign_in_as(other, "alice")
    statuses = [
        other.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code for _ in range(7)
    ]
    assert statuses[0] == 200
    assert statuses[-1] == 429


def test_two_factor_can_be_turned_off(client, alice):
    sign_in_as(client, "alice")
    turn_on_two_factor(client)
    client.post("/accounts/2fa/totp/deactivate/")
    assert sign_in_as(Client(), "alice")["Location"] == "/watchlist/"


# The password


def reset_link(message):
    return re.search(r"http://testserver(/\S+key/\S+)", message.body).group(1)


def test_reset_by_mail(client, alice):
    response = client.post(RESET, {"email": "alice@example.org"})
    assert response["Location"] == f"{RESET}done/"
    (message,) = mail.outbox
    assert message.to == ["alice@example.org"]
    assert message.subject == "Choose a new password for stocksite"
    assert not message.alternatives
    page = client.get(reset_link(message), follow=True)
    address = page.redirect_chain[-1][0]
    data = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post(address, data)["Location"] == f"{RESET}key/done/"
    assert sign_in_as(Client(), "alice", PASSWORD).status_code == 200
    assert sign_in_as(Client(), "alice", NEW_PASSWORD).status_code == 302
    used = Client().get(reset_link(message), follow=True)
    assert not find(parse(used), "input", name="password1")


def test_mail_is_in_the_language_of_the_person(client, alice, monkeypatch):
    spoken = []

    def send(self, *args):
        spoken.append(translation.get_language())

    monkeypatch.setattr(DefaultAccountAdapter, "send_mail", send)
    for chosen, browser in (("zh-hans", "en"), ("en", "zh-CN"), ("", "zh-CN")):
        alice.save_display(language=chosen)
        data = {"email": "alice@example.org"}
        client.post(RESET, data, headers={"accept-language": browser})
    assert spoken == ["zh-hans", "en", "zh-hans"]


def test_unknown_address_leaks_nothing(client, alice):
    known = client.post(RESET, {"email": "alice@example.org"})
    unknown = client.post(RESET, {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert client.get(known["Location"]).content
    assert "/key/" not in mail.outbox[1].body
    assert mail.outbox[1].to == ["nobody@example.org"]


@pytest.fixture
def no_mail(monkeypatch):
    """A mail server that quotes the mail it refuses."""

    def refuse(*args):
        raise smtplib.SMTPRecipientsRefused({"dora@example.org": (550, b"/key/ refused")})

    monkeypatch.setattr(EmailMessage, "send", refuse)


def test_sign_up_without_a_mail_server_says_so_and_succeeds(client, db, no_mail, caplog):
    sign_up_as(client, "dora", "dora@example.org")
    assert signed_in(client)
    assert said(client.get("/")) == [
        "The e-mail could not be sent. Try again later.",
        "Signed in as dora.",
    ]
    (record,) = (record for record in caplog.records if record.name == "stocks.accounts")
    assert (record.levelname, record.getMessage()) == (
        "ERROR",
        "account/email/email_confirmation_signup could not be sent: SMTPRecipientsRefused",
    )


def test_reset_without_a_mail_server_says_so_of_any_address(client, alice, no_mail):
    for email in ("alice@example.org", "nobody@example.org"):
        response = client.post(RESET, {"email": email}, follow=True)
        assert response.redirect_chain == [(RESET, 302)]
        assert said(response) == ["The e-mail could not be sent. Try again later."]
        assert email not in response.content.decode()


def test_change_of_the_password(client, alice):
    sign_in_as(client, "alice")
    data = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post("/accounts/password/change/", data).status_code == 302
    assert signed_in(client)
    assert sign_in_as(Client(), "alice", NEW_PASSWORD).status_code == 302


# Limits on guessing


@pytest.mark.parametrize(
    ("address", "data", "most"),
    [
        (LOGIN, {"login": "alice", "password": "wrong"}, 5),
        (SIGNUP, {"username": "alice"}, 20),
        (RESET, {"email": "alice@example.org"}, 5),
    ],
)
def test_too_many_tries_answer_429_in_the_dress_of_the_site(client, alice, address, data, most):
    responses = [client.post(address, data) for _ in range(most + 1)]
    assert responses[-2].status_code in (200, 302)
    assert responses[-1].status_code == 429
    page = parse(responses[-1])
    assert find(page, "header", css="site")
    assert text(find(page, "h1")[0]) == "Too many tries"


def test_right_password_is_refused_after_too_many_wrong_ones(client, alice):
    for _ in range(5):
        sign_in_as(client, "alice", "wrong")
    assert sign_in_as(Client(), "alice").status_code == 429


def one_of(folder, key):
    return SharedFileCache(folder, {"OPTIONS": {"MAX_ENTRIES": 20_000}}).add(key, 1, 60)


def test_one_of_several_processes_wins_the_lock(tmp_path):
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(4, mp_context=context) as pool:
        for number in range(50):
            tries = [pool.submit(one_of, tmp_path, f"lock-{number}") for _ in range(4)]
            assert sum(attempt.result() for attempt in tries) == 1


def test_full_cache_loses_what_expired_and_not_what_counts(tmp_path, monkeypatch):
    monkeypatch.setattr("stocks.cache.WRITES_PER_CULL", 1)
    shared = SharedFileCache(tmp_path, {"OPTIONS": {"MAX_ENTRIES": 50}})
    for number in range(20):
        shared.set(f"counts-{number}", number, 60)
        shared.set(f"expired-{number}", number, -1)
        shared.set(f"expired-again-{number}", number, -1)
    assert all(shared.get(f"counts-{number}") == number for number in range(20))
    assert shared.add("counts-0", 1, 60) is False
    assert shared.add("expired-0", 1, 60) is True


def test_default_cache_is_shared():
    from stocksite import settings as site

    assert site.CACHES["default"]["BACKEND"] == "stocks.cache.SharedFileCache"


# Sessions


def test_sessions_are_listed_and_ended(client, alice):
    other = Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")
    sign_in_as(other, "alice")
    sign_in_as(client, "alice")
    rows = [text(row) for row in find(parse(client.get("/accounts/sessions/")), "tr")]
    assert len(rows) == 3
    assert any("Firefox, Linux" in row for row in rows)
    client.post("/accounts/sessions/")
    assert client.get("/accounts/").status_code == 200
    assert other.get("/accounts/")["Location"].startswith(LOGIN)


def test_sessions_cost_the_market_nothing(client, alice, all_stocks):
    sign_in_as(client, "alice")
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/").status_code == 200
    assert len(queries) <= 6


def test_sign_out_is_a_button(client, alice):
    sign_in_as(client, "alice")
    client.get("/accounts/logout/")
    assert signed_in(client)
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert not signed_in(client)


def test_closed_account_is_told_so(client, alice):
    User.objects.update(is_active=False)
    response = client.post(LOGIN, {"login": "alice", "password": PASSWORD}, follow=True)
    assert "closed" in text(find(parse(response), "h1")[0])
