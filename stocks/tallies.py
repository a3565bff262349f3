"""The figures of the markets: what each has of stocks, sizes and days, and their sums."""

from functools import cached_property

from django.db.models import Count, FloatField, Max, Q, Sum
from django.db.models.functions import Cast

from .as_of import AsOf
from .columns import AMOUNT, MARKET_VALUE, TURNOVER
from .models import Stock
from .trading_days import MAINLAND


def currency(market):
    """Return what names the currency of a market: the mainland's markets share one."""
    return MAINLAND[0] if market in MAINLAND else market


def tallies():
    """Return the figures of each market, in one query; but for the dates, of traded stocks."""
    traded = Q(status=Stock.Status.TRADED)
    sizes = {}
    for name in (MARKET_VALUE.name, AMOUNT.name, TURNOVER.name):
        sizes[f"with_{name}"] = Count("pk", filter=traded & Q(**{f"{name}__gt": 0}))
        sizes[f"{name}_sum"] = Sum(Cast(name, FloatField()), filter=traded)
    return list(
        Stock.objects.values("market")
        .annotate(
            listed=Count("pk"),
            stocks=Count("pk", filter=traded),
            breakouts=Count("pk", filter=traded & Q(distance__gt=0)),
            industries=Count("pk", filter=traded & ~Q(industry="")),
            newest_quote=Max("quote_time"),
            newest_high=Max("time"),
            **sizes,
        )
        .order_by("market")
    )


class Tallies:
    """The figures of some markets together: `rows` are theirs, as `tallies` returns them."""

    def __init__(self, rows):
        self.rows = rows

    def sum(self, name):
        """Return a figure of the markets that are shown together."""
        return sum(row[name] for row in self.rows)

    @property
    def total(self):
        """How many stocks are traded, and so are counted here."""
        return self.sum("stocks")

    @property
    def resting(self):
        """How many stocks are suspended or delisted, and so are left out."""
        return self.sum("listed") - self.total

    def currencies(self, column):
        """Return the currencies in which traded stocks have a sum of money."""
        return {currency(row["market"]) for row in self.rows if row[f"with_{column.name}"]}

    @cached_property
    def as_of(self):
        """The day the data is from."""
        newest = (self.newest("newest_quote"), self.newest("newest_high"))
        return AsOf.of(*newest, [row["market"] for row in self.rows])

    def newest(self, name):
        """Return the latest of a date of the markets, None without any."""
        return max(filter(None, (row[name] for row in self.rows)), default=None)
