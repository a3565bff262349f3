"""The tables as files: what is in them, and how they are answered."""

import csv
import io
import json
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from stocks import exports
from stocks.columns import MARKET
from stocks.exports import FORMATS, Source, stocks_source
from stocks.imports.formulas import guarded
from stocks.imports.headings import FIELDS, QUOTES
from stocks.models import Stock
from stocks.plain_rows import NUMBER, TEXT

from .pages import codes, file_of, find, parse, text
from .rows import EVERY_COLUMN, ODD_NAMES, watched_by

ADMIN = "/admin/stocks/stock/"


def cells_of(form, content):
    """Return the rows of a file as lists of cells, the headings first."""
    if form == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    if form == "xlsx":
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return list(book.get_sheet_by_index(0).iter_rows())
    objects = json.loads(content, parse_float=Decimal)
    return [list(objects[0]), *(list(one.values()) for one in objects)] if objects else []


# What is in a file


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "query", ["?sort=-price", "?q=0&price_min=9&size=25&page=2", "?market=SZ&page=x&size=7"]
)
def test_a_file_has_the_rows_and_columns_of_the_page(client, all_stocks, form, query):
    params = {name: value for name, value in parse_qsl(query[1:]) if name not in ("page", "size")}
    page = client.get("/", params | {"size": 200})
    headings, *rows = cells_of(form, file_of(client, f"/stocks.{form}{query}"))
    assert [row[0] for row in rows] == codes(page)
    shown = [text(cell).strip("↑↓") for cell in find(parse(page), "th", scope="col")][1:-1]
    names = [column.name for column in MARKET.usual]
    expected = names if form == "json" else shown
    assert [name for place, name in enumerate(headings) if place not in (1, 9)] == expected


def test_values_are_plain_and_exact(client, stocks):
    Stock.objects.filter(code="000007").update(price="12345.6789", highs="20000", chg="-3.5")
    ((headings, row), (_names, values)) = (
        cells_of(form, file_of(client, f"/stocks.{form}?q=000007")) for form in ("csv", "json")
    )
    distance = Stock.objects.get(code="000007").distance
    assert dict(zip(headings, row, strict=True)) == {
        "Code": "000007", "Market": "SZ", "Name": "全新好", "Change": "-3.50",
        "Turnover rate": "4.40", "Latest price": "12345.6789", "Previous high": "20000.00",
        "Previous high on": "2017-07-18", "From previous high": str(distance), "Status": "",
    }  # fmt: skip
    assert values[3:7] == [Decimal("-3.50"), Decimal("4.40"), Decimal("12345.6789"), 20000]


def test_a_spreadsheet_has_numbers_days_and_texts(client, stocks):
    Stock.objects.filter(code="000007").update(chg="-3.5", short="=1+1")
    row = cells_of("xlsx", file_of(client, "/stocks.xlsx?q=000007"))[1]
    assert row[:6] == ["000007", "SZ", "=1+1", -3.5, 4.4, 16.05]
    assert row[7] == date(2017, 7, 18)
    Stock.objects.filter(code="000007").update(volume=52829591600)
    row = cells_of("xlsx", file_of(client, "/stocks.xlsx?q=000007&columns=volume"))[1]
    assert 52829591600 in row


def test_numbers_that_a_spreadsheet_would_round_are_text():
    numbers = ["999999999999999999.99", "-0.0001", "123456789012.345"]
    source = Source(("a", "b", "c"), [(NUMBER,)] * 3, 1, [[[number] for number in numbers]])
    content = b"".join(FORMATS["xlsx"][1](source, source.names))
    assert cells_of("xlsx", content)[1] == ["999999999999999999.99", -0.0001, 123456789012.345]


@pytest.mark.parametrize("step", [1, 3])
def test_ids_close_together_and_far_apart_give_the_same_rows(all_stocks, step):
    stocks = all_stocks.filter(pk__in=list(all_stocks.values_list("pk", flat=True)[::step]))
    source = stocks_source(stocks.order_by("-code"), ("code",))
    expected = sorted(stocks.values_list("code", flat=True), reverse=True)
    assert [code for (codes,) in source.batches for code in codes] == expected


