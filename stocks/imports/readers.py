"""Readers: a file of quotes or bars as batches of raw rows."""

import csv
import json
import re
import tempfile
from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import time, timedelta
from decimal import Decimal
from functools import cached_property, partial
from io import StringIO
from itertools import accumulate, chain, islice
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from python_calamine import CalamineWorkbook

from ..symbols import derive_market
from . import Refused, Row, files
from .batches import Batch, chunks
from .formulas import APOSTROPHE, unguarded
from .headings import LOTS, Headings, meaning_of, words
from .percentages import percentages
from .values import is_none, read_number, read_symbol

LONGEST_LINE = 1024 * 1024
# Characters that are read at once: a thousand rows or two.
BLOCK = 160 * 1024
DELIMITERS = ",\t;|"
# Tongdaxin writes a code as ="000007", and ends a table with where it is from.
FORMULA = '="'
FOOTERS = ("数据来源", "#数据来源")
MAINLAND = {"SH", "SZ", "BJ"}
DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=lambda _name: None)
ARRAY_START, ARRAY_COMMA = re.compile(r"\s*\[\s*"), re.compile(r"\s*,\s*")
ARRAY_END = re.compile(r"\s*\]\s*")
ARRAY_CHUNK = 64 * 1024


def open_file(path, kind, *, mapping=None, fixed=None):
    """Return the reader for a file of "quotes" or "bars"; Refused when it cannot be used.

    `mapping` gives the field of headings that are not known, `fixed` values for every row, such
    as the code in a file of one stock.
    """
    form, encoding = files.kind_of(path)
    return READERS[form](path, encoding, kind, mapping or {}, fixed or {})


def spooled(stream):
    """Return a temporary file with all that a stream gives, within the limit."""
    file = tempfile.NamedTemporaryFile(prefix="stocksite-import-")  # noqa: SIM115
    left = settings.IMPORT_MAX_BYTES + 1
    while left > 0 and (chunk := stream.read(min(files.CHUNK, left))):
        file.write(chunk)
        left -= len(chunk)
    file.flush()
    return file


class Reader(ABC):
    """What the readers have in common. Iterating gives Rows, `batches` gives them as columns.

    `done` is the part of the file that has been read, for a progress bar.
    """

    def __init__(self, path, encoding, kind, mapping, fixed):
        self.path, self.encoding, self.kind = Path(path), encoding, kind
        self.mapping, self.fixed = mapping, fixed
        self.size, self.done = self.path.stat().st_size, 0.0
        self.headings = self.read_headings()

    @abstractmethod
    def read_headings(self):
        """Return the Headings."""

    @abstractmethod
    def batches(self):
        """Yield the rows batch by batch."""

    def __iter__(self):
        for batch in self.batches():
            for place in range(len(batch)):
                yield batch.row(place)

    def finished(self, batch):
        """Return a batch with the fixed values, and numbers as the units of headings say."""
        for name, value in self.fixed.items():
            batch.columns[name] = [value] * len(batch)
        for name, tens in self.headings.tens.items():
            if tens and name in batch.columns:
                batch.unscaled[name] = batch.columns[name]
                batch.columns[name] = [scaled(raw, tens) for raw in batch.columns[name]]
        if self.headings.lots_of_akshare and "volume" in batch.columns:
            batch.unscaled["volume"] = batch.columns["volume"]
            symbols = zip(batch.column("code"), batch.column("market"), strict=True)
            batch.columns["volume"] = [
                scaled(raw, LOTS) if is_mainland(*symbol) else raw
                for raw, symbol in zip(batch.columns["volume"], symbols, strict=True)
            ]
        return batch


