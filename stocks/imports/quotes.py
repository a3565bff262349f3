"""Quotes into `info`."""

import contextlib
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..models import DataImport, SearchWord, Stock
from ..models.stock import SMALLEST_PRICE
from .base import Writer
from .batches import MISSING
from .checks import ChoiceCheck, NumberCheck, QuoteTimeCheck
from .tables import insert, prepared, same
from .values import is_none

TRADING = ("previous_close", "open", "high", "low", "volume", "amount")
FIELDS = (
    "short",
    "chg",
    "turnover",
    "price",
    "highs",
    "time",
    "quote_time",
    *TRADING,
    "price_earnings",
    "price_book",
    "market_value",
    "industry",
    "source",
    "status",
)
# The values of a quote that hold for its day only.
DAY_FIELDS = ("chg", "turnover", *TRADING)
STATUS_WORDS = {
    "traded": Stock.Status.TRADED,
    "正常": Stock.Status.TRADED,
    "停牌": Stock.Status.SUSPENDED,
    "退市": Stock.Status.DELISTED,
}


class PriceCheck(NumberCheck):
    """The check of a price of the day, where sources write 0 for none."""

    def one(self, raw):
        """Return the price, None for none."""
        with contextlib.suppress(ValueError):
            if not is_none(raw) and self.read(raw) == 0:
                return None
        return super().one(raw)


@dataclass(slots=True)
class Keys:
    """A code, a market and a name, with the keys that `Stock.derive` makes of them."""

    code: str
    market: str
    short: str
    search_name: str = ""
    search_pinyin: str = ""


class QuoteWriter(Writer):
    """Writes quotes."""

    kind = DataImport.Kind.QUOTES
    model = Stock
    fields = FIELDS

    def __init__(self, options):
        super().__init__(options)
        for name, check in self.checks.items():
            if isinstance(check, NumberCheck) and check.smallest == SMALLEST_PRICE:
                self.checks[name] = PriceCheck(check.field)
        self.checks["quote_time"] = QuoteTimeCheck(Stock._meta.get_field("quote_time"))
        self.checks["status"] = ChoiceCheck(Stock._meta.get_field("status"), STATUS_WORDS)
        self.empty = {name: None if c.field.null else "" for name, c in self.checks.items()}

    def identify(self, batch, columns):
        """Return the (code, market) of each row."""
        keys = self.symbols_of(batch.raw_symbols())
        for place, key in enumerate(keys):
            if isinstance(key, str):
                batch.wrong.setdefault(place, []).insert(0, key)
        return keys

    def store(self, batch, columns, keys):
        """Sort the rows into new, changed and unchanged ones, and write the first two."""
        stored = self.look_up([key for p, key in enumerate(keys) if p not in batch.wrong])
        new, changed = [], []
        for place, key in enumerate(keys):
            if place in batch.wrong:
                continue
            old = stored.get(key)
            given = self.given(batch, columns, place, old)
            if old is None:
                self.take_new(batch, place, key, given, new)
                continue
            differences = pairs(old, given)
            if not differences:
                self.report.unchanged += 1
                continue
            changed.append((old, differences))
            self.report.changed += 1
            self.show(batch.lines[place], f"{key[0]} {old['short']}", differences)
        if self.writing and not self.hindered:
            self.insert_new(new)
            self.update_changed(changed)

    def look_up(self, keys):
        """Return the stored stocks with these keys as dictionaries, locked if they may change."""
        rows = Stock.objects.filter(code__in={code for code, _market in keys})
        if self.writing:
            rows = rows.select_for_update()
        stored = rows.values("pk", "code", "market", *FIELDS)
        return {(row["code"], row["market"]): row for row in stored}

    def take_new(self, batch, place, key, given, new):
        """Put a stock that is not there yet among the new ones, if it has a name."""
        if not given.get("short"):
            text = _("There is no stock %(code)s yet, and the row has no name for it.")
            self.reject(batch, place, text % {"code": ".".join(filter(None, key))})
            return
        new.append((key, given))
        self.report.new += 1
        self.show(batch.lines[place], f"{key[0]} {given['short']}", pairs({}, given), new=True)

    def given(self, batch, columns, place, old):
        """Return what a row has to say about its stock."""
        given = {}
        for name, column in columns.items():
            value = column[place]
            if value is not None:
                given[name] = self.checks[name].python(value)
            elif self.options.overwrite_empty and self.erases(batch, name, place):
                given[name] = self.empty[name]
        self.settle(batch, place, given, old)
        moment = given.get("quote_time")
        if moment is not None and (self.latest is None or moment > self.latest):
            self.latest = moment
        return given

    @staticmethod
    def erases(batch, name, place):
        """Return whether an empty value stands for an erasure: the name is never erased."""
        return name != "short" and batch.columns[name][place] is not MISSING

    def settle(self, batch, place, given, old):
        """Mark a stock whose price is 0 as suspended; say from when and from where a price is.

        A row that adds to the quote that is there leaves both; another quote never keeps its time.
        """
        if "price" not in batch.columns or is_none(batch.columns["price"][place]):
            return
        if given.get("price") is None:
            for name in ("price", "chg"):
                given.pop(name, None)
            given.setdefault("status", Stock.Status.SUSPENDED)
            return
        if old and old["status"] == Stock.Status.SUSPENDED:
            given.setdefault("status", Stock.Status.TRADED)
        if self.options.as_of is not None:
            given.setdefault("quote_time", self.options.as_of)
        old = old or {}
        told = {"price", "quote_time", *(n for n in DAY_FIELDS if old.get(n) is not None)}
        if pairs(old, {name: given[name] for name in told & given.keys()}):
            given.setdefault("source", self.options.source[:64])
            if old:
                given.setdefault("quote_time", None)

    def insert_new(self, new):
        """Insert stocks, and keep them with the ids they get."""
        if not new:
            return
        names = [name for name in FIELDS if any(name in given for _key, given in new)]
        columns = derived_columns([(*key, given["short"]) for key, given in new])
        for name in FIELDS:
            if name in names or self.empty[name] is not None:
                empty = self.empty[name]
                columns[name] = [prepared(given.get(name, empty)) for _key, given in new]
        insert(Stock, columns)
        stored = Stock.objects.filter(code__in=columns["code"]).values_list("code", "market", "pk")
        ids = {(code, market): pk for code, market, pk in stored}
        SearchWord.objects.learn(Stock.objects.filter(pk__in=ids.values()))
        kept = {name: [given.get(name) for _key, given in new] for name in names}
        self.keep(model="stock", new={"pk": [ids[key] for key, _given in new], **kept})

    def update_changed(self, changed):
        """Update stocks, and keep the values before."""
        if not changed:
            return
        update_stocks([(old, afterwards(differences)) for old, differences in changed])
        self.keep(model="stock", changed=[(old["pk"], pairs) for old, pairs in changed])


