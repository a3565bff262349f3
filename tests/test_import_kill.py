"""An import that is killed leaves nothing, or all of it, and the next one works.

KILLS=20 says how often; by default it is twice, for each costs seconds.
"""

import contextlib
import os
import random
import secrets
import signal
import sqlite3
import subprocess
import sys
import time

from django.db import connection

from .processes import ROOT, environment, run

KILLS = int(os.environ.get("KILLS", "2"))
ROWS = 4_000
QUERY = (
    "SELECT (SELECT count(*) FROM info), (SELECT sum(volume) FROM info),"
    " (SELECT count(*) FROM stocks_dataimport), (SELECT count(*) FROM stocks_importbatch)"
)


@contextlib.contextmanager
def sqlite_site(folder):
    """Give the environment of a site on a file, and a function that asks its database."""
    path = folder / "site.sqlite3"

    def ask(query):
        with contextlib.closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            return database.execute(query).fetchone()

    yield environment(folder), ask


@contextlib.contextmanager
def mariadb_site(folder):
    """Give the environment of a site on a database of its own, and a function that asks it."""
    import MySQLdb

    known, name = connection.settings_dict, f"killed_{secrets.token_hex(4)}"
    login = {"host": known["HOST"], "port": int(known["PORT"])}
    login |= {"user": known["USER"], "password": known["PASSWORD"]}

    def ask(query, database=name):
        with contextlib.closing(MySQLdb.connect(database=database, **login)) as opened:
            cursor = opened.cursor()
            cursor.execute(query)
            return cursor.fetchone()

    ask(f"CREATE DATABASE {name} CHARACTER SET utf8mb4", "mysql")
    url = f"mysql://{login['user']}:{login['password']}@{login['host']}:{login['port']}/{name}"
    try:
        yield environment(folder, DATABASE_URL=url), ask
    finally:
        ask(f"DROP DATABASE {name}", "mysql")


def write_quotes(path, rows, volume):
    """Write a file of so many quotes, all with the same volume."""
    lines = (f"{600000 + n},Company {n},{volume}\n" for n in range(rows))
    path.write_text("code,short,volume\n" + "".join(lines))


def test_killed_import_leaves_all_or_nothing(tmp_path, django_db_setup):
    site = mariadb_site if connection.vendor == "mysql" else sqlite_site
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    write_quotes(first, ROWS // 2, 1)
    write_quotes(second, ROWS, 2)
    with site(tmp_path) as (env, ask):

        def manage(*arguments):
            done = run("manage.py", *arguments, env=env)
            assert done.returncode == 0, done.stderr

        manage("migrate", "--verbosity=0")
        manage("importstocks", str(first))
        before = ask(QUERY)
        assert before[:3] == (ROWS // 2, ROWS // 2, 1)
        start = time.monotonic()
        manage("importstocks", str(second))
        duration = time.monotonic() - start
        after = ask(QUERY)
        assert after[:3] == (ROWS, ROWS * 2, 2)
        manage("undoimport", "2")
        outcomes = []
        before = ask(QUERY)
        for number in range(KILLS):
            wait = duration * random.uniform(0.5, 1.1)
            process = subprocess.Popen(
                [sys.executable, "manage.py", "importstocks", str(second)],
                cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(wait)
            process.send_signal(signal.SIGKILL)
            process.wait()
            now = ask(QUERY)
            whole = now[:2] == after[:2] and now[2] == before[2] + 1
            assert whole or now == before, f"kill {number} after {wait:.2f} s: {now}"
            outcomes.append("all" if whole else "nothing")
            # The kills come before and after the end about as often, however busy the machine is.
            duration *= 0.85 if whole else 1.15
            if whole:
                latest = ask("SELECT max(id) FROM stocks_dataimport")[0]
                manage("undoimport", str(latest))
                before = ask(QUERY)
        manage("importstocks", str(second))
        assert ask(QUERY)[:2] == after[:2]
        print(f"{connection.vendor}: {outcomes.count('nothing')} times nothing, ", end="")
        print(f"{outcomes.count('all')} times all")