class Table(Reader):
    """A file whose rows are lists of cells, under a row of headings."""

    def rows_to_batch(self, lines, rows):
        """Return the batch that rows of cells are; blank ones are passed over."""
        lines, wrong, width = list(lines), {}, len(self.headings.fields)
        if set(map(len, rows)) != {width} or "" in {row[self.leading] for row in rows}:
            lines, rows, wrong = self.straightened(lines, rows, width)
        columns = map(self.cells, zip(*rows, strict=True) if rows else [()] * width)
        batch = self.columns_to_batch(lines, columns, wrong)
        codes = batch.columns.get("code", ())
        if FORMULA in "".join(map(str, codes)):
            batch.columns["code"] = list(map(without_formula, codes))
        return batch

    def columns_to_batch(self, lines, columns, wrong):
        """Return the batch that the columns of a table are."""
        named = zip(self.headings.fields, columns, strict=True)
        return self.finished(Batch(lines, {name: cells for name, cells in named if name}, wrong))

    @cached_property
    def leading(self):
        """The place of the first column that means something."""
        return next(place for place, name in enumerate(self.headings.fields) if name)

    @staticmethod
    def cells(column):
        """Return the raw values of a column of cells."""
        return list(column)

    @staticmethod
    def straightened(lines, rows, width):
        """Return the lines and rows that are not blank, as wide as the headings, and the wrong."""
        kept, straight, wrong = [], [], {}
        for line, row in zip(lines, rows, strict=True):
            cells = [cell for cell in row if not is_none(cell)]
            if not cells or (len(cells) == 1 and str(cells[0]).startswith(FOOTERS)):
                continue
            if len(row) < width or any(cell != "" for cell in row[width:]):
                text = ngettext(
                    "The row has %(count)d cell, but there are %(width)d headings.",
                    "The row has %(count)d cells, but there are %(width)d headings.",
                    len(row),
                )
                wrong[len(kept)] = [text % {"count": len(row), "width": width}]
            kept.append(line)
            straight.append([*row[:width], *[""] * (width - len(row))])
        return kept, straight, wrong


class Delimited(Table):
    """CSV and its like: cells between commas, tabs, semicolons or bars."""

    def read_headings(self):
        """Find out what is between the cells: what gives the most known headings.

        A title may stand above them, as in the history that Tongdaxin writes.
        """
        with self.opened() as file:
            lines = (numbered for numbered in enumerate(lines_in(file)) if numbered[1].strip())
            (self.above, line), *below = list(islice(lines, 2)) or [(0, "")]
        known, self.delimiter, cells = self.divided(line)
        if below and not known and len(cells) == 1:
            known, delimiter, headings = self.divided(below[0][1])
            if known and len(headings) > 1:
                self.above, self.delimiter, cells = below[0][0], delimiter, headings
        return Headings(self.kind, cells, self.mapping, self.fixed)

    def divided(self, line):
        """Return how many headings of a line are known at most, what is between, and the cells."""
        found = []
        for delimiter in DELIMITERS:
            with suppress(csv.Error):
                cells = next(csv.reader([line], delimiter=delimiter, strict=True), [])
                found.append((known_among(cells, self.kind, self.mapping), delimiter, cells))
        if not found:
            raise Refused(_("The first line is no list of headings."))
        return max(found, key=lambda one: (one[0], len(one[2])))

    @staticmethod
    def cells(column):
        """Return the raw values, without what keeps a spreadsheet from running them."""
        guards = APOSTROPHE in "".join(column)
        return [unguarded(cell) for cell in column] if guards else list(column)

    def opened(self):
        """Return the file, opened."""
        return self.path.open(encoding=self.encoding, newline="")

    def batches(self):
        """Yield the rows batch by batch."""
        with self.opened() as file:
            for _line in range(self.above):
                file.readline()
            _numbers, _headings, before = self.rows(file.readline(), file, self.above)
            while text := whole_lines(file, before):
                columns = self.plain_columns(text)
                if columns:
                    numbers = range(before + 1, before + 1 + len(columns[0]))
                    batch = self.columns_to_batch(numbers, columns, {})
                    before += len(numbers)
                else:
                    numbers, rows, before = self.rows(text, file, before)
                    batch = self.rows_to_batch(numbers, rows)
                self.done = file.buffer.tell() / self.size
                yield batch

    def plain_columns(self, text):
        """Return the columns of a text whose rows are plainly written and complete, else None.

        `csv` goes character by character, and takes several times as long.
        """
        text = text.replace("\r\n", "\n").removesuffix("\n")
        if '"' in text or "\r" in text:
            return None
        rows, width = text.count("\n") + 1, len(self.headings.fields)
        cells = f"\n{text}".replace("\n", f"{self.delimiter}\n").split(self.delimiter)[1:]
        # Each line break begins a cell: in a complete table that is the first one of its row.
        starts = cells[::width]
        if len(cells) != rows * width or "".join(starts).count("\n") != rows:
            return None
        cells[::width] = [cell[1:] for cell in starts]
        if width == 1 or "" in cells[self.leading :: width]:
            return None
        columns = [cells[place::width] for place in range(width)]
        return list(map(self.cells, columns)) if APOSTROPHE in text else columns

    def rows(self, text, file, before):
        """Return the line and the cells of each row of a text, and how many lines that were.

        The last row may go on in the file.
        """
        lines, rows = list(StringIO(text, newline="")), []
        rest = lines_in(file, before + len(lines))
        parser = csv.reader(chain(lines, rest), delimiter=self.delimiter, strict=True)
        try:
            while parser.line_num < len(lines):
                rows.append(next(parser))
        except csv.Error as error:
            raise Refused(
                _("Line %(line)d is damaged or cut off: %(error)s.")
                % {"line": before + parser.line_num, "error": error}
            ) from error
        after = before + parser.line_num
        numbers = range(before + 1, after + 1)
        return numbers if len(numbers) == len(rows) else lines_of(rows, before), rows, after


