"""A screen: what the query string of a table's page asks for, as a value."""

from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_
from urllib.parse import urlencode

from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from .columns import ALWAYS_SHOWN, Table
from .models import Stock
from .models.stock import search_condition, text_condition
from .parameters import DEFAULT_SIZE, NO_MARKET, SIZES, Parser, parameters, written
from .symbols import MARKETS

# How many times as many stocks there have to be to put in order as to go along.
CLEARLY = 4
SIGNS = {"min": "≥", "max": "≤"}
WAYS = (("", "↑"), ("-", "↓"))


@dataclass(frozen=True)
class Screen:
    """Search, filters, order, columns and page of a table.

    `ranges` maps `price_min` and the like to what was asked for, `matches` the names of exact
    columns to their value; `chosen` are the names of the columns asked for, () when the address
    says nothing of them, and then those that a person chose before, `remembered`, are shown;
    `page` is a number from 1, or LAST; `problems` says, a sentence each, which parts of the
    address were left aside.
    """

    table: Table
    q: str = ""
    market: str = ""
    ranges: dict = field(default_factory=dict)
    matches: dict = field(default_factory=dict)
    sort: str = ""
    chosen: tuple = ()
    size: int = DEFAULT_SIZE
    page: object = 1
    remembered: tuple = field(default=(), compare=False)
    problems: tuple = field(default=(), compare=False)

    sizes = SIZES

    @classmethod
    def parse(cls, params, table, markets, remembered=()):
        """Return the screen that the QueryDict `params` asks for.

        `markets` are those that have stocks. A value that cannot be used is left aside and
        named in `problems`; the rest still counts.
        """
        values = Parser(params, table, markets).values()
        return cls(table, remembered=table.choice(remembered), **values)

    @property
    def columns(self):
        """The columns that are shown, in their order."""
        names = self.chosen or self.remembered
        if not names:
            return self.table.usual
        shown = (*ALWAYS_SHOWN, *names)
        return tuple(column for column in self.table.columns if column.name in shown)

    @property
    def usual(self):
        """Whether the columns are those shown as long as nobody chooses."""
        return self.columns == self.table.usual

    @property
    def as_usual(self):
        """The same screen with nothing said of its columns."""
        return self.changed(chosen=(), page=self.page)

    @property
    def saved_query(self):
        """The query string to save: filters, order and the columns that are shown."""
        shown = self.changed(chosen=self.chosen or self.remembered)
        return shown.query(page=False).removeprefix("?")

    @property
    def ranged(self):
        """The columns to offer a range of: those that are shown or have one."""
        used = {name.rsplit("_", 1)[0] for name in self.ranges}
        return [c for c in self.table.ranged if c in self.columns or c.name in used]

    @property
    def orders(self):
        """The orders to offer, as (the value of `sort`, its name): by what is shown or gives it."""
        shown = (*self.columns, self.sort_column)
        columns = [c for c in self.table.columns if c.sortable and c in shown]
        names = [
            (f"{sign}{c.name}", f"{c.heading} {arrow}") for c in columns for sign, arrow in WAYS
        ]
        return [("" if sort == self.table.default_sort else sort, name) for sort, name in names]

    @property
    def descending(self):
        """Whether the largest comes first."""
        return self.sort.startswith("-")

    @property
    def sort_column(self):
        """The column the rows are ordered by."""
        return self.table.column(self.sort.removeprefix("-") or self.table.default_sort)

    @property
    def filtered(self):
        """Whether anything but the order and page is asked for."""
        return bool(self.q or self.market or self.ranges or self.matches)

    @property
    def filters(self):
        """Each filter in use, as (what it says, the screen without it)."""
        found = []
        if self.q:
            found.append((_("search: %(text)s") % {"text": self.q}, self.changed(q="")))
        if self.market:
            found.append((market_name(self.market), self.changed(market="")))
        for name, value in self.matches.items():
            column = self.table.column(name)
            others = {key: match for key, match in self.matches.items() if key != name}
            label = f"{column.heading} = {column.named(value)}"
            found.append((label, self.changed(matches=others)))
        for name, value in self.ranges.items():
            column, bound = name.rsplit("_", 1)
            heading = self.table.column(column).heading
            others = {key: bound for key, bound in self.ranges.items() if key != name}
            label = f"{heading} {SIGNS[bound]} {written(value)}"
            found.append((label, self.changed(ranges=others)))
        return found

    def changed(self, **changes):
        """Return another screen; unless it is the change itself, the page is the first."""
        return replace(self, **{"page": 1, "problems": (), **changes})

    def params(self, *, page=True):
        """Return the parameters that ask for this screen, without those that are the default.

        Without `page`, those that ask for the list as a whole.
        """
        params = {"q": self.q, "market": self.market, **self.matches, "sort": self.sort}
        params |= {name: written(value) for name, value in self.ranges.items()}
        params["columns"] = ",".join(self.chosen)
        if page:
            params["size"] = self.size if self.size != DEFAULT_SIZE else ""
            params["page"] = self.page if self.page != 1 else ""
        ordered = {name: params.get(name) for name in parameters(self.table)}
        return {name: value for name, value in ordered.items() if value not in ("", None)}

    def query(self, *, page=True):
        """Return those parameters as a query string with its question mark, or ""."""
        params = self.params(page=page)
        return f"?{urlencode(params, safe=',')}" if params else ""

    def sorted_by(self, column):
        """Return the screen that a click on a column's heading gives.

        Text starts with A, numbers and days with the largest; the next click turns it round.
        """
        up, down = column.name, f"-{column.name}"
        first, second = (down, up) if column.ranged else (up, down)
        sort = second if self.sort_key == first else first
        return self.changed(sort="" if sort == self.table.default_sort else sort)

    @property
    def sort_key(self):
        """The value of `sort` as it acts, the default order written out."""
        return self.sort or self.table.default_sort

    def conditions(self, search=search_condition):
        """Yield what a stock has to satisfy to be on the screen, each with its column's name.

        `search` makes the condition of a text to look for.
        """
        if self.q:
            yield "", search(self.q)
        if self.market:
            yield "market", Q(market="" if self.market == NO_MARKET else self.market)
        for name, value in self.matches.items():
            yield name, Q(**{name: self.table.column(name).stored(value)})
        for name, value in self.ranges.items():
            column, bound = name.rsplit("_", 1)
            yield column, self.table.column(column).condition(bound, value)

    def condition(self):
        """Return what a stock has to satisfy to be on the screen, None when nothing."""
        if not self.filtered:
            return None
        return reduce(and_, (condition for _name, condition in self.conditions()))

    def rows(self, stocks):
        """Return the stocks the screen shows, all pages of them, in its order."""
        return self.ordered(self.found(stocks))

    def found(self, stocks):
        """Return the stocks on the screen."""
        return stocks.filter(self.condition()) if self.filtered else stocks

    def ordered(self, found):
        """Return stocks in the screen's order."""
        return found.alias(sort_key=self.sort_column.sort_key).order_by(*self.ordering())

    def part(self, stocks, first, past, shown, total):
        """Return the rows from one place to another, read from the nearer end.

        There are `shown` rows on the screen, None when they are too many to count, and `total`
        stocks; places below 0 count from the end. Where many are shown it is soonest to go along
        the order and leave out the others; where few, to put those in order. Along the order that
        is `size * total / shown` stocks, but all when they stand at its end.
        """
        many = shown is None or shown**2 > CLEARLY * self.size * total
        if many or all(name == self.sort_column.name for name, _condition in self.conditions()):
            runs = self.runs(self.found_along(stocks))
        else:
            runs = [self.sorted_few(stocks)]
        if shown is not None and first + past > shown:
            first, past = first - shown, past - shown
        if first >= 0:
            return read(runs, first, past)
        return read([run.reverse() for run in reversed(runs)], -past, -first)[::-1]

    def sorted_few(self, stocks):
        """Return the stocks on the screen in its order, which no index is chosen for."""
        key = self.sort_column.sort_key
        return self.found(stocks).alias(sort_key=Coalesce(key, key)).order_by(*self.ordering())

    def found_along(self, stocks):
        """Return the stocks on the screen by conditions that no index but the order's serves."""
        own, others = Q(), Q()
        for name, condition in self.conditions(text_condition):
            if name == self.sort_column.name:
                own &= condition
            else:
                others &= condition
        if others:
            # A database looks for no index in here.
            others = Case(When(others, then=True), default=False, output_field=BooleanField())
        return stocks.filter(own, others)

    def runs(self, found):
        """Return the rows in querysets that follow each other, each in the order of an index.

        No index has what is missing at the end of an ascending order.
        """
        column = self.sort_column
        name, sign = column.sort_field, "-" if self.descending else ""
        stored = {field.name: field for field in Stock._meta.fields}.get(name)
        if stored is None:
            return [self.ordered(found)]
        may_miss = column.blank or getattr(stored, "output_field", stored).null
        if self.descending or not may_miss:
            return [found.order_by(f"{sign}{name}", f"{sign}pk")]
        missing = Q(**{name: "" if column.blank else None})
        there = Q(**({f"{name}__gt": ""} if column.blank else {f"{name}__isnull": False}))
        return [found.filter(there).order_by(name, "pk"), found.filter(missing).order_by("pk")]

    def ordering(self):
        """Return the order of the rows; empty values come last both ways, and no two tie."""
        key = F("sort_key")
        if self.descending:
            return [key.desc(nulls_last=True), "-pk"]
        return [key.asc(nulls_last=True), "pk"]

    def neighbours(self, stocks, stock):
        """Return the stocks before and after one in the screen's order, None at its ends.

        The stock itself need not be on the screen; its own values say where it stands, so those
        that `stocks` have besides the table's it must have too.
        """
        rows = self.rows(stocks)
        own = getattr(stock, self.sort_column.sort_field, None)
        after, before = ("lt", "gt") if self.descending else ("gt", "lt")
        if own in (None, ""):
            later = Q(sort_key=None, **{f"pk__{after}": stock.pk})
            earlier = Q(sort_key__isnull=False) | Q(sort_key=None, **{f"pk__{before}": stock.pk})
        else:
            later = (
                Q(**{f"sort_key__{after}": own})
                | Q(sort_key=own, **{f"pk__{after}": stock.pk})
                | Q(sort_key=None)
            )
            earlier = Q(**{f"sort_key__{before}": own}) | Q(
                sort_key=own, **{f"pk__{before}": stock.pk}
            )
        nearest = [
            Q(pk=Subquery(found.values("pk")[:1]))
            for found in (rows.filter(earlier).reverse(), rows.filter(later))
        ]
        comes_before = ExpressionWrapper(earlier, BooleanField())
        both = stocks.filter(nearest[0] | nearest[1])
        found = both.alias(sort_key=self.sort_column.sort_key).annotate(comes_before=comes_before)
        sides = {bool(row.comes_before): row for row in found}
        return sides.get(True), sides.get(False)


def read(runs, first, past):
    """Return the rows from one place to another of querysets that follow each other."""
    rows = []
    for run in runs:
        found = list(run[first:past])
        rows += found
        if len(found) == past - first:
            break
        length = first + len(found) if found else run.count()
        first, past = max(0, first - length), past - length
    return rows


def market_name(market):
    """Return what a filter's market is called."""
    return _("Unknown market") if market == NO_MARKET else MARKETS.get(market, market)
