"""A file of the whole market: how fast it comes and in how much memory.

As `python -m benchmarks.scale.export` it makes the file and prints its figures as JSON; `measured`
does that in a process of its own, beside the database's own program.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.mariadb import program
from tests.processes import ROOT

LEAST_SPEED, MOST_MEGABYTES = 0.3, 200


def measured(env, rows):
    """Return the figures of the file, with how fast the database's own program is."""
    command = [sys.executable, "-m", "benchmarks.scale.export"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    start = time.perf_counter()
    command, more = peer(figures.pop("fields"))
    subprocess.run(command, env=env | more, stdout=subprocess.DEVNULL, check=True)
    theirs = rows / (time.perf_counter() - start)
    ours = rows / figures["seconds"]
    figures |= {"rows_per_second": ours, "peer_rows_per_second": theirs, "speed": ours / theirs}
    figures["met"] = figures["speed"] >= LEAST_SPEED and figures["megabytes"] <= MOST_MEGABYTES
    return figures


def peer(fields):
    """Return the command that writes the same columns, and what its environment needs."""
    from django.db import connection

    known = connection.settings_dict
    sql = f"select {', '.join(fields)} from info order by code, id"
    if connection.vendor == "sqlite":
        return [program("sqlite3"), "-csv", str(known["NAME"]), sql], {}
    address = ["-h", known["HOST"], "-P", str(known["PORT"]), "-u", known["USER"]]
    command = [program("mysql"), "--no-defaults", *address, "-B", "-q", known["NAME"], "-e", sql]
    return command, {"MYSQL_PWD": known["PASSWORD"]}


def main():
    """Make the file and print the figures."""
    import django

    django.setup()
    from stocks.columns import MARKET
    from stocks.exports import fields_of, stocks_source, write_csv
    from stocks.models import Stock
    from stocks.screen import Screen

    start = time.perf_counter()
    stocks, shown = Stock.objects.all(), Screen(MARKET)
    source = stocks_source(shown.rows(stocks), fields_of(MARKET.columns, stocks))
    size = sum(map(len, write_csv(source, source.headings)))
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - start,
                "bytes": size,
                "megabytes": most_megabytes(),
                "fields": source.names,
            }
        )
    )


def most_megabytes():
    """Return the most that this process held; what its parent held does not count here."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+)", status)[1]) / 1024


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksite.settings")
    main()