class Spreadsheet(Table):
    """The first sheet of an XLSX file."""

    def read_headings(self):
        """Read the sheet, which is held in memory, and its first row."""
        try:
            self.sheet = CalamineWorkbook.from_path(str(self.path)).get_sheet_by_index(0)
            self.first = self.sheet.start[0] + 1 if self.sheet.start else 1
            headings = next(islice(self.sheet.iter_rows(), self.first - 1, None), [])
            self.shown = self.percentages()
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException as error:  # a failure within the Rust library is no Exception
            text = _("The spreadsheet is damaged or cut off: %(error)s")
            raise Refused(text % {"error": error}) from error
        return Headings(self.kind, headings, self.mapping, self.fixed)

    def percentages(self):
        """Return a byte a cell, row by row from the top of the sheet: 1 for a percentage."""
        if not self.sheet.start:
            return b""
        (_row, left), (bottom, right) = self.sheet.start, self.sheet.end
        width, shown = right - left + 1, bytearray()
        for row, column in percentages(self.path):
            shown = shown or bytearray((bottom + 1) * width)
            if row - 1 <= bottom and left < column <= right + 1:
                shown[(row - 1) * width + column - 1 - left] = 1
        return shown

    def as_shown(self, row, number):
        """Return a row's cells, its percentages as they are seen."""
        end = number * self.sheet.width
        cells = zip(row, self.shown[end - self.sheet.width : end], strict=True)
        return [percentage(cell) if shown else cell for cell, shown in cells]

    def batches(self):
        """Yield the rows batch by batch."""
        line = self.first + 1
        for chunk in chunks(islice(self.sheet.iter_rows(), self.first, None)):
            rows = [[cell_value(cell) for cell in row] for row in chunk]
            if self.shown:
                rows = [self.as_shown(row, number) for number, row in enumerate(rows, line)]
            self.done = (line - self.first) / max(1, self.sheet.height)
            yield self.rows_to_batch(range(line, line + len(rows)), rows)
            line += len(rows)


class JsonLines(Delimited):
    """One JSON object a line."""

    def read_headings(self):
        """Take the names in the first object as the headings."""
        self.known = words(self.kind)
        with self.opened() as file:
            _line, first = next(self.objects(file), (1, None))
        if first is None:
            raise Refused(_("The first line is no JSON object, or it is cut off."))
        return Headings(self.kind, list(first), self.mapping, self.fixed)

    def objects(self, file):
        """Yield each object with its line, None for what is no object."""
        for number, line in enumerate(lines_in(file), 1):
            if line.strip():
                yield number, parsed(line)

    def batches(self):
        """Yield the rows batch by batch."""
        with self.opened() as file:
            for chunk in chunks(self.objects(file)):
                rows, wrong = [], {}
                for place, (number, found) in enumerate(chunk):
                    values, reason = self.read(found)
                    rows.append(Row(number, values))
                    if reason:
                        wrong[place] = [reason]
                self.done = file.buffer.tell() / self.size
                batch = Batch.of_rows(rows)
                batch.wrong = wrong
                yield self.finished(batch)

    def read(self, found):
        """Return the values of an object by the name of the field, and what is wrong with it."""
        values = {}
        if found is None:
            return values, _("This is no JSON object, or it is cut off.")
        for heading, value in found.items():
            name = self.headings.meaning(heading.strip(), self.known)
            if name is None:
                continue
            if name in values:
                return values, _("Two names in the object mean %(name)s.") % {"name": name}
            if isinstance(value, (dict, list)):
                return values, _("The value of %(name)s is no single value.") % {"name": name}
            values[name] = value
        return values, ""


