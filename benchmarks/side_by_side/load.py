"""Puts load on the contenders with wrk."""

import json
import statistics
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.mariadb import program

from .servers import ask

SCRIPT = Path(__file__).with_name("wrk.lua")
THREADS, CONNECTIONS, TIMEOUT = 2, 64, 30
# A second, or more for one that has not answered yet.
WARM_UPS = (1, 4, 16)
# How far the mean size of an answer may be from the one in the warm-up.
SIZES_DIFFER = 0.1


@dataclass
class Contender:
    """What is measured: an address with the headers to ask with, and what came of it."""

    key: str
    title: str
    url: str
    headers: dict
    status: int = 200
    size: float = 0
    rounds: list = field(default_factory=list)

    def wrk(self, seconds, *arguments):
        """Run wrk for some seconds and return its figures; SystemExit when answers were wrong."""
        command = [program("wrk"), f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s"]
        command += [f"--timeout={TIMEOUT}s", "--latency", f"--script={SCRIPT}"]
        command += [f"--header={name}: {value}" for name, value in self.headers.items()]
        command += [self.url, "--", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        # Answered when the server is through with what wrk left: the next one has the machine.
        ask(self.url, self.headers)
        if done.returncode:
            raise SystemExit(f"{self.title}: wrk failed:\n{done.stdout}{done.stderr}")
        figures = json.loads(done.stdout.splitlines()[-1])
        if figures["wrong"]:
            raise SystemExit(f"{self.title}: not every answer was {self.status}:\n{done.stdout}")
        return figures

    def warm_up(self):
        """Hold every answer's status against the right one for a while, and note the mean size."""
        for seconds in WARM_UPS:
            figures = self.wrk(seconds, str(self.status))
            if figures["requests"]:
                self.size = figures["bytes"] / figures["requests"]
                return
        raise SystemExit(f"{self.title}: no answer in {seconds} s.")

    def measure(self, seconds):
        """Measure a round; SystemExit when the answers were others than in the warm-up."""
        figures = self.wrk(seconds)
        if not figures["requests"]:
            raise SystemExit(f"{self.title}: no answer in {seconds} s; more SECONDS may help.")
        size = figures["bytes"] / figures["requests"]
        if abs(size - self.size) > SIZES_DIFFER * self.size:
            raise SystemExit(f"{self.title}: answers of {size:.0f} bytes, not {self.size:.0f}.")
        rate = figures["requests"] / figures["seconds"]
        self.rounds.append({"rate": rate, "p50": figures["p50"], "p99": figures["p99"]})

    def median(self, name):
        """Return the median of the rounds: of `rate` (requests a second), `p50` or `p99` (ms)."""
        return statistics.median(one[name] for one in self.rounds)
