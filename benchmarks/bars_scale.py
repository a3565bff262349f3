"""Whether a year of one stock takes longer to read where there are many bars.

    python -m benchmarks.bars_scale

On a MariaDB server of its own: a database of 10 thousand bars beside one of 10 million, far more
than the server keeps in memory. Stocks are drawn by lot, a year of each is read as the chart of
its page reads it, in rounds that alternate between the two. The best round of each counts, for
other load only adds to it.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from tests import mariadb
from tests.processes import environment, run

DAYS, SMALL, LARGE = 2_500, 4, 4_000
ROUNDS, READS = 7, 200
MOST_TIMES = 1.5
YEAR = (date(2020, 1, 1), date(2020, 12, 31))
STOCKS = (
    "INSERT INTO info (id, code, market, short, industry, source, status, search_name, "
    "search_pinyin) SELECT seq, 600000 + seq, 'SH', 'x', '', '', '', 'x', ' x' FROM seq_1_to_{}"
)
# Day by day, as a site gets them: the rows of a stock come from all over the statement.
BARS = (
    "INSERT INTO stocks_bar (stock_id, date, open, high, low, close, volume, amount, turnover, "
    "adjusted_close) SELECT stock.seq, DATE '2015-01-01' + INTERVAL day.seq DAY, "
    "10, 11, 9, 10 + day.seq % 90 / 100, 1000 * stock.seq, 98765.43, 1.2345, 10 "
    "FROM seq_1_to_{days} day, seq_1_to_{stocks} stock WHERE day.seq BETWEEN {first} AND {last}"
)
AT_ONCE = 100


def fill(alias, stocks):
    """Fill a database with so many stocks and their bars."""
    from django.db import connections

    with connections[alias].cursor() as cursor:
        cursor.execute(STOCKS.format(stocks))
        for first in range(1, DAYS + 1, AT_ONCE):
            last = first + AT_ONCE - 1
            cursor.execute(BARS.format(days=DAYS, stocks=stocks, first=first, last=last))


def milliseconds(alias, stocks):
    """Return the median time of reading a year of a stock, in milliseconds."""
    from stocks.models import Bar

    times = []
    for _read in range(READS):
        chosen = Bar.objects.using(alias).filter(stock_id=random.randint(1, stocks))  # noqa: S311
        start = time.perf_counter()
        days = list(chosen.filter(date__range=YEAR).drawn())
        times.append(time.perf_counter() - start)
        if len(days) != (YEAR[1] - YEAR[0]).days + 1:
            raise RuntimeError(f"{len(days)} days in a year")
    return statistics.median(times) * 1000


def measure(folder, server):
    """Fill both databases, read them in turn, and return whether the goal was missed."""
    import django
    from django.db import connections

    env = environment(folder, DATABASE_URL=server.url, DJANGO_SETTINGS_MODULE="stocksite.settings")
    os.environ.update(env)
    django.setup()
    small = {**connections.settings["default"], "NAME": "small"}
    connections.settings["small"] = small
    with connections["default"].cursor() as cursor:
        cursor.execute("CREATE DATABASE small CHARACTER SET utf8mb4")
    for name in ("stocksite", "small"):
        url = server.url.replace("/stocksite", f"/{name}")
        done = run("manage.py", "migrate", "--verbosity=0", env={**env, "DATABASE_URL": url})
        if done.returncode:
            raise RuntimeError(done.stderr)
    sides = {"small": SMALL, "default": LARGE}
    for alias, stocks in sides.items():
        start = time.perf_counter()
        fill(alias, stocks)
        print(f"{stocks * DAYS:,} bars written in {time.perf_counter() - start:.0f} s", flush=True)
    best = dict.fromkeys(sides, float("inf"))
    for _round in range(ROUNDS):
        for alias, stocks in sides.items():
            best[alias] = min(best[alias], milliseconds(alias, stocks))
    ratio = best["default"] / best["small"]
    print(
        f"A year of a stock among {SMALL * DAYS:,} bars {best['small']:.2f} ms, "
        f"among {LARGE * DAYS:,} bars {best['default']:.2f} ms: "
        f"{ratio:.2f} times (at most {MOST_TIMES})"
    )
    return ratio > MOST_TIMES


def main():
    """Measure and return the exit status: 1 where the goal is missed."""
    if not all(map(mariadb.program, mariadb.PROGRAMS)):
        print(f"MariaDB: skipped; apt install {mariadb.APT}")
        return 0
    with tempfile.TemporaryDirectory() as folder, mariadb.private_server() as server:
        return int(measure(Path(folder), server))


if __name__ == "__main__":
    sys.exit(main())
