"""Undoing an import: the values before it come back, and what it added goes.

A value that was changed since is a conflict, which is named with the change that stands in the
way; unless these are to be skipped, one of them keeps all from being undone.
"""

import contextlib
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..models import Bar, DataChange, DataImport, ImportBatch, SearchWord, Stock, WatchlistEntry
from . import Refused, bars, quotes
from .batches import chunks
from .checks import Check, make_check
from .kept import keep, pack, rewrite, unpack
from .tables import one_at_a_time, same

MOST_NAMED = 100
MOST_SEARCHED = 500
MOST_GROUPS = 300
STOCK_CHECKS = {name: make_check(Stock._meta.get_field(name)) for name in quotes.FIELDS}
BAR_CHECKS = {name: make_check(Bar._meta.get_field(name)) for name in bars.FIELDS}


@dataclass
class Undoing:
    """What came of it: whether it is `done`, how many rows it was, what stood in the way."""

    done: bool = False
    restored: int = 0
    conflicts: int = 0
    named: list = field(default_factory=list)


class InTheWay(Exception):  # noqa: N818
    """There are conflicts, so nothing is to be undone."""


def undo(record, *, skip_conflicts=False, dry_run=False):
    """Undo an import and return the Undoing; with a dry run only say what would come of it."""
    result = Undoing()
    for _part in steps(record, result, skip_conflicts=skip_conflicts, dry_run=dry_run):
        pass
    return result


def steps(record, result, *, skip_conflicts=False, dry_run=False):
    """Do the same step by step: yield which part is done, and put what came of it in `result`."""
    with contextlib.suppress(InTheWay), one_at_a_time(), transaction.atomic():
        record = DataImport.objects.select_for_update().get(pk=record.pk)
        refuse(record)
        yield from undo_batches(record, result)
        if dry_run or (result.conflicts and not skip_conflicts):
            raise InTheWay
        record.undone_at = timezone.now()
        record.save(update_fields=["undone_at"])
        DataChange.objects.note()
        result.done = True


def refuse(record):
    """Refuse an import that is undone already, or is too old for it."""
    if record.undone_at:
        raise Refused(_("%(import)s was undone already.") % {"import": record})
    if not record.batches.exists():
        raise Refused(_("%(import)s is too old to be undone.") % {"import": record})


def undo_batches(record, result):
    """Undo what the batches of an import wrote, the last one first."""
    touched, left = set(), set()
    every = list(record.batches.order_by("-pk").values_list("pk", flat=True))
    derived = every[0]
    for place, key in enumerate(every):
        yield place / len(every)
        kept = ImportBatch.objects.get(pk=key)
        content = unpack(kept)
        if content["derived"]:
            touched.update(stock for stock, _pairs in content["changed"])
            derived = key
            continue
        batch = (StockBatch if content["model"] == "stock" else BarBatch)(record, content, result)
        if batch.undo_changed():
            rewrite(kept, content)
            left.add(type(batch))
        batch.undo_new()
        touched |= batch.touched
    for ids in chunks(sorted(touched)):
        if undo_derived(record, ids, derived):
            left.add(StockBatch)
    for kind in left:
        hand_on(record, kind, every[-1])


def undo_derived(record, ids, since):
    """Take what an import's bars said of stocks out from under what was written later.

    A stock goes back to what it was before the import, but for what later quotes say, and the
    bars that are left then tell anew what they tell. To undo their imports brings back the same.
    Return whether something was written over by what is not derived.
    """
    stored = StockBatch.stored(ids)
    values, quoted = {pk: dict(row) for pk, row in stored.items()}, {pk: {} for pk in stored}
    left = False
    for batch, content in batches(since, "-pk"):
        if content["model"] != "stock":
            continue
        chosen = [(pk, pairs) for pk, pairs in content["changed"] if pk in stored]
        for pk, pairs in chosen:
            if content["derived"]:
                go_back(values[pk], pairs)
                left |= bool(pairs) and batch.data_import_id == record.pk
            else:
                names = pairs.keys() & values[pk].keys()
                quoted[pk] |= {name: values[pk].pop(name) for name in names}
        if chosen and content["derived"]:
            rewrite(batch, content)
    changes = []
    for pk, row in stored.items():
        back = {**values[pk], **quoted[pk]}
        changes.append((row, {name: back[name] for name in back if back[name] != row[name]}))
    quotes.update_stocks([(row, back) for row, back in changes if back])
    pass_on(record, {pk: pairs for pk, pairs in bars.rebuild(ids) if pairs})
    return left


