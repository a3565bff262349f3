"""Tables as files: CSV, XLSX and JSON, written while they are read, fit to be imported again.

Values are plain and exact, and headings are those that `imports.headings` knows. The spreadsheet
is the least that ECMA-376 (Office Open XML, part 1: SpreadsheetML) calls for.
"""

import json
import re
import zipfile
from array import array
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import chain, count
from xml.sax.saxutils import escape

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Func, Q
from django.utils.text import capfirst

from . import columns
from .imports.formulas import guarded
from .imports.headings import BARS, FIELDS
from .models import Bar, Stock
from .plain_rows import DAY, MOMENT, NUMBER, TEXT, WHOLE, PlainRows, not_collecting, unbuffered

# A whole market fits into one batch, so that its file comes from a single reading.
SIZE = 10_000
EXCEL_ROWS = 2**20
# More digits than a spreadsheet keeps of a number, which is a binary fraction to it.
EXCEL_DIGITS = 15
EXCEL_DAY_0, EXCEL_FIRST_DAY = date(1899, 12, 30), date(1900, 3, 1)
DECLARED = {c.name: c for c in vars(columns).values() if isinstance(c, columns.Column)}
# What a table shows beside the code and the name; without it a row would not be read back alike.
KEY, STATUS = ("code", "market"), "status"


@dataclass(frozen=True)
class Source:
    """What becomes a file: the fields that are its columns, their kinds, the count of rows.

    The rows come in batches, each a list of columns of plain texts, one for each of the `parts`,
    as `PlainRows` has them.
    """

    names: tuple
    parts: list
    count: int
    batches: Iterable

    @property
    def kinds(self):
        """The kind of each field."""
        return list(chain.from_iterable(self.parts))

    def columns(self, batch):
        """Return the columns of a batch, one for each field."""
        columns = []
        for part, texts in zip(self.parts, batch, strict=True):
            if len(part) == 1:
                columns.append(texts)
            else:
                columns.extend(zip(*(text.split(",") for text in texts), strict=True))
        return columns

    @property
    def headings(self):
        """What the columns are called in the language at hand."""
        return [str(heading(name)) for name in self.names]


def heading(name):
    """Return what a field is called: as its column declares, or as the model does."""
    if name in DECLARED:
        return DECLARED[name].heading
    model = Stock if name in (*KEY, STATUS) else Bar
    return capfirst(model._meta.get_field(name).verbose_name)


def fields_of(table_columns, stocks):
    """Return the names of the fields that the columns of a table are, but for drawn ones."""
    stored = {field.name for field in Stock._meta.fields} | {*stocks.query.annotations}
    names = [column.name for column in table_columns if column.name in stored]
    return (*KEY, *(name for name in names if name not in (*KEY, STATUS)), STATUS)


def stocks_source(stocks, names):
    """Return the source of stocks, in their order.

    Which ones they are is read at once; their values batch by batch, since a reader that holds
    a result open for as long as somebody downloads is in everybody's way.
    """
    keys, rows = keys_of(stocks), PlainRows(stocks.order_by(), ("pk", *names))
    return Source(names, rows.parts[1:], len(keys), stock_batches(rows, keys))


def keys_of(rows):
    """Return the ids of rows, in eight bytes each."""
    keys = array("q")
    with suppress(EmptyResultSet), unbuffered(), connection.cursor() as cursor:
        cursor.execute(*rows.values_list("pk").query.sql_with_params())
        while found := cursor.fetchmany(SIZE):
            keys.extend(chain.from_iterable(found))
    return keys


def stock_batches(rows, keys):
    """Yield the columns of the rows with these ids, batch by batch."""
    batches = [keys[start : start + SIZE] for start in range(0, len(keys), SIZE)]
    read = rows.each(map(among, batches))
    for wanted in batches:
        with not_collecting():
            columns = rows.columns(in_order(next(read), wanted))
        if columns:
            yield columns[1:]


def in_order(rows, keys):
    """Return the rows that have these ids, which come first in each, in the order of the ids."""
    found = {row[0]: row for row in rows}
    return [found[pk] for pk in keys if pk in found]


def among(keys):
    """Return the condition that a row has one of these ids, or one between where those are few."""
    first, last = min(keys), max(keys)
    if last - first < 2 * len(keys):
        return Q(pk__range=(first, last))
    # As a part of the statement: so many parameters take longer than the rows.
    return Q(pk__in=Func(template=",".join(map(str, keys))))


def bars_source(stocks):
    """Return the source of the history of stocks, in their order."""
    names = FIELDS[BARS]
    total = Bar.objects.filter(stock__in=stocks.order_by().values("pk")).count()
    fields = [f"stock__{name}" if name in KEY else name for name in names]
    rows = PlainRows(Bar.objects.order_by("date"), fields)
    return Source(names, rows.parts, total, bar_batches(rows, keys_of(stocks)))


def bar_batches(rows, keys):
    """Yield the columns of the bars of stocks, a stock at a time."""
    for read in rows.each(Q(stock=pk) for pk in keys):
        if columns := rows.columns(read):
            yield columns


def write_csv(source, headings):
    """Yield a CSV file as RFC 4180 has it, in UTF-8 with the mark that spreadsheets look for."""
    yield f"\ufeff{csv_lines([csv_cells([text]) for text in headings])}".encode()
    for batch in source.batches:
        cells = [
            csv_cells(column) if part == (TEXT,) else column
            for part, column in zip(source.parts, batch, strict=True)
        ]
        yield csv_lines(cells).encode()


def csv_lines(columns):
    """Return the lines of columns of cells."""
    return "\r\n".join([*map(",".join, zip(*columns, strict=True)), ""])


