"""Whatever is typed, pasted or made up: no page fails, and every page is valid HTML.

Each form gets 2,000 requests, and the parameters of the tables as many: 700 on each of the pages
that take them; addresses get 400. Parsing a page strictly takes as long as making it: that is
done for one in `SAMPLE`.
"""

from collections import Counter
from itertools import count
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth import get_user, middleware
from django.template.base import Template
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from stocks.columns import WATCHLIST
from stocks.models import Stock

from .conftest import PASSWORD
from .pages import parse

pytestmark = [pytest.mark.sqlite, pytest.mark.long]

SAMPLE = 10
USUAL = (200, 302, 400, 404)

many = examples(
    max_examples=2000,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
fewer = examples(many, max_examples=700)
addresses = examples(many, max_examples=400)

ODD = [
    "",
    " ",
    "0",
    "-",
    "%",
    "_",
    "\\",
    "'",
    '"><script>',
    "{{ 1 }}",
    "%(value)s %s",
    ".",
    "..",
    "/",
    "\0",
    "\r\n",
    "\u2028",
    "\ufeff",
    "\uffff",
    "１２３",
    "²",
    "٣",
    "1e9",
    "NaN",
    "Infinity",
    "0x1",
    "--chg",
    "999999999999",
    "9" * 16 + "." + "9" * 8,
    "0000-00-00",
    "2017-02-30",
    "2017-W29-4",
    "000007",
    "000007.SZ",
    "全新好",
    "😀",
    "a" * 3000,
]
numbers = st.decimals(allow_nan=False, allow_infinity=False, places=6).map("{:f}".format)
days = st.dates().map(str)
values = st.one_of(
    st.sampled_from(ODD), st.text(max_size=70), numbers, days, st.integers().map(str)
)
escaped = st.one_of(values.map(quote), st.binary(max_size=6).map(quote))

COLUMNS = [column.name for column in WATCHLIST.columns]
NAMES = [
    *(
        "q",
        "market",
        "industry",
        "status",
        "source",
        "sort",
        "columns",
        "size",
        "page",
        "list",
        "next",
    ),
    *(f"{name}_{bound}" for name in COLUMNS for bound in ("min", "max")),
]
SENSIBLE = [
    *(f"sort={minus}{name}" for name in COLUMNS for minus in ("", "-")),
    *("list=watchlist", "market=SZ", "market=-", "size=25", "q=0", "q=qxh"),
    *(f"columns={name},code" for name in COLUMNS),
]
pairs = st.tuples(st.one_of(st.sampled_from(NAMES), escaped), escaped).map("=".join)
queries = st.lists(st.one_of(pairs, st.sampled_from(SENSIBLE)), max_size=5).map("&".join)


answers = count()


def post(client, path, fields, **headers):
    """Send a form as a browser sends the forms of the site, which take no files."""
    return client.post(path, urlencode(fields), "application/x-www-form-urlencoded", **headers)


def check(response, usual=USUAL):
    """Look at the answer's status, and at some answers as a whole."""
    assert response.status_code < 500
    assert response.status_code in usual
    if response.content and next(answers) % SAMPLE == 0:
        parse(response)
    # Nobody reads the messages, and thousands of them are slow to carry along.
    response.client.cookies.pop("messages", None)


@pytest.fixture(autouse=True)
def rendering_without_records(monkeypatch):
    """Render as the site does: no test here asks which templates were used, and with what."""
    monkeypatch.setattr(Template, "_render", lambda page, context: page.nodelist.render(context))


@pytest.fixture(autouse=True)
def known_person(monkeypatch):
    """Look a person up once a session: thousands of requests come from the same one."""
    found = {}

    def known(request):
        key = request.session.session_key
        if key not in found:
            found[key] = get_user(request)
        return found[key]

    monkeypatch.setattr(middleware, "get_user", known)


@pytest.fixture
def watching(alice, stocks):
    """A person who watches one stock with all values and one without; few rows are fast."""
    Stock.objects.exclude(code__in=["000007", "000036"]).delete()
    for stock in (stocks["000007"], Stock.objects.create(code="1234567", short="<b>& 名")):
        alice.watchlist.watch(stock, note_info="<&>\n")
    return alice


@pytest.fixture
def watching_client(watching, sign_in):
    """A client signed in as that person."""
    return sign_in(watching)


@pytest.fixture
def no_limits(settings):
    """Let one try to sign in as often as one likes."""
    settings.ACCOUNT_RATE_LIMITS = False


def test_any_stock_typed_in_the_admin(admin, sign_in):
    client = sign_in(admin)
    names = ("code", "market", "short", "chg", "turnover", "price", "highs", "time")
    odd = st.dictionaries(
        st.sampled_from([*names, "quote_time_0", "quote_time_1"]), values, max_size=2
    )
    # What may be stored is to be stored, however odd.
    codes = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=7)
    name = {"code": codes, "short": st.text(min_size=1, max_size=64)}
    number = st.decimals("0.01", "99999999", places=2).map(str)
    numbers = dict.fromkeys(("chg", "turnover", "price", "highs"), st.one_of(number, st.just("")))
    fitting = st.fixed_dictionaries(name | numbers | {"time": days})

    @many
    @given(fitting, odd)
    def run(fields, odd):
        if "code" not in odd:
            # The same one comes again and again, and a code is there once.
            fields["code"] += f"-{stored.total()}"
        response = post(client, "/admin/stocks/stock/add/", fields | odd)
        check(response, (200, 302))
        stored[response.status_code] += 1

    stored = Counter()
    run()
    assert stored[302] > 500
    for path in ("/?size=200&sort=short", "/?sort=-distance", "/admin/stocks/stock/"):
        assert client.get(path).status_code == 200
    parse(client.get("/?size=200&sort=short"))