def go_back(values, pairs):
    """Bring values back to what they were before, so that only the other pairs are left.

    Where the price is another's, its source is too.
    """
    for name, pair in list(pairs.items()):
        before, after = (decoded(STOCK_CHECKS[name], raw) for raw in pair)
        other = name not in values or not same(values[name], after)
        if not other and not (name == "source" and "price" in pairs):
            values[name] = before
            del pairs[name]


def pass_on(record, changed):
    """Keep what the bars that are left say of stocks with the latest import that has them."""
    for batch, content in batches(0, "-pk") if changed else ():
        if content["derived"] and batch.data_import_id != record.pk:
            found = [(pk, changed.pop(pk)) for pk, _pairs in content["changed"] if pk in changed]
            if found:
                keep(batch.data_import, pack(model="stock", changed=found, derived=True))
        if not changed:
            break


def hand_on(record, kind, since):
    """Let what was written over the values of an import go back to what was before these."""
    carried = {}
    for batch, content in batches(since, "pk"):
        if content["model"] != kind.model:
            continue
        own, handed = batch.data_import_id == record.pk, False
        for raw, pairs in content["changed"]:
            key = kind.key(raw)
            mine = carried.setdefault(key, {}) if own else carried.get(key, {})
            for name, (before, after) in pairs.items():
                known = mine.pop(name, None)
                check = kind.checks[name]
                over = known and same(decoded(check, known[1]), decoded(check, before))
                first = known[0] if over else before
                if own:
                    mine[name] = (first, after)
                elif over:
                    pairs[name], handed = (first, after), True
        if handed:
            rewrite(batch, content)


def batches(since, order):
    """Yield the batches of imports that are not undone, from one on, each with its content."""
    kept = ImportBatch.objects.filter(pk__gte=since, data_import__undone_at=None)
    for key in list(kept.order_by(order).values_list("pk", flat=True)):
        batch = ImportBatch.objects.get(pk=key)
        yield batch, unpack(batch)


def decoded(check, raw):
    """Return a kept value as Python has it."""
    if raw is None or type(check) is Check:
        return raw
    return check.read(raw) if raw != "" else None


class KeptBatch:
    """A batch of an import, to be undone; how is for stocks and bars to say."""

    checks = {}

    def __init__(self, record, content, result):
        self.record, self.result = record, result
        self.new, self.changed = content["new"], content["changed"]
        self.touched = set()

    def undo_changed(self):
        """Bring back the values of rows that were changed; return whether some could not.

        In what was kept only those are left.
        """
        stored = self.stored([self.key(raw) for raw, _pairs in self.changed])
        changes, left = [], False
        for raw, pairs in self.changed:
            key = self.key(raw)
            if key not in stored:
                self.conflict(key, "", _("it is no longer there"))
                continue
            back = self.values_before(key, stored[key], pairs)
            if back:
                changes.append((key, stored[key], back))
            for name in back:
                del pairs[name]
            left = left or bool(pairs)
        if changes:
            self.restore(changes)
            self.result.restored += len(changes)
        return left

    def values_before(self, key, now, pairs):
        """Return the values that can come back."""
        back = {}
        for name, (raw_before, raw_after) in pairs.items():
            check = self.checks[name]
            before, after = decoded(check, raw_before), decoded(check, raw_after)
            if same(now[name], after):
                back[name] = before
            elif not same(now[name], before):
                self.changed_since(key, name, now[name], after)
        return back

    def undo_new(self):
        """Take away the rows that were new, if they are as they were left."""
        keys, columns = self.new_keys()
        stored, gone = self.stored(keys), []
        for place, key in enumerate(keys):
            if key not in stored:
                continue
            conflicts = self.result.conflicts
            for name, column in columns.items():
                after = decoded(self.checks[name], column[place])
                if not same(stored[key][name], after):
                    self.changed_since(key, name, stored[key][name], after)
            if conflicts == self.result.conflicts:
                gone.append(key)
        self.result.restored += self.take_away(gone)

    def changed_since(self, key, name, now, after):
        """Report a value that was changed after the import."""
        text = _("%(field)s is %(now)s now, and was %(after)s after the import") % {
            "field": self.checks[name].field.verbose_name,
            "now": _("empty") if now in (None, "") else now,
            "after": _("empty") if after in (None, "") else after,
        }
        self.conflict(key, name, text)

    def conflict(self, key, name, text):
        """Report what stands in the way, the first ones by name."""
        self.result.conflicts += 1
        if len(self.result.named) < MOST_NAMED:
            later = self.later_change(key, name)
            self.result.named.append(f"{self.name_of(key)}: {text}{f' ({later})' if later else ''}")

    def later_change(self, key, name):
        """Return which later import changed a row, "" when none is found."""
        own = self.record.batches.order_by("pk").values("pk")[:1]
        later = ImportBatch.objects.exclude(data_import=self.record).filter(
            pk__gt=Subquery(own), data_import__undone_at=None
        )
        found = later.select_related("data_import").order_by("-pk")[:MOST_SEARCHED]
        for batch in found.iterator(chunk_size=20):
            content = unpack(batch)
            if content["model"] != self.model or (content["derived"] and not name):
                continue
            for raw, pairs in content["changed"]:
                if self.key(raw) == key and (name in pairs or not name):
                    return str(batch.data_import)
        return ""


