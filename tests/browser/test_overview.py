"""The overview in Chromium: one drawing for the window, words that fit and can be read."""

import pytest
from playwright.sync_api import expect

from stocks.models import Stock

from .conftest import DESK, PHONE

LEAST_CONTRAST = 4.5
SMALLEST_TARGET = 24
# The least contrast between a text of the drawings and the tile it stands on, painted on the page.
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const light = (...colours) => {
    for (const [colour, opacity] of colours) {
      canvas.globalAlpha = opacity;
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ground = [getComputedStyle(document.body).backgroundColor, 1];
  return [...document.querySelectorAll(".legend g, .map > *")].map((tile) => {
    const text = tile.querySelector("text");
    if (!text) return 99;
    const { fill, fillOpacity } = getComputedStyle(tile.querySelector("path"));
    const one = light(ground, [fill, fillOpacity]);
    const other = light([getComputedStyle(text).fill, 1]);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  }).reduce((least, contrast) => Math.min(least, contrast), 99);
}"""
# What of the drawing that is shown is written over the edge of its tile, or is too small a link.
FAULTS = """(smallest) => [...document.querySelectorAll(".map > *, .bars a")].flatMap((tile) => {
  const box = (tile.querySelector("path, .hit")).getBoundingClientRect();
  if (!box.width) return [];
  const small = tile.tagName === "a" && Math.min(box.width, box.height) < smallest;
  const wide = [...tile.querySelectorAll("text")].filter((text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    if (left < box.left - 1 || right > box.right + 1) return true;
    // The box of a text is higher than its characters.
    return top < box.top - 6 || bottom > box.bottom + 6;
  });
  return [...(small ? [`small: ${tile.textContent}`] : []), ...wide.map((t) => t.textContent)];
})"""


@pytest.fixture
def crowd(transactional_db):
    """Forty stocks in eight industries, of all colours and sizes."""
    for place in range(40):
        Stock.objects.create(
            code=f"60{place:04}",
            short=["平安银行", "*ST松江", "Berkshire", "中国中免股份"][place % 4],
            chg=(place % 15 - 7) * 0.9,
            industry=["银行", "汽车零部件", "Semiconductors", "酒"][place % 4] + str(place // 20),
            market_value=10**6 // (place + 1) ** 2,
        )


def test_every_word_can_be_read_in_every_colour(visit, crowd):
    page = visit()
    page.goto("/market/")
    assert page.locator(".map.wide .u4 text, .map.wide .d4 text").count() > 1
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for up in ("red", "green", "blue"):
            page.evaluate("(up) => { document.documentElement.dataset.up = up; }", up)
            assert page.evaluate(CONTRAST) >= LEAST_CONTRAST, (theme, up)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_one_drawing_fits_the_window_and_its_words_their_tiles(visit, crowd, language):
    page = visit(language=language)
    page.goto("/market/")
    for width, shown, other in (
        (1440, "wide", "tall"),
        (1100, "wide", "tall"),
        (390, "tall", "wide"),
    ):
        # A low window, too: the page scrolls, the drawing keeps its size.
        page.set_viewport_size({"width": width, "height": 600})
        expect(page.locator(f".map.{shown}")).to_be_visible()
        expect(page.locator(f".map.{other}")).to_be_hidden()
        assert page.evaluate(FAULTS, SMALLEST_TARGET) == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_without_a_script_a_tile_leads_to_its_stock_and_a_header_to_its_industry(
    visit, crowd, size
):
    page = visit(viewport=size, java_script_enabled=False)
    page.goto("/market/")
    page.locator(".map:visible a[href='/stocks/600000.SH/']").click()
    page.wait_for_url("**/stocks/600000.SH/")
    page.go_back()
    page.locator(".map:visible .head[href]").first.click()
    page.wait_for_url("**/?industry=*&sort=-chg")
