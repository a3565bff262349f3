"""History into `Bar`."""

from datetime import date, datetime, time
from decimal import Decimal
from operator import itemgetter, lt

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import history
from ..models import Bar, DataImport, Stock
from . import kept
from .base import MOST_DIFFERENCES, Writer
from .batches import MISSING, chunks
from .checks import TradingDayCheck
from .quotes import FIELDS as QUOTE_FIELDS
from .quotes import afterwards
from .tables import all_texts, execute, insert, inserting, prepared, prepared_column, same

FIELDS = ("open", "high", "low", "close", "volume", "amount", "turnover", "adjusted_close")
REQUIRED = ("date", "open", "high", "low", "close")
# Stocks with these codes, and the days their history spans: two glances at the index.
KNOWN = (
    "SELECT code, market, id, "
    "(SELECT date FROM stocks_bar WHERE stock_id = info.id ORDER BY date LIMIT 1), "
    "(SELECT date FROM stocks_bar WHERE stock_id = info.id ORDER BY date DESC LIMIT 1) "
    "FROM info WHERE code IN ({})"
)
# SQLite refuses a condition of more than a thousand parts.
MOST_SPANS = 300


class BarWriter(Writer):
    """Writes history, and then works out anew what `info` says of it."""

    kind = DataImport.Kind.BARS
    model = Bar
    fields = ("date", *FIELDS)

    def __init__(self, options):
        super().__init__(options)
        self.checks["date"] = TradingDayCheck(Bar._meta.get_field("date"))
        self.ids, self.spans, self.touched = {}, {}, set()

    def identify(self, batch, columns):
        """Return the (stock's id, day) of each row, the day as text."""
        for name in REQUIRED:
            self.require(batch, columns, name)
        self.compare_extremes(batch, columns["high"], columns["low"])
        days = columns["date"]
        if not all_texts(days):
            days = [day.isoformat() if isinstance(day, date) else day for day in days]
        raws = batch.raw_symbols()
        ids = list(map(self.ids.get, raws))
        if None in ids:
            self.learn({raw for raw, pk in zip(raws, ids, strict=True) if pk is None})
            ids = list(map(self.ids.get, raws))
            for place, pk in enumerate(ids):
                if pk is None:
                    reason = self.no_stock(*self.symbols_of([raws[place]]))
                    batch.wrong.setdefault(place, []).insert(0, reason)
        return list(zip(ids, days, strict=True))

    def require(self, batch, columns, name):
        """Put rows without a value that a bar needs among the wrong ones."""
        column = columns.setdefault(name, [None] * len(batch))
        if all(column) or None not in column:
            return
        label = self.checks[name].field.verbose_name
        reason = _("There is no value for “%(name)s”.") % {"name": label}
        for place, value in enumerate(column):
            if value is None and place not in batch.wrong:
                batch.wrong[place] = [reason]

    @staticmethod
    def compare_extremes(batch, highs, lows):
        """Put rows with a high below their low among the wrong ones."""
        if not batch.wrong and not any(map(lt, map(float, highs), map(float, lows))):
            return
        for place, (high, low) in enumerate(zip(highs, lows, strict=True)):
            if place not in batch.wrong and float(high) < float(low):
                text = _("The high %(high)s is below the low %(low)s.")
                batch.wrong[place] = [text % {"high": high, "low": low}]

    def learn(self, raws):
        """Learn the ids of stocks, and the first and the last day of those that have bars."""
        raws = list(raws)
        symbols = self.symbols_of(raws)
        codes = list({symbol[0] for symbol in symbols if isinstance(symbol, tuple)})
        if not codes:
            return
        found = {}
        with connection.cursor() as cursor:
            cursor.execute(KNOWN.format(", ".join(["%s"] * len(codes))), codes)
            for code, market, pk, first, last in cursor.fetchall():
                found[code, market] = pk
                if first:
                    self.spans[pk] = (str(first), str(last))
        pairs = zip(raws, symbols, strict=True)
        self.ids.update((raw, found[symbol]) for raw, symbol in pairs if symbol in found)

    def no_stock(self, symbol):
        """Return why there is no stock for a symbol."""
        if isinstance(symbol, str):
            return symbol
        text = _("There is no stock %(code)s here: import its quote first.")
        return text % {"code": ".".join(filter(None, symbol))}

    def store(self, batch, columns, keys):
        """Sort the rows into new, changed and unchanged ones, and write the first two."""
        places = range(len(keys))
        if batch.wrong:
            places = [place for place in places if place not in batch.wrong]
        if not places:
            return
        whole = len(places) == len(keys)
        chosen = keys if whole else [keys[place] for place in places]
        stored = look_up(self.perhaps_stored(chosen))
        fresh, changed = places, []
        if stored:
            fresh = [place for place in places if keys[place] not in stored]
            for place in sorted({*places} - {*fresh}):
                self.compare(batch, columns, place, keys[place], stored, changed)
        self.report.new += len(fresh)
        self.show_new(batch, columns, fresh, keys)
        latest = max(chosen, key=itemgetter(1))[1]
        moment = timezone.make_aware(datetime.combine(date.fromisoformat(latest), time.min))
        self.latest = max(self.latest or moment, moment)
        if self.writing:
            self.insert_new(columns, fresh, keys)
            self.update_changed(changed)

    def perhaps_stored(self, keys):
        """Return the keys that lie within what the stocks had before."""
        if not self.spans or self.spans.keys().isdisjoint([stock for stock, _day in keys]):
            return []
        none = ("", "")
        spans = [(key, self.spans.get(key[0], none)) for key in keys]
        return [key for key, (first, last) in spans if first <= key[1] <= last]

    def compare(self, batch, columns, place, key, stored, changed):
        """Put a bar that is there already among the changed ones if it is."""
        old = dict(zip(FIELDS, stored[key], strict=True))
        differences = self.pairs(batch, columns, place, old)
        if not differences:
            self.report.unchanged += 1
            return
        self.report.changed += 1
        changed.append((key, old, differences))
        self.show(batch.lines[place], name_of(batch, place, key), differences)

    def pairs(self, batch, columns, place, old):
        """Return (before, after) by the name of each field that differs."""
        pairs = {}
        for name in FIELDS:
            if name not in columns:
                continue
            value = self.checks[name].python(columns[name][place])
            erases = self.options.overwrite_empty and batch.columns[name][place] is not MISSING
            if (value is not None or erases) and not same(value, old[name]):
                pairs[name] = (old[name], value)
        return pairs

    def show_new(self, batch, columns, fresh, keys):
        """Keep the first new bars for the preview."""
        for place in fresh[: MOST_DIFFERENCES - len(self.report.differences)]:
            values = {
                name: (None, self.checks[name].python(columns[name][place]))
                for name in FIELDS
                if name in columns and columns[name][place] is not None
            }
            self.show(batch.lines[place], name_of(batch, place, keys[place]), values, new=True)

    def insert_new(self, columns, fresh, keys):
        """Insert bars, and keep them."""
        if not fresh:
            return
        chosen = keys if len(fresh) == len(keys) else [keys[place] for place in fresh]
        stocks, days = zip(*chosen, strict=True)
        new = {"stock": stocks, "date": days}
        for name in FIELDS:
            if name in columns:
                column = columns[name]
                if len(fresh) != len(keys):
                    column = [column[place] for place in fresh]
                new[name] = prepared_column(column)
        self.touched.update(stocks)
        self.behind.prepare(self.write_new, inserting(Bar, new), kept.pack(model="bar", new=new))

    def write_new(self, statements, changes):
        """Execute what inserts bars, and keep them."""
        execute(statements)
        self.keep_packed(changes)

    def update_changed(self, changed):
        """Update bars, and keep the values before."""
        if not changed:
            return
        update_bars([(key, old, afterwards(pairs)) for key, old, pairs in changed])
        self.touched.update(key[0] for key, _old, _pairs in changed)
        self.keep(model="bar", changed=[(key, pairs) for key, _old, pairs in changed])

    def finish(self):
        """Work out what the bars say of their stocks, and keep what that changes too."""
        for ids in chunks(sorted(self.touched)):
            self.keep(model="stock", changed=rebuild(ids), derived=True)
        super().finish()