class StockBatch(KeptBatch):
    """What an import wrote into `info`."""

    model = "stock"
    checks = STOCK_CHECKS

    @staticmethod
    def key(raw):
        """Return the stock's id."""
        return raw

    @staticmethod
    def stored(keys):
        """Return the stocks as they are now, as dictionaries by their id."""
        rows = Stock.objects.select_for_update().filter(pk__in=keys)
        return {row["pk"]: row for row in rows.values("pk", "code", "market", *quotes.FIELDS)}

    def new_keys(self):
        """Return the ids of the stocks that were new, and the columns of their values."""
        columns = dict(self.new)
        return [int(key) for key in columns.pop("pk", ())], columns

    def restore(self, changes):
        """Write values back."""
        quotes.update_stocks([(old, back) for _key, old, back in changes])

    def take_away(self, keys):
        """Delete stocks, but for those that something hangs on by now; return how many."""
        used = Stock.objects.filter(pk__in=keys).annotate(
            watched=Exists(WatchlistEntry.objects.filter(info=OuterRef("pk"))),
            drawn=Exists(Bar.objects.filter(stock=OuterRef("pk"))),
        )
        free = set(keys)
        for key, watched, drawn in used.values_list("pk", "watched", "drawn"):
            if watched:
                self.conflict(key, "", _("it is on a watchlist"))
            elif drawn:
                self.conflict(key, "", _("it has bars"))
            if watched or drawn:
                free.discard(key)
        if free:
            SearchWord.objects.filter(stock__in=free)._raw_delete(using=connection.alias)
            Stock.objects.filter(pk__in=free)._raw_delete(using=connection.alias)
        return len(free)

    def name_of(self, key):
        """Return the stock's code and name."""
        return str(Stock.objects.filter(pk=key).first() or _("A stock"))

    def later_change(self, key, name):
        """Return which later import or person changed the stock."""
        found = super().later_change(key, name)
        edits = Stock.history.filter(id=key, history_date__gt=self.record.made_at)
        edit = edits.select_related("history_user").order_by("-history_date").first()
        if found or edit is None:
            return found
        when = date_format(timezone.localtime(edit.history_date), "SHORT_DATETIME_FORMAT")
        return f"{edit.history_user or _('somebody')}, {when}"


class BarBatch(KeptBatch):
    """What an import wrote into `Bar`."""

    model = "bar"
    checks = BAR_CHECKS

    @staticmethod
    def key(raw):
        """Return the stock's id and the day."""
        return tuple(raw)

    def stored(self, keys):
        """Return the bars as they are now, as dictionaries by their key."""
        found = bars.look_up(keys)
        return {key: dict(zip(bars.FIELDS, row, strict=True)) for key, row in found.items()}

    def new_keys(self):
        """Return the keys of the bars that were new, and the columns of their values."""
        columns = dict(self.new)
        stocks, days = columns.pop("stock", ()), columns.pop("date", ())
        return list(zip(map(int, stocks), days, strict=True)), columns

    def restore(self, changes):
        """Write values back."""
        bars.update_bars(changes)
        self.touched.update(key[0] for key, _old, _back in changes)

    def take_away(self, keys):
        """Delete bars and return how many."""
        days = {}
        for stock, day in keys:
            days.setdefault(stock, []).append(day)
        for several in chunks(days.items(), MOST_GROUPS):
            bars.delete(dict(several))
        self.touched.update(days)
        return len(keys)

    def name_of(self, key):
        """Return the stock's code and name, and the day."""
        stock = Stock.objects.filter(pk=key[0]).first() or _("A stock")
        return f"{stock}, {key[1]}"
