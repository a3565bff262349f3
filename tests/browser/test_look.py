"""How pages look: language, theme, colours, the table on a phone, at length and on paper."""

import re

import pytest
from playwright.sync_api import expect

from stocks.models import Stock

from .conftest import DESK, PHONE, wait_until_scrolled

RED, GREEN, BLUE, ORANGE = (
    "rgb(196, 18, 47)",
    "rgb(8, 113, 58)",
    "rgb(10, 90, 194)",
    "rgb(169, 68, 0)",
)
WHITE, BLACK = "rgb(255, 255, 255)", "rgb(16, 19, 24)"


@pytest.fixture
def both_ways(stocks):
    """000007 rises by 10.01%, 000036 falls."""
    Stock.objects.filter(code="000036").update(chg="-1.5")


def change(page, code):
    """Return the change of a stock in the table."""
    return page.locator("[data-row]", has_text=code).locator(".c-chg span")


def choose(page, name):
    """Press a button of the settings and come back to the table."""
    page.goto("/settings/?next=/")
    page.get_by_role("button", name=name).click()
    page.wait_for_url(re.compile(r":\d+/$"))


@pytest.mark.parametrize(("language", "up", "down"), [("zh-hans", RED, GREEN), ("en", GREEN, RED)])
def test_the_colours_follow_the_language(visit, both_ways, language, up, down):
    page = visit(language=language)
    page.goto("/")
    expect(change(page, "000007")).to_have_css("color", up)
    expect(change(page, "000036")).to_have_css("color", down)


@pytest.mark.parametrize(
    ("choice", "up", "down"),
    [
        ("Red up, green down", RED, GREEN),
        ("Green up, red down", GREEN, RED),
        ("Blue up, orange down", BLUE, ORANGE),
    ],
)
def test_the_colours_can_be_chosen(visit, both_ways, choice, up, down):
    page = visit()
    choose(page, choice)
    expect(change(page, "000007")).to_have_css("color", up)
    expect(change(page, "000036")).to_have_css("color", down)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_sign_and_arrow_say_it_without_colour(visit, both_ways, size):
    page = visit(viewport=size)
    page.goto("/")
    expect(change(page, "000007")).to_have_text("▲+10.01%")
    expect(change(page, "000036")).to_have_text("▼−1.50%")
    expect(change(page, "000036").locator("i")).to_be_visible()


@pytest.mark.parametrize(
    ("system", "choice", "surface"),
    [
        ("light", "System", WHITE),
        ("dark", "System", BLACK),
        ("light", "Dark", BLACK),
        ("dark", "Light", WHITE),
    ],
)
def test_the_theme(visit, stocks, system, choice, surface):
    page = visit(color_scheme=system)
    choose(page, choice)
    expect(page.locator("body")).to_have_css("background-color", surface)


def test_the_language_switch(visit, stocks, alice):
    page = visit(alice)
    choose(page, "简体中文")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.locator("thead .c-chg")).to_have_text("涨跌幅")
    page.goto("/settings/?next=/")
    page.get_by_role("button", name="English").click()
    expect(page.locator("thead .c-chg")).to_have_text("Change")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_headings_stay(visit, all_stocks, size):
    page = visit(viewport=size)
    page.goto("/")
    page.mouse.wheel(0, 1500)
    wait_until_scrolled(page, 1000)
    assert abs(page.locator("thead").bounding_box()["y"]) < 1


def test_a_row_on_a_phone(visit, both_ways):
    page = visit(viewport=PHONE, has_touch=True)
    page.goto("/")
    row = page.locator("[data-row]", has_text="000036")
    name, code, price, pill, button = (
        row.locator(part).bounding_box()
        for part in (".c-short a", ".c-short small", ".c-price", ".c-chg span", ".c-watch > span *")
    )
    assert name["x"] == code["x"]
    assert name["y"] + name["height"] <= code["y"] + 1
    assert code["x"] + code["width"] < price["x"] + price["width"] < pill["x"]
    assert pill["x"] + pill["width"] <= button["x"]
    assert button["height"] >= 44
    expect(change(page, "000036")).to_have_css("background-color", RED)
    expect(change(page, "000036")).to_have_css("color", WHITE)
    expect(row.locator(".c-turnover")).to_be_hidden()


def test_pictures_come_when_the_filters_are_opened(visit, stocks):
    page = visit()
    page.goto("/", wait_until="networkidle")
    pictures = page.locator(".histogram svg")
    expect(pictures).to_have_count(0)
    page.locator(".filters summary").click()
    expect(pictures).to_have_count(6)
    expect(page.get_by_role("img", name="Latest price of all stocks")).to_be_visible()


def test_paper_has_the_rows_and_no_controls(visit, both_ways, alice):
    alice.watchlist.watch(Stock.objects.get(code="000036"))
    page = visit(alice)
    choose(page, "Dark")
    for path, printed in (("/", "table"), ("/stocks/000036.SZ/", ".values")):
        page.goto(path)
        page.emulate_media(media="print")
        expect(page.locator(printed)).to_be_visible()
        expect(page.locator("body")).to_have_css("background-color", WHITE)
        for control in page.locator("input, select, textarea, button, nav, footer, summary").all():
            expect(control).to_be_hidden()
