"""The readers: what files may look like, and what is refused."""

import io
import json
from datetime import date
from decimal import Decimal

import pytest

from stocks.imports import Refused, files
from stocks.imports.headings import BARS, QUOTES
from stocks.imports.readers import open_file, spooled
from stocks.imports.writer import write_quotes
from stocks.models import Stock

from .spreadsheets import sheet, zipped

pytestmark = pytest.mark.sqlite

CHINESE = "代码,名称,最新价,涨跌幅,换手率,成交额,今开,昨收,最高,最低,市盈率-动态,市净率,总市值\n"
ROW = "000007,全新好,16.05,10.01,4.4,1.2亿,15,14.59,16.1,14.9,-,3.1,55.6亿\n"
FIELDS = {
    "code": "000007", "short": "全新好", "price": "16.05", "chg": "10.01", "turnover": "4.4",
    "amount": "1.2亿", "open": "15", "previous_close": "14.59", "high": "16.1", "low": "14.9",
    "price_earnings": "-", "price_book": "3.1", "market_value": "55.6亿",
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    """Return a function that writes bytes into a file and gives its rows as dictionaries."""

    def rows_of(content, kind=QUOTES, **options):
        path = tmp_path / "file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return [(row.line, row.values) for row in open_file(path, kind, **options)]

    return rows_of


def values(rows):
    return [row for _line, row in rows]


# Formats and encodings


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_text_is_told_by_its_content(read, encoding, delimiter, end):
    text = (CHINESE + "\n" + ROW).replace(",", delimiter).replace("\n", end)
    assert read(text.encode(encoding)) == [(3, FIELDS)]


def test_quoted_cells_may_have_anything_in_them(read):
    text = 'code,short\n000007,"全,新\n好"\n\n000036,"a ""b"""\n,\n000037,x'
    assert read(text) == [
        (2, {"code": "000007", "short": "全,新\n好"}),
        (5, {"code": "000036", "short": 'a "b"'}),
        (7, {"code": "000037", "short": "x"}),
    ]


def test_json_lines(read):
    lines = [
        {"代码": "000007", "最新价": 16.10, "other": [1]},
        {"代码": 600000, "名称": None, "price": "1"},
    ]
    text = "\n".join(json.dumps(line) for line in lines) + '\n\n{"代码": "1", "price": NaN}'
    assert read(text) == [
        (1, {"code": "000007", "price": "16.1"}),
        (2, {"code": "600000", "short": None, "price": "1"}),
        (4, {"code": "1", "price": None}),
    ]


def test_spreadsheet(read):
    content = sheet(
        ["代码", "名称", "最新价", "前期高点日期", "note"],
        ["000007", "全新好", 16.05, date(2017, 7, 18), "x"],
        [None, None, None],
        ["AAPL", "", None, None, None],
    )
    rows = read(content)
    assert rows[0] == (
        2, {"code": "000007", "short": "全新好", "price": 16.05, "time": date(2017, 7, 18)}
    )  # fmt: skip
    assert [(line, row["code"]) for line, row in rows] == [(2, "000007"), (4, "AAPL")]


@pytest.mark.parametrize(
    ("shown", "code", "chg"),
    [
        (0, "", 0.1001),
        (2, "", 0.1001),
        (9, "", "10.01%"),
        (10, "", "10.01%"),
        (170, "0.000%;[Red]\\-0.000%", "10.01%"),
        (170, "0.00&quot;%&quot;", 0.1001),
        (170, "0.00\\%", 0.1001),
    ],
)
@pytest.mark.parametrize(("top", "left"), [(1, "A"), (4, "C")])
def test_percentage_of_a_spreadsheet_is_read_as_it_is_seen(read, shown, code, chg, top, left):
    formats = f'<numFmts><numFmt numFmtId="170" formatCode="{code}"/></numFmts>'
    rows = [["code", "chg", "volume"], ["000007", 0.1001, 5], [], ["000036", 0.1001, 1]]
    content = sheet(*rows, shown=shown, formats=formats, top=top, left=left)
    assert read(content) == [
        (top + 1, {"code": "000007", "chg": chg, "volume": 5}),
        (top + 3, {"code": "000036", "chg": chg, "volume": 1}),
    ]


@pytest.mark.parametrize(
    ("cell", "chg"),
    [(0.29, "29"), (-0.0151, "-1.51"), (1.0, "100"), (0.0001, "0.01"), (0.1 + 0.2, "30")],
)
def test_percentage_of_a_spreadsheet_is_exact(tmp_path, stocks, cell, chg):
    path = tmp_path / "file"
    path.write_bytes(sheet(["code", "chg"], ["000007", cell], shown=10))
    assert write_quotes(open_file(path, QUOTES), source="x").changed == 1
    assert Stock.objects.get(code="000007").chg == Decimal(chg)


# Headings


def test_headings_of_the_old_table(read):
    text = (
        "股票代码,股票简称,涨跌幅,换手率,最新价(元),前期高点,前期高点日期\n"
        "000007,全新好,10.01%,4.40%,16.05,14.60,2017-07-18\n"
    )
    old = "code,short,chg,turnover,price,highs,time\n"
    old += "000007,全新好,10.01%,4.40%,16.05,14.60,2017-07-18"
    assert values(read(text)) == values(read(old))
    assert list(values(read(old))[0]) == old.splitlines()[0].split(",")


def test_headings_of_the_columns_in_both_languages(read):
    english = "Code,Name,Change,Turnover rate,Latest price,Previous high,Previous high on,P/E"
    fields = ["code", "short", "chg", "turnover", "price", "highs", "time", "price_earnings"]
    assert list(values(read(f"{english}\n1,2,3,4,5,6,7,8"))[0]) == fields


@pytest.mark.parametrize(
    ("heading", "volume"),
    [
        ("成交量", "1234"),
        ("成交量(股)", "1234"),
        ("成交量(手)", Decimal("123400")),
        ("成交量（手）", Decimal("123400")),
        ("成交量(万股)", Decimal("12340000")),
        ("volume (lots)", Decimal("123400")),
        ("总量", Decimal("123400")),
    ],
)
def test_unit_of_the_volume_is_in_its_heading(read, heading, volume):
    assert values(read(f"代码,{heading}\n000007,1234"))[0]["volume"] == volume


def test_volume_of_akshare_is_in_lots_for_mainland_shares(read):
    text = "序号,代码,名称,涨跌额,成交量,振幅\n1,000007,全新好,1,1234,2\n2,00700,腾讯,1,1234,2\n"
    rows = values(read(text + "3,600000,浦发,1,-,2\n4,000036,x,1,many,2"))
    assert [row["volume"] for row in rows] == [Decimal("123400"), "1234", "-", "many"]
    assert list(rows[0]) == ["code", "short", "volume"]


def test_headings_of_tongdaxin(read):
    text = '代码\t名称\t涨幅%\t现价\t总量\t换手%\t今开\t昨收\t市盈(动)\t总金额\n="000007"\t全新好'
    text += "\t10.01\t16.05\t12\t4.4\t15\t14\t--\t1.2亿\n数据来源:通达信"
    (row,) = values(read(text.encode("gbk")))
    assert row == {
        "code": "000007", "short": "全新好", "chg": "10.01", "price": "16.05",
        "volume": Decimal("1200"), "turnover": "4.4", "open": "15", "previous_close": "14",
        "price_earnings": "--", "amount": "1.2亿",
    }  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "title", ["000007 全新好 日线 不复权\n", "\n  \n000007 全新好\n\n", "  \n", ""]
)
def test_history_of_tongdaxin_has_a_title(read, title, end):
    text = title + "      日期\t    开盘\t    最高\t    最低\t    收盘\t    成交量\t    成交额\n"
    text += "2026/07/01\t10.00\t11.50\t9.90\t11.00\t1200\t13000.00\n#数据来源:通达信\n"
    rows = read(text.replace("\n", end).encode("gbk"), BARS, fixed={"code": "000007"})
    assert rows == [
        (
            title.count("\n") + 2,
            {
                "date": "2026/07/01", "open": "10.00", "high": "11.50", "low": "9.90",
                "close": "11.00", "volume": "1200", "amount": "13000.00", "code": "000007",
            },
        )
    ]  # fmt: skip


