"""The admin: data entry, the history of changes, unowned entries and who may see what."""

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stocks.models import Stock, User
from stocks.receivers import EDITORS, make_editors

from .conftest import PASSWORD
from .pages import errors, find, messages, parse, text

pytestmark = pytest.mark.usefixtures("nobody_guessed_yet")

STOCKS = "/admin/stocks/stock/"
ENTRIES = "/admin/stocks/watchlistentry/"
GIVEN = {"chg": "10.01%", "turnover": "4.4", "price": "16.05", "highs": "", "time": ""}


def history(stock):
    return list(
        Stock.history.filter(id=stock.pk)
        .order_by("history_id")
        .values_list("history_type", "history_user__username", "chg")
    )


# Signing in


def test_sign_in_is_the_site_s_own_and_comes_back(client, admin, stocks):
    response = client.get(f"{STOCKS}?q=0000")
    response = client.get(response["Location"])
    assert unquote(response["Location"]) == f"/accounts/login/?next={STOCKS}?q=0000"
    data = {"login": "admin", "password": PASSWORD, "next": f"{STOCKS}?q=0000"}
    assert client.post("/accounts/login/", data)["Location"] == f"{STOCKS}?q=0000"


def test_sign_in_of_the_admin_is_limited(client, admin):
    for _ in range(6):
        response = client.post("/admin/login/", {"username": "admin", "password": "wrong"})
        assert response.status_code == 302
        response = client.post("/accounts/login/", {"login": "admin", "password": "wrong"})
    assert response.status_code == 429


def test_people_without_rights_are_told_so(client, alice, alice_client):
    response = alice_client.get("/admin/", follow=True)
    assert response.status_code == 403
    assert len(response.redirect_chain) == 1
    assert "Not allowed" in response.content.decode()


# Stocks


def test_percent_sign_is_taken_and_the_market_told_from_the_code(boss, db):
    response = boss.post(
        f"{STOCKS}add/", {"code": "000007", "market": "", "short": "全新好", **GIVEN}
    )
    assert response.status_code == 302
    stock = Stock.objects.get()
    assert (stock.symbol, stock.chg) == ("000007.SZ", Decimal("10.01"))
    assert history(stock) == [("+", "admin", Decimal("10.01"))]


def test_small_letters_are_a_code_as_well(boss, db):
    boss.post(f"{STOCKS}add/", {"code": "brk.b", "market": "us", "short": "Berkshire", **GIVEN})
    assert Stock.objects.get().symbol == "BRK.B.US"


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("chg", "--", "--"),
        ("chg", "-100.5", "-100"),
        ("turnover", "-1", "0"),
        ("price", "abc", ""),
        ("price", "-1", "0.0001"),
        ("time", "2017-13-01", ""),
        ("code", "a b", "code"),
        ("code", "0" * 13, "12"),
        ("market", "深", "market"),
        ("short", "", ""),
        ("short", "x" * 65, "64"),
        ("short", "\0", ""),
    ],
)
def test_bad_value_is_refused_by_its_field(boss, stocks, field, value, named):
    data = {"code": "000001", "market": "", "short": "平安银行", **GIVEN, field: value}
    response = boss.post(f"{STOCKS}add/", data)
    assert response.status_code == 200
    assert list(errors(response)) == [field]
    assert named in errors(response)[field][0]
    assert Stock.objects.count() == len(stocks)


@pytest.mark.parametrize("market", ["", "SZ", "sz"])
def test_repeated_code_is_refused_by_the_form(boss, stocks, market):
    response = boss.post(
        f"{STOCKS}add/", {"code": "000007", "market": market, "short": "x", **GIVEN}
    )
    assert response.status_code == 200
    assert errors(response) == {None: ["This market has a stock with this code already."]}


