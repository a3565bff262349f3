"""The market page: what it says of a day, as values; a few queries, whatever the rows."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from operator import attrgetter

from django.db.models import (
    Case,
    Count,
    F,
    FloatField,
    Max,
    Q,
    SmallIntegerField,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .columns import AMOUNT, CHG, DISTANCE, MARKET, MARKET_VALUE, PRICE, TURNOVER
from .history import PERCENT
from .models import Stock
from .screen import NO_MARKET, Parser, Screen, market_name
from .trading_days import MAINLAND, last_trading_day
from .treemap import Drawing, Item, colour

# The smallest change that is one, by the decimals of its field.
LEAST = Decimal("0.0001")
EDGES = tuple(map(Decimal, (0, 2, 4, 6, 8)))
MOST_LISTED = 10
MOST_GROUPS = 60
# The heat map for a wide window and for a phone: width, height, the most stocks with a tile.
WIDE = (1160, 680, 200)
TALL = (366, 1080, 100)
BAR_WIDTH, BAR_HEIGHT = 40, 120


def bounds():
    """Return the smallest and largest change of each bar, None where there is no end."""
    rises = [(max(low, LEAST), high and high - LEAST) for low, high in pairwise((*EDGES, None))]
    falls = [(high and -high, -low) for low, high in reversed(rises)]
    return [*falls, (Decimal(0), Decimal(0)), *rises]


def bar_condition(low, high):
    """Return the condition that a change lies on a bar."""
    within = {} if low is None else {"chg__gte": low}
    return Q(**within) if high is None else Q(**within, chg__lte=high)


def currency(market):
    """Return what names the currency of a market: the mainland's markets share one."""
    return MAINLAND[0] if market in MAINLAND else market


def signed(change):
    """Return a change as text with its sign, "" when it is not known."""
    if change is None:
        return ""
    rounded = round(Decimal(change), 2)
    sign = "+" if rounded > 0 else "\N{MINUS SIGN}" if rounded < 0 else ""
    return f"{sign}{PERCENT.format(abs(rounded))}"


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


def bar_counts(stocks):
    """Return how many stocks are on each bar, by its place."""
    bars = [
        When(bar_condition(low, high), then=Value(bar)) for bar, (low, high) in enumerate(bounds())
    ]
    place = Case(*bars, output_field=SmallIntegerField())
    rows = stocks.filter(chg__isnull=False).values(bar=place).annotate(stocks=Count("pk"))
    return dict(rows.order_by("bar").values_list("bar", "stocks"))


@dataclass(frozen=True)
class Bar:
    """A bar of the histogram: from which change to which, how many stocks, their screen."""

    place: int
    stocks: int
    most: int
    screen: Screen

    @property
    def low(self):
        """The smallest change it is about, None without one."""
        return self.screen.ranges.get("chg_min")

    @property
    def high(self):
        """The largest change it is about, None without one."""
        return self.screen.ranges.get("chg_max")

    @property
    def css(self):
        """The class of its colour: up, down or flat."""
        return (
            "flat"
            if self.low == self.high
            else "up"
            if self.high is None or self.high > 0
            else "down"
        )

    @property
    def words(self):
        """The changes it is about, in words."""
        if self.low == self.high:
            return "0%"
        near, far = sorted((self.low, self.high), key=lambda edge: (edge is None, abs(edge or 0)))
        sign = "\N{MINUS SIGN}" if near < 0 else "+"
        least = f"{sign}{abs(near):.0f}%" if abs(near) >= 1 else "0%"
        if far is None:
            return _("%(change)s and beyond") % {"change": least}
        return _("%(from)s to %(to)s") % {"from": least, "to": f"{sign}{abs(far):.0f}%"}

    @property
    def height(self):
        """How high it is drawn; a single stock is to be seen."""
        return max(2, round(BAR_HEIGHT * self.stocks / self.most)) if self.stocks else 0

    @property
    def left(self):
        """Where it begins."""
        return self.place * BAR_WIDTH

    @property
    def middle(self):
        """Where its middle is."""
        return self.left + BAR_WIDTH // 2

    @property
    def top(self):
        """Where its upper end is, below the room for the number."""
        return 20 + BAR_HEIGHT - self.height


@dataclass(frozen=True)
class Listing:
    """The first rows of a screen, with what is shown of each."""

    title: str
    screen: Screen
    columns: tuple
    rows: list
    total: int


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
        others = Group(
            self.name,
            self.href,
            self.stocks - len(shown),
            self.weight - sum(item.weight for item in shown),
            self.known - sum(item.weight for item in moving),
            self.moved - sum(item.weight * item.change for item in moving),
        )
        if not others.stocks:
            return None
        name = ngettext("%(count)s other", "%(count)s others", others.stocks)
        return others.called(name % {"count": others.stocks}, quiet=True)

    def with_largest(self, items):
        """Return the group with the items of its largest stocks."""
        return replace(self, largest=items)


