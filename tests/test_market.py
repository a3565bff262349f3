"""The table of the market."""

from datetime import date
from decimal import Decimal

import pytest

from stocks.columns import MARKET
from stocks.models import Stock

from .pages import codes, find, parse, said, text
from .rows import many, rows_of, varied

HEADINGS = [
    "No.",
    "Code",
    "Name",
    "Change",
    "Turnover rate",
    "Latest price",
    "Previous high",
    "Previous high on",
    "From previous high",
    "Watchlist",
]


def cells(response, css):
    return [text(cell) for cell in find(parse(response), "td", css=css)]


def test_every_real_row_is_shown_whole(client, all_stocks):
    response = client.get("/")
    assert len(codes(response)) == 94
    row = find(parse(response), "tr")[1]
    assert [text(cell) for cell in row][:-1] == [
        "1",
        "000007 SZ",
        "全新好000007.SZ",
        "▲+10.01%",
        "4.40%",
        "16.05",
        "14.60",
        "18 Jul 2017",
        "▲+9.93%",
    ]


def test_columns_are_those_of_the_old_site_and_the_distance(client, stocks):
    headings = find(parse(client.get("/")), "th", scope="col")
    assert [text(heading).rstrip("↑↓") for heading in headings] == HEADINGS


@pytest.mark.parametrize("name", [column.name for column in MARKET.ranged])
@pytest.mark.parametrize("minus", ["", "-"])
def test_numbers_and_days_sort_as_such_and_what_is_missing_comes_last(client, db, name, minus):
    rows = list(varied())
    full = [row for row in rows if getattr(row, name) is not None]
    empty = [row for row in rows if getattr(row, name) is None]
    assert len(empty) >= 2
    for part in (full, empty):
        part.sort(key=lambda row: (getattr(row, name) or 0, row.pk), reverse=bool(minus))
    assert codes(client.get(f"/?sort={minus}{name}")) == [row.code for row in full + empty]


def test_ten_is_more_than_nine(client, db):
    varied()
    shown = cells(client.get("/?sort=-chg"), "c-chg")
    assert shown[:4] == ["▲+10.01%", "▲+9.90%", "▼−9.90%", "▼−10.00%"]
    assert shown[4:] == ["–", "–", "–"]


@pytest.mark.parametrize("minus", ["", "-"])
def test_names_sort_by_pinyin(client, stocks, minus):
    order = ["600225", "600729", "000036", "000007", "300268"]
    assert codes(client.get(f"/?sort={minus}short")) == (order[::-1] if minus else order)


def test_code_sorts_both_ways(client, stocks):
    assert codes(client.get("/")) == sorted(stocks)
    assert codes(client.get("/?sort=-code")) == sorted(stocks, reverse=True)


def test_sorted_column_says_so_and_its_heading_turns_it_round(client, stocks):
    tree = parse(client.get("/?sort=-price&q=0"))
    (heading,) = [th for th in find(tree, "th", scope="col") if th.get("aria-sort")]
    assert heading.get("aria-sort") == "descending"
    assert find(heading, "a")[0].get("href") == "?q=0&sort=price"


@pytest.mark.parametrize("name", [c.name for c in MARKET.ranged if c.name != "quote_time"])
def test_bounds_include_their_own_value(client, db, name):
    rows = list(varied())
    values = sorted(getattr(row, name) for row in rows if getattr(row, name) is not None)
    low, high = values[1], values[-2]
    meant = {
        row.code
        for row in rows
        if getattr(row, name) is not None and low <= getattr(row, name) <= high
    }
    response = client.get("/", {f"{name}_min": str(low), f"{name}_max": str(high)})
    assert set(codes(response)) == meant
    assert said(response) == []
    assert 0 < len(meant) < len(values)


def test_bound_beyond_every_number_is_no_error(client, stocks):
    for bound in ("9999999999999999.99999999", "-9999999999999999.99999999", "0.00000001"):
        response = client.get("/", {"price_min": bound, "chg_min": bound, "distance_min": bound})
        assert response.status_code == 200
        assert said(response) == []
    assert len(codes(client.get("/?price_min=0.00000001"))) == len(stocks)


