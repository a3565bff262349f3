"""What is known of the whole table without counting, and reading pages along an index."""

from datetime import UTC, date, datetime
from itertools import product

import pytest
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict

from stocks.columns import MARKET
from stocks.models import Stock
from stocks.screen import Screen

from .rows import varied

SORTS = [column.name for column in MARKET.columns if column.sortable]


def make(code, **values):
    return Stock.objects.create(code=code, short="n", **values)


def test_facts_are_those_of_the_stocks(db):
    make("000001", industry="Cars", quote_time="2026-07-17T07:00:00Z")
    make("600001", time="2026-07-16", status="suspended")
    make("1234567")
    facts = Stock.objects.facts()
    assert (facts.total, facts.markets, facts.industries) == (3, ["", "SH", "SZ"], ["Cars"])
    assert facts.newest_quote == datetime(2026, 7, 17, 7, tzinfo=UTC)
    assert facts.newest_high == date(2026, 7, 16)
    assert Stock.objects.filter(market="SH").facts().total == 1
    assert Stock.objects.filter(pk__gt=0).facts() == facts


def test_facts_of_no_stocks(db):
    facts = Stock.objects.facts()
    assert (facts.total, facts.markets, facts.newest_quote, facts.newest_high) == (
        0,
        [],
        None,
        None,
    )
    assert Stock.objects.filter(pk__gt=0).facts() == facts


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        (None, 2),
        (Q(market="SZ"), 1),
        (Q(status=""), 2),
        (Q(market="HK"), None),
        (Q(market="SZ") & Q(status=""), None),
        (Q(market="SZ") | Q(status=""), None),
        (Q(price__gte=1), None),
    ],
)
def test_one_value_is_known_and_the_rest_is_counted(db, condition, count):
    make("000001")
    make("600001")
    assert Stock.objects.facts().count(condition) == count


@pytest.mark.django_db(transaction=True)
def test_facts_are_kept_until_the_data_changes(django_assert_num_queries):
    make("000001")
    assert Stock.objects.facts().total == 1
    with django_assert_num_queries(1):
        assert Stock.objects.facts().total == 1
    with transaction.atomic():
        make("000002")
        assert Stock.objects.facts().total == 2
        transaction.set_rollback(True)
    assert Stock.objects.facts().total == 1
    make("000003")
    assert Stock.objects.facts().total == 2


@pytest.mark.parametrize("sort", SORTS)
def test_every_part_is_the_one_of_the_whole(db, sort):
    """With a `total` that makes many of those shown, and with one that makes them few."""
    varied()
    stocks = Stock.objects.all()
    queries = ("", "price_min=1&highs_max=10", "q=0", "industry=Cars")
    for sign, query, total in product(("", "-"), queries, (0, 10**9)):
        screen = Screen.parse(QueryDict(f"{query}&sort={sign}{sort}&size=25"), MARKET, ())
        whole = [stock.pk for stock in screen.rows(stocks)]
        for size in (1, 3, 7):
            for first in range(0, len(whole), size):
                past = min(first + size, len(whole))
                part = screen.part(stocks, first, past, len(whole), total)
                assert [stock.pk for stock in part] == whole[first:past]
