"""The query string of a table, as a value."""

from datetime import date
from decimal import Decimal

import pytest
from django.http import QueryDict

from stocks.columns import MARKET, WATCHLIST
from stocks.page import Page
from stocks.parameters import SIZES
from stocks.screen import Screen


def screen(query, table=MARKET, markets=("SH", "SZ", "")):
    return Screen.parse(QueryDict(query), table, markets)


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("q=%20000007%20", "q", "000007"),
        ("market=sz", "market", "SZ"),
        ("market=-", "market", "-"),
        ("market=HK", "market", "HK"),
        ("sort=-chg", "sort", "-chg"),
        ("sort=code", "sort", ""),
        ("sort=-code", "sort", "-code"),
        ("size=25", "size", 25),
        ("page=3", "page", 3),
        ("price_min=1.5", "ranges", {"price_min": Decimal("1.5")}),
        ("chg_max=-3%25", "ranges", {"chg_max": Decimal(-3)}),
        ("industry=%20Banks%20", "matches", {"industry": "Banks"}),
        ("status=delisted", "matches", {"status": "delisted"}),
        ("status=traded", "matches", {"status": "traded"}),
        ("source=a+file", "matches", {"source": "a file"}),
        ("columns=", "chosen", ()),
        ("columns=code", "chosen", ("code",)),
        ("columns=volume,,+chg", "chosen", ("chg", "volume")),
        ("time_min=2017-07-20", "ranges", {"time_min": date(2017, 7, 20)}),
    ],
)
def test_good_value_is_taken(query, name, value):
    parsed = screen(query)
    assert getattr(parsed, name) == value
    assert parsed.problems == ()


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("market=XX", "“XX”"),
        ("sort=nothing", "“nothing”"),
        ("sort=since", "“since”"),
        ("sort=--chg", "“--chg”"),
        ("size=33", "“33”"),
        ("size=-1", "“-1”"),
        ("page=0", "“0”"),
        ("page=two", "“two”"),
        ("page=%C2%B2", "“²”"),
        ("page=9999999999", "“9999999999”"),
        ("price_min=cheap", "price_min cannot be “cheap”"),
        ("price_min=1e9", "“1e9”"),
        ("chg_max=NaN", "“NaN”"),
        ("time_max=2017-02-30", "“2017-02-30”"),
        ("list=nobodys", "“nobodys”"),
        ("status=gone", "status cannot be “gone”; it takes traded, suspended, delisted"),
        ("industry=" + "x" * 65, "industry is longer than 64"),
        ("industry=a%00b", "industry has characters"),
        ("volume=5", "“volume”"),
        ("colour=red", "“colour”"),
        ("since_min=1", "“since_min”"),
        ("q=" + "x" * 65, "q is longer than 64"),
        ("q=a%00b", "q has characters"),
        ("price_min=5&price_max=4", "price_min is above price_max"),
    ],
)
def test_bad_value_is_named_and_the_rest_still_works(query, named):
    parsed = screen(f"{query}&turnover_min=2")
    assert len([problem for problem in parsed.problems if named in problem]) == 1
    assert parsed.changed(ranges={}) == Screen(MARKET)
    assert parsed.ranges == {"turnover_min": Decimal(2)}


def test_last_of_a_repeated_parameter_counts_and_it_is_said():
    parsed = screen("sort=price&sort=-chg")
    assert parsed.sort == "-chg"
    assert parsed.problems == ("sort is given more than once; the last one counts.",)


def test_days_that_no_time_zone_reaches_are_named():
    for day in ("0001-01-01", "9999-12-31"):
        parsed = screen(f"added_at_min={day}", WATCHLIST)
        assert parsed.ranges == {}
        assert day in parsed.problems[0]


QUERIES = [
    "",
    "q=%EF%BC%A1%25_",
    "market=SH&sort=-price&size=25&page=2",
    "market=-&q=a+b%26c",
    "price_min=0.0001&price_max=742000.01&chg_min=-10&chg_max=%2B3.50%25",
    "industry=%E9%93%B6%E8%A1%8C+%26+co&status=suspended&columns=chg,volume",
    "time_min=2017-01-02&time_max=2017-01-02&turnover_min=0",
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("table", [MARKET, WATCHLIST])
def test_screen_writes_itself_and_is_read_back_equal(query, table):
    first = screen(query, table)
    assert first.problems == ()
    again = screen(first.query().removeprefix("?"), table)
    assert again == first
    assert again.query() == first.query()


def test_default_screen_has_no_query():
    assert screen("sort=code&size=100&page=1&q=").query() == ""


def test_without_page_asks_for_the_list_as_a_whole():
    assert screen("q=a&size=25&page=3").query(page=False) == "?q=a"


def test_heading_sorts_numbers_from_the_largest_and_then_round():
    price = MARKET.column("price")
    once = Screen(MARKET).sorted_by(price)
    assert (once.sort, once.sorted_by(price).sort) == ("-price", "price")
    code = MARKET.column("code")
    assert (once.sorted_by(code).sort, Screen(MARKET).sorted_by(code).sort) == ("", "-code")


def test_change_leads_to_the_first_page():
    assert screen("page=3").sorted_by(MARKET.column("chg")).page == 1


def test_each_filter_can_be_taken_away():
    parsed = screen("q=a&market=-&price_min=1&price_max=2")
    labels = [str(label) for label, _without in parsed.filters]
    assert labels == ["search: a", "Unknown market", "Latest price ≥ 1", "Latest price ≤ 2"]
    assert [without.query() for _label, without in parsed.filters] == [
        "?market=-&price_min=1&price_max=2",
        "?q=a&price_min=1&price_max=2",
        "?q=a&market=-&price_max=2",
        "?q=a&market=-&price_min=1",
    ]


def test_each_whole_value_can_be_taken_away():
    parsed = screen("industry=Banks&status=suspended&columns=chg")
    assert [(str(label), without.query()) for label, without in parsed.filters] == [
        ("Industry = Banks", "?status=suspended&columns=chg"),
        ("Status = Suspended", "?industry=Banks&columns=chg"),
    ]


@pytest.mark.parametrize(
    ("number", "shown", "numbers"),
    [
        (1, 20, [1, 1]),
        (1, 50, [1, 2]),
        (1, 200, [1, 2, 3, None, 8]),
        (5, 250, [1, None, 3, 4, 5, 6, 7, None, 10]),
    ],
)
def test_page_numbers_with_gaps(number, shown, numbers):
    parsed = Screen(MARKET, size=SIZES[0], page=number)
    assert Page(parsed, [], shown, shown, False, None).numbers == numbers


@pytest.mark.parametrize(
    ("number", "numbers", "previous", "following"),
    [
        (1, [1, 2, 3, None, "last"], None, 2),
        (5, [1, None, 3, 4, 5, 6, 7, None, "last"], 4, 6),
        ("last", [1, 2, 3, None, "last"], None, None),
    ],
)
def test_page_numbers_while_the_last_is_not_known(number, numbers, previous, following):
    page = Page(Screen(MARKET, size=SIZES[0], page=number), [], 999, 250, True, None)
    assert (page.numbers, page.previous, page.next) == (numbers, previous, following)
