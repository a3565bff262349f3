"""Rows made for the tests: with ties, with values that are missing, with odd names."""

from datetime import UTC, date, datetime
from decimal import Decimal

from django.db.models import F

from stocks.columns import CHOOSABLE, MARKET, NumberColumn
from stocks.models import Stock, WatchlistEntry

EVERY_COLUMN = f"columns={','.join(column.name for column in MARKET.columns)}"
ADDED = datetime(2026, 7, 1, 1, 30, tzinfo=UTC)
# Where a plain file would run, and what only looks as if.
ODD_NAMES = [
    "=1+1", "'=x", "''=x", "*ST 全新", "-5", "+x", "@x", "＝1", "'a", '"=1', "a,b", 'a"b', "a\nb",
    "a\rb", "a\tb", "_x0041_", "<b>&amp;", "数据来源", "1e9", "0012", "TRUE", "2017-07-20",
    "五 粮 液",
]  # fmt: skip


def varied():
    """Make stocks whose values tie, are missing, or sort otherwise as text than as numbers."""
    rows = [
        ("000001", "平安银行", "9.90", "1", "9.90", "10", "2017-07-18"),
        ("000002", "万科A", "10.01", "1", "10.01", "9", "2017-07-19"),
        ("000003", "Bear", "-10", "2.50", "100", "9", "2017-07-19"),
        ("000004", "bear", None, None, None, None, None),
        ("600005", "没有高点", "-9.9", "0", "0.0001", None, None),
        ("600006", "没有价", None, "10", None, "3", "2016-12-31"),
    ]
    names = ("code", "short", "chg", "turnover", "price", "highs", "time")
    for row in rows:
        Stock.objects.create(**dict(zip(names, row, strict=True)))
    Stock.objects.create(code="1234567", short="五 粮 液")
    numbers = [c.name for c in CHOOSABLE if isinstance(c, NumberColumn)]
    values = {name: F("highs") + place for place, name in enumerate(numbers, 1)}
    Stock.objects.update(**values)
    few = Stock.objects.filter(market="SZ", highs__isnull=False)
    few.update(industry="银行", source="a file", quote_time=ADDED)
    few.filter(highs=9).update(industry="Cars", quote_time="2017-07-20T07:00:00Z")
    return Stock.objects.order_by("pk")


def odd_stocks():
    """Make stocks with every field, odd names, and values at the limits of their fields."""
    varied()
    for place, name in enumerate(ODD_NAMES):
        Stock.objects.create(code=f"{601000 + place}", short=name, industry=name, source=name)
    numbers = {
        "chg": "-100", "turnover": "99999999.9999", "price": "9999999999.9999", "highs": "0.0001",
        "previous_close": "1", "open": "0.01", "high": "1234.5", "low": "1e3", "volume": 10**15,
        "amount": "9999999999999.99", "price_earnings": "-9999999999.9999", "price_book": "-0.0001",
        "market_value": "0",
    }  # fmt: skip
    for status in Stock.Status.values:
        Stock.objects.create(
            code=f"X{status[:1].upper()}", short=f"{status}x", status=status, industry="-银行",
            time=date(1899, 12, 31), quote_time=datetime(2026, 7, 1, 7, 0, 0, 123456, UTC),
            **{name: Decimal(value) for name, value in numbers.items()},
        )  # fmt: skip
    Stock.objects.create(code="7", short="七", price=1, time=date(9999, 12, 31))
    Stock.objects.create(code="BRK.B", short="Berkshire", price="0.5", status="suspended")
    return Stock.objects.order_by("code")


def watched_by(person):
    """Put the stocks on a person's watchlist; one entry is as the old site left them."""
    notes = ["b", "a", "", "a", "", "Bb", "利好"]
    for place, stock in enumerate(varied()):
        kept = {"note_info": notes[place], "added_price": stock.highs, "added_at": ADDED}
        if place == 1:
            kept |= {"added_price": None, "added_at": None}
        person.watchlist.watch(stock, **kept)
    return person.watchlist.stocks()


def many(count, person):
    """Make so many stocks, with every other one on a person's watchlist, the second among them."""
    made = [
        Stock(code=f"60{number:04}", short=f"n{number}", price=number + 1)
        for number in range(count)
    ]
    for stock in made:
        stock.derive()
    made = Stock.objects.bulk_create(made)
    entries = (WatchlistEntry(owner=person, info=s, note_info="n") for s in made[1::2])
    WatchlistEntry.objects.bulk_create(entries)


def rows_of(response):
    """Return how many rows the table of a page has, without reading all of it."""
    return response.content.count(b"data-row=")
