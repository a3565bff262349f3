"""The runner behind `make test`: every leg runs, and the last line and exit status tell."""

import re
import sys

import pytest

from . import __main__ as runner

pytestmark = pytest.mark.sqlite

PASSES = (sys.executable, "-c", "pass")
FAILS = (sys.executable, "-c", "raise SystemExit(5)")
GOOD = runner.Leg("good", (PASSES,), {})
BAD = runner.Leg("bad", (FAILS, PASSES), {})
LACKING = runner.Leg("lacking", (PASSES,), {"no-such-program": "its-package"})


@pytest.mark.parametrize(
    ("legs", "ci", "code", "said"),
    [
        ([GOOD], "true", 0, "Legs run: good"),
        ([BAD, GOOD], "", 1, "Legs run: bad, good. FAILED: bad"),
        ([LACKING, GOOD], "", 0, "Legs run: good. skipped: lacking"),
        ([LACKING, GOOD], "true", 1, "Legs run: good. skipped: lacking"),
    ],
)
def test_last_line_and_exit_status(legs, ci, code, said, monkeypatch, capsys):
    monkeypatch.setattr(runner, "LEGS", legs)
    monkeypatch.setattr(runner.signal, "signal", lambda *_: None)
    monkeypatch.setenv("CI", ci)
    assert runner.main() == code
    lines = capsys.readouterr().out.splitlines()
    assert re.sub(r" \(\d+ s\)", "", lines[-1]) == said
    assert ("== lacking: skipped; apt install its-package" in lines) == (LACKING in legs)


def test_a_leg_has_its_own_database_and_shares_compiled_modules(monkeypatch):
    for name in runner.UNSET:
        monkeypatch.setenv(name, "1")
    look = f"import os; raise SystemExit(len({runner.UNSET!r} & set(os.environ)))"
    assert runner.Leg("look", ((sys.executable, "-c", look),), {}).run()
