"""Sorting, filtering and paging in place, in Chromium."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from .conftest import PATIENCE, PHONE

SAME = "window.same = true"


@pytest.fixture
def market(visit, all_stocks):
    """The first page of the market's table, as a visitor sees it."""
    page = visit()
    page.goto("/?size=25")
    page.evaluate(SAME)
    return page


def first(page):
    """Return the first row."""
    return page.locator("[data-row]").first


def wait_until_open(page, address):
    """Wait until a tab shows an address.

    The browser itself is asked: of a tab that opens by Ctrl, Playwright can miss where it went.
    """
    browser = page.context.new_cdp_session(page)
    for _ in range(PATIENCE // 50):
        tabs = browser.send("Target.getTargets")["targetInfos"]
        if address in (tab["url"] for tab in tabs):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"no tab shows {address}: {tabs}")


def test_sorting_keeps_the_keyboard_and_the_history(market, live_server):
    heading = market.locator("thead .c-price a")
    heading.focus()
    before = first(market).text_content()
    market.keyboard.press("Enter")
    expect(market.locator("thead .c-price")).to_have_attribute("aria-sort", "descending")
    expect(heading).to_be_focused()
    assert market.url == f"{live_server.url}/?sort=-price&size=25"
    market.keyboard.press("Enter")
    expect(market.locator("thead .c-price")).to_have_attribute("aria-sort", "ascending")
    assert market.url == f"{live_server.url}/?sort=price&size=25"
    market.go_back()
    expect(market.locator("thead .c-price")).to_have_attribute("aria-sort", "descending")
    market.go_back()
    expect(market.locator("thead .c-price[aria-sort]")).to_have_count(0)
    assert first(market).text_content() == before
    market.go_forward()
    expect(market.locator("thead .c-price")).to_have_attribute("aria-sort", "descending")
    assert market.evaluate("window.same")


def test_paging_shows_the_top_and_back_the_place_one_left(market):
    status = market.locator("#place")
    expect(status).to_contain_text("page 1 of 4")
    market.get_by_role("link", name="Next").click()
    expect(status).to_contain_text("page 2 of 4")
    expect(market.get_by_role("link", name="Next")).to_be_focused()
    assert market.evaluate("scrollY") < 200
    market.locator(".pages").get_by_role("link", name="4", exact=True).press("Enter")
    expect(status).to_contain_text("page 4 of 4")
    expect(market.locator(".pages [aria-current]")).to_be_focused()
    market.go_back()
    expect(status).to_contain_text("page 2 of 4")
    market.go_back()
    expect(status).to_contain_text("page 1 of 4")
    assert market.evaluate("window.same")


def test_back_is_where_one_was_though_the_page_was_shorter_since(visit, all_stocks):
    page = visit()
    page.goto("/")
    page.evaluate("scrollTo(0, 9999)")
    place = page.evaluate("scrollY")
    page.locator("[name=q]").evaluate(
        "(field) => { field.value = 'qxh'; field.form.requestSubmit(); }"
    )
    expect(page.locator("[data-row]")).to_have_count(1)
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(94)
    assert page.evaluate("scrollY") == place > 1000


def test_filtering_keeps_the_field_and_says_how_many(market, live_server):
    search = market.get_by_role("searchbox")
    search.fill("qxh")
    search.evaluate("(field) => field.setSelectionRange(1, 2)")
    search.press("Enter")
    status = market.locator(".status [role=status]")
    expect(status).to_contain_text("94 stocks, 1 shown")
    expect(search).to_be_focused()
    assert search.evaluate("(field) => [field.selectionStart, field.selectionEnd]") == [1, 2]
    assert market.url == f"{live_server.url}/?q=qxh&size=25"
    market.get_by_role("link", name="search: qxh").click()
    expect(status).to_contain_text("94 stocks")
    expect(search).to_have_value("")
    expect(market.locator("main")).to_be_focused()
    market.go_back()
    expect(search).to_have_value("qxh")
    assert market.evaluate("window.same")


def test_a_sheet_on_a_phone_makes_way_for_what_was_asked_for(visit, stocks):
    page = visit(viewport=PHONE)
    page.goto("/")
    page.evaluate(SAME)
    for order, top in (("price", "600225"), ("-price", "300268")):
        page.locator(".filters summary").click()
        page.get_by_label("Sort by").select_option(order)
        page.get_by_role("button", name="Apply").click()
        expect(first(page)).to_contain_text(top)
        expect(page.locator(".filters summary")).to_be_focused()
        expect(page.get_by_label("Sort by")).to_be_hidden()
    assert page.evaluate("window.same")


def test_a_row_that_came_in_place_has_a_button_that_works(visit, all_stocks, alice):
    page = visit(alice)
    page.goto("/?size=25")
    page.evaluate(SAME)
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#place")).to_contain_text("page 2 of 4")
    button = page.locator("[data-row] button").last
    button.click()
    expect(page.locator("[data-row] button").last).to_have_text("Remove")
    assert page.evaluate("window.same")
    assert alice.watchlist.count() == 1


def test_other_ways_to_press_a_link_are_the_browsers(market, live_server):
    with market.context.expect_page():
        market.locator("thead .c-price a").click(modifiers=["ControlOrMeta"])
    wait_until_open(market, f"{live_server.url}/?sort=-price&size=25")
    assert market.url.endswith("/?size=25")
    first(market).locator("[data-open]").click()
    market.wait_for_url("**/stocks/**")
    assert market.evaluate("window.same") is None


def test_what_goes_wrong_is_left_to_the_browser(visit, stocks, alice):
    page = visit(alice)
    alice.watchlist.watch(stocks["000036"])
    page.goto("/watchlist/")
    page.context.clear_cookies(name="sessionid")
    page.locator("thead .c-price a").click()
    page.wait_for_url(f"**{reverse('account_login')}**")