def test_repeated_code_that_only_the_database_sees_is_a_message(boss, stocks, monkeypatch):
    monkeypatch.setattr(Stock, "validate_constraints", lambda *args, **kwargs: None)
    data = {"code": "000007", "market": "", "short": "x", **GIVEN}
    response = boss.post(f"{STOCKS}add/", data, follow=True)
    assert "same moment" in messages(response)[0]
    assert Stock.objects.count() == len(stocks)


def in_list(stocks, **changes):
    """Return what the list sends with a change in the row of 000007."""
    data = {"form-TOTAL_FORMS": len(stocks), "form-INITIAL_FORMS": len(stocks), "_save": "Save"}
    for number, stock in enumerate(sorted(stocks.values(), key=lambda stock: stock.code)):
        row = {"id": stock.pk, "short": stock.short, "chg": stock.chg, "turnover": stock.turnover}
        row |= {"price": stock.price, "highs": stock.highs, "time": stock.time}
        row |= changes if stock.code == "000007" else {}
        data |= {f"form-{number}-{name}": value for name, value in row.items()}
    return data


def test_change_in_the_list_is_kept_with_who_made_it(boss, stocks):
    stock = stocks["000007"]
    response = boss.post(STOCKS, in_list(stocks, chg="-3.5%"))
    assert response.status_code == 302
    assert history(stock)[-1] == ("~", "admin", Decimal("-3.5"))
    assert Stock.history.filter(history_type="~").count() == 1
    page = boss.get(f"{STOCKS}{stock.pk}/history/").content.decode()
    assert "admin" in page


def test_bad_value_in_the_list_is_refused_by_its_field(boss, stocks):
    response = boss.post(STOCKS, in_list(stocks, chg="--"))
    assert response.status_code == 200
    assert "--" in response.context["cl"].formset.errors[0]["chg"][0]


def test_history_shows_old_and_new_values(boss, stocks):
    boss.post(STOCKS, in_list(stocks, chg="1"))
    boss.post(STOCKS, in_list(stocks, chg="2"))
    address = f"{STOCKS}{stocks['000007'].pk}/history/"
    assert "Change: 1.00 → 2.00" in boss.get(address).content.decode()
    record = Stock.history.filter(id=stocks["000007"].pk).latest()
    assert boss.get(f"{address}{record.pk}/").status_code == 200


def test_history_of_a_deleted_stock_stays(boss, stocks):
    stock = stocks["000007"]
    response = boss.post(f"{STOCKS}{stock.pk}/delete/", {"post": "yes"})
    assert response.status_code == 302
    assert history(stock)[-1][:2] == ("-", "admin")
    assert "admin" in boss.get(f"{STOCKS}{stock.pk}/history/").content.decode()
    listed = boss.get("/admin/stocks/historicalstock/?history_type__exact=-")
    assert "000007" in listed.content.decode()
    record = Stock.history.latest()
    assert boss.get(f"/admin/stocks/historicalstock/{record.pk}/change/").status_code == 200
    assert boss.post(f"/admin/stocks/historicalstock/{record.pk}/delete/").status_code == 403


def test_bulk_deletion_is_kept_in_the_history(boss, stocks):
    chosen = [stocks["000007"].pk, stocks["000036"].pk]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    boss.post(STOCKS, data)
    assert Stock.objects.count() == len(stocks) - 2
    assert Stock.history.filter(history_type="-", history_user__username="admin").count() == 2


@pytest.mark.parametrize("who", ["boss", "desk"])
def test_watched_stock_is_not_deleted(request, who, stocks, alice, bob):
    client, stock = request.getfixturevalue(who), stocks["000007"]
    alice.watchlist.watch(stock, note_info="hush")
    bob.watchlist.watch(stock)
    data = {"action": "delete_selected", "_selected_action": [stock.pk], "post": "yes"}
    for response in (
        client.post(f"{STOCKS}{stock.pk}/delete/", {"post": "yes"}),
        client.post(STOCKS, data),
    ):
        page = response.content.decode()
        assert "2 watchlist entries of 000007 全新好" in page
        assert "hush" not in page
    assert Stock.objects.filter(pk=stock.pk).exists()


