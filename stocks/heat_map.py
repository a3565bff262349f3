"""The heat map of the overview: which stocks are on it, in what groups, how large."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from operator import attrgetter

from django.db.models import Case, Count, F, FloatField, Q, Sum, Value, When
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .changes import signed
from .columns import AMOUNT, MARKET_VALUE
from .history import PERCENT
from .parameters import NO_MARKET
from .screen import market_name
from .tallies import currency
from .treemap import Drawing, Item, colour

MOST_GROUPS = 60
# What is left of a sum of floats when all of it is taken away.
ROUNDING = 1e-9
# For a wide window and for a phone: width, height, the most stocks with a tile.
WIDE = (1160, 680, 200)
TALL = (366, 1080, 100)


@dataclass(frozen=True)
class Group:
    """The stocks of an industry, or of a market, as the heat map shows them.

    `moved` is the sum of the changes, each times its stock's weight, and `known` the weight of
    the stocks that have a change.
    """

    name: str
    href: str
    stocks: int
    weight: float
    known: float
    moved: float
    largest: list = field(default_factory=list)

    @property
    def change(self):
        """How far the stocks moved on average, the larger ones counting for more."""
        return round(self.moved / self.known, 2) if self.known else None

    @property
    def item(self):
        """The group as a whole."""
        return self.called(self.name)

    def called(self, name, *, quiet=False):
        """Return the item of the group under a name."""
        change = self.change
        stocks = ngettext("%(total)s stock", "%(total)s stocks", self.stocks)
        parts = (self.name, stocks % {"total": self.stocks}, signed(change))
        title = ", ".join(filter(None, parts))
        return Item(name, self.weight, change, signed(change), self.href, title, quiet)

    def rest(self, count):
        """Return the item of all stocks but the largest `count`, None when none is left."""
        shown = self.largest[:count]
        moving = [item for item in shown if item.change is not None]
        known = self.known - sum(item.weight for item in moving)
        others = Group(
            self.name,
            self.href,
            self.stocks - len(shown),
            self.weight - sum(item.weight for item in shown),
            known if known > ROUNDING * self.known else 0.0,
            self.moved - sum(item.weight * item.change for item in moving),
        )
        if not others.stocks:
            return None
        name = ngettext("%(count)s other", "%(count)s others", others.stocks)
        return others.called(name % {"count": others.stocks}, quiet=True)

    def with_largest(self, items):
        """Return the group with the items of its largest stocks."""
        return replace(self, largest=items)


class HeatMap:
    """The map of `stocks`, those on `screen`; `tallies` has the sums of their markets."""

    def __init__(self, stocks, screen, tallies):
        self.stocks = stocks
        self.screen = screen
        self.tallies = tallies

    def half_have(self, name):
        """Return whether at least half of the traded stocks have something."""
        return 2 * self.tallies.sum(name) >= self.tallies.total > 0

    @cached_property
    def by_industry(self):
        """Whether the stocks are grouped by industry; they are by market where few have one."""
        return self.half_have("industries")

    @cached_property
    def measure(self):
        """The column that areas go by, None when every stock has the same."""
        columns = (MARKET_VALUE, AMOUNT)
        return next((c for c in columns if self.half_have(f"with_{c.name}")), None)

    @property
    def unmeasured(self):
        """How many traded stocks have no place on the map, being of unknown size."""
        return (
            self.tallies.total - self.tallies.sum(f"with_{self.measure.name}")
            if self.measure
            else 0
        )

    @property
    def mixed(self):
        """Whether the sizes are in several currencies, so that each is given its own share."""
        return self.measure is not None and len(self.tallies.currencies(self.measure)) > 1

    def weight(self):
        """Return the expression of a stock's area.

        Sums in different currencies do not add up: each currency has as much as it has stocks.
        """
        if self.measure is None:
            return Value(1.0, FloatField())
        size = Cast(self.measure.name, FloatField())
        if not self.mixed:
            return size
        stocks, money = defaultdict(int), defaultdict(float)
        for row in self.tallies.rows:
            stocks[currency(row["market"])] += row[f"with_{self.measure.name}"]
            money[currency(row["market"])] += row[f"{self.measure.name}_sum"] or 0
        scales = [
            When(market=row["market"], then=Value(stocks[name] / money[name]))
            for row in self.tallies.rows
            if money[name := currency(row["market"])]
        ]
        return size * Case(*scales, default=0.0, output_field=FloatField())

    @cached_property
    def groups(self):
        """The groups of the heat map, the largest first, those too small for it as one."""
        key = "industry" if self.by_industry else "market"
        measured = {f"{self.measure.name}__gt": 0} if self.measure else {}
        stocks = self.stocks.filter(**measured).annotate(weight=self.weight())
        rows = list(
            stocks.values(key)
            .annotate(
                stocks=Count("pk"),
                area=Sum("weight"),
                known=Sum("weight", filter=Q(chg__isnull=False), default=0.0),
                moved=Sum(F("weight") * Cast("chg", FloatField()), default=0.0),
            )
            .order_by("-area", key)
        )
        groups = {row[key]: self.group(key, row) for row in rows[:MOST_GROUPS]}
        largest = defaultdict(list)
        shown = stocks.filter(**{f"{key}__in": list(groups)}).order_by("-weight", "pk")
        for stock in shown.only("code", "market", "short", "chg", key)[: WIDE[2]]:
            largest[getattr(stock, key)].append(item_of(stock))
        found = [group.with_largest(largest[name]) for name, group in groups.items()]
        if others := rows[MOST_GROUPS:]:
            sums = {
                name: sum(row[name] for row in others)
                for name in ("stocks", "area", "known", "moved")
            }
            found.append(made(_("Other industries"), "", sums))
        return sorted(found, key=attrgetter("weight"), reverse=True)

    @property
    def shares(self):
        """The groups, each with its share of the area."""
        total = sum(group.weight for group in self.groups)
        return [
            (group, PERCENT.format(Decimal(100 * group.weight / total))) for group in self.groups
        ]

    def group(self, key, row):
        """Return the group of a row of sums by industry or market."""
        name = row[key]
        if key == "market":
            market = name or NO_MARKET
            screen = self.screen.changed(market=market, sort="-chg")
            return made(str(market_name(market)), address(screen), row)
        if not name:
            return made(_("Unknown industry"), "", row)
        matches = {**self.screen.matches, "industry": name}
        return made(name, address(self.screen.changed(sort="-chg", matches=matches)), row)

    @cached_property
    def wide(self):
        """The heat map of a wide window."""
        return self.drawing(*WIDE)

    @cached_property
    def tall(self):
        """The heat map of a phone."""
        return self.drawing(*TALL)

    def drawing(self, width, height, most):
        """Return the heat map with tiles for the `most` largest stocks."""
        items = [item for group in self.groups for item in group.largest]
        chosen = set(sorted(items, key=attrgetter("weight"), reverse=True)[:most])
        groups = [
            group.with_largest([item for item in group.largest if item in chosen])
            for group in self.groups
        ]
        return Drawing.of(groups, width, height)

    @property
    def legend(self):
        """The colours of the heat map: (class, the change from which on it is, where it stands)."""
        changes = (-5, -3, -1, -0.5, 0, 0.5, 1, 3, 5)
        words = (
            "\N{MINUS SIGN}5%",
            "\N{MINUS SIGN}3%",
            "\N{MINUS SIGN}1%",
            "",
            "0%",
            "",
            "+1%",
            "+3%",
            "+5%",
        )
        return [
            (colour(change), word, 40 * place)
            for place, (change, word) in enumerate(zip(changes, words, strict=True))
        ]


def address(screen):
    """Return the address of the table with a screen."""
    return reverse("market") + screen.query()


def item_of(stock):
    """Return a stock of the heat map."""
    change = None if stock.chg is None else float(stock.chg)
    title = " ".join(filter(None, (stock.short, stock.symbol, signed(stock.chg))))
    return Item(
        stock.short, stock.weight, change, signed(stock.chg), stock.get_absolute_url(), title
    )


def made(name, href, sums):
    """Return the group of that name with sums the database made."""
    return Group(name, href, sums["stocks"], sums["area"], sums["known"], sums["moved"])