@pytest.mark.parametrize("form", FORMATS)
def test_a_watchlist_is_the_persons_own(client, alice, bob, sign_in, form):
    watched_by(alice)
    bob.watchlist.watch(Stock.objects.get(code="000001"))
    address = f"/watchlist.{form}?sort=-added_price"
    _headings, *rows = cells_of(form, file_of(sign_in(alice), address))
    assert len(rows) == 7
    assert {row[9] or "" for row in rows} == {"a", "b", "", "Bb", "利好"}
    assert [row[0] for row in cells_of(form, file_of(sign_in(bob), address))[1:]] == ["000001"]
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=/watchlist")


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_without_rows(client, db, form):
    assert len(cells_of(form, file_of(client, f"/stocks.{form}"))) == (form != "json")


@pytest.mark.parametrize("form", FORMATS)
def test_batches_do_not_show(client, all_stocks, monkeypatch, form):
    address = f"/stocks.{form}?sort=-turnover"
    whole = cells_of(form, file_of(client, address))
    monkeypatch.setattr(exports, "SIZE", 7)
    assert cells_of(form, file_of(client, address)) == whole


def test_a_stock_deleted_meanwhile_is_left_out(all_stocks, monkeypatch):
    monkeypatch.setattr(exports, "SIZE", 50)
    source = stocks_source(all_stocks.order_by("pk"), ("code",))
    gone = all_stocks.order_by("pk")[60]
    gone.delete()
    (first,), (rest,) = source.batches
    assert (len(first), len(rest), gone.code in rest) == (50, 43, False)


def test_drawn_columns_have_no_place_in_a_file(client, stocks):
    headings = cells_of("json", file_of(client, f"/stocks.json?{EVERY_COLUMN}"))[0]
    declared = [column.name for column in MARKET.columns if column.name != "sparkline"]
    assert headings == ["code", "market", *declared[1:]]


def test_columns_a_person_chose_are_those_of_the_file(alice, alice_client, stocks):
    alice.save_columns("market", ("volume",))
    expected = ["code", "market", "short", "volume", "status"]
    assert cells_of("json", file_of(alice_client, "/stocks.json"))[0] == expected
    expected[3] = "amount"
    assert cells_of("json", file_of(alice_client, "/stocks.json?columns=amount"))[0] == expected


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", '"=1', " =1", "'=1"],
)
def test_no_text_of_a_csv_file_runs_as_a_formula(client, stocks, name):
    Stock.objects.filter(code="000007").update(short=name, chg="-3.5")
    row = cells_of("csv", file_of(client, "/stocks.csv?q=000007"))[1]
    assert row[2:4] == [f"'{name}", "-3.50"]


@pytest.mark.parametrize("name", ["*ST 全新", "'a", "a=b", "全新-U", "1-2"])
def test_other_texts_stay_as_they_are(client, stocks, name):
    Stock.objects.filter(code="000007").update(short=name)
    assert cells_of("csv", file_of(client, "/stocks.csv?q=000007"))[1][2] == name


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_line_of_a_csv_file_is_as_python_writes_it(name):
    expected = io.StringIO()
    csv.writer(expected).writerow([guarded(name), "", "1.50"])
    source = Source(("a", "b", "c"), [(TEXT,), (TEXT,), (NUMBER,)], 1, [[[name], [None], ["1.50"]]])
    content = b"".join(FORMATS["csv"][1](source, source.names)).decode()
    assert content == f"\ufeffa,b,c\r\n{expected.getvalue()}"


# How it is answered


