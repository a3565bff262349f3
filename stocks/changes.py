"""How many stocks rose and fell, and by how much: the bars of a day, each with its screen."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

from django.db.models import Case, Count, Q, SmallIntegerField, Value, When
from django.utils.translation import gettext as _

from .history import PERCENT
from .screen import Screen

# The smallest change that is one, by the decimals of its field.
LEAST = Decimal("0.0001")
EDGES = tuple(map(Decimal, (0, 2, 4, 6, 8)))
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


def bar_counts(stocks):
    """Return how many stocks are on each bar, by its place."""
    bars = [
        When(bar_condition(low, high), then=Value(bar)) for bar, (low, high) in enumerate(bounds())
    ]
    place = Case(*bars, output_field=SmallIntegerField())
    rows = stocks.filter(chg__isnull=False).values(bar=place).annotate(stocks=Count("pk"))
    return dict(rows.order_by("bar").values_list("bar", "stocks"))


def signed(change):
    """Return a change as text with its sign, "" when it is not known."""
    if change is None:
        return ""
    rounded = round(Decimal(change), 2)
    sign = "+" if rounded > 0 else "\N{MINUS SIGN}" if rounded < 0 else ""
    return f"{sign}{PERCENT.format(abs(rounded))}"


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


class Changes:
    """The changes of `stocks`, those on `screen`."""

    def __init__(self, stocks, screen):
        self.stocks = stocks
        self.screen = screen

    @cached_property
    def bars(self):
        """The bars of the histogram, from the falls to the rises."""
        counts = bar_counts(self.stocks)
        most = max(counts.values(), default=1)
        return [
            Bar(place, counts.get(place, 0), most, self.screen_of(low, high))
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

    def screen_of(self, low=None, high=None):
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
            "down": (_("Fell"), self.screen_of(high=-LEAST)),
            "flat": (_("Unchanged"), self.screen_of(Decimal(0), Decimal(0))),
            "up": (_("Rose"), self.screen_of(low=LEAST)),
        }
        return [
            (css, name, sum(bar.stocks for bar in self.bars if bar.css == css), screen)
            for css, (name, screen) in sides.items()
        ]

    @property
    def share(self):
        """The parts of a line of 1000 that fell, stayed level and rose: (class, from, length)."""
        edges, done = [0], 0
        for _css, _name, stocks, _screen in self.moves:
            done += stocks
            edges.append(round(1000 * done / (self.known or 1)))
        return [
            (move[0], first, last - first)
            for move, (first, last) in zip(self.moves, pairwise(edges), strict=True)
        ]

    @property
    def known(self):
        """How many stocks have a change to tell of."""
        return sum(bar.stocks for bar in self.bars)