@pytest.mark.parametrize("bulk", [False, True])
def test_stock_watched_at_the_last_moment_is_a_message(boss, stocks, alice, monkeypatch, bulk):
    stock = stocks["000007"]
    alice.watchlist.watch(stock)
    monkeypatch.setattr(
        "stocks.admin.stock.StockAdmin.get_deleted_objects", lambda *args: ([], {}, set(), [])
    )
    data = {"post": "yes"}
    if bulk:
        data |= {"action": "delete_selected", "_selected_action": [stock.pk]}
    address = STOCKS if bulk else f"{STOCKS}{stock.pk}/delete/"
    response = boss.post(address, data, follow=True)
    assert "same moment" in messages(response)[0]
    assert Stock.objects.filter(pk=stock.pk).exists()


@pytest.mark.parametrize(
    ("q", "found"),
    [("cqbh", ["600729"]), ("0000", ["000007", "000036"]), ("全新", ["000007"]), ("\0", None),
     ("x" * 60_000, [])],
)  # fmt: skip
def test_search_finds_as_the_site_does(boss, stocks, q, found):
    response = boss.get(STOCKS, {"q": q})
    assert response.status_code == 200
    if found is not None:
        assert [stock.code for stock in response.context["cl"].result_list] == found


@pytest.mark.parametrize("model", ["stock", "historicalstock"])
@pytest.mark.parametrize(("facets", "shown"), [("", ""), ("_facets=True", " (1)")])
def test_filter_names_the_market_that_is_not_known(boss, db, model, facets, shown):
    for code in ("XYZ9999", "000007"):
        Stock.objects.create(code=code, short="n")
    page = parse(boss.get(f"/admin/stocks/{model}/?{facets}"))
    (choices,) = find(page, "details", **{"data-filter-title": "market"})
    names = [text(link) for link in find(choices, "a")]
    assert names == ["All", f"Unknown market{shown}", f"SZ{shown}"]


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_lists_take_the_same_queries_for_any_number_of_rows(boss, stocks, admin, alice):
    def add_everything(stock):
        alice.watchlist.watch(stock)
        stock.price, stock._history_user = 1, admin
        stock.save()

    lists = (STOCKS, ENTRIES, "/admin/stocks/historicalstock/")
    add_everything(stocks["000007"])
    few = [queries_of(boss, address) for address in lists]
    call_command("loaddata", "info", verbosity=0)
    for stock in Stock.objects.exclude(code="000007"):
        add_everything(stock)
    assert [queries_of(boss, address) for address in lists] == few


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_answers(boss, stocks, unowned, admin, alice, language):
    alice.authenticator_set.create(type="totp", data={"secret": "HUSHHUSH"})
    stock, entry = stocks["000007"], unowned[0]
    stock.save()
    for address in (
        "/admin/",
        STOCKS,
        f"{STOCKS}add/",
        f"{STOCKS}{stock.pk}/change/",
        f"{STOCKS}{stock.pk}/history/",
        f"{STOCKS}{stock.pk}/delete/",
        ENTRIES,
        f"{ENTRIES}?owned=no",
        f"{ENTRIES}add/",
        f"{ENTRIES}{entry.pk}/change/",
        f"{ENTRIES}{entry.pk}/history/",
        "/admin/stocks/historicalstock/",
        "/admin/stocks/user/",
        "/admin/stocks/user/add/",
        f"/admin/stocks/user/{admin.pk}/change/",
        "/admin/auth/group/",
        "/admin/mfa/authenticator/",
        f"/admin/mfa/authenticator/{alice.authenticator_set.get().pk}/change/",
    ):
        response = boss.get(address, headers={"accept-language": language})
        assert response.status_code == 200, address
        page = response.content.decode()
        assert "HUSHHUSH" not in page
        assert " style=" not in page, address
        assert " onclick=" not in page, address


