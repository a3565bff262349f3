"""Adding, removing, undoing and notes: in place with JavaScript, by plain forms without."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from stocks.views import watchlist

from ..conftest import PASSWORD

ADDED = "000036 华联控股 is on your watchlist."
REMOVED = "000036 华联控股 was taken off your watchlist."
FAILED = "That did not work. Check the connection, reload the page and try again."
LIST = "/?q=0&sort=-chg"
NOTE = "卖出 / ? # % \\ < > & <b>bold</b> 🚀\n\nsecond line"
WITH_AND_WITHOUT = pytest.mark.parametrize(
    "java_script_enabled", [True, False], ids=["with JavaScript", "without"]
)


def message(page):
    """Return what the page tells, without the words of its button."""
    return page.locator("#messages .message").evaluate("(m) => m.firstChild.textContent.trim()")


def add(page):
    """Return the button that adds 000036, the link when signed out."""
    return page.locator("[data-row]", has_text="华联控股").get_by_text("Add", exact=True)


def remove(page):
    """Return the button that removes 000036."""
    return page.locator("[data-row]", has_text="华联控股").get_by_text("Remove", exact=True)


def sign_in_as(page, user):
    """Fill in the form of the sign-in page."""
    page.wait_for_url("**/accounts/login/**")
    page.locator("[name=login]").fill(user.username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")


@WITH_AND_WITHOUT
def test_add_remove_undo(visit, stocks, alice, live_server, java_script_enabled):
    page = visit(alice, java_script_enabled=java_script_enabled)
    page.goto(LIST)
    add(page).click()
    expect(remove(page)).to_be_visible()
    assert message(page) == ADDED
    alice.watchlist.write_note(stocks["000036"], "kept")
    remove(page).click()
    expect(add(page)).to_be_visible()
    assert message(page) == REMOVED
    assert not alice.watchlist.exists()
    page.get_by_role("button", name="Undo").click()
    expect(remove(page)).to_be_visible()
    assert message(page) == ADDED
    assert page.url == live_server.url + LIST
    assert alice.watchlist.get().note_info == "kept"


def test_only_without_javascript_does_the_page_load_anew(visit, stocks, alice):
    page = visit(alice)
    page.goto(LIST)
    page.evaluate("window.sameDocument = true")
    add(page).click()
    expect(remove(page)).to_be_visible()
    assert page.evaluate("window.sameDocument")


def test_a_row_of_the_watchlist_comes_back_as_it_was(visit, stocks, alice):
    alice.watchlist.watch(stocks["000036"])
    alice.watchlist.write_note(stocks["000036"], "kept")
    page = visit(alice)
    page.goto("/watchlist/")
    remove(page).click()
    add(page).click()
    expect(remove(page)).to_be_visible()
    assert alice.watchlist.get().note_info == "kept"


@WITH_AND_WITHOUT
def test_the_last_of_the_watchlist(visit, stocks, alice, java_script_enabled):
    alice.watchlist.watch(stocks["000036"])
    page = visit(alice, java_script_enabled=java_script_enabled)
    page.goto("/watchlist/")
    remove(page).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert message(page) == REMOVED
    page.get_by_role("button", name="Undo").click()
    expect(remove(page)).to_be_visible()


def test_the_message_is_seen_however_far_down(visit, all_stocks, alice):
    page = visit(alice)
    page.goto("/")
    last = page.locator("[data-row]").last
    last.get_by_text("Add", exact=True).click()
    box = page.locator("#messages .message").bounding_box()
    assert 0 <= box["y"] < page.viewport_size["height"] - box["height"]


@WITH_AND_WITHOUT
def test_any_note(visit, stocks, alice, java_script_enabled):
    alice.watchlist.watch(stocks["000036"])
    page = visit(alice, java_script_enabled=java_script_enabled)
    page.goto("/stocks/000036.SZ/?list=watchlist")
    page.get_by_role("textbox", name="Note").fill(NOTE)
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator("p.note")).to_have_text(NOTE)
    assert message(page) == "The note of 000036 华联控股 is saved."
    assert page.url.endswith("/stocks/000036.SZ/?list=watchlist")
    assert alice.watchlist.get().note_info == NOTE
    page.goto("/watchlist/")
    expect(page.locator(".c-note_info span")).to_have_text(NOTE)


@WITH_AND_WITHOUT
def test_a_visitor_signs_in_first(visit, stocks, alice, live_server, java_script_enabled):
    page = visit(java_script_enabled=java_script_enabled)
    page.goto(LIST)
    add(page).click()
    sign_in_as(page, alice)
    expect(remove(page)).to_be_visible()
    assert page.url == live_server.url + LIST
    expect(page.locator("#messages")).to_contain_text(ADDED)
    assert alice.watchlist.get().info == stocks["000036"]


def test_an_ended_session_leads_to_the_sign_in(visit, stocks, alice, live_server):
    page = visit(alice)
    page.goto(LIST)
    Session.objects.all().delete()
    add(page).click()
    sign_in_as(page, alice)
    expect(remove(page)).to_be_visible()
    assert page.url == live_server.url + LIST
    assert alice.watchlist.get().info == stocks["000036"]


def offline(page, _monkeypatch):
    page.context.set_offline(True)


def token_lost(page, _monkeypatch):
    page.context.clear_cookies(name="csrftoken")


def site_broken(_page, monkeypatch):
    monkeypatch.setattr(watchlist, "add_stock", None)


@pytest.mark.parametrize("trouble", [offline, token_lost, site_broken])
def test_a_failure_is_told(visit, stocks, alice, complaints, monkeypatch, trouble):
    page = visit(alice)
    page.goto(LIST)
    trouble(page, monkeypatch)
    add(page).click()
    expect(page.locator("#messages .error")).to_have_text(FAILED)
    expect(add(page)).to_be_focused()
    assert not alice.watchlist.exists()
    assert complaints
    complaints.clear()
