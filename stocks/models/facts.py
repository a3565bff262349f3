"""What is true of many stocks together, so that nobody counts them for every page."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Max, Subquery, Value

# How many stocks have each value of these is known without counting.
COUNTED = ("market", "industry", "status", "source")


@dataclass(frozen=True)
class Facts:
    """What is true of stocks together: how many have each value of some fields, what is newest."""

    counts: dict
    newest_quote: object
    newest_high: object

    @classmethod
    def of(cls, stocks):
        """Read them of some stocks, which are few beside the whole table, in one query."""
        newest = {"newest_quote": Max("quote_time"), "newest_high": Max("time")}
        groups = stocks.order_by().values(*COUNTED).annotate(n=Count("pk"), **newest)
        rows = list(groups)
        counts = {name: Counter() for name in COUNTED}
        for row in rows:
            for name in COUNTED:
                counts[name][row[name]] += row["n"]
        return cls(
            counts,
            *(max((r[name] for r in rows if r[name]), default=None) for name in newest),
        )

    @classmethod
    def of_all(cls, stocks):
        """Read them of the whole table along its indexes, in one query."""
        newest = {
            f"newest_{name}": Subquery(stocks.order_by(f"-{name}").values(name)[:1])
            for name in ("quote_time", "time")
        }
        first, *others = (
            stocks.order_by().values_list(Value(name), name).annotate(n=Count("pk"), **newest)
            for name in COUNTED
        )
        rows = list(first.union(*others, all=True))
        counts = {name: {} for name in COUNTED}
        for name, value, count, *_newest in rows:
            counts[name][value] = count
        return cls(counts, *(rows[0][3:] if rows else (None, None)))

    @property
    def total(self):
        """How many stocks there are."""
        return sum(self.counts["market"].values())

    @property
    def markets(self):
        """The markets that have stocks, in order; "" stands for an unknown one."""
        return sorted(self.counts["market"])

    @property
    def industries(self):
        """The industries there are, in order."""
        return sorted(filter(None, self.counts["industry"]))

    def count(self, condition):
        """Return how many stocks match a condition, None when that has to be counted."""
        if condition is None:
            return self.total
        if len(condition.children) > 1 or not isinstance(condition.children[0], tuple):
            return None
        name, value = condition.children[0]
        return self.counts.get(name, {}).get(value)
