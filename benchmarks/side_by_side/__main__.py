"""Starts all contenders, measures them in turn, and says which goals are met."""

import contextlib
import gzip
import importlib.util
import os
import signal
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path

from benchmarks.peers import COMMANDS, nginx
from tests import mariadb
from tests.processes import ROOT, environment

from . import report, rows, site
from .load import CONNECTIONS, Contender
from .servers import ask, running

PACKAGES = {"wrk": "wrk", "nginx": "nginx-light"}
MARIADB_PACKAGES = dict.fromkeys(mariadb.PROGRAMS, mariadb.APT)
DATABASES = {"mariadb": "MariaDB", "sqlite": "SQLite"}
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GZIP = {"Accept-Encoding": "gzip"}
TITLES = {
    "old_design": "the old design",
    "django_taught": "Django as taught, gunicorn",
    "flask": "Flask, SQLAlchemy, gunicorn",
    "fastapi": "FastAPI, SQLAlchemy, uvicorn",
}


def main():
    """Measure and return the exit status: 1 where a goal is missed."""
    database = os.environ.get("DB", "mariadb")
    if database not in DATABASES:
        raise SystemExit(f"DB is none of {', '.join(DATABASES)}.")
    rounds, seconds = number("ROUNDS", 3), number("SECONDS", 4)
    need_programs(database)
    for each in ENDS:
        signal.signal(each, end_in_order)
    with contextlib.ExitStack() as stack:
        try:
            found = start(stack, database)
            measure(found.values(), rounds, seconds)
        finally:
            ignore_signals()
    print(
        f"\n{DATABASES[database]}, {rows.STOCKS:,} stocks, {rows.SHOWN} a page, "
        f"{CONNECTIONS} connections; rounds of {seconds} s, the median of {rounds}\n"
    )
    reached = report.goals(found)
    print(*report.table(found), "", *(goal.line() for goal in reached), sep="\n")
    path = Path(os.environ.get("OUTPUT", ROOT / "var" / "bench.json"))
    said = {"database": DATABASES[database], "rounds": rounds, "seconds": seconds}
    report.write(path, found, reached, {**said, "connections": CONNECTIONS})
    print(f"\nWritten to {path}")
    return int(not all(goal.met for goal in reached))


def number(name, default):
    """Return the whole number from 1 in a variable of the environment."""
    text = os.environ.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text)):
        raise SystemExit(f"{name} is no whole number from 1.")
    return int(text)


def need_programs(database):
    """SystemExit with the apt line of what is missing on this machine."""
    packages = PACKAGES | (MARIADB_PACKAGES if database == "mariadb" else {})
    missing = {apt for name, apt in packages.items() if not mariadb.program(name)}
    if missing:
        raise SystemExit(f"Missing for make bench: apt install {' '.join(sorted(missing))}")
    if database == "mariadb" and not importlib.util.find_spec("MySQLdb"):
        raise SystemExit("mysqlclient is not installed: make install, or DB=sqlite make bench.")


def ignore_signals():
    """Let nothing keep the servers from being stopped."""
    for each in ENDS:
        signal.signal(each, signal.SIG_IGN)


def end_in_order(number, _frame):
    """End by a signal, of which there may be more."""
    ignore_signals()
    raise SystemExit(128 + number)


def start(stack, database):
    """Start all servers, check their pages, and return the contenders by key."""
    print("Starting the servers.", flush=True)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stocksite-bench-")))
    # As the others, who write no line a request.
    env = environment(folder, LOG_LEVEL="WARNING")
    if database == "mariadb":
        env["DATABASE_URL"] = stack.enter_context(mariadb.private_server()).url
    stocks = rows.made_up()
    first = stocks[: rows.SHOWN]
    url = stack.enter_context(site.serving(folder, env, stocks))
    cookie = {"Cookie": site.sign_up(url, first)}
    found = [
        start_nginx(stack, folder, env, ask(url, GZIP)),
        Contender("visitor", "stocksite, signed out", url, GZIP),
        Contender("person", "stocksite, signed in", url, GZIP | cookie),
        *(start_peer(stack, folder, env, key) for key in COMMANDS),
    ]
    for contender in found:
        check(contender, first)
    found += filter(None, map(same_visitor, found[:2]))
    return {contender.key: contender for contender in found}


def start_nginx(stack, folder, env, page):
    """Start nginx with the answer of our site as its file."""
    port = mariadb.free_port()
    compressed = page.body if page.headers.get("Content-Encoding") == "gzip" else None
    plain = gzip.decompress(page.body) if compressed else page.body
    command = nginx.prepare(folder / "nginx", port, plain, compressed)
    url = f"http://127.0.0.1:{port}/page.html"
    stack.enter_context(running(command, env=env, log=folder / "nginx.log", url=url))
    return Contender("nginx", "nginx, the page as a file", url, GZIP)


def start_peer(stack, folder, env, key):
    """Start a peer."""
    port = mariadb.free_port()
    command = [sys.executable, "-m", *(part.format(port=port) for part in COMMANDS[key])]
    url = f"http://127.0.0.1:{port}/"
    stack.enter_context(running(command, env=env, log=folder / f"{key}.log", url=url))
    return Contender(key, TITLES[key], url, GZIP)


def check(contender, stocks):
    """SystemExit unless a contender's page shows the stocks."""
    answer = ask(contender.url, contender.headers)
    if answer.status != contender.status:
        raise SystemExit(f"{contender.title} answers {answer.status}.")
    for place, (there, wanted) in enumerate(zip_longest(rows.shown(answer.page), stocks), 1):
        if there != wanted:
            raise SystemExit(f"{contender.title}, row {place}: {there} instead of {wanted}.")


def same_visitor(contender):
    """Return the same visitor with the page's ETag, None where it has none that counts."""
    tag = ask(contender.url, contender.headers).headers.get("ETag")
    headers = contender.headers | {"If-None-Match": tag or ""}
    if not tag or ask(contender.url, headers).status != 304:
        print(f"{contender.title}: no ETag that gives 304; not measured.", flush=True)
        return None
    key = "again" if contender.key == "visitor" else f"{contender.key}_again"
    return Contender(key, f"{contender.title.partition(',')[0]}, 304", contender.url, headers, 304)


def measure(contenders, rounds, seconds):
    """Measure the contenders in turn, round by round, after a warm-up of each."""
    print("Warming up.", flush=True)
    for contender in contenders:
        contender.warm_up()
    for count in range(1, rounds + 1):
        print(f"Round {count} of {rounds}.", flush=True)
        for contender in contenders:
            contender.measure(seconds)


if __name__ == "__main__":
    sys.exit(main())