class JsonArray(JsonLines):
    """One JSON array of objects, wherever its lines break."""

    def objects(self, file):
        """Yield each object with its line; refuse what is no object, or is cut off."""
        text, start, line, before = "", 0, 1, ARRAY_START
        while True:
            gap = before.match(text, start)
            found, end = decoded(text, gap.end()) if gap else (None, start)
            if found is not None:
                line += text.count("\n", start, gap.end())
                yield line, found
                line += text.count("\n", gap.end(), end)
                start, before = end, ARRAY_COMMA
                continue
            more = file.read(ARRAY_CHUNK)
            if more and len(text) - start < LONGEST_LINE:
                text, start = text[start:] + more, 0
            elif not more and before is ARRAY_COMMA and ARRAY_END.fullmatch(text, start):
                return
            else:
                line += text.count("\n", start, gap.end() if gap else start)
                text = _("Line %(line)d: this is no JSON object, or it is cut off.")
                raise Refused(text % {"line": line})


READERS = {
    files.XLSX: Spreadsheet,
    files.JSON: JsonLines,
    files.ARRAY: JsonArray,
    files.TEXT: Delimited,
}


def lines_in(file, before=0):
    """Yield the lines of a file, after so many; refuse one that never ends."""
    for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE), ""), before + 1):
        if len(line) == LONGEST_LINE:
            raise too_long(number)
        yield line


def whole_lines(file, before):
    """Return the next lines of a file, after so many, as one text; refuse one that never ends."""
    text = file.read(BLOCK)
    start = text.rfind("\n") + 1
    text += file.readline(LONGEST_LINE)
    if len(text) - start >= LONGEST_LINE:
        raise too_long(before + 1 + text.count("\n", 0, start))
    return text


def too_long(line):
    """Return the error that says which line never ends."""
    return Refused(_("Line %(line)d is too long for a table.") % {"line": line})


def scaled(raw, tens):
    """Return a raw number times a power of ten; what is no number stays as it is."""
    if is_none(raw):
        return raw
    try:
        return read_number(raw).scaleb(tens)
    except ValueError:
        return raw


def is_mainland(code, market):
    """Return whether a raw code and market are of Shanghai, Shenzhen or Beijing."""
    try:
        code, market = read_symbol(code, market)
    except ValueError:
        return False
    return (market or derive_market(code)) in MAINLAND


def known_among(cells, kind, mapping):
    """Return how many of some headings mean something."""
    known = words(kind)
    return len([cell for cell in cells if cell in mapping or meaning_of(cell, known)[0]])


def without_formula(code):
    """Return a code without the formula that keeps its zeros: ="000007"."""
    if isinstance(code, str) and code.startswith(FORMULA) and code.endswith('"'):
        return code[2:-1]
    return code


def lines_of(rows, before):
    """Return on which line each row begins, where cells have line breaks in them."""
    lengths = (1 + sum(cell.count("\n") for cell in row) for row in rows)
    return list(accumulate(lengths, initial=before + 1))[:-1]


def cell_value(cell):
    """Return a cell of a spreadsheet as the checks know it; a clock or a span is mere text."""
    return str(cell) if isinstance(cell, (time, timedelta)) else cell


def percentage(cell):
    """Return a number as the percentage that its spreadsheet shows, other cells as they are."""
    if type(cell) not in (int, float):
        return cell
    return f"{Decimal(repr(cell)).scaleb(2):f}%"


def parsed(line):
    """Return the object that a line is, its numbers as they are written; None when it is none."""
    found, end = decoded(line, len(line) - len(line.lstrip()))
    return None if line[end:].strip() else found


def decoded(text, start):
    """Return the object that stands at a place of a text, and its end; (None, start) without."""
    if text[start : start + 1] != "{":
        return None, start
    try:
        return DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start
