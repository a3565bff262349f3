"""What a file of the site holds comes back by an import unchanged, to the last digit."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import translation
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from stocks.columns import WATCHLIST
from stocks.exports import FORMATS, bars_source, heading, stocks_source
from stocks.imports.formulas import guarded, unguarded
from stocks.imports.headings import BARS, FIELDS, QUOTES, plain, words
from stocks.imports.readers import open_file
from stocks.imports.writer import write_quotes
from stocks.models import Bar, Stock

from .pages import file_of
from .rows import EVERY_COLUMN, odd_stocks

LANGUAGES = [name for name, _label in settings.LANGUAGES]
few = examples(
    max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def imported(tmp_path, content, command="importstocks"):
    """Return what the command says of a file."""
    path, out = tmp_path / "file", io.StringIO()
    path.write_bytes(content)
    call_command(command, str(path), stdout=out, stderr=out)
    return out.getvalue()


@pytest.mark.parametrize("kind", [QUOTES, BARS])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_import_knows_every_heading(kind, language):
    names = list(FIELDS[kind])
    if kind == QUOTES:
        names += [column.name for column in WATCHLIST.columns if column.name not in names]
    known = words(kind)
    with translation.override(language):
        read = {name: known.get(plain(heading(name))) for name in names}
    assert read == {name: name if name in FIELDS[kind] else None for name in names}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("query", ["sort=-chg", EVERY_COLUMN])
def test_a_table_comes_back_unchanged(client, db, tmp_path, form, language, query):
    count = odd_stocks().count()
    content = file_of(client, f"/stocks.{form}?{query}", **{"Accept-Language": language})
    out = imported(tmp_path, content)
    assert f"0 new, 0 changed, {count} unchanged, 0 rejected" in out


@pytest.mark.parametrize("form", FORMATS)
def test_a_watchlist_comes_back_unchanged(alice, alice_client, tmp_path, form):
    odd_stocks()
    for stock in Stock.objects.all():
        alice.watchlist.watch(stock, note_info=f"{stock.short}\n")
    out = imported(tmp_path, file_of(alice_client, f"/watchlist.{form}"))
    assert f"0 new, 0 changed, {Stock.objects.count()} unchanged, 0 rejected" in out


@pytest.mark.parametrize("form", FORMATS)
def test_all_fields_come_back_where_nothing_is(admin, sign_in, tmp_path, form):
    """Unchanged could also be said of a value that is missing, so they are made anew."""
    odd_stocks().filter(code="7").delete()
    before = list(odd_values())
    content = file_of(sign_in(admin), f"/admin/stocks/stock/export.{form}")
    assert f"{len(before)} unchanged, 0 rejected" in imported(tmp_path, content)
    Stock.objects.all().delete()
    assert f"{len(before)} new, 0 changed, 0 unchanged" in imported(tmp_path, content)
    assert list(odd_values()) == before


def odd_values():
    """Return all values, but for the source of a price, which an import sets where it is empty."""
    for row in Stock.objects.order_by("code").values_list(*FIELDS[QUOTES]):
        values = dict(zip(FIELDS[QUOTES], row, strict=True))
        if values["source"] in ("", "file"):
            del values["source"]
        yield values


words_of_people = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff"))
    | st.text(alphabet="=+-@＝－'\"\t\r\n ;,_x0aD\\<&]万%")
).map(lambda value: value.strip()[:64].strip())
sizes = st.decimals(0, Decimal(10**10) - 1, places=4)


@pytest.mark.parametrize("form", FORMATS)
def test_any_text_and_number_comes_back(db, tmp_path, form):
    path = tmp_path / "file"
    for number in range(4):
        Stock.objects.create(code=f"{600000 + number}", short="x")

    @few
    @given(st.lists(st.tuples(words_of_people, words_of_people, sizes), min_size=4, max_size=4))
    def check(rows):
        for number, (name, industry, size) in enumerate(rows):
            Stock.objects.filter(code=f"{600000 + number}").update(
                short=name or "x", industry=industry, price_earnings=-size, market_value=int(size)
            )
        names = ("code", "market", "short", "industry", "price_earnings", "market_value")
        source = stocks_source(Stock.objects.order_by("pk"), names)
        path.write_bytes(b"".join(FORMATS[form][1](source, source.headings)))
        report = write_quotes(open_file(path, QUOTES), source="x", dry_run=True)
        assert (report.unchanged, len(report.rejected)) == (4, 0)

    check()


@few
@given(st.text(alphabet="'\"=+-@＝＋－＠ \t\r\n\u3000a*"))
@example("'\t")
@example("''=1")
def test_any_text_is_guarded_and_read_back(value):
    cell = guarded(value)
    assert unguarded(cell) == value
    assert not cell.lstrip(' \n\u3000"').startswith(tuple("=+-@＝＋－＠\t\r"))


def test_the_history_of_chosen_stocks_comes_back_unchanged(staff, stocks, tmp_path):
    for day in (1, 2, 3):
        values = dict.fromkeys(("open", "high", "low", "close"), Decimal("10.5") + day)
        for code in ("000007", "000036", "300268"):
            Bar.objects.create(
                stock=stocks[code], date=date(2026, 7, day), volume=day, turnover="1.25", **values
            )
    chosen = [stocks["000036"].pk, stocks["000007"].pk]
    data = {"action": "export_bars", "_selected_action": chosen}
    content = staff("view_stock").post("/admin/stocks/stock/", data).getvalue()
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["000007"] * 3 + ["000036"] * 3
    assert rows[1][:4] == ["000007", "SZ", "2026-07-01", "11.50"]
    out = imported(tmp_path, content, "importbars")
    assert "0 new, 0 changed, 6 unchanged, 0 rejected" in out
    assert bars_source(Stock.objects.filter(pk__in=chosen)).count == 6