@pytest.mark.parametrize("form", FORMATS)
def test_headers(client, alice_client, stocks, form):
    for address, title in ((f"/stocks.{form}", "stocks"), (f"/watchlist.{form}", "watchlist")):
        response = alice_client.get(address)
        disposition = response["Content-Disposition"]
        assert disposition.startswith(f'attachment; filename="{title}-2')
        assert disposition.endswith(f'.{form}"')
        assert response["Content-Type"] == FORMATS[form][0]
        assert "private" in response["Cache-Control"]
        head = alice_client.head(address)
        assert (head.status_code, head.getvalue()) == (200, b"")
        # The name of the file has the time in it.
        head["Content-Disposition"] = disposition
        assert dict(head.headers) == dict(response.headers)
        assert alice_client.post(address).status_code == 405
    content = file_of(client, f"/stocks.{form}")
    assert content.startswith({"csv": b"\xef\xbb\xbfCode,", "xlsx": b"PK", "json": b"[\n{"}[form])
    packed = client.get(f"/stocks.{form}", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("query", "name"),
    [("price_min=x", "price_min"), ("sort=colour", "sort"), ("nonsense=1", "nonsense"),
     ("market=ZZ", "market"), ("price_min=2&price_max=1", "price_min")],
)  # fmt: skip
def test_what_cannot_be_used_is_named(client, alice_client, stocks, query, name):
    for response in (
        client.get(f"/stocks.csv?{query}"),
        alice_client.get(f"/watchlist.csv?{query}"),
    ):
        assert response.status_code == 400
        (main,) = find(parse(response), "main")
        assert name in text(main)
        assert "correct the address" in text(main)


def test_a_spreadsheet_has_no_room_for_more(client, stocks, monkeypatch):
    monkeypatch.setattr("stocks.views.exports.EXCEL_ROWS", 5)
    response = client.get("/stocks.xlsx")
    assert response.status_code == 400
    assert "room for 4: take CSV" in text(find(parse(response), "main")[0])
    assert client.get("/stocks.csv").status_code == 200
    monkeypatch.setattr("stocks.views.exports.EXCEL_ROWS", 6)
    assert client.get("/stocks.xlsx").status_code == 200


def test_as_many_queries_for_many_rows(alice, alice_client):
    def queries(address):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            file_of(alice_client, address)
        return len(captured)

    addresses = [f"/{name}.{form}" for name in ("stocks", "watchlist") for form in FORMATS]
    for number in range(2):
        alice.watchlist.watch(Stock.objects.create(code=f"{600000 + number}", short="x"))
    few_rows = [queries(address) for address in addresses]
    for number in range(2, 200):
        alice.watchlist.watch(Stock.objects.create(code=f"{600000 + number}", short="x"))
    assert [queries(address) for address in addresses] == few_rows
    assert max(few_rows) <= 5


@pytest.mark.parametrize("form", FORMATS)
def test_the_page_links_to_its_files(client, stocks, form):
    tree = parse(client.get("/?q=0&sort=-price&size=25"))
    (link,) = [a for a in find(tree, "a", rel="nofollow") if text(a) == form.upper()]
    assert link.get("href") == f"/stocks.{form}?q=0&sort=-price"
    rows = cells_of(form, file_of(client, link.get("href")))
    assert [row[0] for row in rows[1:]] == codes(client.get("/?q=0&sort=-price"))


def test_the_watchlist_links_to_its_own(alice, alice_client, stocks):
    alice.watchlist.watch(stocks["000007"])
    tree = parse(alice_client.get("/watchlist/"))
    assert [a.get("href") for a in find(tree, "a", rel="nofollow")] == [
        f"/watchlist.{form}" for form in FORMATS
    ]


# In the admin


def test_the_admins_file_has_the_list_with_its_filters(staff, all_stocks):
    client = staff("view_stock")
    page = client.get(f"{ADMIN}?market__exact=SZ&q=0&o=-5")
    links = [a.get("href") for a in find(parse(page), "a") if "export." in a.get("href", "")]
    assert links == [f"export.{form}?market__exact=SZ&o=-5&q=0" for form in FORMATS]
    headings, *rows = cells_of("json", file_of(client, f"{ADMIN}{links[2]}"))
    assert headings == list(FIELDS[QUOTES])
    turnover = headings.index("turnover")
    assert {row[1] for row in rows} == {"SZ"}
    assert 10 < len(rows) < 94
    shown = [row[0] for row in rows]
    assert shown != sorted(shown)
    assert len(cells_of("csv", file_of(client, f"{ADMIN}export.csv?p=9"))) == 95
    assert rows[0][turnover] is not None
    assert client.get(f"{ADMIN}export.csv?market__no=1").status_code == 400


def test_only_who_may_see_the_stocks_gets_the_file(staff, client, stocks):
    assert client.get(f"{ADMIN}export.csv").status_code == 302
    assert staff("view_watchlistentry").get(f"{ADMIN}export.csv").status_code == 403
