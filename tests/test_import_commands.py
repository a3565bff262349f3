"""importstocks, importbars and undoimport, as an operator runs them."""

import csv
import io
import json
import sys
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from stocks.imports import command
from stocks.models import Bar, DataImport, Stock

GOOD = "代码,名称,最新价,涨跌幅\n000007,全新好,17,1%\n600000,浦发银行,9.9,-1%\n"
BAD = GOOD + "000036,华联控股,x,1%\n7,y,1,1%\n"


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a command on a file and gives what it said, and its failure."""

    def outcome(name, content, *options):
        path = tmp_path / "spot.csv"
        path.write_text(content, encoding="utf-8")
        said, failure = io.StringIO(), ""
        try:
            call_command(name, str(path), *options, stdout=said, stderr=said)
        except CommandError as error:
            failure = str(error)
        return said.getvalue(), failure

    return outcome


def test_good_file_is_imported_and_undone(run, stocks):
    said, failure = run("importstocks", GOOD)
    assert not failure
    assert "1 new, 1 changed, 0 unchanged, 0 rejected" in said
    record = DataImport.objects.get()
    assert (record.source, record.made_by) == ("spot.csv", None)
    assert f"undoimport {record.pk}" in said
    assert Stock.objects.get(code="000007").source == "spot.csv"
    said, failure = run("importstocks", GOOD)
    assert "0 new, 0 changed, 2 unchanged" in said
    out = io.StringIO()
    call_command("undoimport", str(record.pk), stdout=out)
    assert "Undone: import" in out.getvalue()
    assert not Stock.objects.filter(code="600000").exists()
    with pytest.raises(CommandError, match="already"):
        call_command("undoimport", str(record.pk))
    with pytest.raises(CommandError, match="no import 999"):
        call_command("undoimport", "999")


def test_rejected_rows_run_nothing_in_a_spreadsheet(run, stocks, tmp_path):
    run("importstocks", "code,short,price,chg\n600000,=1+1,x,-1.5%\n")
    rejected = tmp_path / "spot.csv.rejected.csv"
    assert "600000,'=1+1,x,-1.5%,2," in rejected.read_text(encoding="utf-8-sig")
    run("importstocks", rejected.read_text(encoding="utf-8-sig").replace(",x,", ",9,"))
    assert Stock.objects.get(code="600000").short == "=1+1"


def test_rejected_rows_can_be_mended_and_imported_again(run, stocks, tmp_path):
    said, failure = run("importstocks", BAD)
    assert "Nothing was written: 2 rows were rejected" in failure
    assert "line 4: latest price x" in said
    assert not DataImport.objects.exists()
    path = tmp_path / "spot.csv.rejected.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["line"] for row in rows] == ["4", "5"]
    assert rows[0]["最新价"] == "x"
    assert "leading zeros" in rows[1]["reason"]
    mended = path.read_text(encoding="utf-8-sig").replace(",x,", ",12,").replace("7,y", "000037,y")
    said, failure = run("importstocks", mended)
    assert not failure
    assert "Headings passed over: line, reason." in said
    assert Stock.objects.get(code="000036").price == 12


@pytest.mark.parametrize(
    ("headings", "options", "written"),
    [
        ("代码,成交量(手)", [], "代码,成交量(手),line,reason"),
        ("code,总量", [], "code,总量,line,reason"),
        ("code,成交量,涨跌额,振幅", [], "code,成交量,振幅,涨跌额,line,reason"),
        ("code,总手数", ["--map", "总手数=volume"], "code,volume,line,reason"),
    ],
)
def test_rejected_rows_keep_the_unit_of_their_heading(
    run, stocks, tmp_path, headings, options, written
):
    more = "," * (headings.count(",") - 1)
    text = f"{headings}\n000036,12{more}\n000007,x{more}\nAAPL,5{more}\n"
    run("importstocks", text, "--skip-rejected", *options)
    rejected = (tmp_path / "spot.csv.rejected.csv").read_text(encoding="utf-8-sig")
    assert rejected.splitlines()[0] == written
    assert "\nAAPL,5," in rejected
    mended = rejected.replace(",x,", ",12,")
    run("importstocks", mended, "--skip-rejected")
    volumes = Stock.objects.filter(code__in=("000007", "000036")).values_list("volume", flat=True)
    assert set(volumes) == {12 if options else 1200}


def test_rest_is_taken_but_the_status_says_so(run, stocks):
    said, failure = run("importstocks", BAD, "--skip-rejected")
    assert failure == "2 rows were rejected and left out."
    assert Stock.objects.get(code="000007").price == 17


def test_dry_run_writes_nothing(run, stocks, tmp_path):
    said, failure = run("importstocks", GOOD, "--dry-run")
    assert not failure
    assert "Would be: 1 new, 1 changed" in said
    assert not DataImport.objects.exists()
    _said, failure = run("importstocks", BAD, "--dry-run")
    assert failure
    assert not list(tmp_path.glob("*.rejected.csv"))
    run("importstocks", BAD, "--dry-run", "--rejected", str(tmp_path / "bad.csv"))
    assert (tmp_path / "bad.csv").exists()


def test_options_reach_the_writer(run, stocks):
    text = "code,kurs,highs\n000007,17,\n"
    run("importstocks", text, "--map", "kurs=price", "--overwrite-empty",
        "--as-of", "2026-07-01 15:00", "--source", "broker")  # fmt: skip
    stock = Stock.objects.get(code="000007")
    assert (stock.price, stock.highs, stock.source) == (17, None, "broker")
    assert stock.quote_time.isoformat() == "2026-07-01T07:00:00+00:00"
    assert DataImport.objects.get().as_of == stock.quote_time


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--map", "kurs"], "HEADING=FIELD"),
        (["--map", "kurs=price"], "no heading “kurs”"),
        (["--as-of", "noon"], "--as-of noon"),
        (["--rejected", "/no/such/folder/x"], "cannot be written"),
    ],
)
def test_wrong_options_are_named(run, stocks, options, said):
    assert said in run("importstocks", BAD, *options)[1]


def test_file_that_cannot_be_read_is_named(db, tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CommandError, match=f"{path.name} cannot be read"):
            call_command("importstocks", str(path))
    broken = tmp_path / "x.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    with pytest.raises(CommandError, match=r"x.xlsx: The spreadsheet is damaged"):
        call_command("importstocks", str(broken))


def test_standard_input_is_a_file_too(stocks, monkeypatch, tmp_path):
    lines = json.dumps({"code": "000007", "price": "17.5"}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines)))
    call_command("importstocks", "-", stdout=io.StringIO())
    assert Stock.objects.get(code="000007").price == Decimal("17.5")
    assert DataImport.objects.get().source == "standard input"


def test_bars_of_one_stock_need_no_column_for_it(run, stocks):
    text = (
        "Date,Open,High,Low,Close,Adj Close,Volume\n2026-06-30,1,2,1,2,2,5\n2026-07-01,2,3,2,3,3,6"
    )
    said, failure = run("importbars", text, "--code", "000007.SZ")
    assert not failure
    assert Bar.objects.filter(stock=stocks["000007"]).count() == 2
    stock = Stock.objects.get(code="000007")
    assert (stock.price, stock.previous_close, stock.highs) == (3, 2, 2)
    _said, failure = run("importbars", text)
    assert "no heading for code" in failure


def test_undoing_says_what_stands_in_the_way(run, stocks):
    run("importstocks", GOOD)
    Stock.objects.filter(code="000007").update(price=20)
    record, out = DataImport.objects.get(), io.StringIO()
    with pytest.raises(CommandError, match="--skip-conflicts"):
        call_command("undoimport", str(record.pk), stdout=out)
    assert "000007 全新好: latest price is 20" in out.getvalue()
    call_command("undoimport", str(record.pk), "--dry-run", "--skip-conflicts", stdout=out)
    assert "2 rows would be undone" in out.getvalue()
    call_command("undoimport", str(record.pk), "--skip-conflicts", stdout=out)
    assert not Stock.objects.filter(code="600000").exists()


def test_progress_is_shown_on_a_terminal_only(run, stocks, monkeypatch):
    monkeypatch.setattr(command, "PATIENCE", -1)
    monkeypatch.setattr(command, "PAUSE", -1)
    assert "█" not in run("importstocks", GOOD)[0]
    terminal = type("Terminal", (io.StringIO,), {"isatty": lambda self: True})()
    monkeypatch.setattr(io, "StringIO", lambda: terminal)
    said, _failure = run("importstocks", GOOD)
    assert "100% 2 rows" in said
