"""The chart of a stock's page, in Chromium: drawn, switched, compared, walked through."""

import csv
import gzip
import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from stocks import history
from stocks.models import Bar, Stock

from .conftest import LOCALES, PHONE
from .test_look import BLACK, GREEN, RED, WHITE
from .test_pages import faults, too_wide, with_axe

PATH = "/stocks/AAPL.US/"
DAYS = 400
ACCENT = "rgb(26, 88, 200)"
MA60 = "rgb(15, 118, 110)"
INK = "rgb(21, 24, 30)"
# How many pixels of the chart have a colour.
PIXELS = r"""(wanted) => {
  const [r, g, b] = wanted.match(/\d+/g).map(Number);
  let found = 0;
  for (const canvas of document.querySelectorAll(".plot canvas")) {
    if (!canvas.width || !canvas.height) continue;
    const copy = new OffscreenCanvas(canvas.width, canvas.height)
      .getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4) {
      found += data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255;
    }
  }
  return found;
}"""
PAINTED = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
SHIFTS = """() => new Promise((resolve) => {
  new PerformanceObserver((list) => {
    resolve(list.getEntries().reduce((sum, entry) => sum + entry.value, 0));
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(0), 500);
})"""


@pytest.fixture
def apple(transactional_db):
    """Apple and Microsoft with their last 400 days."""
    path = settings.BASE_DIR / "fixtures" / "bars.csv.gz"
    with gzip.open(path, "rt", encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    for code, short in (("AAPL", "Apple"), ("MSFT", "Microsoft")):
        stock = Stock.objects.create(code=code, short=short)
        days = [row for row in rows if row["code"] == code][-DAYS:]
        Bar.objects.bulk_create(
            [
                Bar(stock=stock, **{name: day[name] for name in day if name != "code"})
                for day in days
            ]
        )
    history.rebuild()
    return Stock.objects.get(code="AAPL")


def open_chart(page, fragment=""):
    """Open the page of the stock and wait for its chart."""
    page.goto(PATH + fragment)
    expect(page.locator("[data-drawn]")).to_have_count(1)
    page.evaluate(PAINTED)
    return page


def plot(page):
    """Return the chart as assistive technology finds it."""
    return page.get_by_role("slider")


def pixels(page, colour):
    """Return how many pixels of the chart have a colour, once it is painted."""
    page.evaluate(PAINTED)
    return page.evaluate(PIXELS, colour)


def legend(page, name):
    """Return a value above the chart."""
    return page.locator(f'[data-value="{name}"]')


def choose(page, name):
    """Press a control, which lies under its label."""
    page.locator(".controls label", has_text=re.compile(f"^{name}$")).click()


def test_the_chart_takes_the_place_of_the_line_and_nothing_moves(visit, apple):
    page = open_chart(visit())
    expect(page.locator(".drawn")).to_be_hidden()
    assert page.locator(".plot canvas").count() > 2
    expect(legend(page, "date")).to_have_text("1 Mar 2013")
    expect(legend(page, "close")).to_have_text("430.47")
    expect(legend(page, "change")).to_have_text("▼−2.48%")
    expect(legend(page, "volume")).to_have_text("19.73M")
    assert page.evaluate(SHIFTS) < 0.01
    assert page.locator(".plot a").count() == 0
    expect(page.get_by_role("link", name="TradingView")).to_be_visible()


@pytest.mark.parametrize(("language", "up", "down"), [("zh-hans", RED, GREEN), ("en", GREEN, RED)])
def test_rising_and_falling_days_have_the_colours_of_the_person(visit, apple, language, up, down):
    page = open_chart(visit(language=language), "#ma=0&range=3m")
    # Rising days are hollow, falling ones full.
    assert pixels(page, down) > 2 * pixels(page, up) > 100


def test_the_chart_follows_the_theme(visit, apple):
    page = open_chart(visit(color_scheme="light"))
    assert pixels(page, WHITE) > 1000
    page.emulate_media(color_scheme="dark")
    assert pixels(page, BLACK) > 1000
    assert pixels(page, WHITE) < 100
    assert pixels(page, RED) < 100
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert pixels(page, WHITE) > 1000


def test_the_address_says_what_the_chart_shows(visit, apple):
    page = open_chart(visit())
    for name in ("3M", "Week", "Log", "MA5", "MA20"):
        choose(page, name)
    page.wait_for_url(re.compile(r"#range=3m&step=week&scale=log&ma=10\+60$"))
    page.reload()
    expect(page.locator("[data-drawn]")).to_have_count(1)
    for value in ("3m", "week", "log", "10", "60"):
        expect(page.locator(f'.controls [value="{value}"]')).to_be_checked()
    for value in ("5", "20"):
        expect(page.locator(f'.controls [value="{value}"]')).not_to_be_checked()
    for name in ("1Y", "Day", "Linear", "MA5", "MA20"):
        choose(page, name)
    page.wait_for_url(re.compile(r"US/$"))


def test_a_fragment_that_means_nothing_changes_nothing(visit, apple):
    page = open_chart(visit(), "#range=9y&step=<b>&ma=7&content")
    expect(page.locator('.controls [value="1y"]')).to_be_checked()
    expect(legend(page, "close")).to_have_text("430.47")


def test_moving_averages_are_switched(visit, apple):
    page = open_chart(visit())
    assert pixels(page, MA60) > 5
    choose(page, "MA60")
    assert pixels(page, MA60) == 0
    days = "[1, 2, 6, 10].map((close, time) => ({ time, close }))"
    points = [{"time": 2, "value": 3}, {"time": 3, "value": 6}]
    assert page.evaluate(f"average({days}, 3)") == points


def test_weeks_and_months_join_the_days_as_the_table_does(visit, apple):
    days = history.History.of(apple).days
    page = open_chart(visit())
    for name, step, opened in (
        ("Day", "day", "438.00"),
        ("Week", "week", "453.85"),
        ("Month", "month", "438.00"),
    ):
        choose(page, name)
        expect(legend(page, "open")).to_have_text(opened)
        bars = len(history.joined(days, step))
        expect(plot(page)).to_have_attribute("aria-valuemax", str(bars - 1))
        page.locator(".plot").press("Home")
        first = history.joined(days, step)[0]
        expect(legend(page, "high")).to_have_text(f"{first.high:.2f}")
        expect(legend(page, "close")).to_have_text(f"{first.close:.2f}")


def test_the_previous_high_is_a_line_across(visit, apple):
    page = open_chart(visit(), "#ma=0&range=3m")
    with_it = pixels(page, ACCENT)
    Stock.objects.update(highs=None)
    assert with_it > pixels(open_chart(page, "?sort=chg#ma=0&range=3m"), ACCENT) + 500


def test_ones_note_is_a_mark_on_its_day(visit, apple, alice):
    page = open_chart(visit(alice), "#ma=0&range=1y")
    without = pixels(page, ACCENT)
    alice.watchlist.watch(apple, note_info="looks cheap", added_at="2012-11-16T20:00Z")
    open_chart(page, "?sort=chg#ma=0&range=1y")
    assert pixels(page, ACCENT) > without + 20
    choose(page, "1M")
    assert pixels(page, ACCENT) < without + 20
    # The days that come with a longer range have their mark as well.
    alice.watchlist.update(added_at="2011-09-16T20:00Z")
    open_chart(page, "?sort=code#ma=0&range=1m")
    assert pixels(page, ACCENT) < without + 20
    choose(page, "All")
    assert pixels(page, ACCENT) > without + 20


@pytest.mark.parametrize(
    ("last", "span", "first"),
    [("2026-03-31", "1m", "2026-02-28"), ("2026-03-31", "6m", "2025-09-30"),
     ("2026-07-15", "3m", "2026-04-15"), ("2024-02-29", "1y", "2023-02-28")],
)  # fmt: skip
def test_a_range_of_months_ends_with_its_month(visit, apple, last, span, first):
    page = open_chart(visit())
    found = page.evaluate(
        """([last, span]) => {
          const end = Date.parse(last) / 1000;
          const days = Array.from({ length: 400 }, (_, n) => ({ time: end - (399 - n) * 86400 }));
          return new Date(days[firstShown(days, span)].time * 1000).toISOString().slice(0, 10);
        }""",
        [last, span],
    )
    assert found == first


def test_another_stock_is_laid_over(visit, apple, complaints):
    page = open_chart(visit())
    alone = pixels(page, INK)
    field = page.get_by_label("Compare with another symbol, in percent")
    field.fill("msft")
    field.press("Enter")
    page.wait_for_url(re.compile("#with=MSFT.US$"))
    expect(legend(page, "other")).to_have_text("27.95")
    expect(field).to_have_value("MSFT.US")
    assert pixels(page, INK) > alone + 200
    expect(page.locator('.controls [value="log"]')).to_be_disabled()
    page.reload()
    expect(legend(page, "other")).to_have_text("27.95")
    assert complaints == []
    field.fill("NOSUCH")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("No stock with a history")
    expect(legend(page, "other")).to_be_hidden()
    assert "404" in complaints.pop()
    field.fill("")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    page.wait_for_url(re.compile("US/$"))


def test_the_keys_walk_through_the_days(visit, apple):
    page = open_chart(visit())
    chart = plot(page)
    chart.focus()
    page.keyboard.press("ArrowLeft")
    expect(legend(page, "date")).to_have_text("28 Feb 2013")
    said = chart.get_attribute("aria-valuetext")
    assert said.startswith("Date 28 Feb 2013 Open 444.05 High 447.87 Low 441.40 Close 441.40")
    page.keyboard.press("Home")
    expect(chart).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("ArrowLeft")
    expect(chart).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("PageDown")
    expect(chart).to_have_attribute("aria-valuenow", "20")
    page.keyboard.press("End")
    expect(legend(page, "date")).to_have_text("1 Mar 2013")
    before = pixels(page, RED)
    for _time in range(4):
        page.keyboard.press("+")
    assert pixels(page, RED) > before
    assert page.evaluate("scrollY") == 0


def test_a_key_is_not_too_early_for_the_days_before_to_be_there(visit, apple):
    page = open_chart(visit())
    plot(page).evaluate(
        """(plot) => new Promise((done) => {
          plot.focus();
          plot.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft" }));
          requestAnimationFrame(() => requestAnimationFrame(done));
        })"""
    )
    expect(legend(page, "date")).to_have_text("28 Feb 2013", timeout=500)


def test_a_pointer_tells_the_day_it_is_on(visit, apple):
    page = open_chart(visit())
    box = page.locator(".plot").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 100)
    expect(legend(page, "date")).not_to_have_text("1 Mar 2013")
    page.mouse.move(2, 2)
    expect(legend(page, "date")).to_have_text("1 Mar 2013")