def pairs(old, given):
    """Return (before, after) by the name of each field that differs."""
    return {
        name: (old.get(name), value)
        for name, value in given.items()
        if not same(value, old.get(name))
    }


def afterwards(differences):
    """Return the values after, by the name of the field."""
    return {name: after for name, (_before, after) in differences.items()}


def derived_columns(named):
    """Return the columns of codes, markets and search keys for (code, market, name) of stocks."""
    derived = [Keys(*keys) for keys in named]
    for keys in derived:
        Stock.derive(keys)
    names = ("code", "market", "search_name", "search_pinyin")
    return {name: [getattr(keys, name) for keys in derived] for name in names}


def update_stocks(changes):
    """Write changes: pairs of a stock, a dictionary of its `pk` and fields, and its new values."""
    for renamed in (False, True):
        chosen = [(old, new) for old, new in changes if ("short" in new) is renamed]
        if not chosen:
            continue
        touched = dict.fromkeys(name for _old, new in chosen for name in new)
        merged = [{**old, **new} for old, new in chosen]
        columns = {"id": [row["pk"] for row in merged]}
        # The insertion never comes to pass, but it needs a value for every column all the same.
        for name in ("code", "market", *FIELDS):
            columns[name] = [prepared(row[name]) for row in merged]
        if renamed:
            columns |= derived_columns([(r["code"], r["market"], r["short"]) for r in merged])
            touched |= dict.fromkeys(("search_name", "search_pinyin"))
        else:
            columns |= dict.fromkeys(("search_name", "search_pinyin"), [""] * len(merged))
        insert(Stock, columns, update=touched)
        if renamed:
            SearchWord.objects.learn(Stock.objects.filter(pk__in=columns["id"]))