# Committed, as on a site: of what may be taken back nothing is kept from one page to the next.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/", "/watchlist/", "/stocks/000007.SZ/"])
def test_any_query(watching_client, path):

    @fewer
    @given(queries)
    def run(query):
        check(watching_client.get(path, QUERY_STRING=query), (200,))

    run()


PATHS = [
    "/{}",
    "/stocks/{}/",
    "/watchlist/{}/add/",
    "/add/{}.html",
    "/del/{}.html",
    "/update/{}.html",
    "/update/000007/{}",
    "/update/{}/note.html",
]


def test_any_address(client, watching_client):

    @addresses
    @given(st.sampled_from(PATHS), escaped, escaped, st.booleans())
    def run(path, part, query, signed_in):
        visitor = watching_client if signed_in else client
        check(visitor.get(path.format(part), QUERY_STRING=query), (200, 301, 302, 404))

    run()


def test_any_note(watching_client, watching):
    numbers = count()
    entry = watching.watchlist.get(info__code="000007")

    @many
    @given(
        st.one_of(values, st.text(min_size=50), st.sampled_from(["x" * 2000, "x" * 2001])), values
    )
    def run(note, way):
        fields = {"note_info": note, "next": way}
        response = post(watching_client, "/watchlist/000007.SZ/note/", fields)
        check(response, (302, 400))
        entry.refresh_from_db()
        kept = note.replace("\r\n", "\n").replace("\r", "\n")
        assert (entry.note_info == kept) is (response.status_code == 302)
        if next(numbers) % 40 == 0:
            check(watching_client.get("/stocks/000007.SZ/"), (200,))
            check(watching_client.get("/watchlist/"), (200,))

    run()


def test_any_way_of_watching(watching_client):

    @many
    @given(
        st.sampled_from(["add", "remove", "restore", "note"]),
        st.one_of(st.sampled_from(["000007.SZ", "1234567."]), escaped),
        st.fixed_dictionaries({}, optional=dict.fromkeys(["next", "note_info", "x"], values)),
        st.booleans(),
    )
    def run(action, symbol, fields, in_place):
        headers = {"HTTP_HX_REQUEST": "true"} if in_place else {}
        path = f"/watchlist/{symbol}/{action}/"
        response = post(watching_client, path, fields, **headers)
        check(response, (*USUAL, 409) if not in_place else (200, 302, 400, 404, 409))

    run()


def test_any_settings(client, watching_client):
    choices = st.sampled_from(["", "zh-hans", "en", "dark", "light", "red", "green", "blue"])
    names = ["language", "theme", "up_colour", "next"]
    fields = dict.fromkeys(names, st.one_of(choices, values))

    @many
    @given(st.fixed_dictionaries({}, optional=fields), st.booleans())
    def run(fields, signed_in):
        visitor = watching_client if signed_in else client
        check(post(visitor, "/settings/", fields), (302, 400))

    run()


def test_any_sign_in(client, alice, no_limits):

    @many
    @given(
        st.one_of(values, st.just("alice")),
        st.one_of(values, st.just(PASSWORD)),
        values,
    )
    def run(login, password, way):
        fields = {"login": login, "password": password, "next": way, "remember": way}
        response = post(client, "/accounts/login/", fields)
        check(response, (200, 302))
        if response.status_code == 302:
            client.logout()

    run()


def test_any_sign_up(client, alice, no_limits):
    passwords = st.one_of(values, st.just(PASSWORD))
    addresses = st.one_of(values, values.map("{}@example.org".format))

    @many
    @given(values, addresses, passwords, passwords, values)
    def run(name, email, password, again, way):
        fields = {"username": name, "email": email, "password1": password, "password2": again}
        response = post(client, "/accounts/signup/", fields | {"next": way})
        check(response, (200, 302))
        if response.status_code == 302:
            client.logout()

    run()
