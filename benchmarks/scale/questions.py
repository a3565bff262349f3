"""What is asked: every order, filter and search, the first page and the last, counts, pictures."""

from collections.abc import Callable
from dataclasses import dataclass

# The orders under which every filter is asked, unless it is asked under all.
FEW = ("code", "-chg", "price")
# From which to which part of the values a range goes.
PARTS = {"narrow": (0.495, 0.505), "wide": (0.1, 0.9)}
EXACT = {
    "market": "market=SH",
    "industry": "industry=行业07",
    "status": "status=suspended",
    "status, nearly all": "status=traded",
    "source": "source=sina",
    "market and industry": "market=SZ&industry=行业07",
}
SEARCHES = {
    "code, whole": "q=001234",
    "code, its start": "q=0012",
    "symbol": "q=001234.SH",
    "name, two characters": "q=东方",
    "name, one character": "q=东",
    "pinyin, initials": "q=dfh",
    "pinyin, in full": "q=dongfang",
    "nothing": "q=没有这个",
}


@dataclass(frozen=True)
class Question:
    """Something asked of a database, by the alias of which it is called."""

    group: str
    name: str
    ask: Callable


def questions(everything):
    """Return all questions."""
    from stocks.columns import MARKET

    columns = [column for column in MARKET.columns if column.sortable]
    orders = [f"{sign}{column.name}" for column in columns for sign in ("", "-")]
    filters = [("filter", name, query) for name, query in EXACT.items()]
    filters += [("range", *asked) for asked in ranges()]
    filters += [("search", *asked) for asked in SEARCHES.items()]
    pages = [("order", f"by {order}", f"sort={order}") for order in orders]
    pages += [
        (group, f"{name}, by {order}", f"{query}&sort={order}")
        for group, name, query in filters
        for order in (orders if everything else FEW)
    ]
    return [
        *(page(*asked, last) for asked in pages for last in (False, True)),
        *(count(name, query) for _group, name, query in [("", "all", ""), *filters]),
        Question("count", "markets and industries", lists),
        *(picture(column) for column in MARKET.ranged),
    ]


def ranges():
    """Yield (name, query) for a narrow and a wide range of every column, by the small table."""
    from stocks.columns import MARKET
    from stocks.models import Stock

    for column in MARKET.ranged:
        valued = Stock.objects.using("small").exclude(**{column.name: None})
        values = list(valued.order_by(column.name).values_list(column.name, flat=True))
        for name, parts in PARTS.items():
            low, high = (bound(values[int(part * len(values))]) for part in parts)
            query = f"{column.name}_min={low}&{column.name}_max={high}"
            yield f"{column.name}, {name}", query


def bound(value):
    """Return a value as an address has it, a moment by its day."""
    return str(value)[:10] if hasattr(value, "isoformat") else f"{value:f}"


def screen(query):
    """Return the screen of a query string; SystemExit for one that is wrong."""
    from django.http import QueryDict

    from stocks.columns import MARKET
    from stocks.screen import Screen

    found = Screen.parse(QueryDict(query), MARKET, ())
    if found.problems:
        raise SystemExit(f"{query}: {found.problems}")
    return found


def page(group, name, query, last):
    """Return the question for the first page of a screen, or the last."""
    from stocks.models import Stock
    from stocks.page import Page

    asked, ends = screen(query), {}

    def ask(alias):
        stocks = Stock.objects.using(alias)
        if last and alias not in ends:
            ends[alias] = Page.of(asked, stocks).last
        return Page.of(asked.changed(page=ends.get(alias, 1)), stocks)

    return Question(group, f"{name}, {'last' if last else 'first'} page", ask)


def count(name, query):
    """Return the question for the counts and dates of a screen."""
    from stocks.models import Stock

    condition = screen(query).condition()
    return Question("count", name, lambda alias: Stock.objects.using(alias).summary(condition))


def lists(alias):
    """Ask for the markets and industries."""
    from stocks.models import Stock

    return Stock.objects.using(alias).facts()


def picture(column):
    """Return the question for how the values of a column are distributed."""
    from stocks.histogram import Histogram
    from stocks.models import Stock

    return Question(
        "histogram", column.name, lambda alias: Histogram.of(Stock.objects.using(alias), column)
    )