def test_percent_sign_in_a_bound(client, stocks):
    shown = codes(client.get("/", {"chg_min": "10.02%"}))
    assert shown == [c for c in sorted(stocks) if stocks[c].chg >= Decimal("10.02")]


@pytest.mark.parametrize(
    ("market", "shown"),
    [
        ("SH", ["600005", "600006"]),
        ("sz", ["000001", "000002", "000003", "000004"]),
        ("-", ["1234567"]),
        ("HK", []),
    ],
)
def test_market(client, db, market, shown):
    varied()
    response = client.get("/", {"market": market})
    assert codes(response) == shown
    selected = [o for o in find(parse(response), "option") if o.get("selected") is not None]
    assert selected[0].get("value") == market.upper()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"industry": "银行"}, ["000001"]),
        ({"industry": "Cars"}, ["000002", "000003"]),
        ({"industry": "Ca"}, []),
        ({"industry": "Cars", "price_min": "50"}, ["000003"]),
        ({"source": "a file", "chg_min": "0"}, ["000001", "000002"]),
        ({"status": "suspended"}, ["600005"]),
        ({"status": "delisted"}, []),
    ],
)
def test_whole_values(client, db, query, shown):
    varied()
    Stock.objects.filter(code="600005").update(status="suspended")
    response = client.get("/", query)
    assert codes(response) == shown
    assert said(response) == []
    fields = [*find(parse(response), "option"), *find(parse(response), "input", type="hidden")]
    asked = [f for f in fields if f.tag == "input" or f.get("selected") is not None]
    name, value = next(iter(query.items()))
    assert value in [field.get("value") for field in asked if field.get("name") in (None, name)]


def test_industries_are_offered_where_there_are_some(client, db):
    varied()
    (select,) = find(parse(client.get("/")), "select", name="industry")
    assert [option.get("value") for option in select] == ["", "Cars", "银行"]
    Stock.objects.update(industry="")
    assert not find(parse(client.get("/")), "select", name="industry")