@pytest.mark.parametrize(
    ("address", "english", "chinese"),
    [
        ("/admin/mfa/authenticator/", ["Authenticator", "Created at", "Last used"], "创建时间"),
        ("/admin/stocks/user/add/", ["After you", "Whether"], "创建用户后"),
        ("/admin/stocks/user/{user}/password/", ["If disabled", "Whether"], "当前的密码将失效"),
        ("/admin/auth/group/{group}/change/", ["Can "], "股票 | 自选条目 | 可添加"),
        ("/admin/stocks/user/{user}/change/", ["Can "], "股票 | 自选条目 | 可添加"),
        ("/admin/stocks/historicalstock/{record}/change/", ["as of", "None"], "2026-11-22 18:00）"),
        ("/admin/stocks/stock/{stock}/history/{record}/", ["Stocks"], "还原 000007 全新好"),
    ],
)
def test_words_of_the_packages_are_chinese_too(db, admin, sign_in, address, english, chinese):
    admin.authenticator_set.create(type="totp", data={})
    stock = Stock(code="000007", short="全新好")
    stock._history_date = datetime(2026, 11, 22, 10, tzinfo=UTC)
    stock.save()
    keys = {"user": admin.pk, "group": Group.objects.get().pk, "stock": stock.pk}
    address = address.format(record=Stock.history.get().pk, **keys)
    page = sign_in(admin).get(address, headers={"accept-language": "zh"}).content.decode()
    _head, _breadcrumbs, shown = page.partition('class="breadcrumbs"')
    assert chinese in shown
    assert not [words for words in english if words in shown]


# Editors


def test_editors_enter_stocks(desk, editor):
    response = desk.post(f"{STOCKS}add/", {"code": "000007", "short": "全新好", **GIVEN})
    assert response.status_code == 302
    assert history(Stock.objects.get())[0][1] == "erin"
    assert desk.get("/admin/stocks/historicalstock/").status_code == 200
    for address in ("user", "historicalstock/add"):
        assert desk.get(f"/admin/stocks/{address}/").status_code == 403
    assert desk.get("/admin/auth/group/").status_code == 403


def test_group_is_made_once_and_left_alone(db):
    group = Group.objects.get(name=EDITORS)
    assert group.permissions.count() == 11
    others = Group.objects.create(name="Others")
    group.permissions.remove(group.permissions.get(codename="delete_stock"))
    call_command("migrate", verbosity=0)
    assert group.permissions.count() == 10
    assert not others.permissions.exists()
    group.delete()
    make_editors(apps.get_app_config("stocks"), "default", apps)
    assert Group.objects.get(name=EDITORS).permissions.count() == 11


# People


def test_display_of_a_person_takes_known_choices_only(boss, alice):
    address = f"/admin/stocks/user/{alice.pk}/change/"
    data = {"username": "alice", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    data |= {"is_active": "on", "theme": "dark", "up_colour": "blue"}
    assert "language" in errors(boss.post(address, {**data, "language": "xx"}))
    assert boss.post(address, {**data, "language": "zh-hans"}).status_code == 302
    alice.refresh_from_db()
    assert (alice.language, alice.theme, alice.up_colour) == ("zh-hans", "dark", "blue")


@pytest.mark.parametrize("name", ["ALICE", "alice"])
def test_names_that_differ_in_case_only_are_one(boss, alice, bob, name):
    password = {"password1": "a walk by the sea", "password2": "a walk by the sea"}
    added = boss.post(
        "/admin/stocks/user/add/", {"username": name, "usable_password": "true", **password}
    )
    assert "username" in errors(added)
    changed = boss.post(f"/admin/stocks/user/{bob.pk}/change/", {"username": name})
    assert "username" in errors(changed)
    assert User.objects.filter(username__iexact="alice").count() == 1


def test_people_are_added(boss, db):
    data = {"username": "dora", "usable_password": "true"}
    data |= {"password1": "a walk by the sea", "password2": "a walk by the sea"}
    assert boss.post("/admin/stocks/user/add/", data).status_code == 302
    assert User.objects.get(username="dora").check_password("a walk by the sea")
