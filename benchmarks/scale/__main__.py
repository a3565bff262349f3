"""Makes both databases, asks everything of both, and says whether the goals are met."""

import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.side_by_side.__main__ import DATABASES, number
from tests import mariadb
from tests.processes import ROOT

from . import report, rows
from .answers import SIDES, answered, seconds
from .export import measured
from .questions import Question, lists, questions
from .sides import sides


def main():
    """Measure and return the exit status: 1 where a goal is missed."""
    database = os.environ.get("DB", "mariadb")
    if database not in DATABASES:
        raise SystemExit(f"DB is none of {', '.join(DATABASES)}.")
    if database == "mariadb" and not all(map(mariadb.program, mariadb.PROGRAMS)):
        raise SystemExit(f"Missing: apt install {mariadb.APT}")
    sizes = {"small": number("SMALL", 5_400), "default": number("ROWS", 1_000_000)}
    rounds = number("ROUNDS", 9)
    with (
        tempfile.TemporaryDirectory(prefix="stocksite-scale-") as name,
        sides(database, Path(name)) as env,
    ):
        fill(sizes)
        first = [1000 * seconds(Question("", "", lists), side) for side in SIDES]
        asked = questions(os.environ.get("ALL") == "1")
        if chosen := os.environ.get("ONLY"):
            asked = [question for question in asked if question.group in chosen.split(",")]
        asked = asked[:: number("EVERY", 1)]
        answers = [told(place, len(asked), q, rounds) for place, q in enumerate(asked, 1)]
        export = measured(env, sizes["default"])
    title = f"{DATABASES[database]}, {sizes['default']:,} rows beside {sizes['small']:,}"
    print(f"\n{title}; at most {rounds} rounds; in ms")
    print("What is kept of a version of the data: {:.0f} ms, {:.0f} ms".format(*first))
    report.show(answers, sizes["default"], export)
    path = Path(os.environ.get("OUTPUT", ROOT / "var" / "scale.json"))
    report.write(
        path,
        answers,
        export,
        {"database": database, "rows": sizes, "rounds": rounds, "kept_ms": first},
    )
    print(f"Written to {path}")
    return int(not (export["met"] and all(answer.met for answer in answers)))


def fill(sizes):
    """Write the rows of both sides."""
    from django.db import connections

    for side, count in sizes.items():
        start = time.perf_counter()
        rows.fill(connections[side], count)
        print(f"{count:,} rows written in {time.perf_counter() - start:.0f} s", flush=True)


def told(place, count, question, rounds):
    """Return the answer to a question; now and then say how far it got."""
    if place % 50 == 0:
        print(f"{place} of {count}", flush=True)
    return answered(question, rounds)


if __name__ == "__main__":
    sys.exit(main())