def csv_cells(texts):
    """Return the cells of texts, which seldom need a look at each of them."""
    try:
        together = "".join(texts)
    except TypeError:  # of one that is missing
        return csv_cells([text or "" for text in texts])
    return list(map(csv_cell, texts)) if NOT_PLAIN.search(together) else texts


def csv_cell(text):
    """Return the cell of a text: guarded, and quoted where it has to be."""
    text = guarded(text)
    return f'"{text.replace(QUOTE, QUOTE * 2)}"' if QUOTED.search(text) else text


def write_json(source, _headings):
    """Yield an array of objects, one a line, with the names of the fields."""
    pairs = ", ".join(f"{json.dumps(name)}: %s" for name in source.names)
    one, before = f"{{{pairs}}}", "[\n"
    for batch in source.batches:
        columns = zip(source.kinds, source.columns(batch), strict=True)
        values = [list(map(JSON_VALUES[kind], column)) for kind, column in columns]
        objects = ",\n".join(map(one.__mod__, zip(*values, strict=True)))
        yield f"{before}{objects}".encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def json_number(text):
    """Return the value of a number, which has all its digits."""
    return text or "null"


def json_date(text):
    """Return the value of a day or moment."""
    return f'"{text}"' if text else "null"


def write_xlsx(source, headings):
    """Yield a spreadsheet of one sheet, packed while it is written."""
    sink, letters = Sink(), [letters_of(place) for place in range(len(source.names))]
    cells = [XLSX_CELLS[kind] for kind in source.kinds]
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, text in XLSX_PARTS.items():
            packed.writestr(name, XML + text)
        with packed.open("xl/worksheets/sheet1.xml", "w") as sheet:
            first = xlsx_row(1, letters, [xlsx_text] * len(letters), headings)
            sheet.write(f"{XML}{SHEET_START}{first}".encode())
            numbers = count(2)
            for batch in source.batches:
                texts = zip(*source.columns(batch), strict=True)
                rows = [xlsx_row(next(numbers), letters, cells, row) for row in texts]
                sheet.write("".join(rows).encode())
                yield sink.emptied()
            sheet.write(SHEET_END.encode())
    yield sink.emptied()


class Sink:
    """What a ZIP file is written into on its way out; there is no going back in it."""

    def __init__(self):
        self.parts = []

    def write(self, data):
        """Take some bytes."""
        self.parts.append(bytes(data))
        return len(data)

    def flush(self):
        """Do nothing: what was taken waits for `emptied`."""

    def emptied(self):
        """Return what was taken since the last time."""
        parts, self.parts = self.parts, []
        return b"".join(parts)


def letters_of(place):
    """Return what a spreadsheet calls a column: A, B, … Z, AA."""
    before, last = divmod(place, 26)
    return (letters_of(before - 1) if before else "") + chr(ord("A") + last)


def xlsx_row(number, letters, cells, texts):
    """Return a row of a sheet; a cell without a value is left out."""
    row = [
        cell(f'r="{letter}{number}"', text)
        for letter, cell, text in zip(letters, cells, texts, strict=True)
        if text
    ]
    return f'<row r="{number}">{"".join(row)}</row>'


def xlsx_text(place, text):
    """Return a cell of text, which no spreadsheet takes for a number or formula."""
    fit = escape(NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
    return f'<c {place} s="1" t="inlineStr"><is><t xml:space="preserve">{fit}</t></is></c>'


def xlsx_number(place, text):
    """Return a cell of a number, or of its text where a spreadsheet would round it."""
    if len(text) > EXCEL_DIGITS and len(re.sub(r"^[0.-]+|\.", "", text)) > EXCEL_DIGITS:
        return xlsx_text(place, text)
    return f"<c {place}><v>{text}</v></c>"


def xlsx_day(place, text):
    """Return a cell of a day, or of its text where it is before all that a spreadsheet knows."""
    day = date.fromisoformat(text)
    if day < EXCEL_FIRST_DAY:
        return xlsx_text(place, text)
    return f'<c {place} s="2"><v>{(day - EXCEL_DAY_0).days}</v></c>'


QUOTE, QUOTED = '"', re.compile('[",\r\n]')
# What calls for a look: whatever is quoted, and whatever is guarded has one of the others.
NOT_PLAIN = re.compile('[",\r\n\t=+@＝＋－＠-]')
JSON_VALUES = {
    TEXT: json.JSONEncoder(ensure_ascii=False).encode,
    WHOLE: json_number,
    NUMBER: json_number,
    DAY: json_date,
    MOMENT: json_date,
}
# A spreadsheet knows no offsets, so a moment is a text.
XLSX_CELLS = {
    TEXT: xlsx_text,
    WHOLE: xlsx_number,
    NUMBER: xlsx_number,
    DAY: xlsx_day,
    MOMENT: xlsx_text,
}

# What XML cannot hold or would change is written as _x000D_ (22.9.2.19), and so is what looks so.
NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SCHEMAS = "http://schemas.openxmlformats.org"
MAIN = f"{SCHEMAS}/spreadsheetml/2006/main"
LINKS = f"{SCHEMAS}/officeDocument/2006/relationships"
PACKAGE = f"{SCHEMAS}/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET_START = f'<worksheet xmlns="{MAIN}"><sheetData>'
SHEET_END = "</sheetData></worksheet>"
XLSX_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">'
    '<sheets><sheet name="stocks" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{LINKS}/styles" Target="styles.xml"/></Relationships>',
    # The looks of cells by number: 0 as usual, 1 text even when it is edited, 2 a day.
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>",
}
# By the end of an address: what the file is to HTTP, and how it is written.
FORMATS = {
    "csv": ("text/csv; charset=utf-8", write_csv),
    "xlsx": (f"{KIND}.sheet", write_xlsx),
    "json": ("application/json", write_json),
}
