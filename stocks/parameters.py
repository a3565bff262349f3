"""The parameters of a table's page: what they are called, and how their values are read."""

import unicodedata

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .columns import LOOKUPS, TABLES
from .symbols import MARKETS

SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 100
LONGEST_SEARCH = 64
NO_MARKET = "-"
# The page at the end, whatever its number.
LAST = "last"
NOT_ONE_OF = gettext_lazy("%(name)s cannot be “%(value)s”; it takes %(choices)s.")


def parameters(table):
    """Return the names of all parameters of a table's page, in the order an address has them."""
    bounds = [f"{column.name}_{bound}" for column in table.ranged for bound in LOOKUPS]
    exact = [column.name for column in table.exact]
    return ("q", "market", *exact, "sort", *bounds, "columns", "size", "page")


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

    def values(self):
        """Return what the address asks for, as a screen keeps it, by name."""
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
        return {**values, "problems": tuple(self.problems)}

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
