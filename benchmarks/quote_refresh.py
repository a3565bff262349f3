"""How long a refresh of 5,400 quotes takes, and how long a reader waits at most meanwhile.

    python -m benchmarks.quote_refresh

From a local server to stored rows, on SQLite and on a MariaDB server of its own, for each feed:
the run as its log has it, the whole command with the start of Python, its processor time, and the
slowest of the reads that another process makes meanwhile. Each figure is the best of a few
rounds, for other load only adds to it. The pause between requests, which is politeness to the
source, is the default; it is most of what a list of 54 pages takes.
"""

import json
import resource
import subprocess
import sys
import time
from datetime import timedelta

from tests.feed_samples import whole_market
from tests.feed_server import serving_feeds
from tests.processes import ROOT, run

from .side_by_side.site import on_each_database

ROUNDS = 3
MOST_SECONDS, LONGEST_READ = 3.0, 0.1
# The feeds, with how many rows the list gives at once.
FEEDS = (("tencent", 0), ("sina", 0), ("eastmoney", 10_000), ("eastmoney", 100))

# With so many requests the pauses alone take longer than the goal.
MANY_REQUESTS = 30

READER = """
import json, sys, threading, time
import django
django.setup()
from stocks.models import Stock

def read():
    start = time.perf_counter()
    list(Stock.objects.order_by("-chg", "pk")[:100])
    return time.perf_counter() - start

over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
read()
print("reading", flush=True)
times = []
while not over.is_set():
    times.append(read())
    time.sleep(0.005)
print(json.dumps({"slowest": max(times), "reads": len(times)}))
"""
LAST_RUN = """
import django
django.setup()
from stocks.models import FeedRun
run = FeedRun.objects.first()
print((run.ended_at - run.started_at).total_seconds(), run.outcome, run.changed)
"""


def measure(env, _folder):
    """Measure every feed on a database and return whether a goal was missed."""
    missed = False
    with serving_feeds(whole_market()) as server:
        env |= {f"{name.upper()}_URL": value for name, value in server.addresses().items()}
        env["DJANGO_SETTINGS_MODULE"] = "stocksite.settings"
        checked("manage.py", "migrate", "--verbosity=0", env=env)
        checked("manage.py", "fetchquotes", "--feed=eastmoney", env=env)
        idle = min(reading(env, lambda: time.sleep(2))["slowest"] for _round in range(ROUNDS))
        print(f"  nobody writes: slowest read {idle * 1000:.0f} ms")
        for feed, cap in FEEDS:
            server.cap = cap
            rounds = [refresh(feed, server, env) for _round in range(ROUNDS)]
            best = {name: min(one[name] for one in rounds) for name in rounds[0]}
            print(
                f"  {feed} in {len(server.requests)} requests: "
                f"{best['run']:.2f} s ({best['command']:.2f} s with the start of Python, "
                f"{best['processor']:.2f} s of it processor time); "
                f"slowest of {best['reads']} reads {best['slowest'] * 1000:.0f} ms",
                flush=True,
            )
            polite = len(server.requests) > MANY_REQUESTS
            missed |= best["slowest"] > LONGEST_READ or (best["run"] > MOST_SECONDS and not polite)
    return missed


def refresh(feed, server, env):
    """Change every price, fetch once, and return the figures."""
    for stock in server.stocks:
        stock.price += 1
        stock.at += timedelta(minutes=1)
    server.requests.clear()
    figures = {}

    def fetch():
        start, used = time.perf_counter(), processor_time()
        checked("manage.py", "fetchquotes", f"--feed={feed}", env=env)
        figures["command"] = time.perf_counter() - start
        figures["processor"] = processor_time() - used

    read = reading(env, fetch)
    seconds, outcome, changed = checked("-c", LAST_RUN, env=env).split()
    if (outcome, changed) != ("done", str(len(server.stocks))):
        sys.exit(f"{feed}: {outcome}, {changed} changed")
    return {**figures, **read, "run": float(seconds)}


def processor_time():
    """Return the processor time of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def reading(env, work):
    """Do some work while another process reads; return what that says of its reads."""
    reader = subprocess.Popen(
        [sys.executable, "-c", READER],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    reader.stdout.readline()
    try:
        work()
    finally:
        said, _nothing = reader.communicate("")
    return json.loads(said)


def checked(*arguments, env):
    """Run Python with `arguments` and return what it prints; SystemExit when it fails."""
    done = run(*arguments, env=env)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)[:80]} failed:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(on_each_database(measure))