def rebuild(ids):
    """Work out the quotes of stocks from their bars; return for each what that changed.

    A source is kept with its price, changed or not.
    """
    chosen = Stock.objects.filter(pk__in=ids)
    before = {row["pk"]: row for row in chosen.values("pk", *QUOTE_FIELDS)}
    history.rebuild(chosen)
    changed = []
    for row in chosen.values("pk", *QUOTE_FIELDS):
        old = before[row["pk"]]
        names = {name for name in QUOTE_FIELDS if row[name] != old[name]}
        names |= {"price"} if "source" in names else set()
        pairs = {name: (old[name], row[name]) for name in QUOTE_FIELDS if name in names}
        changed.append((row["pk"], pairs))
    return changed


def name_of(batch, place, key):
    """Return what a preview calls a bar."""
    return f"{batch.columns['code'][place]} {key[1]}"


def look_up(keys):
    """Return the stored bars with these keys, as tuples of their values."""
    if not keys:
        return {}
    days = {}
    for stock, day in keys:
        days.setdefault(stock, []).append(day)
    spans = {}
    for stock, several in days.items():
        spans.setdefault((min(several), max(several)), []).append(stock)
    quote = connection.ops.quote_name
    table = quote(Bar._meta.db_table)
    if connection.vendor == "mysql":
        # While an import runs the server believes the table to be as small as it was before.
        table += " FORCE INDEX (PRIMARY)"
    names = ", ".join(
        quote(Bar._meta.get_field(name).column) for name in ("stock", "date", *FIELDS)
    )
    stored = {}
    with connection.cursor() as cursor:
        for chunk in chunks(spans.items(), MOST_SPANS):
            parts = [
                f"stock_id IN ({', '.join(map(str, ids))}) AND date BETWEEN %s AND %s"
                for _span, ids in chunk
            ]
            days = [day for span, _ids in chunk for day in span]
            where = " OR ".join(parts)
            cursor.execute(f"SELECT {names} FROM {table} WHERE {where}", days)  # noqa: S608
            for stock, day, *values in cursor:
                stored[stock, str(day)] = [v if v is None else Decimal(str(v)) for v in values]
    return stored


def delete(days):
    """Delete bars, given as the days by the id of their stock."""
    table = connection.ops.quote_name(Bar._meta.db_table)
    parts = [
        f"stock_id = {int(stock)} AND date IN ({', '.join(['%s'] * len(several))})"
        for stock, several in days.items()
    ]
    where = " OR ".join(parts)
    every = [day for several in days.values() for day in several]
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {where}", every)  # noqa: S608


def update_bars(changes):
    """Write changes: a bar's key, all of its fields as a dictionary, and its new values."""
    merged = [{**old, **new} for _key, old, new in changes]
    columns = dict(
        zip(("stock", "date"), zip(*(key for key, _o, _n in changes), strict=True), strict=True)
    )
    for name in FIELDS:
        columns[name] = [prepared(row[name]) for row in merged]
    insert(Bar, columns, update=dict.fromkeys(name for _key, _old, new in changes for name in new))
