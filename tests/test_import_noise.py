"""Any bytes as a file of quotes or bars: refused with a reason, or read, and nothing else."""

import io
import os
import zipfile
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stocks.imports import Refused
from stocks.imports.headings import BARS, QUOTES
from stocks.imports.readers import open_file
from stocks.imports.writer import write_quotes

from .spreadsheets import sheet, zipped
from .test_import_readers import CHINESE, ROW

pytestmark = pytest.mark.sqlite

SPREADSHEET = sheet(
    ["code", "short", "chg", "time"], ["000007", "全新好", 0.1001, date(2017, 7, 18)], shown=10
)
SEEDS = [
    (CHINESE + ROW).encode(),
    (CHINESE + ROW).encode("gbk"),
    (CHINESE + ROW).encode("utf-16"),
    b'code,short\n000007,"a ""b"""\n',
    b'{"code": "000007", "price": 1.5, "time": "2026-07-01"}\n{"code": "000036"}\n',
    SPREADSHEET,
    b"date,code,open,high,low,close\n2026-07-01,000007,1,2,1,2\n",
]


ODD_BYTES = [b"", b"\0", b'"', b"\n", b",,", "万".encode(), b"\xff", b"1e999"]
# A draw for each byte takes longer than to read the file.
chances = st.randoms(use_true_random=True)


def mutated(chance, content):
    """Return bytes with some changed, left out, doubled or put in."""
    content = bytearray(content)
    for _ in range(chance.randint(0, 6)):
        start = chance.randint(0, len(content))
        end = min(len(content), start + chance.randint(0, 12))
        any_bytes = chance.randbytes(chance.randint(0, 8))
        tripled = bytes(content[start:end]) * 3
        content[start:end] = chance.choice([any_bytes, chance.choice(ODD_BYTES), tripled])
    return bytes(content)


def packed_anew(chance):
    """Return a spreadsheet in good order whose content was changed before it was packed."""
    with zipfile.ZipFile(io.BytesIO(SPREADSHEET)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    name = chance.choice(["xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"])
    parts[name] = mutated(chance, parts[name])
    return zipped(parts)


NOISE = st.one_of(
    st.binary(max_size=300),
    st.builds(mutated, chances, st.sampled_from(SEEDS)),
    st.builds(packed_anew, chances),
    st.text(max_size=200).map(lambda t: t.encode("utf-8")),
)


def test_noise_is_refused_and_nothing_else(db, tmp_path):
    path = tmp_path / "noise"
    outcomes = set()

    @settings(
        max_examples=int(os.environ.get("NOISE", "5000")),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(NOISE, st.sampled_from([QUOTES, BARS]))
    def read_noise(content, kind):
        path.write_bytes(content)
        try:
            rows = open_file(path, kind)
            if kind == QUOTES:
                write_quotes(rows, source="noise", dry_run=True, skip_rejected=True)
            else:
                list(rows)
        except Refused:
            outcomes.add("refused")
        else:
            outcomes.add("read")

    read_noise()
    assert outcomes == {"refused", "read"}
