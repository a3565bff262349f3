"""An open page that keeps itself up to date, in Chromium."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from stocks.templatetags import quotes

SOON = 0.1
HIDDEN = (
    "Object.defineProperty(document, 'visibilityState', { get: () => window.seen ?? 'hidden' })"
)
COME_BACK = """() => {
  window.seen = "visible";
  document.dispatchEvent(new Event("visibilitychange"));
}"""
TWENTY_FRAMES = """() => new Promise((done) => {
  let left = 20;
  const look = () => (left-- ? requestAnimationFrame(look) : done());
  look();
})"""
# Writes down which cells flash, however soon that is over, and which row there was.
WATCH = """() => {
  window.flashed = [];
  const note = ({ target }) => window.flashed.push(`${target.className} ${target.textContent}`);
  document.addEventListener("animationstart", note);
  window.sameRow = document.querySelector('[data-row]');
}"""
# What flashed, once something did: the animation begins a frame after its class is there.
FLASHED = """() => new Promise((done) => {
  const look = () => (window.flashed.length ? done(window.flashed) : requestAnimationFrame(look));
  look();
  setTimeout(() => done(window.flashed), 5000);
})"""


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Pages look for newer prices very often, whatever the time of day."""
    monkeypatch.setattr(quotes, "OPEN", SOON)
    monkeypatch.setattr(quotes, "CLOSED", SOON)


def change(stock, **values):
    """Store new values of a stock, as an import does."""
    for name, value in values.items():
        setattr(stock, name, value)
    stock.save()


def cell(page, code, column):
    """Return a cell of the row of a stock."""
    return page.locator("[data-row]", has_text=code).locator(f".c-{column}")


def test_a_changed_price_flashes_and_nothing_else_changes(visit, stocks):
    page = visit()
    page.goto("/")
    page.evaluate(WATCH)
    price = stocks["000036"].price
    cell(page, "000036", "short").locator("a").focus()
    page.locator(".filters summary").click()
    page.get_by_label("Latest price, from").fill("3")
    change(stocks["000036"], price=price + Decimal("0.25"))
    expect(cell(page, "000036", "price")).to_have_text(f"{price + Decimal('0.25'):.2f}")
    flashed = sorted(page.evaluate(FLASHED))
    assert [cell.split(" ")[1] for cell in flashed] == ["c-price", "change"]
    assert flashed[0] == f"num c-price flash rise {price + Decimal('0.25'):.2f}"
    assert page.evaluate("window.sameRow.isConnected")
    expect(page.get_by_label("Latest price, from")).to_have_value("3")
    expect(page.get_by_label("Latest price, from")).to_be_focused()


def test_rows_come_go_and_change_order(visit, stocks):
    page = visit()
    page.goto("/?sort=-price&price_min=1")
    page.evaluate(WATCH)
    first = page.locator("[data-row]").first
    expect(first).to_contain_text("300268")
    first.locator("[data-open]").focus()
    change(stocks["000036"], price=Decimal(999))
    change(stocks["600225"], price=Decimal("0.5"))
    expect(page.locator("[data-row]").first).to_contain_text("000036")
    expect(page.locator("[data-row]", has_text="600225")).to_have_count(0)
    expect(page.locator("[data-row]", has_text="300268").locator("[data-open]")).to_be_focused()
    assert page.evaluate("window.sameRow.isConnected")


def test_what_is_typed_survives(visit, stocks, alice):
    alice.watchlist.watch(stocks["000036"])
    page = visit(alice)
    page.goto("/stocks/000036.SZ/")
    page.evaluate(WATCH)
    note = page.get_by_role("textbox", name="Note")
    note.fill("half a sentence")
    change(stocks["000036"], price=Decimal("1.5"))
    expect(page.locator(".quote strong")).to_have_text("1.50")
    expect(note).to_have_value("half a sentence")
    expect(note).to_be_focused()
    assert "flash fall 1.50" in page.evaluate(FLASHED)


def test_a_button_just_pressed_stays_until_one_has_left_it(visit, stocks, alice):
    for code in ("000007", "000036"):
        alice.watchlist.watch(stocks[code])
    page = visit(alice)
    page.goto("/watchlist/")
    page.get_by_role("button", name="Remove 000036").press("Enter")
    again = page.get_by_role("button", name="Add 000036")
    expect(again).to_be_focused()
    page.evaluate(TWENTY_FRAMES)
    expect(again).to_be_focused()
    page.get_by_role("searchbox").focus()
    expect(again).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def test_the_overview_too(visit, stocks):
    page = visit()
    page.goto("/market/")
    page.evaluate(WATCH)
    expect(page.locator(".moves strong.up")).to_have_text("4")
    change(stocks["000036"], chg=Decimal("-9.9"))
    expect(page.locator(".moves strong.up")).to_have_text("3")
    assert "up flash fall 3" in page.evaluate(FLASHED)


def test_a_hidden_page_asks_when_it_is_seen_again(visit, stocks):
    page = visit()
    page.add_init_script(HIDDEN)
    page.goto("/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    change(stocks["000036"], price=Decimal("1.5"))
    page.evaluate(TWENTY_FRAMES)
    assert asked == []
    page.evaluate(COME_BACK)
    expect(cell(page, "000036", "price")).to_have_text("1.50")


def test_a_page_that_is_refused_is_not_asked_for_again(visit, stocks, alice, complaints):
    page = visit(alice)
    page.goto("/watchlist/")
    asked = []
    page.route("**/watchlist/", lambda route: (asked.append(1), route.fulfill(status=403)))
    page.evaluate(TWENTY_FRAMES)
    page.evaluate(TWENTY_FRAMES)
    assert len(asked) == 1
    complaints.clear()


def test_a_persons_page_is_asked_for_once_a_version(visit, stocks, alice):
    page = visit(alice)
    page.goto("/stocks/000036.SZ/")
    asked = []
    page.on("request", lambda request: asked.append(request))
    page.evaluate(TWENTY_FRAMES)
    own = [request for request in asked if request.url.endswith("/stocks/000036.SZ/")]
    versions = [request for request in asked if request.url.endswith("/version")]
    assert len(own) == 1
    assert len(versions) > 1
    assert not any("cookie" in request.all_headers() for request in versions)
    change(stocks["000036"], price=Decimal("1.5"))
    expect(page.locator(".quote strong")).to_have_text("1.50")
