"""Every page: fit for everybody (axe), quiet, within its width, still while it loads."""

from datetime import date
from decimal import Decimal

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from stocks.columns import MARKET as MARKET_TABLE
from stocks.imports import Row
from stocks.imports.writer import write_quotes
from stocks.models import Stock
from stocks.views import about

from ..conftest import PASSWORD
from .conftest import DESK, LOCALES, PHONE

AXE = Axe().axe_script
VIOLATIONS = """([within, rules]) => axe
  .run(within, { runOnly: rules, resultTypes: ["violations"], preload: false })
  .then((results) => results.violations)"""
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTH_TAKEN = "document.documentElement.scrollWidth"
TWO_FRAMES = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
# Each page in both languages, both themes and both sizes, though not in all combinations.
LOOKS = {"en": ("light", DESK), "zh-hans": ("dark", PHONE)}
WIDTHS = (390, 641, 768, 1024, 1440)

MARKET = {
    "market": "/",
    "market, filtered": "/?q=hl&market=SZ&price_min=1&sort=-chg&size=7&colour=red",
    "market, nothing fits": "/?q=nosuchstock",
    "market, columns chosen": "/?columns=chg,volume,market_value,industry,quote_time,source",
}
VISITOR = {
    **MARKET,
    "overview": "/market/",
    "overview of a market": "/market/?market=SZ&colour=red",
    "stock": "/stocks/000007.SZ/",
    "which of two": "/stocks/000001/",
    "unknown stock": "/stocks/000008/",
    "unknown name": "/stocks/nosuchstock/",
    "confirm adding": "/add/000007.html",
    "settings": "/settings/",
    "about": "/about/",
    "no page": "/nosuchpage/",
    "not by a link": "/watchlist/000007.SZ/remove/",
    "sign in": reverse("account_login"),
    "sign up": reverse("account_signup"),
    "reset": reverse("account_reset_password"),
    "reset sent": reverse("account_reset_password_done"),
    "reset with a bad key": "/accounts/password/reset/key/1-bad/",
    "confirm a bad address": "/accounts/confirm-email/bad/",
    "confirmation sent": reverse("account_email_verification_sent"),
    "inactive": reverse("account_inactive"),
}
ALICE = {
    "market": "/",
    "stock with a note": "/stocks/000007.SZ/?list=watchlist",
    "stock without": "/stocks/000036.SZ/",
    "stock without values": "/stocks/000001.SH/",
    "watchlist": "/watchlist/",
    "watchlist, filtered": "/watchlist/?q=0&since_min=0&sort=-added_at",
    "confirm removing": "/del/000007.html",
    "confirm a note": "/update/000007/a%20note.html",
    "settings": "/settings/",
    "account": reverse("account"),
    "saved screens": reverse("screens"),
    "password": reverse("account_change_password"),
    "addresses": reverse("account_email"),
    "two steps": reverse("mfa_index"),
    "set up two steps": reverse("mfa_activate_totp"),
    "sessions": reverse("usersessions_list"),
    "sign out": reverse("account_logout"),
    "confirm it is you": reverse("account_reauthenticate"),
    "delete": reverse("account_delete"),
}
LARGE = {
    "price": Decimal("712345.5"),
    "highs": Decimal("712345.67"),
    "chg": Decimal("-99.99"),
    "turnover": Decimal("100"),
    "time": date(2017, 12, 28),
}
BOB = {"watchlist, empty": "/watchlist/", "a note to add": "/update/000007/a%20note.html"}
CHARLIE = {
    "two steps, in use": reverse("mfa_index"),
    "give up two steps": reverse("mfa_deactivate_totp"),
    "recovery codes": reverse("mfa_view_recovery_codes"),
    "new recovery codes": reverse("mfa_generate_recovery_codes"),
}
ADMIN = {
    "desk": "/admin/",
    "desk, one app": "/admin/stocks/",
    "stocks": "/admin/stocks/stock/",
    "stocks, nothing fits": "/admin/stocks/stock/?q=nosuchstock",
    "new stock": "/admin/stocks/stock/add/",
    "a stock": "/admin/stocks/stock/{stock}/change/",
    "changes of a stock": "/admin/stocks/stock/{stock}/history/",
    "delete a stock": "/admin/stocks/stock/{stock}/delete/",
    "every change": "/admin/stocks/historicalstock/",
    "users": "/admin/stocks/user/",
    "new user": "/admin/stocks/user/add/",
    "a user": "/admin/stocks/user/{alice}/change/",
    "password of a user": "/admin/stocks/user/{alice}/password/",
    "second steps": "/admin/mfa/authenticator/",
    "groups": "/admin/auth/group/",
    "a group": "/admin/auth/group/add/",
    "watchlist entries": "/admin/stocks/watchlistentry/",
    "new watchlist entry": "/admin/stocks/watchlistentry/add/",
    "imports": "/admin/stocks/dataimport/",
    "import a file": "/admin/stocks/dataimport/add/",
    "an import": "/admin/stocks/dataimport/{imported}/change/",
    "undo an import": "/admin/stocks/dataimport/{imported}/undo/",
    "runs of the feeds": "/admin/stocks/feedrun/",
}


