"""`manage.py adopt` and `migrate` on real databases of the old site, each made for its test."""

import json
import time
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from stocks.admin.watchlist import GiveForm
from stocks.management.commands.adopt import find_user
from stocks.models import Stock, WatchlistEntry

from . import old_site
from .old_site import OldDatabase

ON_MARIADB = pytest.mark.mariadb
# The first migration that the old tables stop; those before it leave tables behind.
DJANGOS_OWN_MIGRATE = (
    "import django; django.setup();"
    "from django.core.management import call_command;"
    "from django.core.management.commands.migrate import Command;"
    "call_command(Command(), verbosity=0)"
)
TABLES_OF_ALL = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"


@pytest.fixture
def old_database(django_db_blocker):
    """An empty database of the old site's kind."""
    database = OldDatabase(django_db_blocker)
    yield database
    database.drop()


@pytest.fixture(scope="module")
def adopted(django_db_blocker):
    """The usual old database after an adoption that nothing disturbed: only to be read."""
    database = OldDatabase(django_db_blocker).make_usual()
    checksums = database.checksums_of("info", "focus")
    database.said = database.adopt()
    assert database.checksums_of("old_info", "old_focus") == checksums
    yield database
    database.drop()


@ON_MARIADB
def test_the_real_rows_arrive_exactly(adopted):
    path = settings.BASE_DIR / "fixtures" / "info.json"
    columns = ("code", "market", "short", "chg", "turnover", "price", "highs", "time")
    wanted = {
        row["pk"]: [row["fields"][column] for column in columns]
        for row in json.loads(path.read_text(encoding="utf-8"))
    }
    stored = adopted.rows(f"SELECT id, {', '.join(columns)}, distance FROM info")
    assert len(stored) == 94
    for pk, code, market, short, *numbers, day, distance in stored:
        assert [code, market, short] == wanted[pk][:3]
        assert numbers == [Decimal(number) for number in wanted[pk][3:7]]
        assert str(day) == wanted[pk][7]
        exact = (numbers[2] - numbers[3]) * 100 / numbers[3]
        assert abs(distance - exact) < Decimal("0.0001")
    keys = "SELECT search_name, search_pinyin LIKE '%% qxh %%' FROM info WHERE id = 1"
    assert adopted.rows(keys) == [("全新好", 1)]
    assert adopted.rows("SELECT stock_id FROM stocks_searchword WHERE word = 'qxh'") == [(1,)]


@ON_MARIADB
def test_the_typical_entries_are_nobodys(adopted):
    query = "SELECT note_info, info_id, id, owner_id, added_at, added_price FROM focus ORDER BY id"
    assert adopted.rows(query) == [
        (note, info, pk, None, None, None) for pk, (note, info) in enumerate(old_site.ENTRIES, 1)
    ]


@ON_MARIADB
def test_the_report_counts_and_names_the_backup(adopted):
    assert "94 of 94 of info, 5 of 5 of focus" in adopted.said
    assert "Stocks: 94;" in adopted.said
    assert "DROP TABLE old_focus, old_info;" in adopted.said
    assert adopted.value("SELECT COUNT(*) FROM old_info") == 94
    assert adopted.value("SELECT chg FROM old_info WHERE id = 1") == "10.01%"
    assert adopted.value("SELECT COUNT(*) FROM old_focus") == 5


@ON_MARIADB
def test_again_says_it_is_done_and_changes_nothing(adopted):
    before = adopted.checksums()
    assert "adopted already" in adopted.adopt()
    assert "adopted already" in adopted.adopt("--dry-run")
    assert adopted.checksums() == before


@ON_MARIADB
def test_migrate_keeps_off_until_the_adoption(old_database, adopted):
    old_database.make_usual()
    before = old_database.checksums()
    status, _output, errors = old_database.call("migrate")
    assert (status, errors.count("\n")) == (1, 1)
    assert "run manage.py adopt" in errors
    assert old_database.checksums() == before
    assert adopted.call("migrate", "--check")[0] == 0


@ON_MARIADB
def test_an_empty_database_needs_no_adoption(old_database):
    assert "nothing to adopt" in old_database.adopt()
    assert old_database.tables() == set()
    status, _output, errors = old_database.call("migrate", "--verbosity=0")
    assert status == 0, errors
    assert "nothing to adopt" in old_database.adopt()


