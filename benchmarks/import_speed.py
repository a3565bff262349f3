"""How fast a million rows are imported, in how much memory, beside the databases' own loaders.

    python -m benchmarks.import_speed

The same bars go into the same table with its index: by `manage.py importbars`, which checks every
value, finds the stock, looks for what is stored already, keeps what undoes it and works out the
stocks' quotes anew; and by `.import` of the sqlite3 shell and LOAD DATA LOCAL INFILE, which do
none of that and get the stocks' ids ready made. Ours is the whole command, with the start of
Python. The rounds alternate, and the best of each counts, for other load only adds to it.

A million quotes of new stocks follow, by `manage.py importstocks` alone: no market has so many,
and the loaders know nothing of the search keys. Their names are Latin.
"""

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from tests import mariadb
from tests.processes import ROOT, environment, run

ROWS, STOCKS, ROUNDS = 1_000_000, 400, 3
LEAST_SPEED, MOST_MEGABYTES = 1 / 3, 200
SATURDAY = 5
EMPTIED = ("stocks_importbatch", "stocks_dataimport", "stocks_bar")
STOCK = "INSERT INTO info (id, code, market, short, industry, source, status, search_name, "
STOCK += "search_pinyin) VALUES ({id}, '{code}', 'SH', 'x', '', '', '', 'x', ' x')"
LOAD = (
    "LOAD DATA LOCAL INFILE '{path}' INTO TABLE stocks_bar FIELDS TERMINATED BY ',' "
    "(date, open, high, low, close, volume, amount, turnover, adjusted_close, stock_id)"
)


