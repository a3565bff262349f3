"""How much memory the page cache takes, and how soon a change is on every page.

    python -m benchmarks.page_cache

The site with 5,400 stocks, as an operator serves it, on SQLite and on a MariaDB server of its own:
2,000 different pages are visited, and the memory of the workers and what they say of their cache
is printed; then another process stores prices, and it is measured how long after its commit the
last page is seen that does not show it.
"""

import re
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests import mariadb
from tests.processes import ROOT, fetch, run, serving

from .side_by_side import rows
from .side_by_side.site import on_each_database

PAGES, CHANGES, ASKERS = 2_000, 10, 4
MOST_MEGABYTES, MOST_SECONDS = 150, 1.0
TOKEN = "of the scraper"
STORE = """
import sys, time, django
django.setup()
from decimal import Decimal
from stocks.models import Stock
for line in sys.stdin:
    Stock.objects.filter(code="000001").update(price=Decimal(line))
    print(time.time(), flush=True)
"""
FIGURES = re.compile(r"stocksite_page_cache_(\w+)\{\S+ (\d+)")


def addresses():
    """Return the paths of different pages: the table in every order, page by page, and stocks."""
    names = ("code", "short", "chg", "turnover", "price", "highs", "time", "distance", "volume")
    orders = [f"?sort={minus}{name}&page={page}" for name in names for minus in ("", "-")
              for page in range(2, 55)]  # fmt: skip
    stocks = [f"stocks/{code}.{'SH' if code >= '6' else 'SZ'}/" for code, *_ in rows.made_up()]
    return [*orders, *stocks][:PAGES]


def workers_of(process):
    """Return the ids of a server's worker processes."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return children.read_text(encoding="ascii").split()


def megabytes(pid):
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def visit(url):
    """Ask for a page as a browser does, and fail unless it is there."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=60) as response:
        response.read()


def delay(url, store, price):
    """Store a price; return the seconds from its commit to the last page without it."""
    store.stdin.write(f"{price}\n")
    store.stdin.flush()
    committed = float(store.stdout.readline())
    last = committed
    while time.time() < committed + 2 * MOST_SECONDS:
        asked = time.time()
        if price not in fetch(f"{url}?q=000001")[2]:
            last = asked
        time.sleep(0.005)
    return last - committed


def measure(env, folder):
    """Measure on one database and return whether a goal was missed."""
    rows.write(folder / "stocks.csv", rows.made_up(), "2026-01-05 15:00")
    for command in (("migrate", "--verbosity=0"), ("importstocks", folder / "stocks.csv")):
        done = run("manage.py", *map(str, command), env=env)
        if done.returncode:
            raise SystemExit(done.stderr)
    port = mariadb.free_port()
    url = f"http://127.0.0.1:{port}/"
    env = {**env, "LOG_LEVEL": "WARNING", "METRICS_TOKEN": TOKEN}
    with serving("manage.py", "serve", str(port), env=env, url=url) as process:
        with ThreadPoolExecutor(ASKERS) as askers:
            list(askers.map(visit, (url + path for path in addresses())))
        held = max(map(megabytes, workers_of(process)))
        said = fetch(f"{url}metrics", Authorization=f"Bearer {TOKEN}")[2]
        figures = {name: int(value) for name, value in FIGURES.findall(said)}
        command = [sys.executable, "-c", STORE]
        told = {"text": True, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        env["DJANGO_SETTINGS_MODULE"] = "stocksite.settings"
        with subprocess.Popen(command, cwd=ROOT, env=env, **told) as store:
            delays = [delay(url, store, f"{700 + n}.25") for n in range(CHANGES)]
            store.stdin.close()
    print(
        f"  {PAGES:,} different pages: {held:.0f} MB in the larger worker (at most "
        f"{MOST_MEGABYTES}); one worker keeps {figures['pages']} of them in "
        f"{figures['bytes'] / 2**20:.1f} of {figures['limit_bytes'] / 2**20:.0f} MB, "
        f"made {figures['made_total']}, took {figures['shared_total']} from the other"
    )
    print(
        f"  {CHANGES} changes by another process: the last page without one was asked for "
        f"{max(delays):.2f} s after its commit (at most {MOST_SECONDS:.0f})"
    )
    return held > MOST_MEGABYTES or max(delays) > MOST_SECONDS


if __name__ == "__main__":
    sys.exit(on_each_database(measure))