@ON_MARIADB
def test_everything_at_once(old_database):
    old_database.run(
        old_site.WIDER_INFO.replace("highs decimal", "hights decimal"),
        old_site.FOCUS,
        old_site.VIEW.format(highs="hights"),
        "ALTER TABLE info MODIFY chg varchar(10) NULL",
    )
    stocks = [
        old_site.stock(1, "000007", chg="--"),
        old_site.stock(2, "600225", short="*ST松江", turnover=""),
        old_site.stock(3, "000036", time="0000-00-00"),
        old_site.stock(4, "000036", short="华联控股", price="999.99", chg=None),
        old_site.stock(7, "", short="no code"),
        old_site.stock(8, "BRK.A", chg="9999999999"),
        old_site.stock(90, "00 700", time=None),
    ]
    focus = [
        ("%E5%88%A9%E5%A5%BD", 3),
        (None, 4),
        ("100% sure", 4),
        ("涨了50%", None),
        ("kept", 7),
        ("one%0Atwo", 1),
    ]
    old_database.fill(stocks, focus)
    old_database.run("ALTER TABLE info ADD sector varchar(9) DEFAULT 'bank'")
    before = old_database.checksums()

    dry = old_database.adopt("--dry-run")
    assert "Nothing was changed" in dry
    for line in (
        "code 000036: id 3 (全新好), id 4 (华联控股)",
        "info, id 7, code '': there is no code",
        "info, id 1, code '000007', chg '--': no number, becomes empty",
        "info, id 2, code '600225', turnover '': no number, becomes empty",
        "info, id 3, code '000036', time '0000-00-00': no date, becomes empty",
        "info, id 8, code 'BRK.A', chg '9999999999': too large, becomes empty",
        "focus, id 4, note '涨了50%': names no stock",
        "focus, id 5, note 'kept': its stock, info_id 7, is not there or not taken",
        "stay there: sector",
        "stock_center",
    ):
        assert line in dry
    assert old_database.checksums() == before

    status, _output, errors = old_database.call("adopt")
    assert status == 1
    assert "code 000036: id 3 (全新好), id 4 (华联控股)" in errors
    assert "--merge" in errors
    assert old_database.checksums() == before

    said = old_database.adopt("--merge")
    assert "Stocks: 5; rows merged into a newer one: 1; rows not taken: 1;" in said
    percent, rate, price, high = map(Decimal, ("10.01", "4.4", "16.05", "14.6"))
    day = date(2017, 7, 18)
    stored = "SELECT id, code, market, chg, turnover, price, highs, time FROM info ORDER BY id"
    assert old_database.rows(stored) == [
        (1, "000007", "SZ", None, rate, price, high, day),
        (2, "600225", "SH", percent, None, price, high, day),
        (4, "000036", "SZ", None, rate, Decimal("999.99"), high, day),
        (8, "BRK.A", "US", None, rate, price, high, day),
        (90, "00700", "HK", percent, rate, price, high, None),
    ]
    entries = "SELECT note_info, info_id FROM focus ORDER BY id"
    assert old_database.rows(entries) == [
        ("利好", 4),
        ("", 4),
        ("100% sure", 4),
        ("涨了50%", None),
        ("kept", None),
        ("one\ntwo", 1),
    ]
    assert old_database.checksums_of("old_focus", "old_info") == before[0]
    # New rows take emoji and ids above all others.
    old_database.run(
        "INSERT INTO info (code, market, short, search_name, search_pinyin) "
        "VALUES ('000008', 'SZ', '🚀', '', '')",
        "INSERT INTO focus (note_info, info_id) VALUES ('🚀 up', LAST_INSERT_ID())",
    )
    assert old_database.rows("SELECT id, short FROM info ORDER BY id")[-1] == (91, "🚀")
    assert old_database.rows(entries)[-1] == ("🚀 up", 91)


@ON_MARIADB
def test_what_it_takes_can_be_saved_again(old_database):
    wrong = {"price": "0.00", "highs": "-3.00", "chg": "-120.00%", "turnover": "-5%"}
    old_database.run(old_site.INFO)
    old_database.fill([old_site.stock(1, "000007", **wrong)], [])
    dry = old_database.adopt("--dry-run")
    for line in (
        "price '0.00': below 0.0001, becomes empty",
        "highs '-3.00': below 0.0001, becomes empty",
        "chg '-120.00%': below -100, becomes empty",
        "turnover '-5%': below 0, becomes empty",
    ):
        assert f"info, id 1, code '000007', {line}" in dry
    old_database.adopt()
    with old_database.in_place_of_the_sites():
        stock = Stock.objects.get()
        stock.full_clean()
    assert [getattr(stock, name) for name in (*wrong, "distance")] == [None] * 5


