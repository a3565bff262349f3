"""The overview of the market: what it says of a day, in a few queries, whatever the rows."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q
from django.utils.translation import gettext as _

from .changes import LEAST, Changes
from .columns import AMOUNT, CHG, DISTANCE, MARKET, PRICE, TURNOVER
from .heat_map import HeatMap
from .models import Stock
from .parameters import NO_MARKET, Parser
from .screen import Screen, market_name
from .tallies import Tallies, tallies

MOST_LISTED = 10


@dataclass(frozen=True)
class Listing:
    """The first rows of a screen, with what is shown of each."""

    title: str
    screen: Screen
    columns: tuple
    rows: list
    total: int


class Overview:
    """What the page says of the market that the address asks for, or of all of them."""

    def __init__(self, params):
        rows = tallies()
        self.present = [row["market"] for row in rows]
        self.market, self.problems = asked_market(params, self.present)
        code = "" if self.market == NO_MARKET else self.market
        self.tallies = Tallies([row for row in rows if not self.market or row["market"] == code])
        traded = {"status": Stock.Status.TRADED.name.lower()} if self.tallies.resting else {}
        self.screen = Screen(MARKET, market=self.market, matches=traded)
        self.stocks = Stock.objects.filter(self.screen.condition() or Q())
        self.changes = Changes(self.stocks, self.screen)
        self.heat_map = HeatMap(self.stocks, self.screen, self.tallies)

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
    def without_change(self):
        """How many traded stocks have no change to tell of."""
        return self.tallies.total - self.changes.known

    @cached_property
    def listings(self):
        """The strongest, the weakest, the most traded, the breakouts."""
        (_down, _fell, fell, falls), _level, (_up, _rose, rose, rises) = self.changes.moves
        traded = self.most_traded
        breakouts = self.screen.changed(ranges={"distance_min": LEAST}, sort="-distance")
        return [
            self.listing(_("Strongest"), rises, (PRICE, CHG), rose),
            self.listing(_("Weakest"), falls, (PRICE, CHG), fell),
            self.listing(
                _("Most traded"),
                self.screen.changed(sort=f"-{traded.name}"),
                (traded, CHG),
                self.tallies.sum(f"with_{traded.name}"),
            ),
            self.listing(
                _("Above the previous high"),
                breakouts,
                (CHG, DISTANCE),
                self.tallies.sum("breakouts"),
            ),
        ]

    @property
    def most_traded(self):
        """The column that tells how much was traded: the turnover rate where amounts do not do."""
        return AMOUNT if len(self.tallies.currencies(AMOUNT)) == 1 else TURNOVER

    def listing(self, title, screen, columns, total):
        """Return the first rows of a screen."""
        some = {f"{screen.sort_column.name}__isnull": False}
        rows = screen.rows(self.stocks).filter(**some)[:MOST_LISTED] if total else []
        return Listing(title, screen, columns, list(rows)[:total], total)


def asked_market(params, present):
    """Return the market that an address asks for, and what is wrong with the address."""
    parser = Parser(params, MARKET, present)
    market = parser.market()
    for name in params:
        if name != "market":
            parser.problem(_("“%(value)s” is no filter of this page."), "", name)
    return market, parser.problems
