"""The admin's import page: upload, differences, confirm; the list of imports, and undoing."""

import os
import time

import html5lib
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from stocks.admin import data_import
from stocks.models import Bar, DataImport, Stock

from .pages import find, text

pytestmark = pytest.mark.sqlite

ADD = "/admin/stocks/dataimport/add/"
LIST = "/admin/stocks/dataimport/"
GOOD = "代码,名称,最新价\n000007,全新好,17\n600000,<b>浦发</b>,9.9\n"
GONE = "This file is not here any longer: upload it again."
BAD = GOOD + "000036,华联控股,x\n"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    """Files wait in a folder of the test's own."""
    settings.IMPORT_DIR = tmp_path / "imports"
    return settings.IMPORT_DIR


def tree_of(response):
    """Return the tree of a streamed page: valid HTML."""
    assert response.status_code == 200
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(b"".join(response.streaming_content).decode())


def upload(client, content, **more):
    """Upload a file and return the tree of the page."""
    file = SimpleUploadedFile(
        "spot.csv", content if isinstance(content, bytes) else content.encode()
    )
    return tree_of(client.post(ADD, {"kind": "quotes", "file": file, **more}))


def assert_gone(response):
    """The upload page says that the file is no longer there."""
    assert response.redirect_chain == [(ADD, 302)]
    assert GONE in response.content.decode()


def forms(tree):
    """Return the addresses that the page's own forms post to."""
    content = find(tree, "div", id="content")[0]
    return [form.get("action") for form in find(content, "form")]


def test_file_is_looked_at_then_imported_then_undone(boss, admin, stocks, folder):
    tree = upload(boss, GOOD)
    page = text(tree)
    assert "1 new" in page
    assert "1 changed" in page
    assert "000007 全新好 latest price: 16.05 → 17" in page
    assert "600000 <b>浦发</b> (new)" in page
    assert not DataImport.objects.exists()
    (confirm,) = forms(tree)
    assert boss.get(confirm).status_code == 404
    page = text(tree_of(boss.post(confirm)))
    assert "Imported. Undo" in page
    record = DataImport.objects.get()
    assert (record.source, record.made_by, record.new) == ("spot.csv", admin, 1)
    assert Stock.objects.get(code="000007").price == 17
    assert not list(folder.iterdir())
    undo = f"{LIST}{record.pk}/undo/"
    assert f'href="{undo}"' in boss.get(LIST).content.decode()
    assert "old values back: 1" in boss.get(undo).content.decode()
    assert "Undone: import" in text(tree_of(boss.post(undo)))
    assert Stock.objects.get(code="000007").price == stocks["000007"].price
    assert f'href="{undo}"' not in boss.get(LIST).content.decode()
    assert "undone already" in text(tree_of(boss.post(undo)))


def test_only_what_is_missing_is_shown_as_a_dash(boss, stocks):
    Stock.objects.filter(code="000007").update(volume=5, chg=0, source="")
    page = text(upload(boss, "code,price,volume,chg\n000007,17,0,1.5\n"))
    assert "volume: 5 → 0" in page
    assert "change: 0.00 → 1.5" in page
    assert "source: – → spot.csv" in page


def test_rejected_rows_are_listed_and_sent(boss, stocks):
    tree = upload(boss, BAD)
    page = text(tree)
    assert "1 rejected" in page
    assert "Line 4: latest price x: This is no number." in page
    (link,) = [a.get("href") for a in find(tree, "a") if "rejected" in a.get("href", "")]
    sent = boss.get(link)
    assert b"".join(sent.streaming_content).decode("utf-8-sig").splitlines()[0] == (
        "代码,名称,最新价,line,reason"
    )
    tree_of(boss.post(forms(tree)[0], {"skip_rejected": "on"}))
    assert DataImport.objects.get().rejected == 1


def test_rows_that_came_to_be_rejected_meanwhile_keep_all_from_being_written(boss, stocks):
    tree = upload(boss, "code,price\n000007,17\n000036,12\n")
    Stock.objects.filter(code="000036").delete()
    page = text(tree_of(boss.post(forms(tree)[0])))
    assert "Nothing was written" in page
    assert not DataImport.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04", "damaged"),
        ("name,price\n1,2", "no heading for code"),
        ("code\n000007\n", ""),
    ],
)
def test_unusable_file_is_a_message(boss, stocks, content, said):
    tree = upload(boss, content)
    assert (said or "nothing to import") in text(tree)
    assert forms(tree) == []
    assert "Traceback" not in text(tree)


def test_form_says_what_is_wrong(boss, db, settings):
    settings.IMPORT_MAX_BYTES = 5
    file = SimpleUploadedFile("spot.csv", GOOD.encode())
    response = boss.post(ADD, {"kind": "x", "file": file, "mapping": "kurs", "as_of": "noon"})
    assert set(response.context["form"].errors) == {"kind", "file", "mapping", "as_of"}
    assert "file" in boss.post(ADD, {"kind": "bars"}).context["form"].errors


