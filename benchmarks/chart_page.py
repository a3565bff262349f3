"""How soon a stock's page has drawn the chart of 13 years, and what its first visit weighs.

    python -m benchmarks.chart_page

The real server with the shipped history, Debian's Chromium, nothing in its cache. The time runs
from asking for the page until the frame with the chart is on the screen; the best visit counts,
for other load only adds to it.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import chromium
from tests.processes import serving_copy

VISITS = 5
MOST_MILLISECONDS, MOST_BYTES = 1000, 120 * 1024
# The script marks the chart as drawn; the frame after the next one has it on the screen.
WATCH = """
  new MutationObserver(() => {
    if (window.drawn || !document.querySelector("[data-drawn]")) return;
    window.drawn = new Promise((resolve) => {
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
    });
  }).observe(document, { subtree: true, attributes: true });
"""


def visit(browser, address):
    """Return the milliseconds until the chart is seen, and the bytes of everything loaded."""
    context = browser.new_context()
    page, sizes = context.new_page(), []
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    page.add_init_script(WATCH)
    page.goto(address, wait_until="networkidle")
    milliseconds = page.evaluate("window.drawn")
    context.close()
    return milliseconds, sum(sizes)


def main():
    """Measure and return the exit status: 1 where a goal is missed."""
    path = chromium.program()
    if not path:
        print(f"Chromium: skipped; apt install {chromium.PROGRAMS[0]}")
        return 0
    with (
        tempfile.TemporaryDirectory() as folder,
        serving_copy(Path(folder)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, chromium_sandbox=False)
        visits = [visit(browser, f"{url}stocks/AAPL.US/") for _visit in range(VISITS)]
        browser.close()
    milliseconds, weight = min(one for one, _bytes in visits), max(some for _one, some in visits)
    print(
        f"drawn after {milliseconds:.0f} ms (at most {MOST_MILLISECONDS}), "
        f"{weight} bytes (at most {MOST_BYTES})"
    )
    return int(milliseconds > MOST_MILLISECONDS or weight > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