@pytest.mark.parametrize("mapping", [{}, {"kurs": "code"}])
def test_heading_alone_in_its_line_is_no_title(read, mapping):
    heading = next(iter(mapping), "code")
    assert values(read(f"{heading}\nprice,short\n", mapping=mapping)) == [{"code": "price"}]


def test_headings_of_history(read):
    akshare = "日期,股票代码,开盘,收盘,最高,最低,成交量,成交额,振幅,涨跌幅,涨跌额,换手率\n"
    row = "2026-07-01,000007,10,11,11.5,9.9,12,13000,1,2,3,4\n"
    assert values(read(akshare + row, BARS)) == [
        {
            "date": "2026-07-01", "code": "000007", "open": "10", "close": "11", "high": "11.5",
            "low": "9.9", "volume": Decimal("1200"), "amount": "13000", "turnover": "4",
        }
    ]  # fmt: skip
    yahoo = "Date,Open,High,Low,Close,Adj Close,Volume\n2026-07-01,1,2,3,4,5,6"
    (row,) = values(read(yahoo, BARS, fixed={"code": "AAPL"}))
    assert (row["code"], row["adjusted_close"]) == ("AAPL", "5")


def test_headings_are_mapped(read):
    text = "code,kurs,最新价,price2\n000007,1,2,3"
    assert values(read(text, mapping={"kurs": "price"})) == [{"code": "000007", "price": "1"}]
    assert values(read(text, mapping={"最新价": "", "price2": "highs"})) == [
        {"code": "000007", "highs": "3"}
    ]


