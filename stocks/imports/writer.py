"""The one writer: checked rows into `info` and `Bar`, all or nothing, with what undoes it.

The rows go through in batches, a column at a time, so that the memory and the time of a million
rows stay small. The history of the stocks (django-simple-history) gets no row for what an import
writes: the values before and after are kept with the import itself, where `undo` finds them.
"""

import contextlib
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Context, Decimal
from itertools import islice

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import Bar, DataImport, ImportBatch, Stock
from ..models.stock import SMALLEST_PRICE
from ..symbols import derive_market
from . import Difference, Refused, Report, undo
from .checks import Check, ChoiceCheck, NumberCheck, make_check, shown
from .values import is_none, read_symbol

BATCH = 2000
MOST_DIFFERENCES = 200
MOST_SYMBOLS = 50_000
# SQLite refuses a condition of more than a thousand parts.
MOST_RANGES = 300
PATIENCE = 50
SQLITE_DIGITS = Context(prec=15)
QUOTE_FIELDS = (
    "short",
    "chg",
    "turnover",
    "price",
    "highs",
    "time",
    "quote_time",
    "previous_close",
    "open",
    "high",
    "low",
    "volume",
    "amount",
    "price_earnings",
    "price_book",
    "market_value",
    "industry",
    "source",
    "status",
)
BAR_FIELDS = ("open", "high", "low", "close", "volume", "amount", "turnover", "adjusted_close")
STATUS_WORDS = {
    "traded": Stock.Status.TRADED,
    "正常": Stock.Status.TRADED,
    "停牌": Stock.Status.SUSPENDED,
    "退市": Stock.Status.DELISTED,
}


def write_quotes(rows, **options):
    """Write rows of quotes into `info` and return the Report.

    A row's values are fields of Stock; `code` (with `market`, unless the code tells it) says
    which stock is meant, and a stock that is new needs `short` too. A price of 0 means that
    there was no trade: the stock keeps its last price and is marked as suspended, until a row
    brings a price again. The `status` "traded" says so expressly.

    Options: `source` (the name of the file or feed, required), `made_by` (a user), `as_of` (the
    time of quotes that have none of their own), `dry_run` (count and compare, write nothing),
    `skip_rejected` (write the rest where rows are rejected; otherwise one rejected row keeps all
    from being written), `overwrite_empty` (an empty value erases the one that is there) and
    `progress` (called with the number of rows done). `rows` are read twice where two of them are
    for one stock.
    """
    return QuoteWriter(**options).write(rows)


def write_bars(rows, **options):
    """Write rows of history into `Bar` and return the Report.

    A row's values are fields of Bar, with the stock's `code` and `market`; the options are those
    of `write_quotes`. The stocks have to be there.
    """
    return BarWriter(**options).write(rows)


class Doubled(Exception):  # noqa: N818
    """Rows are for one stock: all of them are to be rejected, the first one too."""


class NotTaken(Exception):  # noqa: N818
    """Rows were rejected, so nothing is to be written."""


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


@contextlib.contextmanager
def one_at_a_time():
    """Let imports into MariaDB wait for each other; SQLite has one writer anyway."""
    if connection.vendor != "mysql":
        yield
        return
    name = f"stocksite import {connection.settings_dict['NAME']}"[:64]
    with connection.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, %s)", [name, PATIENCE])
        if cursor.fetchone() != (1,):
            raise Refused(_("Another import is running: try again when it has ended."))
        try:
            yield
        finally:
            cursor.execute("SELECT RELEASE_LOCK(%s)", [name])


def batches(rows):
    """Yield lists of up to a batch of rows."""
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield batch


