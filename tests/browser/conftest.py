"""Debian's Chromium against a live server: pages open as a person, and must be quiet."""

import os
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from .. import chromium

# Playwright keeps an event loop in the thread of the tests, where they also ask the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

LOCALES = {"en": "en-US", "zh-hans": "zh-CN"}
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# Milliseconds; only a test that fails waits for so long.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)
# Nothing of the browser's own goes out to the network.
QUIET_FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Pages are left as soon as they are seen: one frame for all of them, and no time spent on
    # making scripts fast. This list replaces Playwright's, from which it has all but the first.
    "--disable-features=RenderDocument,HttpsUpgrades,OptimizationHints,PaintHolding",
    "--js-flags=--no-maglev --no-turbofan",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Start the machine's Chromium, not one that Playwright would download."""
    return {
        **browser_type_launch_args,
        "executable_path": chromium.program(),
        "args": QUIET_FLAGS,
        # Its sandbox needs another user than root.
        "chromium_sandbox": False,
    }


@pytest.fixture
def complaints():
    """What a browser found fault with; a test that provokes it takes it out of the list."""
    return []


@pytest.fixture
def visit(new_context, live_server, sign_in, complaints):
    """Return a function that gives a page of a new browser, signed in as `user`.

    At the end no page may have written to the console, failed at a request, or asked
    another host.
    """

    def open_page(user=None, language="en", viewport=DESK, **options):
        context = new_context(
            base_url=live_server.url, locale=LOCALES[language], viewport=viewport, **options
        )
        context.set_default_timeout(PATIENCE)
        if user:
            session = sign_in(user).session.session_key
            cookie = {"name": "sessionid", "value": session, "url": live_server.url}
            context.add_cookies([{**cookie, "httpOnly": True}])
        page = context.new_page()
        listen(page, urlsplit(live_server.url).netloc, complaints)
        return page

    yield open_page
    assert not complaints


def wait_until_scrolled(page, least):
    """Wait until a page is scrolled further than so many pixels.

    Playwright's own waiting for a condition polls by `eval`, which no page of ours allows.
    """
    page.evaluate(
        """(least) => new Promise((done) => {
          const look = () => (scrollY > least ? done() : requestAnimationFrame(look));
          look();
        })""",
        least,
    )


def listen(page, host, complaints):
    """Write down everything that a page should not do."""

    def on_console(message):
        # What could not be loaded is told by the response, with its address.
        if message.type in ("error", "warning") and "Failed to load" not in message.text:
            complaints.append(f"{page.url} console: {message.text}")

    def on_request(request):
        if urlsplit(request.url).netloc != host and not request.url.startswith("data:"):
            complaints.append(f"{page.url} asks another host: {request.url}")

    def on_response(response):
        if response.status >= 400 and not response.request.is_navigation_request():
            complaints.append(f"{page.url} got {response.status} from {response.url}")

    def on_failure(request):
        # A page that is left before everything came is no fault.
        if request.failure != "net::ERR_ABORTED":
            complaints.append(f"{page.url} could not load {request.url}: {request.failure}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(f"{page.url} script: {error}"))
    page.on("request", on_request)
    page.on("response", on_response)
    page.on("requestfailed", on_failure)