# What is refused


@pytest.mark.parametrize(
    ("content", "kind", "options", "said"),
    [
        (b"", QUOTES, {}, "empty"),
        (b"%PDF-1.4 ...", QUOTES, {}, "PDF"),
        (b"\xd0\xcf\x11\xe0abc", QUOTES, {}, "XLS"),
        (b"\x1f\x8babc", QUOTES, {}, "gzip"),
        (b"<!DOCTYPE html><html>", QUOTES, {}, "HTML"),
        (b'[{"code": "1"}', QUOTES, {}, "Line 1: this is no JSON object"),
        (b"code,price\n0000\x00\x01\x02", QUOTES, {}, "no text"),
        (b"code,price\n\xff\xfe\xff\xff,1\n", QUOTES, {}, "neither UTF-8"),
        ("code,short\n000007,全".encode()[:-1], QUOTES, {}, "cut off"),
        ('code,short\n000007,"全新', QUOTES, {}, "cut off"),
        ("short,price\nx,1", QUOTES, {}, "no heading for code"),
        ("a title\nx,y\n", QUOTES, {}, "The headings are: a title."),
        ("code,price,最新价\n000007,1,2", QUOTES, {}, "“price” and “最新价” both mean price"),
        ("code,price,price\n000007,1,2", QUOTES, {}, "Two headings are “price”: take one away"),
        ("code,x,x\n000007,1,2", QUOTES, {"mapping": {"x": "price"}}, "Two headings are “x”"),
        ("code,price\n000007,1", QUOTES, {"mapping": {"kurs": "price"}}, "no heading “kurs”"),
        ("code,kurs\n000007,1", QUOTES, {"mapping": {"kurs": "preis"}}, "cannot mean preis"),
        ("code,date,open,high,low\n", BARS, {}, "no heading for close"),
        ("date,open,high,low,close\n", BARS, {}, "no heading for code"),
        (",".join(f"h{n}" for n in range(600)), QUOTES, {}, "500 headings"),
        ("code,price\n" + "1" * 1_100_000, QUOTES, {}, "too long"),
        ('{"code": "000007", "price"', QUOTES, {}, "no JSON object"),
        (zipped({"a.csv": "code,price"}), QUOTES, {}, "not a spreadsheet"),
        (sheet(["code", "price"])[:-40], QUOTES, {}, "damaged"),
        (b"PK\x03\x04" + b"x" * 500, QUOTES, {}, "damaged"),
        (sheet(["code", "corner"], corner="XFD1048576"), QUOTES, {}, "too large"),
        (sheet([]), QUOTES, {}, "no heading for code"),
    ],
)  # fmt: skip
def test_bad_file_is_refused(read, content, kind, options, said):
    with pytest.raises(Refused) as refused:
        read(content, kind, **options)
    assert said in str(refused.value)


