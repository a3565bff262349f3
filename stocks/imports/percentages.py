"""The cells of a spreadsheet that show their number as a percentage: 0.1001 as 10.01 %.

The library that reads the values does not tell how they are shown.
"""

import posixpath
import re
import zipfile
from xml.parsers import expat

from .files import CHUNK, column_of

# What Excel has for 0% and 0.00%; other formats say it with a percent sign.
BUILT_IN = {"9", "10"}
NOT_SHOWN_BY = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^]]*\]')
CELL = re.compile(r"([A-Z]+)(\d+)")
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"


def percentages(path):
    """Yield the (row, column) of each such cell of the first sheet, counted from 1."""
    with zipfile.ZipFile(path) as packed:
        styles = percent_styles(packed)
        if not styles:
            return
        row = column = 0
        for name, attributes in elements(packed, first_sheet(packed)):
            if name == "row":
                row, column = int(attributes.get("r", row + 1)), 0
            elif name == "c":
                place = CELL.fullmatch(attributes.get("r", ""))
                column = column_of(place[1].encode()) if place else column + 1
                if attributes.get("s") in styles:
                    yield int(place[2]) if place else row, column


def percent_styles(packed):
    """Return the numbers of the styles with a format of percentages, as cells name them."""
    if "xl/styles.xml" not in packed.namelist():
        return set()
    formats, styles, part = set(BUILT_IN), [], ""
    for name, attributes in elements(packed, "xl/styles.xml"):
        if name == "numFmt" and "%" in NOT_SHOWN_BY.sub("", attributes["formatCode"]):
            formats.add(attributes["numFmtId"])
        elif name == "xf" and part == "cellXfs":
            styles.append(attributes.get("numFmtId"))
        elif name.endswith("Xfs"):
            part = name
    return {str(place) for place, chosen in enumerate(styles) if chosen in formats}


def first_sheet(packed):
    """Return the name of the part that the first sheet is."""
    sheets = elements(packed, "xl/workbook.xml")
    key = next(attributes[RELATION] for name, attributes in sheets if name == "sheet")
    targets = {
        attributes["Id"]: attributes["Target"]
        for name, attributes in elements(packed, "xl/_rels/workbook.xml.rels")
        if name == "Relationship"
    }
    return posixpath.normpath(posixpath.join("/xl", targets[key]))[1:]


def elements(packed, part):
    """Yield the name and the attributes of each element of a part, while it is unpacked."""
    found = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda *element: found.append(element)
    with packed.open(part) as file:
        while chunk := file.read(CHUNK):
            parser.Parse(chunk)
            yield from ((name.rpartition(" ")[2], attributes) for name, attributes in found)
            found.clear()