class Overview:
    """What the page says of the market that the address asks for, or of all of them."""

    def __init__(self, params):
        self.tallies = tallies()
        self.present = [row["market"] for row in self.tallies]
        self.market, self.problems = asked_market(params, self.present)
        code = "" if self.market == NO_MARKET else self.market
        self.rows = [row for row in self.tallies if not self.market or row["market"] == code]
        traded = {"status": Stock.Status.TRADED.name.lower()} if self.resting else {}
        self.screen = Screen(MARKET, market=self.market, matches=traded)
        self.stocks = Stock.objects.filter(self.screen.condition() or Q())

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

    @property
    def choices(self):
        """The markets to choose from, as (its name, its parameters, whether it is chosen)."""
        markets = ["", *(market or NO_MARKET for market in self.present)]
        return [
            (
                market_name(market) if market else _("All markets"),
                self.screen.changed(market=market).query() or "?",
                market == self.market,
            )
            for market in dict.fromkeys(markets)
        ]

    @property
    def as_of(self):
        """The day the data is from: of the newest quote or previous high, whichever is later."""
        quoted = [
            timezone.localtime(row["newest_quote"]).date()
            for row in self.rows
            if row["newest_quote"]
        ]
        return max(
            [*quoted, *(row["newest_high"] for row in self.rows if row["newest_high"])],
            default=None,
        )

    @property
    def last_trading_day(self):
        """The day the data should be from."""
        return last_trading_day()

    @property
    def stale(self):
        """Whether the data is older than the last trading day."""
        return self.as_of is not None and self.as_of < self.last_trading_day

    # The changes

    @cached_property
    def bars(self):
        """The bars of the histogram, from the falls to the rises."""
        counts = bar_counts(self.stocks)
        most = max(counts.values(), default=1)
        return [
            Bar(place, counts.get(place, 0), most, self.screen_of_changes(low, high))
            for place, (low, high) in enumerate(bounds())
        ]

    @property
    def edges(self):
        """The changes under the bars, as (where, what): between two, or of the one that is 0."""
        words = [signed(edge).replace(".00", "") for edge in (*[-e for e in EDGES[:0:-1]], *EDGES)]
        middle = len(EDGES) - 1
        return [
            (
                BAR_WIDTH * (place + 1)
                + (BAR_WIDTH // 2 if place == middle else 0)
                + (BAR_WIDTH if place > middle else 0),
                word,
            )
            for place, word in enumerate(words)
        ]

    def screen_of_changes(self, low=None, high=None):
        """Return the screen of the changes between two: falls by the largest, the rest likewise."""
        ranges = {"chg_min": low, "chg_max": high}
        falls = high is not None and high < 0
        return self.screen.changed(
            ranges={name: bound for name, bound in ranges.items() if bound is not None},
            sort="chg" if falls else "-chg",
        )

    @property
    def moves(self):
        """How many fell, stayed level and rose: (class, name, how many, their screen)."""
        sides = {
            "down": (_("Fell"), self.screen_of_changes(high=-LEAST)),
            "flat": (_("Unchanged"), self.screen_of_changes(Decimal(0), Decimal(0))),
            "up": (_("Rose"), self.screen_of_changes(low=LEAST)),
        }
        return [
            (css, name, sum(bar.stocks for bar in self.bars if bar.css == css), screen)
            for css, (name, screen) in sides.items()
        ]

    @property
    def share(self):
        """The parts of a line of 1000 that fell, stayed level and rose: (class, from, length)."""
        edges, done = [0], 0
        known = sum(stocks for _css, _name, stocks, _screen in self.moves) or 1
        for _css, _name, stocks, _screen in self.moves:
            done += stocks
            edges.append(round(1000 * done / known))
        return [
            (move[0], first, last - first)
            for move, (first, last) in zip(self.moves, pairwise(edges), strict=True)
        ]

    @property
    def without_change(self):
        """How many traded stocks have no change to tell of."""
        return self.total - sum(bar.stocks for bar in self.bars)

    # The lists

    @cached_property
    def listings(self):
        """The strongest, the weakest, the most traded, the breakouts."""
        (_down, _fell, fell, falls), _level, (_up, _rose, rose, rises) = self.moves
        traded = self.most_traded
        breakouts = self.screen.changed(ranges={"distance_min": LEAST}, sort="-distance")
        return [
            self.listing(_("Strongest"), rises, (PRICE, CHG), rose),
            self.listing(_("Weakest"), falls, (PRICE, CHG), fell),
            self.listing(
                _("Most traded"),
                self.screen.changed(sort=f"-{traded.name}"),
                (traded, CHG),
                self.sum(f"with_{traded.name}"),
            ),
            self.listing(
                _("Above the previous high"), breakouts, (CHG, DISTANCE), self.sum("breakouts")
            ),
        ]

    @property
    def most_traded(self):
        """The column that tells how much was traded: the turnover rate where amounts do not do."""
        return AMOUNT if len(self.currencies(AMOUNT)) == 1 else TURNOVER

    def listing(self, title, screen, columns, total):
        """Return the first rows of a screen."""
        some = {f"{screen.sort_column.name}__isnull": False}
        rows = screen.rows(self.stocks).filter(**some)[:MOST_LISTED] if total else []
        return Listing(title, screen, columns, list(rows)[:total], total)

    def currencies(self, column):
        """Return the currencies in which traded stocks have a sum of money."""
        return {currency(row["market"]) for row in self.rows if row[f"with_{column.name}"]}

    # The heat map

    def half_have(self, name):
        """Return whether at least half of the traded stocks have something."""
        return 2 * self.sum(name) >= self.total > 0

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
        return self.total - self.sum(f"with_{self.measure.name}") if self.measure else 0

    @property
    def mixed(self):
        """Whether the sizes are in several currencies, so that each is given its own share."""
        return self.measure is not None and len(self.currencies(self.measure)) > 1

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
        for row in self.rows:
            stocks[currency(row["market"])] += row[f"with_{self.measure.name}"]
            money[currency(row["market"])] += row[f"{self.measure.name}_sum"] or 0
        scales = [
            When(market=market, then=Value(stocks[name] / money[name]))
            for market in self.present
            if money[name := currency(market)]
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


def asked_market(params, present):
    """Return the market that an address asks for, and what is wrong with the address."""
    parser = Parser(params, MARKET, present)
    market = parser.market()
    for name in params:
        if name != "market":
            parser.problem(_("“%(value)s” is no filter of this page."), "", name)
    return market, parser.problems


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