@pytest.mark.parametrize("size", [25, 50, 100, 200])
def test_pages_together_show_every_row_once(client, all_stocks, size):
    pages = [codes(client.get(f"/?size={size}&page={n}")) for n in range(1, -(-94 // size) + 1)]
    assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert sum(pages, []) == sorted(stock.code for stock in all_stocks)  # noqa: RUF017


def test_rows_are_counted_through_the_pages(client, all_stocks):
    assert cells(client.get("/?size=25&page=2"), "c-place")[0] == "26"


def test_page_past_the_end_is_the_last_one_and_it_is_said(client, all_stocks):
    response = client.get("/?size=25&page=99")
    assert len(codes(response)) == 94 - 75
    assert said(response) == ["There is no page 99; this is the last one."]


def test_the_last_page_can_be_asked_for(client, all_stocks):
    response = client.get("/?size=25&page=last")
    assert cells(response, "c-place")[0] == "76"
    links = find(find(parse(response), "ol")[0], "a")
    assert [link.get("aria-current") for link in links] == [None, None, None, "page"]


@pytest.mark.parametrize("sort", ["code", "-price", "time"])
def test_of_very_many_stocks_it_is_said_that_they_are_more(client, all_stocks, monkeypatch, sort):
    query = f"/?highs_min=0&sort={sort}&size=25"
    pages = [codes(client.get(f"{query}&page={number}")) for number in range(1, 5)]
    assert "94 stocks, 94 shown" in status_line(client.get(query))
    monkeypatch.setattr("stocks.page.MOST_COUNTED", 25)
    first, third, beyond = (client.get(f"{query}&page={number}") for number in (1, 3, 9))
    assert "94 stocks, more than 25 shown" in status_line(first)
    assert "94 stocks, more than 75 shown" in status_line(third)
    assert (codes(first), codes(third)) == (pages[0], pages[2])
    assert "page 3," in text(find(parse(third), "p", id="place")[0])
    assert said(beyond) == ["There is no page 9; this is the last one."]
    last = client.get(f"{query}&page=last")
    assert codes(last) == [*pages[2], *pages[3]][-25:]
    assert cells(last, "c-place") == [""] * 25
    assert "the last page," in text(find(parse(last), "p", id="place")[0])
    assert [text(link) for link in find(find(parse(last), "ol")[0], "a")] == ["1", "2", "3", "Last"]


def test_links_to_pages_carry_the_rest_of_the_address(client, all_stocks):
    tree = parse(client.get("/?size=25&sort=-chg&turnover_min=0&page=2"))
    (following,) = find(tree, "a", rel="next")
    assert following.get("href") == "?sort=-chg&turnover_min=0&size=25&page=3"


def test_everything_at_once(client, all_stocks):
    asked = {"q": "0", "market": "SZ", "price_min": "10", "chg_max": "5", "sort": "-price"}
    meant = [
        stock
        for stock in all_stocks
        if (stock.code.startswith("0") and stock.market == "SZ")
        and stock.price >= 10
        and stock.chg <= 5
    ]
    meant.sort(key=lambda stock: (stock.price, stock.pk), reverse=True)
    assert codes(client.get("/", asked)) == [stock.code for stock in meant]
    assert len(meant) > 2


def test_bad_values_are_named_and_the_rest_still_works(client, all_stocks):
    bad = {"sort": "nothing", "size": "<b>", "page": "x", "price_min": "much", "foo": "1"}
    response = client.get("/", {**bad, "q": "000007"})
    assert codes(response) == ["000007"]
    problems = said(response)
    assert len(problems) == 5
    for named in ("“nothing”", "“<b>”", "“x”", "“much”", "“foo”"):
        assert any(named in problem for problem in problems), named


def status_line(response):
    return text(find(parse(response), "div", css="status")[0])


def test_count_of_stocks_and_of_those_shown(client, all_stocks):
    assert status_line(client.get("/")).startswith("94 stocks as of")
    shown = sum(stock.price >= 20 for stock in all_stocks)
    assert f"94 stocks, {shown} shown" in status_line(client.get("/?price_min=20"))


def test_old_data_is_marked_and_new_data_is_not(client, stocks):
    newest = max(stock.time for stock in stocks.values())
    line = status_line(client.get("/"))
    assert f"as of {newest.day} {newest:%b %Y}" in line
    assert "older than the last trading day" in line
    Stock.objects.update(time=date(2999, 1, 1))
    assert "older" not in status_line(client.get("/"))


def test_newest_quote_says_how_old_the_data_is(client, stocks):
    Stock.objects.filter(code="000007").update(quote_time="2020-01-02T23:30:00Z")
    assert "as of 3 Jan 2020" in status_line(client.get("/"))


def test_nothing_found_says_how_to_widen_it(client, stocks):
    response = client.get("/?q=nobody&price_min=3&sort=-chg")
    (empty,) = find(parse(response), "section", css="empty")
    links = {text(link): link.get("href") for link in find(empty, "a")}
    assert links == {
        "search: nobody ×": "?sort=-chg&price_min=3",
        "Latest price ≥ 3 ×": "?q=nobody&sort=-chg",
        "Show all": "?",
    }


def test_empty_table_says_how_to_fill_it(client, db):
    assert "loaddata info" in text(find(parse(client.get("/")), "section", css="empty")[0])


def test_asked_values_stand_in_the_form(client, stocks):
    tree = parse(
        client.get("/", {"q": '"><script>', "price_min": "1.50", "time_max": "2017-07-20"})
    )
    values = {field.get("name"): field.get("value") for field in find(tree, "input")}
    assert values["q"] == '"><script>'
    assert values["price_min"] == "1.50"
    assert values["time_max"] == "2017-07-20"


@pytest.mark.parametrize("rows", [2, 200])
def test_queries_do_not_grow_with_the_rows(
    client, alice, alice_client, django_assert_max_num_queries, rows
):
    many(rows, alice)
    for path in ("/?size=200", "/?size=200&q=n&price_min=1&sort=-distance"):
        with django_assert_max_num_queries(3):
            assert rows_of(client.get(path)) == rows
        with django_assert_max_num_queries(6):
            assert rows_of(alice_client.get(path)) == rows


def test_own_rows_have_the_other_button(alice_client, alice, bob, stocks):
    alice.watchlist.watch(stocks["000007"])
    bob.watchlist.watch(stocks["000036"])
    buttons = find(parse(alice_client.get("/")), "button")
    removing = [b.get("formaction") for b in buttons if "/remove/" in (b.get("formaction") or "")]
    assert removing == ["/watchlist/000007.SZ/remove/"]
