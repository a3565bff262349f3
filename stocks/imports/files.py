"""What a file is: its format and the encoding of its text, told by its content alone.

A file's name is no proof of anything. Whatever is not understood is `Refused` before a row of it
is read.
"""

import codecs
import re
import zipfile
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from . import Refused

TEXT, JSON, ARRAY, XLSX = "text", "json", "array", "xlsx"
CHUNK = 1024 * 1024
# The first bytes of files that people take for tables, and what to do with them.
OTHERS = {
    b"\xd0\xcf\x11\xe0": "XLS",
    b"%PDF": "PDF",
    b"\x1f\x8b": "gzip",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"SQLite format 3": "SQLite",
    b"PAR1": "Parquet",
}
# What a spreadsheet may unpack to, and the cells of its sheet up to the last one: they are held
# in memory at once.
MOST_UNPACKED = 150 * 1024 * 1024
MOST_CELLS = 2_500_000
MOST_PARTS = 2000
CELL = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})(\d{1,7})["']""")
# A place that is written with entities could hide how large the sheet is.
HIDDEN_CELL = re.compile(rb"""\br\s*=\s*["'][^"'<]{0,60}&""")
OVERLAP = 80
BEYOND_ALL = 2**50


def check_size(path):
    """Refuse a file that is empty or over the limit."""
    size = Path(path).stat().st_size
    if not size:
        raise Refused(_("The file is empty."))
    if size > settings.IMPORT_MAX_BYTES:
        raise Refused(over_the_limit())


def over_the_limit():
    """Return what is said of a file over the limit."""
    limit = settings.IMPORT_MAX_BYTES // 1024**2
    return _("The file is larger than %(limit)d MB: divide it.") % {"limit": limit}


def kind_of(path):
    """Return (format, encoding) of a file; the encoding of a spreadsheet is ""."""
    check_size(path)
    with Path(path).open("rb") as file:
        start = file.read(4096)
    for magic, name in OTHERS.items():
        if start.startswith(magic):
            text = _("This is a file of another kind (%(name)s): save it as CSV or XLSX.")
            raise Refused(text % {"name": name})
    if start.startswith(b"PK"):
        check_spreadsheet(path)
        return XLSX, ""
    encoding = encoding_of(path, start)
    first = start.decode(encoding, "ignore").lstrip("\ufeff \t\r\n")
    if first.startswith("<"):
        raise Refused(_("This is a page in HTML or XML, not a table: save it as CSV or XLSX."))
    return {"{": JSON, "[": ARRAY}.get(first[:1], TEXT), encoding


def encoding_of(path, start):
    """Return the encoding of a text: by its first bytes, else the first that fits all of it."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            candidates = [encoding]
            break
    else:
        candidates = ["utf-8", "gb18030"]
        nulls = [start[place::2].count(0) for place in (0, 1)]
        if max(nulls) * 4 > len(start) // 2:
            candidates = ["utf-16-be" if nulls[0] > nulls[1] else "utf-16-le"]
    for encoding in candidates:
        if fits(path, encoding):
            return encoding
    raise Refused(_("The text is neither UTF-8 nor UTF-16 nor GBK, or the file is damaged."))


def fits(path, encoding):
    """Return whether all of a file is text in an encoding; refuse one that is cut off."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with Path(path).open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                if "\0" in decoder.decode(chunk):
                    raise Refused(_("This is no table: it has characters that are no text."))
        except UnicodeDecodeError:
            return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise Refused(_("The file is cut off: it ends within a character.")) from error
    return True


def check_spreadsheet(path):
    """Refuse what is no XLSX, is damaged, or would unpack to more than there is room for."""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
            if "xl/workbook.xml" not in packed.namelist():
                raise Refused(_("This is a ZIP file, not a spreadsheet: save it as CSV or XLSX."))
            if len(parts) > MOST_PARTS or sum(p.file_size for p in parts) > MOST_UNPACKED:
                raise Refused(too_large())
            room = MOST_UNPACKED
            for part in parts:
                room -= unpacked_size(packed, part, room)
    except Refused:
        raise
    except Exception as error:  # zipfile passes on whatever its decompressors say
        if "password" in str(error):
            text = _("The spreadsheet has a password: save it without one.")
        else:
            text = _("The spreadsheet is damaged or cut off: %(error)s") % {"error": error}
        raise Refused(text) from error


def too_large():
    """Return what is said of a spreadsheet that is too large."""
    return _("The spreadsheet is too large to be unpacked: save it as CSV.")


def unpacked_size(packed, part, room):
    """Return how many bytes a part really unpacks to, whatever its ZIP file says of it."""
    part.file_size = BEYOND_ALL
    size, tail, corner = 0, b"", [0, 0]
    with packed.open(part) as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > room:
                raise Refused(too_large())
            if part.filename.startswith("xl/worksheets/"):
                look_for_cells(tail + chunk, corner)
                tail = chunk[-OVERLAP:]
    return size


def look_for_cells(text, corner):
    """Move `corner`, a column and a row, out to the last cell; refuse a sheet that is too wide.

    A sheet is held as a rectangle in memory: a cell in its last corner alone would fill it.
    """
    if HIDDEN_CELL.search(text):
        raise Refused(_("The spreadsheet is damaged or cut off: %(error)s") % {"error": "r=&"})
    for letters, row in set(CELL.findall(text)):
        corner[0], corner[1] = max(corner[0], column_of(letters)), max(corner[1], int(row))
    if corner[0] * corner[1] > MOST_CELLS:
        raise Refused(too_large())


def column_of(letters):
    """Return the number of a column, counted from 1: AA is 27."""
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column
