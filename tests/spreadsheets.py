"""Spreadsheets made by hand, so that anything can stand in them."""

import io
import zipfile
from datetime import date
from xml.sax.saxutils import escape


def sheet(*rows, corner=None, shown=0, formats="", top=1, left="A"):
    """Return an XLSX file: texts, numbers, days; `corner` names the last cell instead.

    Floats are `shown` by the format of this number, which may be one of `formats`.
    """
    cells = []
    for number, row in enumerate(rows, top):
        cells.append(f'<row r="{number}">')
        for place, value in enumerate(row):
            ref = corner if corner and value == "corner" else f"{chr(ord(left) + place)}{number}"
            if isinstance(value, date):
                days = (value - date(1899, 12, 30)).days
                cells.append(f'<c r="{ref}" s="1"><v>{days}</v></c>')
            elif isinstance(value, float):
                cells.append(f'<c r="{ref}" s="2"><v>{value}</v></c>')
            elif isinstance(value, str):
                text = escape(value)
                cells.append(f'<c r="{ref}" t="inlineStr"><is><t>{text}</t></is></c>')
            elif value is not None:
                cells.append(f'<c r="{ref}"><v>{value}</v></c>')
        cells.append("</row>")
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}">{formats}<cellStyleXfs><xf numFmtId="9"/>'
        '</cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/>'
        f'<xf numFmtId="{shown}"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(cells)}'
        "</sheetData></worksheet>",
    }
    return zipped(parts)


def zipped(parts):
    """Return a ZIP file of named texts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()