@ON_MARIADB
@pytest.mark.parametrize("variant", ["no focus", "focus without info_id", "hights"])
def test_variants_of_the_old_tables(old_database, variant):
    info = old_site.HIGHTS_INFO if variant == "hights" else old_site.INFO
    old_database.run(info)
    if variant == "no focus":
        old_database.fill([old_site.stock(5, "000007")], [])
        said = old_database.adopt()
        assert "0 of 0 of focus" in said
        assert "DROP TABLE old_info;" in said
        entries = []
    elif variant == "focus without info_id":
        old_database.run(old_site.FOCUS_WITHOUT_STOCK, "INSERT INTO focus VALUES (3, '利好')")
        old_database.fill([old_site.stock(5, "000007")], [])
        assert "focus, id 3, note '利好': names no stock" in old_database.adopt()
        entries = [(3, "利好", None)]
    else:
        old_database.run(old_site.FOCUS)
        old_database.fill([old_site.stock(5, "000007")], [("twice", 5), ("twice", 5)])
        old_database.adopt()
        entries = [(1, "twice", 5), (2, "twice", 5)]
    assert old_database.rows("SELECT id, highs FROM info") == [(5, Decimal("14.6"))]
    assert old_database.rows("SELECT id, note_info, info_id FROM focus") == entries


@ON_MARIADB
def test_a_database_where_migrate_was_tried_first(old_database):
    old_database.make_usual()
    process = old_database.start("-c", DJANGOS_OWN_MIGRATE)
    _output, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "info" in errors.splitlines()[-1]
    assert {"stocks_user", "django_migrations"} < old_database.tables()
    old_database.adopt()
    assert old_database.value("SELECT COUNT(*) FROM info") == 94
    assert old_database.call("migrate", "--check")[0] == 0
    narrow = (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND "
        "table_collation NOT LIKE 'utf8mb4%%'"
    )
    assert {name for (name,) in old_database.rows(narrow)} == {"old_info", "old_focus"}


@ON_MARIADB
def test_a_name_that_is_taken_is_left_alone(old_database):
    old_database.make_usual()
    old_database.run("CREATE TABLE old_info (mine int)", "INSERT INTO old_info VALUES (7)")
    assert "the table info is renamed old_info_2" in old_database.adopt()
    assert old_database.rows("SELECT * FROM old_info") == [(7,)]
    assert old_database.value("SELECT COUNT(*) FROM old_info_2") == 94


@ON_MARIADB
def test_owner_gets_the_entries(old_database):
    old_database.run(old_site.INFO, old_site.FOCUS)
    focus = [("a", 1), ("b", 1), ("a", 1), (None, 2), ("free", None)]
    old_database.fill([old_site.stock(1, "000007"), old_site.stock(2, "000036")], focus)
    before = old_database.checksums()
    status, _output, errors = old_database.call("adopt", "--owner", "alice")
    assert (status, errors.count("\n")) == (1, 1)
    assert "no user alice" in errors
    assert "createsuperuser" in errors
    assert old_database.checksums() == before
    old_database.adopt()
    old_database.run(
        "INSERT INTO stocks_user (username, password, first_name, last_name, email, is_staff, "
        "is_superuser, is_active, date_joined, language, theme, up_colour, columns) "
        "VALUES ('alice', '', '', '', '', 0, 0, 1, NOW(), '', '', '', '{}')"
    )
    old_database.adopt("--dry-run", "--owner", "alice")
    assert old_database.value("SELECT COUNT(*) FROM focus WHERE owner_id IS NOT NULL") == 0
    said = old_database.adopt("--owner", "alice")
    assert "given to alice: 4" in said
    assert "id 5, no stock, note 'free'" in said
    query = "SELECT info_id, note_info, owner_id IS NULL FROM focus ORDER BY note_info"
    assert old_database.rows(query) == [(2, "", 0), (1, "a\nb", 0), (None, "free", 1)]
    assert "given to alice: 0" in old_database.adopt("--owner", "alice")


@pytest.mark.parametrize("name", ["älice", "ÄLICE", "Ａ\u0308lice"])
def test_owner_is_found_as_the_admin_finds_people(django_user_model, db, name):
    owner = django_user_model.objects.create_user("Älice")
    assert find_user(name, SimpleNamespace(tables={"stocks_user"})) == owner
    assert GiveForm({"username": name}).is_valid()


@ON_MARIADB
def test_without_the_right_to_change_the_database_it_says_what_to_run(old_database):
    old_database.make_usual()
    name = old_database.name
    old_database.run(
        f"CREATE USER {name}@'%' IDENTIFIED BY 'secret'",
        f"GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, INDEX ON {name}.* TO {name}@'%'",
    )
    before = old_database.checksums()
    administrator, old_database.user = old_database.user, name
    password, old_database.password = old_database.password, "secret"
    status, _output, errors = old_database.call("adopt")
    old_database.user, old_database.password = administrator, password
    old_database.run(f"DROP USER {name}@'%'")
    assert (status, errors.count("\n")) == (1, 1)
    assert f"ALTER DATABASE `{name}` CHARACTER SET utf8mb4" in errors
    assert old_database.checksums() == before


