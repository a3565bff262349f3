"""What quotes and bars have in common: checks, doubled rows, all or nothing, what undoes it.

The history of the stocks (django-simple-history) gets no row for what an import writes: the
values before and after are kept with the import itself, where `undo` finds them.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from ..models import DataChange, DataImport, Stock
from ..symbols import derive_market
from . import Difference, Report, kept
from .batches import batches_of
from .checks import Check, make_check, shown
from .tables import Behind, one_at_a_time
from .values import is_none, plain_text, read_symbol

MOST_DIFFERENCES = 200
MOST_SYMBOLS = 50_000


class Doubled(Exception):  # noqa: N818
    """Rows are for one stock: all of them are to be rejected, the first one too."""


class NotTaken(Exception):  # noqa: N818
    """Rows were rejected, so nothing is to be written."""


@dataclass(frozen=True)
class Options:
    """How an import is to be made; `writer.write_quotes` says what each one means."""

    source: str
    made_by: object = None
    as_of: object = None
    dry_run: bool = False
    skip_rejected: bool = False
    overwrite_empty: bool = False
    progress: object = None


class Writer(ABC):
    """Takes rows batch by batch; what becomes of a batch is for the two kinds to say."""

    kind = ""
    model = None
    fields = ()

    def __init__(self, options):
        self.options = options
        self.checks = {name: make_check(self.model._meta.get_field(name)) for name in self.fields}
        self.symbols, self.doubled = {}, {}

    def write(self, rows):
        """Check the rows, write them unless something stands against it, return the Report."""
        for count in self.steps(rows):
            if self.options.progress:
                self.options.progress(count)
        return self.report

    def steps(self, rows):
        """Do the same step by step: yield how many rows are done; the end leaves the `report`."""
        if not hasattr(rows, "batches") and iter(rows) is rows:
            rows = list(rows)
        try:
            yield from self.attempt(rows)
        except Doubled as error:
            self.doubled = error.args[0]
            yield from self.attempt(rows)

    def attempt(self, rows):
        """Go through the rows once."""
        self.report, self.latest = Report(), self.options.as_of
        self.seen, self.met, self.twice = set(), {}, {}
        self.writing, self.behind = not self.options.dry_run, Behind()
        if self.options.dry_run:
            yield from self.take_all(rows)
            return
        try:
            with one_at_a_time(), transaction.atomic():
                with self.behind:
                    yield from self.take_all(rows)
                if self.hindered:
                    raise NotTaken
                self.finish()
        except NotTaken:
            self.report.record = None

    def take_all(self, rows):
        """Take the rows batch by batch."""
        for batch in batches_of(rows):
            self.take(batch)
            yield self.report.read
        if self.twice:
            raise Doubled(self.twice)

    def take(self, batch):
        """Check a batch, compare it with what is stored, and write the differences."""
        columns = {
            name: self.checks[name].column(batch.column(name), batch.wrong)
            for name in batch.columns
            if name in self.checks
        }
        keys = self.identify(batch, columns)
        # The rows before these; only now, for identifying may ask the database.
        self.behind.begin()
        self.find_doubled(batch, keys)
        for place in sorted(batch.wrong):
            self.reject(batch, place, " ".join(batch.wrong[place]))
        if self.hindered:
            self.writing = False
        self.store(batch, columns, keys)

    @property
    def hindered(self):
        """Whether something stands against writing; the rest is then only looked at."""
        return bool(self.twice) or (bool(self.report.rejected) and not self.options.skip_rejected)

    @abstractmethod
    def identify(self, batch, columns):
        """Return the key of each row."""

    @abstractmethod
    def store(self, batch, columns, keys):
        """Compare the rows with nothing wrong with what is stored, and write."""

    def symbols_of(self, raws):
        """Return for each raw (code, market) the checked one, or a text that says why not."""
        if len(self.symbols) > MOST_SYMBOLS:
            self.symbols.clear()
        for raw in set(raws).difference(self.symbols):
            self.symbols[raw] = self.symbol_of(*raw)
        return [self.symbols[raw] for raw in raws]

    def symbol_of(self, code, market):
        """Return the checked (code, market) of a raw code and market, or why there is none."""
        # What would be no value elsewhere may be a ticker: NAN, NONE, NULL.
        if is_none(code) and not (isinstance(code, str) and code.strip().isalpha()):
            return _("There is no code.")
        checks = [Check(Stock._meta.get_field(name)) for name in ("code", "market")]
        for check, raw in zip(checks, (code, market), strict=True):
            if isinstance(raw, bool):
                return check.judge(raw)[1]
        try:
            code, market = read_symbol(code, market)
        except ValueError:
            plain = plain_text(code)
            if Stock.objects.filter(code=plain, market="").exists():
                return plain, ""
            return _(
                "The code %(code)s has lost its leading zeros: write it as text, or give the "
                "market as well."
            ) % {"code": shown(code)}
        market = market or derive_market(code)
        for check, value in zip(checks, (code, market), strict=True):
            _value, reason = check.judge(value)
            if reason:
                return reason
        return code, market

    def find_doubled(self, batch, keys):
        """Put the rows whose stock has another row among the wrong ones.

        Only a second row shows that there are two: then all is gone through again, with the
        line of that one in `doubled`, by the key.
        """
        hashes = list(map(hash, keys))
        if not batch.wrong and not self.doubled:
            fresh = set(hashes)
            if len(fresh) == len(hashes) and self.seen.isdisjoint(fresh):
                self.seen |= fresh
                return
        for place, key in enumerate(keys):
            if place in batch.wrong:
                continue
            line = batch.lines[place]
            if self.doubled.get(key, line) != line or key in self.met:
                other = self.met.setdefault(key, line)
                other = self.doubled[key] if other == line else other
                batch.wrong[place] = [_("Line %(line)d is for the same one.") % {"line": other}]
            elif hashes[place] in self.seen and not self.doubled:
                self.twice.setdefault(key, line)
            self.seen.add(hashes[place])

    def reject(self, batch, place, reason):
        """Report a row that is not taken."""
        row = batch.row(place, unscaled=True)
        self.report.rejected.add(row.line, reason, row.values)

    def show(self, line, name, values, *, new=False):
        """Keep a difference for the preview, if it is one of the first."""
        if len(self.report.differences) < MOST_DIFFERENCES:
            self.report.differences.append(Difference(line, name, new, values))

    def keep(self, **changes):
        """Keep what is written, so that it can be undone."""
        self.keep_packed(kept.pack(**changes))

    def keep_packed(self, changes):
        """Keep what `kept.pack` made of it; the first one begins the record."""
        if self.report.record is None:
            self.report.record = DataImport.objects.create(
                kind=self.kind,
                source=self.options.source[:200],
                made_by=self.options.made_by,
            )
        kept.keep(self.report.record, changes)

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
        kept.forget_old(record)
        DataChange.objects.note()