def test_the_wheel_scrolls_the_page_until_the_chart_has_the_focus(visit, apple):
    page = open_chart(visit())
    box = page.locator(".plot").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 100)
    page.mouse.wheel(0, 50)
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") == 50
    plot(page).focus()
    before = pixels(page, RED)
    page.mouse.wheel(0, -500)
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") == 50
    assert pixels(page, RED) != before


def test_a_finger_held_on_the_chart_tells_the_day(visit, apple):
    page = open_chart(visit(viewport=PHONE, has_touch=True, is_mobile=True))
    page.locator(".plot").scroll_into_view_if_needed()
    box = page.locator(".plot").bounding_box()
    finger = {"x": box["x"] + 100, "y": box["y"] + 100}
    network = page.context.new_cdp_session(page)
    network.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    expect(legend(page, "date")).not_to_have_text("1 Mar 2013")
    network.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_without_a_script_the_line_and_the_table_are_there(visit, apple):
    page = visit(java_script_enabled=False)
    page.goto(PATH)
    expect(page.locator(".drawn .line")).to_be_visible()
    expect(page.locator(".controls")).to_be_hidden()
    expect(page.locator(".legend")).to_be_hidden()
    page.get_by_text("The history as a table").click()
    expect(page.get_by_role("row", name="1 Mar 2013")).to_be_visible()


def test_without_the_data_the_line_stays(visit, apple, complaints):
    page = visit()
    page.route("**/bars.json", lambda route: route.fulfill(status=503))
    page.goto(PATH)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".drawn .line")).to_be_visible()
    expect(page.get_by_role("radio", name="1Y")).to_be_disabled()
    assert "503" in complaints.pop()


def test_paper_has_the_line(visit, apple):
    page = open_chart(visit(color_scheme="dark"))
    page.emulate_media(media="print")
    expect(page.locator(".drawn")).to_be_visible()
    expect(page.locator(".plot canvas").first).to_be_hidden()
    expect(page.locator(".controls")).to_be_hidden()


@pytest.mark.parametrize("language", LOCALES)
def test_the_chart_is_fit_for_everybody(visit, apple, language):
    page = open_chart(with_axe(visit(language=language)))
    page.locator("summary", has_text=re.compile("table|表")).click()
    assert not too_wide(page, "chart") + faults(page, "chart", language)
