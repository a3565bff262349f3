"""The keys: / searches, arrows or j and k walk, Enter opens, a adds, Escape closes."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import PHONE, wait_until_scrolled

FOCUSED = "document.activeElement.textContent"


@pytest.fixture
def market(visit, stocks, alice):
    """The market as alice sees it: 000007 全新好 is the first row, 000036 华联控股 the next."""
    page = visit(alice)
    page.goto("/")
    return page


def test_slash_searches(market):
    market.keyboard.press("/")
    search = market.get_by_role("searchbox")
    expect(search).to_be_focused()
    expect(search).to_have_value("")


def test_a_field_keeps_its_keys(market, alice):
    search = market.get_by_role("searchbox")
    search.focus()
    market.keyboard.type("a/jk")
    expect(search).to_have_value("a/jk")
    expect(search).to_be_focused()
    assert not alice.watchlist.exists()


@pytest.mark.parametrize(("down", "up"), [("j", "k"), ("ArrowDown", "ArrowUp")])
def test_walks_through_the_rows(market, down, up):
    market.keyboard.press("j")
    assert market.evaluate(FOCUSED) == "全新好"
    market.keyboard.press(down)
    assert market.evaluate(FOCUSED) == "华联控股"
    market.keyboard.press(up)
    market.keyboard.press(up)
    assert market.evaluate(FOCUSED) == "全新好"


def test_the_search_leads_down_into_the_rows(market):
    market.keyboard.press("/")
    market.keyboard.press("ArrowDown")
    assert market.evaluate(FOCUSED) == "全新好"


def test_arrows_scroll_while_no_row_is_chosen(visit, all_stocks):
    page = visit()
    page.goto("/")
    page.keyboard.press("ArrowDown")
    wait_until_scrolled(page, 0)
    assert page.evaluate("document.activeElement === document.body")


def test_the_chosen_row_is_not_under_the_heading(visit, all_stocks):
    page = visit()
    page.goto("/?size=200")
    for _ in range(60):
        page.keyboard.press("j")
    for _ in range(40):
        page.keyboard.press("k")
    heading = page.locator("thead th.c-code").bounding_box()
    row = page.locator(":focus").bounding_box()
    assert row["y"] >= heading["y"] + heading["height"]


def test_enter_opens_the_row(market, live_server):
    market.keyboard.press("j")
    market.keyboard.press("Enter")
    market.wait_for_url("**/stocks/000007.SZ/")


def test_a_adds_the_row_and_never_removes(market, alice):
    market.evaluate("window.sameDocument = true")
    market.keyboard.press("j")
    market.keyboard.press("j")
    market.keyboard.press("a")
    button = market.get_by_role("button", name="Remove 000036 华联控股 from your watchlist")
    expect(button).to_be_visible()
    expect(market.locator(".message")).to_have_text("000036 华联控股 is on your watchlist.")
    assert market.evaluate("window.sameDocument")
    market.keyboard.press("a")
    market.keyboard.press("k")
    assert market.evaluate(FOCUSED) == "全新好"
    assert [entry.info.code for entry in alice.watchlist.all()] == ["000036"]


def test_a_means_nothing_while_no_row_is_chosen(market, alice):
    market.keyboard.press("a")
    market.keyboard.press("j")
    assert market.evaluate(FOCUSED) == "全新好"
    expect(market.locator(".message")).to_have_count(0)


def test_a_adds_the_stock_of_the_page(visit, stocks, alice):
    page = visit(alice)
    page.goto("/stocks/000007.SZ/")
    page.keyboard.press("a")
    expect(page.locator(".message")).to_have_text("000007 全新好 is on your watchlist.")
    expect(page.get_by_role("textbox", name="Note")).to_be_visible()


def test_the_pressed_button_keeps_the_keyboard(market):
    market.get_by_role("button", name="Add 000036 华联控股 to your watchlist").focus()
    market.keyboard.press("Enter")
    expect(market.get_by_role("button", name="Remove 000036")).to_be_focused()


@pytest.mark.parametrize("away", ["Escape", "a touch beside it"])
def test_the_sheet_closes(visit, stocks, away):
    page = visit(viewport=PHONE)
    page.goto("/")
    page.locator(".filters summary").click()
    field = page.get_by_label("Latest price, from")
    field.focus()
    if away == "Escape":
        page.keyboard.press("Escape")
        expect(page.locator(".filters summary")).to_be_focused()
    else:
        page.mouse.click(200, 130)
    expect(field).to_be_hidden()


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", [390, 800])
def test_the_sheet_filters_and_sorts(visit, stocks, width, script):
    page = visit(viewport={"width": width, "height": 800}, java_script_enabled=script)
    page.goto("/?sort=-price")
    page.locator(".filters summary").click()
    page.get_by_label("Latest price, from").fill("10")
    expect(page.get_by_label("Sort by")).to_have_value("-price")
    page.get_by_label("Sort by").select_option("turnover")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile(r"/\?(.*&)?price_min=10&(.*&)?size=100&sort=turnover$"))
    expect(page.locator("[data-row] .c-code a").first).to_have_text("300268")
