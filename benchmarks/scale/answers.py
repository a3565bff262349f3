"""How long a question takes on both sides, and by which plan it is answered."""

import json
import statistics
import time
from dataclasses import dataclass

from .sides import LIMIT, limited

SIDES = ("small", "default")
# A question that is as slow as this, in seconds, is not put again and again.
PATIENCE = 0.4
MOST_TIMES, MOST_MS = 1.5, 50


@dataclass
class Answer:
    """The times of a question, in milliseconds by side; `plans` are pairs of SQL and plan."""

    question: object
    times: dict
    plans: list

    def p50(self, side):
        """Return the median."""
        return statistics.median(self.times[side])

    def p95(self, side):
        """Return what 95 of 100 do not exceed."""
        times = sorted(self.times[side])
        return times[max(0, -(-len(times) * 95 // 100) - 1)]

    @property
    def ratio(self):
        """How many times as long it takes with many rows."""
        return self.p50("default") / self.p50("small")

    @property
    def grows(self):
        """Whether it takes longer with many rows than it may."""
        return self.ratio > MOST_TIMES

    @property
    def met(self):
        """Whether both goals are met."""
        return not self.grows and self.p95("default") <= MOST_MS

    @property
    def scans(self):
        """Whether it takes longer for reading all of the table."""
        return self.grows and any("FULL SCAN" in plan for _sql, plan in self.plans)


def answered(question, rounds):
    """Put a question to both sides in turn, after a first time; return its answer."""
    from django.db import connections

    times, asked = {}, []
    for side in SIDES:
        with connections[side].execute_wrapper(noting(asked, side)):
            first = seconds(question, side)
        # What takes long enough once is not put again.
        times[side] = [first] if first > PATIENCE else []
    for _round in range(rounds):
        for side, found in times.items():
            if sum(found) <= PATIENCE:
                found.append(seconds(question, side))
    answer = Answer(question, {side: [1000 * t for t in times[side]] for side in SIDES}, [])
    if not answer.met:
        answer.plans = [(sql, plan(connections["default"], sql, params)) for sql, params in asked]
    return answer


def noting(asked, side):
    """Return a wrapper of statements that puts those of the large side into a list."""

    def note(execute, sql, params, many, context):
        if side == "default" and sql.startswith(("SELECT", "(SELECT")):
            asked.append((sql, params))
        return execute(sql, params, many, context)

    return note


def seconds(question, side):
    """Return how long a question takes on a side; the limit where it takes longer."""
    from django.db import OperationalError, connections

    start = time.perf_counter()
    try:
        with limited(connections[side]):
            question.ask(side)
    except OperationalError:
        return LIMIT
    return time.perf_counter() - start


def plan(connection, sql, params):
    """Return the plan of a statement in a line; FULL SCAN says what reads all of the table."""
    mysql = connection.vendor == "mysql"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'FORMAT=JSON' if mysql else 'QUERY PLAN'} {sql}", params)
        rows = cursor.fetchall()
    if mysql:
        return "; ".join(tables(json.loads(rows[0][0])))
    return "; ".join(f"FULL SCAN: {r[3]}" if r[3].startswith("SCAN info") else r[3] for r in rows)


def tables(node):
    """Yield what a plan of MariaDB says of each table and sort in it."""
    if isinstance(node, list):
        for part in node:
            yield from tables(part)
        return
    for name, part in node.items() if isinstance(node, dict) else ():
        if name == "table" and "access_type" in part:
            # What stands in angle brackets was made for this statement.
            full = not part["table_name"].startswith("<") and (
                part["access_type"] == "ALL"
                or (part["access_type"] == "index" and "using_index" in part)
            )
            yield (
                f"{'FULL SCAN: ' if full else ''}{part['table_name']} {part['access_type']} "
                f"{part.get('key', 'no key')}, {part.get('rows', '?')} rows"
            )
        elif name in ("filesort", "temporary_table"):
            yield name
        yield from tables(part)
