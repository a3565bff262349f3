"""All of the project's checks, leg by leg: what `make test` runs.

A leg whose program is missing is skipped with the apt line that brings it, and with CI=true
that is a failure. Every leg runs, whatever became of the one before; the last line says which.
"""

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import chromium, mariadb

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (sys.executable, "-m", "pytest")
# Two even on one core: tests wait for servers and browsers.
PROCESSES = max(2, os.cpu_count() or 2)
PARALLEL = (*PYTEST, f"--numprocesses={PROCESSES}", "--dist=load", "--maxschedchunk=1")
# Hundreds of processes would else each compile every module anew.
UNSET = {"DATABASE_URL", "PYTHONDONTWRITEBYTECODE"}
# Either of its programs will do; without one, the faster is asked for.
BROWSER = {} if chromium.program() else {chromium.PROGRAMS[0]: chromium.PROGRAMS[0]}
DATABASE_TESTS = (
    *PARALLEL,
    *("-p", "no:playwright", "--ignore=tests/browser", "--ignore=tests/test_translations.py"),
)


@dataclass(frozen=True)
class Leg:
    """A part of the checks: its commands, and the Debian package of each program they need."""

    name: str
    commands: tuple
    programs: dict
    on_mariadb: bool = False

    def missing(self):
        """Return the packages that bring what is missing on this machine."""
        packages = {apt for name, apt in self.programs.items() if not mariadb.program(name)}
        if self.on_mariadb and not importlib.util.find_spec("MySQLdb"):
            packages |= {"libmariadb-dev", "pkg-config", "python3-dev", "gcc"}
        return sorted(packages)

    def run(self):
        """Run the commands, all of them, and return whether each one passed."""
        environment = {name: value for name, value in os.environ.items() if name not in UNSET}
        environment["ENV_FILE"] = os.devnull
        with contextlib.ExitStack() as stack:
            if self.on_mariadb:
                server = stack.enter_context(mariadb.private_server())
                environment["DATABASE_URL"] = server.url
            codes = [
                subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
                for command in self.commands
            ]
        return not any(codes)


def module(name, *arguments):
    """Return the command that runs a Python module of this environment."""
    return (sys.executable, "-m", name, *arguments)


LEGS = (
    Leg(
        "lint",
        (
            module("ruff", "check", "--quiet", "."),
            module("ruff", "format", "--check", "--quiet", "."),
            module("djlint", "--quiet", "--lint", "templates"),
            (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"),
        ),
        {},
    ),
    Leg(
        "translations",
        ((*PYTEST, "tests/test_translations.py"),),
        {"xgettext": "gettext", "msgfmt": "gettext"},
    ),
    Leg("SQLite", (DATABASE_TESTS,), {}),
    Leg(
        "MariaDB", (DATABASE_TESTS,), dict.fromkeys(mariadb.PROGRAMS, mariadb.APT), on_mariadb=True
    ),
    Leg("Chromium", ((*PARALLEL, "tests/browser"),), BROWSER),
)


def main():
    """Run the legs and return the exit status: 1 when one failed, or is missing in CI."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    outcomes = {"Legs run": [], "FAILED": [], "skipped": []}
    for leg in LEGS:
        packages = leg.missing()
        if packages:
            print(f"== {leg.name}: skipped; apt install {' '.join(packages)}", flush=True)
            outcomes["skipped"].append(leg.name)
            continue
        print(f"== {leg.name}", flush=True)
        start = time.monotonic()
        passed = leg.run()
        outcomes["Legs run"].append(f"{leg.name} ({time.monotonic() - start:.0f} s)")
        if not passed:
            outcomes["FAILED"].append(leg.name)
    print(". ".join(f"{word}: {', '.join(legs)}" for word, legs in outcomes.items() if legs))
    short = outcomes["skipped"] and os.environ.get("CI") == "true"
    return 1 if outcomes["FAILED"] or short else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
