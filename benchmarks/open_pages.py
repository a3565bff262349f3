"""What a thousand open pages cost that look for newer prices every 5 seconds.

    python -m benchmarks.open_pages

The real server with 5,400 stocks on both databases, writing its log, while no price changes.
A thousand visitors keep a connection each and ask every 5 seconds with If-None-Match, spread
evenly; each answer must be 304. What counts is the processor time of the server's processes as
the kernel tells it, so that the client's own is not in it. A visitor's page asks for itself, that
of somebody signed in for `/version`. The best of a few rounds counts, for other load only adds.
"""

import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from .side_by_side import rows
from .side_by_side.servers import PATIENCE, ask
from .side_by_side.site import on_each_database, serving

PAGES, EVERY, SECONDS = 1000, 5, 10
PATHS, ROUNDS = ("", "version"), 3
MOST = 0.1
TICKS = os.sysconf("SC_CLK_TCK")


def servers(port):
    """Return the ids of the processes that serve on a port: the parent and its workers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if "serve" in words and str(port) in words:
                found.append(int(folder.name))
    return found


def processor_seconds(processes):
    """Return the processor time that processes have used so far, in both modes."""
    ticks = 0
    for pid in processes:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS


async def visitor(address, request, first, until, statuses):
    """Ask again and again on one connection, from the moment `first` on."""
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    due = first
    while due < until:
        await asyncio.sleep(due - time.monotonic())
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        statuses.append(answer.split(b" ", 2)[1])
        if statuses[-1] != b"304":
            break
        due += EVERY
    writer.close()


async def visit(address, request):
    """Let all visitors ask, and return the statuses of the answers."""
    statuses, start = [], time.monotonic() + 0.5
    async with asyncio.timeout(SECONDS + PATIENCE), asyncio.TaskGroup() as visitors:
        for n in range(PAGES):
            first = start + EVERY * n / PAGES
            visitors.create_task(visitor(address, request, first, start + SECONDS, statuses))
    return statuses


def share(url, path):
    """Return the share of a core that the pages cost which ask for a path."""
    headers = {"Accept-Encoding": "gzip"}
    etag = ask(url + path, headers).headers["ETag"]
    headers |= {"Host": urlsplit(url).netloc, "If-None-Match": etag}
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    request = f"GET /{path} HTTP/1.1\r\n{lines}\r\n".encode()
    processes = servers(urlsplit(url).port)
    before = processor_seconds(processes)
    statuses = asyncio.run(visit(urlsplit(url), request))
    used = processor_seconds(processes) - before
    wrong = [status for status in statuses if status != b"304"]
    if wrong or len(statuses) != PAGES * SECONDS // EVERY:
        raise SystemExit(f"/{path}: {len(statuses)} answers, {len(wrong)} not 304: {set(wrong)}")
    return used / SECONDS


def measure(env, folder):
    """Print the shares and return whether one is too large."""
    shares = dict.fromkeys(PATHS, float("inf"))
    with serving(folder, env, rows.made_up()) as url:
        for _round in range(ROUNDS):
            for path in PATHS:
                shares[path] = min(shares[path], share(url, path))
    for path, least in shares.items():
        print(f"  {PAGES:,} that ask for /{path}: {least:.3f} of a core (at most {MOST})")
    return max(shares.values()) > MOST


if __name__ == "__main__":
    sys.exit(on_each_database(measure))
