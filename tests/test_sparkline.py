"""The small line of the last sixty closes in a row of the table."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import translation

from stocks.columns import SPARKLINE
from stocks.models import Bar, Stock

from .pages import codes, find, parse, text

FIRST = date(2026, 1, 1)
SVG = "{http://www.w3.org/2000/svg}"


def make(code, closes, adjusted=()):
    """Make a stock with a bar a day, and adjusted closes for the first of them."""
    stock = Stock.objects.create(code=code, short=f"n{code}")
    Bar.objects.bulk_create(
        Bar(
            stock=stock,
            date=FIRST + timedelta(days=place),
            adjusted_close=adjusted[place] if place < len(adjusted) else None,
            **dict.fromkeys(("open", "high", "low", "close"), close),
        )
        for place, close in enumerate(closes)
    )
    return stock


def lines(response):
    """Return (class, words, points) of each line, None for a dash."""
    found = []
    for cell in find(parse(response), "td", css="c-sparkline"):
        svg = find(cell, f"{SVG}svg")
        if svg:
            points = find(svg[0], f"{SVG}polyline")[0].get("points")
            found.append((svg[0].get("class"), svg[0].get("aria-label"), points))
        else:
            found.append(text(cell))
    return found


def test_line_goes_through_the_closes_and_words_say_how_far(client, db):
    make("600001", [10, 12, 11, 11.5])
    make("600002", [10, 8])
    make("600003", [5, 6, 5])
    make("600004", [7])
    make("600005", [])
    assert lines(client.get("/?columns=sparkline")) == [
        ("up", "up 15.0% in 4 days", "0,30 40,0 80,15 120,8"),
        ("down", "down 20.0% in 2 days", "0,0 120,30"),
        ("flat", "unchanged in 3 days", "0,30 60,0 120,30"),
        "–",
        "–",
    ]


def test_only_the_last_sixty_count_and_adjusted_closes_come_first(db):
    closes = [1000, *range(100, 159), 200]
    stock = make("600001", closes, [None, 50])
    other = make("600002", range(1, 80))
    found = Bar.objects.closes([other, stock], 60)
    assert found[stock.pk] == [50, *closes[2:]]
    assert found[other.pk] == list(range(20, 80))
    assert Bar.objects.closes([], 60) == {}


def test_a_level_line_and_a_row_nobody_prepared(db):
    stock = make("600001", [3, 3, 3])
    assert SPARKLINE.show(stock) == "–"
    SPARKLINE.prepare([stock])
    assert 'points="0,0 60,0 120,0"' in SPARKLINE.show(stock)
    with translation.override("zh-hans"):
        assert "<svg" in SPARKLINE.show(stock)


def test_it_neither_sorts_nor_filters(client, db):
    make("600001", [1, 2])
    response = client.get("/?columns=sparkline&sort=sparkline&sparkline_min=1")
    assert len(codes(response)) == 1
    problems = text(find(parse(response), "main")[0])
    assert "sort cannot be “sparkline”" in problems
    assert "“sparkline_min” is no filter" in problems
    (heading,) = find(parse(response), "th", css="c-sparkline")
    assert not find(heading, "a")


@pytest.mark.parametrize("rows", [2, 200])
def test_one_query_more_for_the_whole_page_and_none_without_it(
    client, alice, alice_client, django_assert_max_num_queries, rows
):
    for number in range(rows):
        alice.watchlist.watch(make(f"60{number:04}", [1, 2]))
    with django_assert_max_num_queries(4):
        assert len(lines(client.get("/?size=200&columns=sparkline"))) == rows
    with django_assert_max_num_queries(7):
        assert len(lines(alice_client.get("/watchlist/?size=200&columns=sparkline"))) == rows
    with django_assert_max_num_queries(3):
        client.get("/?size=200")


def rows_read():
    """Return how many rows this session has read of indexes, by the way they were read."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return {name: int(count) for name, count in cursor.fetchall()}


@pytest.mark.mariadb
def test_mariadb_reads_only_the_newest_rows_of_the_key(db):
    stocks = [make(f"60000{place}", range(1, 400)) for place in range(3)]
    before = rows_read()
    Bar.objects.closes(stocks, 60)
    after = rows_read()
    assert after["Handler_read_prev"] - before["Handler_read_prev"] <= 3 * 60
    assert after["Handler_read_next"] == before["Handler_read_next"]