def write_bars(folder):
    """Write the bars as our file, and as the loaders', in the order of the table's columns."""
    every = (date(2016, 1, 4) + timedelta(days=n) for n in range(ROWS // STOCKS * 7 // 5 + 7))
    days = [day.isoformat() for day in every if day.weekday() < SATURDAY][: ROWS // STOCKS]
    chance = random.Random(1)
    with (folder / "bars.csv").open("w") as ours, (folder / "peer.csv").open("w") as peer:
        ours.write("date,open,high,low,close,volume,amount,turnover,adjusted_close,code,market\n")
        for number in range(STOCKS):
            close = 1000 + number
            for day in days:
                opened = close + chance.randint(-10, 10)
                close = max(100, close + chance.randint(-20, 20))
                high, low = max(opened, close) + 9, min(opened, close) - 9
                volume = chance.randint(10**5, 10**8)
                values = (
                    f"{day},{opened / 100:.2f},{high / 100:.2f},{low / 100:.2f},{close / 100:.2f},"
                    f"{volume},{volume * close / 100:.2f},{volume / 1e8:.4f},{close / 100:.2f}"
                )
                ours.write(f"{values},{600000 + number},SH\n")
                peer.write(f"{values},{number + 1}\n")


def write_quotes(path):
    """Write quotes of stocks that are new."""
    chance = random.Random(1)
    with path.open("w") as file:
        file.write("code,market,short,price,chg,volume,amount,industry\n")
        for number in range(ROWS):
            price, volume = chance.randint(100, 10**5), chance.randint(10**5, 10**8)
            file.write(f"{1000000 + number},SH,Company {number},{price / 100:.2f},")
            file.write(f"{price / 1e4:.2f},{volume},{volume * price / 100:.2f},{number % 90}\n")


class SQLite:
    """The site on SQLite, and the sqlite3 shell."""

    loader = ".import"

    def __init__(self, env):
        self.env = env
        self.path = env["DATABASE_URL"].removeprefix("sqlite:///")

    def ask(self, *statements):
        """Run statements and return the first value of the last one."""
        with contextlib.closing(sqlite3.connect(self.path)) as database:
            found = [database.execute(statement).fetchone() for statement in statements][-1]
            database.commit()
        return found and found[0]

    def empty(self):
        """Take the bars of the round before out."""
        self.ask(*(f"DELETE FROM {table}" for table in EMPTIED))

    def load(self, path):
        """Load the bars by `.import`."""
        script = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;\n"
        script += f".import --csv {path} stocks_bar\n"
        program = mariadb.program("sqlite3")
        subprocess.run(
            [program, self.path], input=script, text=True, check=True, stdout=subprocess.DEVNULL
        )


class MariaDB:
    """The site on MariaDB, and LOAD DATA."""

    loader = "LOAD DATA LOCAL INFILE"

    def __init__(self, env):
        self.env = env

    def ask(self, *statements):
        """Run statements and return the first value of the last one."""
        import environ
        import MySQLdb

        known = environ.Env.db_url_config(self.env["DATABASE_URL"])
        opened = MySQLdb.connect(
            host=known["HOST"], port=int(known["PORT"]), user=known["USER"],
            password=known["PASSWORD"], database=known["NAME"], local_infile=1,
        )  # fmt: skip
        with contextlib.closing(opened):
            cursor, found = opened.cursor(), None
            for statement in statements:
                cursor.execute(statement)
                found = cursor.fetchone()
            opened.commit()
        return found and found[0]

    def empty(self):
        """Take the bars of the round before out, and leave nothing to be purged in the next."""
        self.ask("SET foreign_key_checks = 0", *(f"TRUNCATE {table}" for table in EMPTIED))

    def load(self, path):
        """Load the bars by LOAD DATA."""
        self.ask(LOAD.format(path=path))


def imported(env, *arguments):
    """Run a command and return (seconds, megabytes it held at most)."""
    start = time.perf_counter()
    command = [sys.executable, "manage.py", *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        raise RuntimeError(f"{command} failed")
    return time.perf_counter() - start, used.ru_maxrss / 1024


def timed(call, *arguments):
    """Return how many seconds a call takes."""
    start = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - start


def measure(site, folder):
    """Measure on a database and return whether a goal was missed."""
    name = type(site).__name__
    done = run("manage.py", "migrate", "--verbosity=0", env=site.env)
    if done.returncode:
        raise RuntimeError(done.stderr)
    site.ask(*(STOCK.format(id=n + 1, code=600000 + n) for n in range(STOCKS)))
    ours, theirs, megabytes = [], [], []
    for _round in range(ROUNDS):
        for loads in (True, False):
            site.empty()
            if loads:
                theirs.append(timed(site.load, folder / "peer.csv"))
            else:
                seconds, held = imported(site.env, "importbars", folder / "bars.csv")
                ours.append(seconds)
                megabytes.append(held)
            count = site.ask("SELECT count(*) FROM stocks_bar")
            if count != ROWS:
                raise RuntimeError(f"{count} bars instead of {ROWS}")
    speed, held = min(theirs) / min(ours), max(megabytes)
    print(
        f"{name}: {ROWS:,} bars in {min(ours):.1f} s, {held:.0f} MB; {site.loader} "
        f"{min(theirs):.1f} s: {speed:.2f} of its speed (at least {LEAST_SPEED:.2f})",
        flush=True,
    )
    seconds, more = imported(site.env, "importstocks", folder / "quotes.csv")
    print(f"{name}: {ROWS:,} quotes of new stocks in {seconds:.1f} s, {more:.0f} MB", flush=True)
    return speed < LEAST_SPEED or max(held, more) > MOST_MEGABYTES


def main():
    """Measure on both databases and return the exit status: 1 where a goal is missed."""
    with tempfile.TemporaryDirectory(prefix="stocksite-benchmark-") as name:
        folder = Path(name)
        write_bars(folder)
        write_quotes(folder / "quotes.csv")
        env, missed = environment(folder), False
        if mariadb.program("sqlite3"):
            missed |= measure(SQLite(env), folder)
        else:
            print("SQLite: skipped; apt install sqlite3")
        if all(map(mariadb.program, mariadb.PROGRAMS)):
            with mariadb.private_server() as server:
                missed |= measure(MariaDB({**env, "DATABASE_URL": server.url}), folder)
        else:
            print(f"MariaDB: skipped; apt install {mariadb.APT}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
