"""A screen: what the query string of a table's page asks for, as a value."""

import unicodedata
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import pairwise
from math import ceil
from operator import and_
from urllib.parse import urlencode

from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .columns import ALWAYS_SHOWN, LOOKUPS, TABLES, Table
from .models import Stock
from .models.stock import MOST_COUNTED, search_condition, text_condition
from .symbols import MARKETS
from .trading_days import last_trading_day

SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 100
LONGEST_SEARCH = 64
NO_MARKET = "-"
# The page at the end, whatever its number.
LAST = "last"
# How many times as many stocks there have to be to put in order as to go along.
CLEARLY = 4
SIGNS = {"min": "≥", "max": "≤"}
NOT_ONE_OF = gettext_lazy("%(name)s cannot be “%(value)s”; it takes %(choices)s.")


@dataclass(frozen=True)
class Screen:
    """Search, filters, order, columns and page of a table.

    `ranges` maps `price_min` and the like to what was asked for, `matches` the names of exact
    columns to their value; `chosen` are the names of the
    columns asked for, () when the address says nothing of them, and then those that a person
    chose before, `remembered`, are shown; `page` is a number from 1, or LAST; `problems` says, a
    sentence each, which parts of the address were left aside.
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
        screen = Parser(params, table, markets).screen()
        return replace(screen, remembered=table.choice(remembered))

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
    def sortable(self):
        """The columns to offer an order by: those that are shown or give it."""
        shown = (*self.columns, self.sort_column)
        return [column for column in self.table.columns if column.sortable and column in shown]

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


def last_page(screen, shown, more):
    """Return the number of a screen's last page, LAST when there are more rows than `shown`."""
    return LAST if more else max(1, ceil(shown / screen.size))


def parameters(table):
    """Return the names of all parameters of a table's page, in the order an address has them."""
    bounds = [f"{column.name}_{bound}" for column in table.ranged for bound in LOOKUPS]
    exact = [column.name for column in table.exact]
    return ("q", "market", *exact, "sort", *bounds, "columns", "size", "page")


def market_name(market):
    """Return what a filter's market is called."""
    return _("Unknown market") if market == NO_MARKET else MARKETS.get(market, market)


def written(value):
    """Return a range's bound as an address writes it."""
    return value.isoformat() if hasattr(value, "isoformat") else f"{value:f}"


class Parser:
    """Reads the parameters of one address and collects what is wrong with them."""

    def __init__(self, params, table, markets):
        self.params = params
        self.table = table
        self.markets = markets
        self.problems = []

    def screen(self):
        """Return the screen."""
        values = {
            "q": self.text("q"),
            "market": self.market(),
            "ranges": self.ranges(),
            "matches": self.matches(),
            "sort": self.sort(),
            "chosen": self.chosen(),
            "size": int(self.choice("size", [str(size) for size in SIZES]) or DEFAULT_SIZE),
            "page": self.page(),
        }
        self.choice("list", TABLES)
        self.unknown()
        return Screen(self.table, **values, problems=tuple(self.problems))

    def one(self, name):
        """Return the last value given under a name, "" without one."""
        values = self.params.getlist(name)
        if len(values) > 1:
            self.problem(_("%(name)s is given more than once; the last one counts."), name)
        return values[-1].strip() if values else ""

    def problem(self, text, name, value="", **more):
        """Note a sentence about a parameter."""
        shown = value if len(value) <= LONGEST_SEARCH else f"{value[:LONGEST_SEARCH]}…"
        self.problems.append(text % {"name": name, "value": shown, **more})

    def text(self, name):
        """Return a text to look for."""
        text = self.one(name)
        if len(text) > LONGEST_SEARCH:
            self.problem(
                _("%(name)s is longer than %(most)s characters and was left aside."),
                name,
                most=LONGEST_SEARCH,
            )
            return ""
        if any(unicodedata.category(character).startswith("C") for character in text):
            self.problem(_("%(name)s has characters that cannot be printed; left aside."), name)
            return ""
        return text

    def choice(self, name, choices, *, upper=False):
        """Return a value that is one of `choices`, "" otherwise."""
        value = self.one(name)
        meant = value.upper() if upper else value
        if not value or meant in choices:
            return meant
        self.problem(NOT_ONE_OF, name, value, choices=", ".join(choices))
        return ""

    def market(self):
        """Return the market: one that is known or has stocks."""
        present = [market or NO_MARKET for market in self.markets]
        return self.choice("market", dict.fromkeys([*MARKETS, *present]), upper=True)

    def sort(self):
        """Return the column to sort by, after a minus for the largest first."""
        names = [column.name for column in self.table.columns if column.sortable]
        value = self.choice("sort", [*names, *(f"-{name}" for name in names)])
        return "" if value == self.table.default_sort else value

    def chosen(self):
        """Return the names of the columns to show, in their order."""
        names = [
            name.strip() for text in self.params.getlist("columns") for name in text.split(",")
        ]
        known = [column.name for column in self.table.columns]
        wrong = [name for name in names if name and name not in known]
        if wrong:
            self.problem(NOT_ONE_OF, "columns", ", ".join(wrong), choices=", ".join(known))
        return self.table.choice([name for name in names if name in known])

    def matches(self):
        """Return the values of exact columns by name."""
        found = {}
        for column in self.table.exact:
            values = getattr(column, "values", None)
            value = self.choice(column.name, values) if values else self.text(column.name)
            if value:
                found[column.name] = value
        return found

    def page(self):
        """Return the number of the page, or LAST."""
        value = self.one("page")
        if not value:
            return 1
        if value == LAST:
            return LAST
        if value.isascii() and value.isdigit() and len(value) <= 9 and int(value) > 0:
            return int(value)
        self.problem(
            _("%(name)s cannot be “%(value)s”; it takes a number from 1, or “last”."), "page", value
        )
        return 1

    def ranges(self):
        """Return the bounds by name."""
        found = {}
        for column in self.table.ranged:
            for bound in LOOKUPS:
                name = f"{column.name}_{bound}"
                text = self.one(name)
                if not text:
                    continue
                try:
                    found[name] = column.parse(text)
                except ValueError:
                    self.problem(
                        _("%(name)s cannot be “%(value)s”; it takes %(form)s."),
                        name,
                        text,
                        form=_("a date such as 2017-07-20")
                        if column.input_type == "date"
                        else _("a number such as 3.5"),
                    )
            self.backwards(column, found)
        return found

    def backwards(self, column, found):
        """Leave both bounds of a column aside when nothing can lie between them."""
        low, high = f"{column.name}_min", f"{column.name}_max"
        if low in found and high in found and found[low] > found[high]:
            self.problem(_("%(name)s is above %(high)s; both were left aside."), low, high=high)
            del found[low], found[high]

    def unknown(self):
        """Name the parameters that mean nothing here."""
        known = {*parameters(self.table), "list"}
        for name in self.params:
            if name not in known:
                self.problem(_("“%(value)s” is no filter of this table."), "", name)