@ON_MARIADB
def test_a_database_that_does_not_answer_is_named_in_one_line(old_database):
    old_database.password = "wrong"
    for command in ("adopt", "migrate"):
        status, _output, errors = old_database.call(command)
        assert (status, errors.count("\n")) == (1, 1)
        assert "The database cannot be used" in errors


@ON_MARIADB
def test_two_at_once_do_not_disturb_each_other(old_database, adopted):
    old_database.make_usual()
    both = [old_database.start("adopt"), old_database.start("adopt")]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sorted("adopted already" in output for output, _errors in said) == [False, True]
    assert old_database.contents() == adopted.contents()


def kill_when(database, reached):
    """Start adopt, kill it as soon as `reached()`; return whether it was still running."""
    process = database.start("adopt")
    while process.poll() is None and not reached():
        time.sleep(0.001)
    process.kill()
    process.communicate()
    return process.returncode == -9


# How many tables there are besides info and focus when the adoption is killed: a few of the
# site's own, more, all (None) but not the mark that it is finished.
@ON_MARIADB
@pytest.mark.parametrize("count", [2, 9, None])
def test_killed_at_any_moment_it_finishes_when_run_again(old_database, adopted, count):
    old_database.make_usual()
    wanted = count or len(adopted.tables()) - 2
    assert kill_when(old_database, lambda: old_database.value(TABLES_OF_ALL) - 2 >= wanted)
    assert old_database.rows("SELECT finished_at FROM stocksite_adoption") in ([], [(None,)])
    status, _output, errors = old_database.call("migrate")
    assert status == 1
    assert "run manage.py adopt" in errors
    old_database.adopt()
    assert old_database.contents() == adopted.contents()


# Moments too short to be hit by a kill.
@ON_MARIADB
@pytest.mark.parametrize("moment", ["journal empty", "journal written", "half renamed"])
def test_stopped_before_the_first_table_it_finishes_when_run_again(old_database, adopted, moment):
    old_database.make_usual()
    old_database.run(adopted.rows("SHOW CREATE TABLE stocksite_adoption")[0][1])
    if moment != "journal empty":
        copied = f"SELECT id, kept, NULL FROM {adopted.name}.stocksite_adoption"
        old_database.run(f"INSERT INTO stocksite_adoption {copied}")
    if moment == "half renamed":
        old_database.run("RENAME TABLE info TO old_info")
    old_database.adopt()
    assert old_database.contents() == adopted.contents()


@ON_MARIADB
def test_killed_again_and_again_it_finishes_at_last(old_database, adopted):
    old_database.make_usual()
    old_database.start("-c", DJANGOS_OWN_MIGRATE).communicate(timeout=60)
    assert kill_when(old_database, lambda: "old_info" in old_database.tables())
    old_database.run("CREATE TABLE my_copy AS SELECT * FROM old_info")
    for wanted in ("focus", "usersessions_usersession"):
        assert kill_when(old_database, lambda wanted=wanted: wanted in old_database.tables())
    old_database.adopt()
    assert old_database.value("SELECT COUNT(*) FROM my_copy") == 94
    for table in ("info", "focus", "old_info", "old_focus", "django_migrations"):
        assert old_database.contents()[table][1] == adopted.contents()[table][1]


@pytest.mark.sqlite
def test_on_another_database_it_says_what_to_set():
    with pytest.raises(CommandError, match="set DATABASE_URL=mysql://"):
        call_command("adopt")


def test_entries_are_joined_to_what_their_new_owner_has(alice, bob, stocks):
    mine, other = stocks["000007"], stocks["000036"]
    alice.watchlist.watch(mine)
    alice.watchlist.write_note(mine, "mine")
    theirs, _new = bob.watchlist.watch(mine)
    notes = [(mine, "x\ny"), (mine, "mine"), (mine, ""), (other, "a" * 1500), (other, "b" * 500)]
    for stock, note in [*notes, (other, "c"), (None, "free")]:
        WatchlistEntry.objects.create(owner=None, info=stock, note_info=note, added_at=None)
    given, left = WatchlistEntry.objects.give_to(alice)
    assert [entry.info for entry in given] == [mine, mine, mine, other, other]
    assert [entry.note_info for entry in left] == ["b" * 500, "free"]
    assert alice.watchlist.get(info=mine).note_info == "mine\nx\ny"
    assert alice.watchlist.get(info=other).note_info == "a" * 1500 + "\nc"
    assert alice.watchlist.count() == 2
    assert list(bob.watchlist.all()) == [theirs]
    assert set(WatchlistEntry.objects.unowned()) == set(left)