def prepared(value):
    """Return a value as a database takes it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value.isoformat() if isinstance(value, date) else value


def same(one, other):
    """Return whether two values are one to the database; SQLite keeps fifteen digits only."""
    if one == other:
        return True
    if connection.vendor != "sqlite" or not (type(one) is type(other) is Decimal):
        return False
    return SQLITE_DIGITS.plus(one) == SQLITE_DIGITS.plus(other)


def insert(model, names, columns, update=()):
    """Insert rows, given as columns; where one is there already, set the fields `update`."""
    quote = connection.ops.quote_name
    fields = [model._meta.get_field(name) for name in names]
    into = f"{quote(model._meta.db_table)} ({', '.join(quote(f.column) for f in fields)})"
    sql = f"INSERT INTO {into} VALUES ({', '.join(['%s'] * len(names))})"  # noqa: S608
    if update:
        targets = [quote(model._meta.get_field(name).column) for name in update]
        keys = ", ".join(quote(field.column) for field in model._meta.pk_fields)
        if connection.vendor == "mysql":
            pairs = ", ".join(f"{name} = VALUES({name})" for name in targets)
            sql += f" ON DUPLICATE KEY UPDATE {pairs}"
        else:
            pairs = ", ".join(f"{name} = excluded.{name}" for name in targets)
            sql += f" ON CONFLICT ({keys}) DO UPDATE SET {pairs}"
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(zip(*columns, strict=True)))


class Writer:
    """What quotes and bars have in common: batches, checks, doubled rows, the transaction."""

    kind = ""
    model = None
    fields = ()

    def __init__(
        self,
        *,
        source,
        made_by=None,
        as_of=None,
        dry_run=False,
        skip_rejected=False,
        overwrite_empty=False,
        progress=None,
    ):
        self.source, self.made_by, self.as_of = source, made_by, as_of
        self.dry_run, self.skip_rejected = dry_run, skip_rejected
        self.overwrite_empty, self.progress = overwrite_empty, progress
        self.checks = {name: make_check(self.model._meta.get_field(name)) for name in self.fields}
        self.symbols, self.doubled = {}, {}

    def write(self, rows):
        """Check the rows, write them unless something stands against it, return the Report."""
        if iter(rows) is rows:
            rows = list(rows)
        try:
            return self.attempt(rows)
        except Doubled as error:
            self.doubled = error.args[0]
            return self.attempt(rows)

    def attempt(self, rows):
        """Go through the rows once."""
        self.report, self.latest = Report(), self.as_of
        self.seen, self.met, self.twice = set(), {}, {}
        self.writing = not self.dry_run
        if self.dry_run:
            self.take_all(rows)
            return self.report
        with contextlib.suppress(NotTaken), one_at_a_time(), transaction.atomic():
            self.take_all(rows)
            if self.report.rejected and not self.skip_rejected:
                raise NotTaken
            self.finish()
            return self.report
        self.report.record = None
        return self.report

    def take_all(self, rows):
        """Take the rows batch by batch."""
        for batch in batches(rows):
            self.take(batch)
            if self.report.rejected and not self.skip_rejected:
                self.writing = False
            if self.progress:
                self.progress(self.report.read)
        if self.twice:
            raise Doubled(self.twice)

    def take(self, batch):
        """Check a batch, compare it with what is stored, and write the differences."""
        wrong = {}
        columns = self.check(batch, wrong)
        keys = self.identify(batch, columns, wrong)
        self.find_doubled(batch, keys, wrong)
        if self.twice:
            self.writing = False
        for place in sorted(wrong):
            self.reject(batch[place], wrong[place])
        self.store(batch, columns, {p: keys[p] for p in range(len(batch)) if p not in wrong})

    def check(self, batch, wrong):
        """Return the checked values, a list by the name of the field."""
        names = dict.fromkeys(name for row in batch for name in row.values)
        return {
            name: self.checks[name].column([row.values.get(name) for row in batch], wrong)
            for name in names
            if name in self.checks
        }

    def identify(self, batch, columns, wrong):
        """Return the key of each row."""
        raise NotImplementedError

    def store(self, batch, columns, keys):
        """Compare the rows whose places `keys` has with what is stored, and write."""
        raise NotImplementedError

    def symbols_of(self, batch):
        """Return for each row its (code, market), or a text that says why there is none."""
        raws = [(row.values.get("code"), row.values.get("market")) for row in batch]
        if len(self.symbols) > MOST_SYMBOLS:
            self.symbols.clear()
        for raw in set(raws).difference(self.symbols):
            self.symbols[raw] = self.symbol_of(*raw)
        return [self.symbols[raw] for raw in raws]

    def symbol_of(self, code, market):
        """Return the checked (code, market) of a raw code and market, or why there is none."""
        if is_none(code):
            return _("There is no code.")
        try:
            code, market = read_symbol(code, market)
        except ValueError:
            return _(
                "The code %(code)s has lost its leading zeros: write it as text, or give the "
                "market as well."
            ) % {"code": shown(code)}
        market = market or derive_market(code)
        for name, value in (("code", code), ("market", market)):
            _value, reason = Check(Stock._meta.get_field(name)).judge(value)
            if reason:
                return reason
        return code, market

    def find_doubled(self, batch, keys, wrong):
        """Put the rows whose stock has another row into `wrong`.

        Only a second row shows that there are two: then all is gone through again, with the
        line of that one in `doubled`, by the key.
        """
        hashes = list(map(hash, keys))
        if not wrong and not self.doubled:
            fresh = set(hashes)
            if len(fresh) == len(hashes) and self.seen.isdisjoint(fresh):
                self.seen |= fresh
                return
        for place, key in enumerate(keys):
            if place in wrong:
                continue
            line = batch[place].line
            if self.doubled.get(key, line) != line or key in self.met:
                other = self.met.setdefault(key, line)
                other = self.doubled[key] if other == line else other
                wrong[place] = [_("Line %(line)d is for the same one.") % {"line": other}]
            elif hashes[place] in self.seen and not self.doubled:
                self.twice.setdefault(key, line)
            self.seen.add(hashes[place])

    def reject(self, row, reasons):
        """Report a row that is not taken."""
        self.report.rejected.add(row.line, " ".join(reasons), row.values)

    def show(self, row, name, values, *, new=False):
        """Keep a difference for the preview, if it is one of the first."""
        if len(self.report.differences) < MOST_DIFFERENCES:
            self.report.differences.append(Difference(row.line, name, new, values))

    def keep(self, names, new, changed):
        """Keep what a batch writes, so that it can be undone; the first one begins the record."""
        if self.report.record is None:
            self.report.record = DataImport.objects.create(
                kind=self.kind, source=self.source[:200], made_by=self.made_by
            )
        ImportBatch.objects.create(
            data_import=self.report.record, changes=undo.pack(names, new, changed)
        )

    def finish(self):
        """Write the counts into the record, if there is one."""
        record = self.report.record
        if record is None:
            return
        record.as_of = self.latest
        for name in ("new", "changed", "unchanged"):
            setattr(record, name, getattr(self.report, name))
        record.rejected = len(self.report.rejected)
        record.save()
        undo.forget_old(record)


class QuoteWriter(Writer):
    """Writes quotes into `info`."""

    kind = DataImport.Kind.QUOTES
    model = Stock
    fields = QUOTE_FIELDS

    def __init__(self, **options):
        super().__init__(**options)
        for name, check in self.checks.items():
            if check.field.validators and getattr(check, "smallest", 0) == float(SMALLEST_PRICE):
                self.checks[name] = PriceCheck(check.field)
        self.checks["status"] = ChoiceCheck(Stock._meta.get_field("status"), STATUS_WORDS)

    def identify(self, batch, columns, wrong):
        """Return the (code, market) of each row."""
        keys = self.symbols_of(batch)
        for place, key in enumerate(keys):
            if isinstance(key, str):
                wrong.setdefault(place, []).insert(0, key)
        return keys

    def look_up(self, keys):
        """Return the stored stocks with these keys, as dictionaries, until the end our own."""
        rows = Stock.objects.filter(code__in={code for code, _market in keys})
        if self.writing:
            rows = rows.select_for_update()
        stored = rows.values("pk", "code", "market", *self.fields)
        return {(row["code"], row["market"]): row for row in stored}

    def store(self, batch, columns, keys):
        """Sort the rows into new, changed and unchanged ones, and write the first two."""
        stored = self.look_up(keys.values())
        new, changed = [], []
        for place, key in keys.items():
            row, old = batch[place], stored.get(key)
            given = self.given(row, columns, place, old)
            if old is None:
                if not given.get("short"):
                    text = _("There is no stock %(code)s yet, and the row has no name for it.")
                    self.reject(row, [text % {"code": ".".join(filter(None, key))}])
                    continue
                new.append((key, given))
                self.report.new += 1
                self.show(row, f"{key[0]} {given['short']}", self.pairs({}, given), new=True)
                continue
            differences = self.pairs(old, given)
            if not differences:
                self.report.unchanged += 1
                continue
            changed.append((old, differences))
            self.report.changed += 1
            self.show(row, f"{key[0]} {old['short']}", differences)
        if self.writing and (new or changed):
            self.insert_new(new)
            self.update_changed(changed)

    def given(self, row, columns, place, old):
        """Return what a row has to say about its stock."""
        given = {}
        for name, column in columns.items():
            value = column[place]
            if value is not None:
                given[name] = self.checks[name].python(value)
            elif self.overwrite_empty and name in row.values and name != "short":
                given[name] = None if self.checks[name].field.null else ""
        if "price" in row.values and not is_none(row.values["price"]):
            self.settle(given, old)
        moment = given.get("quote_time")
        if moment is not None and (self.latest is None or moment > self.latest):
            self.latest = moment
        return given

    def settle(self, given, old):
        """Mark a stock whose price is 0 as suspended, say from when and where a price is."""
        if given.get("price") is None:
            for name in ("price", "chg"):
                given.pop(name, None)
            given.setdefault("status", Stock.Status.SUSPENDED)
            return
        if old and old["status"] == Stock.Status.SUSPENDED:
            given.setdefault("status", Stock.Status.TRADED)
        if self.as_of is not None:
            given.setdefault("quote_time", self.as_of)
        moved = old is None or any(
            name in given and not same(given[name], old[name]) for name in ("price", "quote_time")
        )
        if moved:
            given.setdefault("source", self.source[:64])

    @staticmethod
    def pairs(old, given):
        """Return (before, after) by the name of each field that differs."""
        return {
            name: (old.get(name), value)
            for name, value in given.items()
            if not same(value, old.get(name))
        }

    def insert_new(self, new):
        """Insert stocks and keep their ids with what was inserted."""
        if not new:
            return
        names = [name for name in QUOTE_FIELDS if any(name in given for _key, given in new)]
        missing = {name: None if self.checks[name].field.null else "" for name in QUOTE_FIELDS}
        derived = [Keys(code, market, given["short"]) for (code, market), given in new]
        for keys in derived:
            Stock.derive(keys)
        every = [f for f in QUOTE_FIELDS if f in names or missing[f] is not None]
        columns = {
            name: [prepared(given.get(name, missing[name])) for _key, given in new]
            for name in every
        }
        for name in ("code", "market", "search_name", "search_pinyin"):
            columns[name] = [getattr(keys, name) for keys in derived]
        insert(Stock, list(columns), list(columns.values()))
        stored = Stock.objects.filter(code__in=columns["code"]).values_list("code", "market", "pk")
        ids = {(code, market): pk for code, market, pk in stored}
        kept = {"id": [ids[key] for key, _given in new]}
        kept |= {name: [given.get(name) for _key, given in new] for name in names}
        self.keep(list(kept), list(kept.values()), [])

    def update_changed(self, changed):
        """Update stocks and keep the values before."""
        if not changed:
            return
        update_stocks([(old, {n: after for n, (_b, after) in d.items()}) for old, d in changed])
        self.keep([], [], [[old["pk"], differences] for old, differences in changed])


def update_stocks(changes):
    """Write changes, pairs of a stock as a dictionary of all fields and its new values."""
    for renamed in (False, True):
        chosen = [(old, new) for old, new in changes if ("short" in new) is renamed]
        if not chosen:
            continue
        merged = [{**old, **new} for old, new in chosen]
        touched = dict.fromkeys(name for _old, new in chosen for name in new)
        columns = {"id": [row["pk"] for row in merged]}
        for name in ("code", "market", *QUOTE_FIELDS):
            columns[name] = [prepared(row[name]) for row in merged]
        derived = [Keys(row["code"], row["market"], row["short"]) for row in merged]
        if renamed:
            for keys in derived:
                Stock.derive(keys)
        # The insertion, which never comes to pass, needs a value for every column all the same.
        for name in ("search_name", "search_pinyin"):
            columns[name] = [getattr(keys, name) for keys in derived]
        update = [*touched, *(("search_name", "search_pinyin") if renamed else ())]
        insert(Stock, list(columns), list(columns.values()), update=update)


class BarWriter(Writer):
    """Writes history into `Bar`."""

    kind = DataImport.Kind.BARS
    model = Bar
    fields = ("date", *BAR_FIELDS)

    def __init__(self, **options):
        super().__init__(**options)
        self.stock_ids, self.touched = {}, set()

    def identify(self, batch, columns, wrong):
        """Return the (stock's id, day) of each row, the day as text."""
        symbols = self.symbols_of(batch)
        self.find_stocks({s for s in symbols if not isinstance(s, str)} - self.stock_ids.keys())
        for name in ("open", "high", "low", "close", "date"):
            label = self.checks[name].field.verbose_name
            missing = _("There is no value for “%(name)s”.") % {"name": label}
            column = columns.setdefault(name, [None] * len(batch))
            if None in column:
                for place, value in enumerate(column):
                    if value is None and place not in wrong:
                        wrong[place] = [missing]
        if not wrong and not any(isinstance(day, date) for day in columns["date"][:1]):
            days = columns["date"]
        else:
            days = [d.isoformat() if isinstance(d, date) else d for d in columns["date"]]
        columns["date"] = days
        ids = [self.stock_ids.get(symbol) for symbol in symbols]
        if None in ids:
            for place, pk in enumerate(ids):
                if pk is None:
                    wrong.setdefault(place, []).insert(0, self.no_stock(symbols[place]))
        return list(zip(ids, days, strict=True))

    def find_stocks(self, symbols):
        """Learn the ids of stocks."""
        rows = Stock.objects.filter(code__in={code for code, _market in symbols})
        for code, market, pk in rows.values_list("code", "market", "pk"):
            self.stock_ids[code, market] = pk

    def no_stock(self, symbol):
        """Return why there is no stock for a symbol."""
        if isinstance(symbol, str):
            return symbol
        text = _("There is no stock %(code)s here: import its quote first.")
        return text % {"code": ".".join(filter(None, symbol))}

    def look_up(self, keys):
        """Return the stored bars with these keys."""
        days = {}
        for stock, day in keys:
            days.setdefault(stock, []).append(day)
        spans = {}
        for stock, several in days.items():
            spans.setdefault((min(several), max(several)), []).append(stock)
        spans = list(spans.items())
        stored = {}
        for start in range(0, len(spans), MOST_RANGES):
            chosen = Q()
            for span, stocks in spans[start : start + MOST_RANGES]:
                chosen |= Q(stock_id__in=stocks, date__range=span)
            rows = Bar.objects.filter(chosen).values_list("stock_id", "date", *BAR_FIELDS)
            stored |= {(stock, day.isoformat()): values for stock, day, *values in rows}
        return stored

    def store(self, batch, columns, keys):
        """Sort the rows into new, changed and unchanged ones, and write the first two."""
        if not keys:
            return
        stored = self.look_up(keys.values())
        fresh = [place for place, key in keys.items() if key not in stored]
        changed = []
        for place, key in keys.items():
            if key not in stored:
                continue
            old = dict(zip(BAR_FIELDS, stored[key], strict=True))
            differences = self.pairs(batch[place], columns, place, old)
            if not differences:
                self.report.unchanged += 1
                continue
            self.report.changed += 1
            changed.append((key, old, differences))
            self.show(batch[place], self.name_of(batch[place], key), differences)
        self.report.new += len(fresh)
        self.show_new(batch, columns, fresh, keys)
        latest = max(day for _stock, day in keys.values())
        moment = timezone.make_aware(datetime.combine(date.fromisoformat(latest), time.min))
        self.latest = max(self.latest or moment, moment)
        if self.writing:
            self.insert_new(columns, fresh, keys)
            self.update_changed(changed)

    def pairs(self, row, columns, place, old):
        """Return (before, after) by the name of each field that differs."""
        pairs = {}
        for name in BAR_FIELDS:
            value = self.checks[name].python(columns[name][place]) if name in columns else None
            if value is None and not (self.overwrite_empty and name in row.values):
                continue
            if not same(value, old[name]):
                pairs[name] = (old[name], value)
        return pairs

    @staticmethod
    def name_of(row, key):
        """Return what a preview calls a bar."""
        return f"{row.values['code']} {key[1]}"

    def show_new(self, batch, columns, fresh, keys):
        """Keep the first new bars for the preview."""
        for place in fresh[: MOST_DIFFERENCES - len(self.report.differences)]:
            values = {
                name: (None, self.checks[name].python(columns[name][place]))
                for name in BAR_FIELDS
                if name in columns and columns[name][place] is not None
            }
            self.show(batch[place], self.name_of(batch[place], keys[place]), values, new=True)

    def insert_new(self, columns, fresh, keys):
        """Insert bars and keep their keys with what was inserted."""
        if not fresh:
            return
        kept = {
            "stock": [keys[place][0] for place in fresh],
            "date": [keys[place][1] for place in fresh],
        }
        for name in BAR_FIELDS:
            if name in columns:
                kept[name] = [prepared(columns[name][place]) for place in fresh]
        insert(Bar, list(kept), list(kept.values()))
        self.touched.update(kept["stock"])
        self.keep(list(kept), list(kept.values()), [])

    def update_changed(self, changed):
        """Update bars and keep the values before."""
        if not changed:
            return
        update_bars([(key, old, {n: a for n, (_b, a) in d.items()}) for key, old, d in changed])
        self.touched.update(key[0] for key, _old, _new in changed)
        self.keep([], [], [[key, differences] for key, _old, differences in changed])


def update_bars(changes):
    """Write changes: a bar's key, all of its fields as a dictionary, and its new values."""
    merged = [{**old, **new} for _key, old, new in changes]
    columns = {
        "stock": [key[0] for key, _old, _new in changes],
        "date": [key[1] for key, _old, _new in changes],
    }
    for name in BAR_FIELDS:
        columns[name] = [prepared(row[name]) for row in merged]
    update = dict.fromkeys(name for _key, _old, new in changes for name in new)
    insert(Bar, list(columns), list(columns.values()), update=list(update))
