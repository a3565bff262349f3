"""The one way in: files and feeds become rows, rows are checked, and one writer stores them."""

import csv
import json
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from .formulas import guarded

NUMBER = re.compile(r"[+-]?[\d.,]+%?")


class Refused(Exception):  # noqa: N818
    """A file or a feed's page that cannot be used; its message tells people why."""


class Row(NamedTuple):
    """A row as it was read: where it stands, and raw text or values by the name of a field."""

    line: int
    values: dict


class Difference(NamedTuple):
    """What a row does to a stock or bar: (before, after) by the name of a field.

    `before` is None for all of them where the stock or bar is new.
    """

    line: int
    name: str
    new: bool
    values: dict


def harmless(cell):
    """Return a raw value as a CSV file may have it: no formula, and numbers as they are."""
    if cell is None:
        return ""
    return guarded(cell) if isinstance(cell, str) and not NUMBER.fullmatch(cell) else cell


class Rejected:
    """The rows that were not taken, as (line, reason, values); past the first thousand on disk."""

    IN_MEMORY = 1000

    def __init__(self):
        self.first, self.count, self.file = [], 0, None

    def add(self, line, reason, values):
        """Keep one more row."""
        self.count += 1
        if len(self.first) < self.IN_MEMORY:
            self.first.append((line, reason, values))
            return
        if self.file is None:
            self.file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self.file.write(json.dumps([line, reason, values], default=str) + "\n")

    def __len__(self):
        return self.count

    def __iter__(self):
        yield from self.first
        if self.file is not None:
            self.file.seek(0)
            for text in self.file:
                yield tuple(json.loads(text))

    def __getitem__(self, place):
        """Return one, or several, of the first thousand."""
        return self.first[place]

    def write(self, path, headings):
        """Write them, under the headings of their file, as CSV to be mended and imported again."""
        names = dict.fromkeys(name for _line, _reason, values in self for name in values)
        names = [*names, *headings.marks]
        with Path(path).open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*(headings.own.get(name, name) for name in names), "line", "reason"])
            for line, reason, values in self:
                writer.writerow([*(harmless(values.get(name)) for name in names), line, reason])


@dataclass
class Report:
    """What an import did, or would do.

    `record` is the kept import: None for a dry run, and where nothing was written.
    `differences` are those of the first rows, for a preview.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: Rejected = field(default_factory=Rejected)
    record: Any = None
    differences: list = field(default_factory=list)

    @property
    def read(self):
        """How many rows there were."""
        return self.new + self.changed + self.unchanged + len(self.rejected)