def test_headings_time_and_stock_are_said_on_the_page(boss, stocks):
    tree = upload(
        boss, "code,kurs,x\n000007,17,1", mapping="kurs=price\r\nx=", as_of="2026-07-01 15:00"
    )
    tree_of(boss.post(forms(tree)[0]))
    stock = Stock.objects.get(code="000007")
    assert (stock.price, stock.quote_time.isoformat()) == (17, "2026-07-01T07:00:00+00:00")
    bars = "date,open,high,low,close\n2026-07-02,1,2,1,2"
    tree = upload(boss, bars, kind="bars", code="000007")
    assert "close: 2" in text(tree)
    tree_of(boss.post(forms(tree)[0]))
    assert Bar.objects.get().stock == stocks["000007"]


def test_file_belongs_to_who_uploaded_it_and_not_for_ever(boss, desk, stocks, folder):
    confirm = forms(upload(boss, BAD))[0]
    assert_gone(desk.post(confirm, follow=True))
    assert_gone(desk.get(confirm.replace("confirm/", "rejected.csv"), follow=True))
    every = list(folder.iterdir())
    for kept in every:
        os.utime(kept, (0, time.time() - data_import.KEPT_SECONDS - 1))
    upload(desk, GOOD)
    assert not any(kept.exists() for kept in every)
    assert_gone(boss.post(confirm, follow=True))
    assert_gone(boss.get(confirm.replace("confirm/", "rejected.csv"), follow=True))


def test_import_that_is_confirmed_twice_says_that_the_file_is_gone(boss, stocks, folder):
    (confirm,) = forms(upload(boss, GOOD))
    first, second = boss.post(confirm), boss.post(confirm)
    assert "Imported." in text(tree_of(first))
    page = text(tree_of(second))
    assert GONE in page
    assert str(folder) not in page
    assert_gone(boss.post(confirm, follow=True))
    assert DataImport.objects.count() == 1


@pytest.fixture
def desk(staff):
    """The browser of somebody on the staff who may import, and not undo."""
    return staff("add_dataimport", "view_dataimport")


def test_rights_are_asked_for(desk, alice, sign_in, stocks):
    (confirm,) = forms(upload(desk, GOOD))
    tree_of(desk.post(confirm))
    record = DataImport.objects.get()
    assert desk.post(f"{LIST}{record.pk}/undo/").status_code == 403
    alice.is_staff = True
    alice.save()
    other = sign_in(alice)
    for address in (ADD, LIST, f"{LIST}{record.pk}/undo/", f"{LIST}x/confirm/"):
        assert other.get(address).status_code == 403, address


def test_conflicts_are_named_and_the_rest_is_undone(boss, stocks):
    tree_of(boss.post(forms(upload(boss, GOOD))[0]))
    Stock.objects.filter(code="000007").update(price=20)
    address = f"{LIST}{DataImport.objects.get().pk}/undo/"
    tree = tree_of(boss.post(address))
    assert "000007 全新好: latest price is 20" in text(tree)
    assert Stock.objects.filter(code="600000").exists()
    tree_of(boss.post(address, {"skip_conflicts": "on"}))
    assert not Stock.objects.filter(code="600000").exists()


def test_import_that_is_too_old_to_be_undone_has_no_link(
    boss, stocks, django_assert_max_num_queries
):
    tree_of(boss.post(forms(upload(boss, GOOD))[0]))
    kept = DataImport.objects.get()
    old = [DataImport.objects.create(kind="quotes", source="old.csv") for _time in range(9)]
    with django_assert_max_num_queries(5):
        page = boss.get(LIST).content.decode()
    assert f'href="{LIST}{kept.pk}/undo/"' in page
    assert page.count("/undo/") == 1
    assert page.count("No longer kept") == len(old)
    assert "No longer kept" in boss.get(f"{LIST}{old[0].pk}/change/").content.decode()


def test_progress_is_drawn_while_it_runs(boss, stocks, monkeypatch):
    monkeypatch.setattr(data_import, "PAUSE", -1)
    response = boss.post(ADD, {"kind": "quotes", "file": SimpleUploadedFile("x", GOOD.encode())})
    assert response["Content-Encoding"] == "identity"
    pieces = [piece.decode() for piece in response.streaming_content]
    assert '<progress max="100" value="100" aria-label="Progress">' in "".join(pieces[:-2])
    assert "import-result" in pieces[-2]


@pytest.mark.parametrize(
    ("language", "kinds"), [("en", ["Quotes", "Bars"]), ("zh-CN", ["行情", "日线"])]
)
def test_fields_are_listed_by_what_is_in_the_file(boss, language, kinds):
    page = boss.get(ADD, headers={"accept-language": language}).content.decode()
    for kind, needed in zip(kinds, ("short", "date"), strict=True):
        assert f"<p>{kind}: code, market, {needed}, " in page


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_pages_have_neither_scripts_nor_styles_of_their_own(boss, stocks, language):
    headers = {"accept-language": language}
    file = SimpleUploadedFile("x.csv", BAD.encode())
    data = {"kind": "quotes", "file": file}
    pages = [boss.get(ADD, headers=headers).content]
    pages.append(boss.post(ADD, data, headers=headers).getvalue())
    pages.append(boss.get(LIST, headers=headers).content)
    for page in pages:
        assert b" style=" not in page
        assert b" onclick=" not in page