@dataclass(frozen=True)
class Page:
    """A page of a screen: its rows and where they stand among all of them.

    `shown` counts those on the screen, of which there are `more` when they are too many to count.
    """

    screen: Screen
    rows: list
    total: int
    shown: int
    more: bool
    newest_quote: object
    newest_high: object

    @classmethod
    def of(cls, screen, stocks, facts=None):
        """Read the page that a screen asks for; past the end it is the last one."""
        past = screen.size * (1 if screen.page == LAST else screen.page)
        summary = stocks.summary(screen.condition(), facts, max(past, MOST_COUNTED))
        shown, more = summary["shown"], summary["more"]
        last = last_page(screen, shown, more)
        if screen.page == LAST:
            screen = replace(screen, page=last)
        elif not more and screen.page > last:
            problem = _("There is no page %(page)s; this is the last one.") % {"page": screen.page}
            screen = replace(screen, page=last, problems=(*screen.problems, problem))
        if screen.page == LAST:
            places = -screen.size, 0
        else:
            start = (screen.page - 1) * screen.size
            places = start, min(start + screen.size, shown)
        rows = screen.part(stocks, *places, None if more else shown, summary["total"])
        for column in screen.columns:
            column.prepare(rows)
        return cls(screen, rows, **summary)

    @property
    def start(self):
        """The place of the first row among all shown, from 1; None when it is not known."""
        return None if self.screen.page == LAST else (self.screen.page - 1) * self.screen.size + 1

    @property
    def last(self):
        """The number of the last page, LAST when it is not known."""
        return last_page(self.screen, self.shown, self.more)

    @property
    def previous(self):
        """The number of the page before, None when there is none or it is not known."""
        return None if self.screen.page in (1, LAST) else self.screen.page - 1

    @property
    def next(self):
        """The number of the page after, None at the end."""
        return None if self.screen.page == self.last else self.screen.page + 1

    @property
    def numbers(self):
        """The pages to link: the ends and those around this one, None for a gap."""
        last, around = self.last, 1 if self.screen.page == LAST else self.screen.page
        near = [n for n in range(around - 2, around + 3) if n > 1 and (self.more or n < last)]
        numbers = [1, *near] if self.more else [1, *near, last]
        gaps = {n for n, m in pairwise(numbers) if m - n > 1}
        numbers = [shown for n in numbers for shown in ((n, None) if n in gaps else (n,))]
        return [*numbers, None, LAST] if self.more else numbers

    @property
    def as_of(self):
        """The day the data is from: of the newest quote or previous high, whichever is later."""
        quoted = self.newest_quote and timezone.localtime(self.newest_quote).date()
        return max(filter(None, (quoted, self.newest_high)), default=None)

    @property
    def last_trading_day(self):
        """The day the data should be from."""
        return last_trading_day()

    @property
    def stale(self):
        """Whether the data is older than the last trading day."""
        return self.as_of is not None and self.as_of < self.last_trading_day
