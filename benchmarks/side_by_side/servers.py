"""Starts servers, asks them for a page, and ends them without a trace."""

import contextlib
import gzip
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from tests.processes import ROOT

PATIENCE = 30
LOG_END = 2_000


@dataclass(frozen=True)
class Answer:
    """What came back from an address."""

    status: int
    headers: object
    body: bytes

    @property
    def page(self):
        """The body as text, uncompressed."""
        packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


def ask(url, headers):
    """Return the answer of an address, whatever its status."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


@contextlib.contextmanager
def running(command, *, env, log, url):
    """Run a server, its output in the file `log`, from when `url` answers.

    In a session of its own, so that Ctrl-C reaches us first and nothing of it outlives us.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_for(process, url, log)
        yield
    finally:
        end(process)


def wait_for(process, url, log):
    """Wait until `url` answers; SystemExit with the end of the log when it does not."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError):
            ask(url, {})
            return
        time.sleep(0.05)
    said = log.read_text(encoding="utf-8", errors="replace")[-LOG_END:]
    raise SystemExit(f"{url} did not answer:\n{said}")


def end(process):
    """End a server, politely at first, then whatever it left."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
