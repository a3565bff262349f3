"""Rows by the batch, as columns: checking and storing a column at once is what makes it fast."""

from dataclasses import dataclass, field
from itertools import islice

from . import Row

SIZE = 2000


class Missing:
    """What stands in a column for a row that says nothing about it, not even that it is empty."""

    def __repr__(self):
        return ""


MISSING = Missing()


@dataclass
class Batch:
    """Rows that follow each other: their lines, and their raw values by the name of the field.

    `wrong` has, by the place of a row, why it cannot be taken, a list, and `unscaled` the columns
    as they were before the units of their headings were taken into account.
    """

    lines: list
    columns: dict
    wrong: dict = field(default_factory=dict)
    unscaled: dict = field(default_factory=dict)

    @classmethod
    def of_rows(cls, rows):
        """Return the batch that a list of Row is."""
        names = dict.fromkeys(name for row in rows for name in row.values)
        columns = {name: [row.values.get(name, MISSING) for row in rows] for name in names}
        return cls([row.line for row in rows], columns)

    def __len__(self):
        return len(self.lines)

    def column(self, name):
        """Return the raw values of a field."""
        return self.columns.get(name) or [MISSING] * len(self)

    def raw_symbols(self):
        """Return the raw (code, market) of each row."""
        return list(zip(self.column("code"), self.column("market"), strict=True))

    def row(self, place, *, unscaled=False):
        """Return a row as it came."""
        columns = self.columns | (self.unscaled if unscaled else {})
        values = {name: column[place] for name, column in columns.items()}
        given = {name: value for name, value in values.items() if value is not MISSING}
        return Row(self.lines[place], given)


def chunks(items, size=None):
    """Yield lists of up to `size` items."""
    source = iter(items)
    while chunk := list(islice(source, size or SIZE)):
        yield chunk


def batches_of(rows):
    """Yield rows as batches; what reads a file may have a way of its own to make them."""
    if hasattr(rows, "batches"):
        yield from rows.batches()
        return
    for chunk in chunks(rows):
        yield Batch.of_rows(chunk)