def test_file_over_the_limit_is_refused(read, settings):
    settings.IMPORT_MAX_BYTES = 10
    with pytest.raises(Refused, match="larger"):
        read(CHINESE)
    with spooled(io.BytesIO(b"x" * 100)) as file, pytest.raises(Refused, match="larger"):
        open_file(file.name, QUOTES)


@pytest.mark.parametrize("lie", [None, 100])
def test_zip_bomb_is_refused_before_it_unfolds(read, monkeypatch, lie):
    monkeypatch.setattr(files, "MOST_UNPACKED", 20_000_000)
    parts = {"xl/workbook.xml": "x", "xl/worksheets/sheet1.xml": "0" * (files.MOST_UNPACKED + 1)}
    content = zipped(parts)
    assert len(content) < 1_000_000
    if lie:
        honest = len(parts["xl/worksheets/sheet1.xml"]).to_bytes(4, "little")
        assert content.count(honest) == 2
        content = content.replace(honest, lie.to_bytes(4, "little"))
    with pytest.raises(Refused, match="too large"):
        read(content)


@pytest.mark.parametrize(
    ("line", "said"),
    [("000007", "1 cell"), ("000007,1,2", "3 cells"), ("000007,1,,", None), ("000007,1,", None)],
)
def test_row_with_other_cells_than_headings_is_rejected(tmp_path, stocks, line, said):
    path = tmp_path / "file.csv"
    path.write_text(f"code,price\n000036,2\n{line}\n")
    report = write_quotes(open_file(path, QUOTES), source="x")
    assert [(number, said in reason) for number, reason, _ in report.rejected] == (
        [(3, True)] if said else []
    )
    assert Stock.objects.filter(price=2).exists() is (said is None)


@pytest.mark.usefixtures("no_finalizers")
@pytest.mark.parametrize(
    "line", ["[1]", "x", '{"code": "000007", "price": [1]}', '{"code": "1", "代码": "2"}',
             "[" * 100_000, '{"code": 1' + "0" * 5000 + "}", '{"code": "\\ud800"}', "{}"],
)  # fmt: skip
def test_bad_line_of_json_is_rejected(tmp_path, stocks, line):
    path = tmp_path / "file"
    path.write_text(f'{{"code": "000036", "price": 2}}\n{line}\n')
    report = write_quotes(open_file(path, QUOTES), source="x")
    assert [number for number, _reason, _values in report.rejected] == [2]
    assert not Stock.objects.filter(price=2).exists()


def test_number_without_its_zeros_is_rejected_in_a_spreadsheet(tmp_path, stocks):
    path = tmp_path / "file"
    path.write_bytes(sheet(["code", "price", "quote_time"], [7, 2.5, date(2026, 7, 1)]))
    report = write_quotes(open_file(path, QUOTES), source="x")
    assert "leading zeros" in next(iter(report.rejected))[1]
    path.write_bytes(
        sheet(["code", "market", "price", "date"], [7, "SZ", 2.5000000000000004, date(2026, 7, 1)])
    )
    write_quotes(open_file(path, QUOTES), source="x")
    stock = Stock.objects.get(code="000007")
    assert (stock.price, stock.quote_time.isoformat()) == (
        Decimal("2.5"), "2026-06-30T16:00:00+00:00"
    )  # fmt: skip