@pytest.fixture
def people(stocks, alice, bob, charlie, admin, sign_in):
    """Each with the pages to open: a visitor, alice with a watchlist and notes, bob with an
    empty one, charlie with a second step at the sign-in, an admin.
    """
    Stock.objects.create(code="000001", market="SZ", short="平安银行")
    Stock.objects.create(code="000001", market="SH", short="上证指数")
    Stock.objects.create(code="XYZ9999", short="n")
    Stock.objects.create(code="BRK.A", short="伯克希尔哈撒韦保险金融投资控股有限公司甲", **LARGE)
    alice.emailaddress_set.create(email=alice.email, primary=True)
    for stock in Stock.objects.all():
        alice.watchlist.watch(stock)
    alice.watchlist.write_note(stocks["000007"], "Wait for the report; <b>below 15</b>\n" * 9)
    UserSession.objects.create(
        user=alice,
        ip="2001:db8:85a3:8d3:1319:8a2e:370:7348",
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0",
        session_key=sign_in(alice).session.session_key,
    )
    alice.screens.keep(MARKET_TABLE, "a name of a screen that is long " * 2, "q=hl&sort=-chg")
    TOTP.activate(charlie, generate_totp_secret())
    RecoveryCodes.activate(charlie)
    row = Row(2, {"code": "000036", "price": "9.5", "chg": "1.5"})
    imported = write_quotes([row], source="spot.csv", made_by=admin).record
    of = {"stock": stocks["000007"].pk, "alice": alice.pk, "imported": imported.pk}
    desk = {name: path.format(**of) for name, path in ADMIN.items()}
    return {
        "visitor": (None, VISITOR),
        "alice": (alice, ALICE),
        "bob": (bob, BOB),
        "charlie": (charlie, CHARLIE),
        "admin": (admin, desk),
    }


def each(visit, person, pages, language):
    """Give every page, opened: the browser's page and what it is called."""
    page = with_axe(visit(person, language))
    if person:
        page.goto(reverse("account_reauthenticate"))
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url("**/watchlist/")
    for name, path in pages.items():
        go(page, path)
        yield page, name


def go(page, path):
    """Open the page of an address, and no other that it might lead to."""
    page.goto(path)
    assert page.url.endswith(path)


def with_axe(page):
    """Have a browser's page bring axe along wherever it goes; return it."""
    page.add_init_script(AXE)
    return page


def faults(page, name, language="en", within="html"):
    """Return what axe finds on a page `with_axe`, or a part of it, as it looks with a language."""
    theme, size = LOOKS[language]
    # No colour is measured on its way to another.
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size(size)
    return [
        (name, theme, size["width"], violation["id"], [n["html"][:160] for n in violation["nodes"]])
        for violation in page.evaluate(VIOLATIONS, [within, WCAG])
    ]


def too_wide(page, name):
    """Return the widths of a window that a page does not fit into."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        taken = page.evaluate(WIDTH_TAKEN)
        if taken > width:
            # What a script draws follows the window a frame later.
            page.evaluate(TWO_FRAMES)
            taken = page.evaluate(WIDTH_TAKEN)
        if taken > width:
            found.append((name, width, taken))
    return found


@pytest.mark.long
@pytest.mark.parametrize("person", ["visitor", "alice", "bob", "charlie", "admin"])
@pytest.mark.parametrize("language", LOCALES)
def test_every_page_is_for_everybody_and_every_window(visit, people, language, person):
    found = []
    for page, name in each(visit, *people[person], language):
        found += too_wide(page, name)
        found += faults(page, name, language)
        if name.startswith("market") or name == "watchlist":
            sheets = page.locator(".tools summary")
            for sheet in sheets.all()[: None if name == "market" else 1]:
                sheet.click()
                title = f"{name}, {sheet.text_content()}"
                found += faults(page, title, language, within=".tools details[open]")
                page.keyboard.press("Escape")
    assert not found


def test_the_second_step_is_accessible(visit, people, charlie):
    page = with_axe(visit())
    page.goto(reverse("account_login"))
    page.locator("[name=login]").fill(charlie.username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"**{reverse('mfa_authenticate')}*")
    assert not faults(page, "second step")


def test_search_of_the_admin_is_named_in_the_language_of_the_page(visit, admin):
    page = visit(admin, "zh-hans")
    page.goto("/admin/stocks/stock/")
    expect(page.get_by_role("textbox", name="搜索")).to_be_visible()


def test_an_error_of_the_site_is_accessible(visit, monkeypatch, db):
    monkeypatch.setattr(about, "render", None)
    page = with_axe(visit())
    assert page.goto("/about/").status == 500
    assert not faults(page, "error")


STILL = ["/", "/stocks/000007.SZ/", "/watchlist/"]
SLOW_LINE = {
    "offline": False,
    "latency": 40,
    "downloadThroughput": 80_000,
    "uploadThroughput": 80_000,
}
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  const add = (list) => list.getEntries().forEach((entry) => { sum += entry.value; });
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_moves_while_a_page_loads(visit, all_stocks, alice, size):
    Stock.objects.create(code="999999", short="伯克希尔哈撒韦保险金融投资控股有限公司甲", **LARGE)
    for stock in all_stocks[::3]:
        alice.watchlist.watch(stock)
    # Side by side: a line that is slow leaves time for another.
    pages = {path: visit(alice, viewport=size) for path in STILL}
    for page in pages.values():
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", SLOW_LINE)
    # At first the scripts come last; the second time, with the styles at hand, the rows do.
    for _visit in range(2):
        for path, page in pages.items():
            page.goto(path, wait_until="commit")
        for page in pages.values():
            page.wait_for_load_state("load")
        moved = {path: page.evaluate(SHIFTS) for path, page in pages.items()}
        assert not any(moved.values()), moved
