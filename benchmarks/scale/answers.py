"""How long a question takes on both sides, how much it reads, and by which plan."""

import json
import statistics
import time
from dataclasses import dataclass

from .sides import LIMIT, limited

SIDES = ("small", "default")
# A question that is as slow as this, in seconds, is not put again and again.
PATIENCE = 0.4
MOST_TIMES, MOST_MS = 1.5, 50
# SQLite counts the steps of its machine, of which no row takes fewer; how often it says so.
STEPS_A_ROW, STEPS_TOLD = 3, 300


@dataclass
class Answer:
    """The times of a question, in milliseconds by side.

    `read` is how many rows it reads of the large table; `plans` are pairs of SQL and plan.
    """

    question: object
    times: dict
    read: int
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
    times = {side: [1000 * t for t in times[side]] for side in SIDES}
    answer = Answer(question, times, rows_read(question, connections["default"]), [])
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


def rows_read(question, connection):
    """Return how many rows a question reads on the side of a connection, its indexes' included."""
    if connection.vendor == "mysql":
        before = handled(connection)
        question.ask(connection.alias)
        return handled(connection) - before
    told = []
    connection.connection.set_progress_handler(lambda: told.append(None), STEPS_TOLD)
    try:
        question.ask(connection.alias)
    finally:
        connection.connection.set_progress_handler(None, STEPS_TOLD)
    return len(told) * STEPS_TOLD // STEPS_A_ROW


def handled(connection):
    """Return how many rows MariaDB has read so far for a connection."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler\\_%'")
        status = dict(cursor.fetchall())
    read = [name for name in status if name.startswith("Handler_read_")]
    return sum(int(status[name]) for name in (*read, "Handler_icp_attempts"))


def plan(connection, sql, params):
    """Return the plan of a statement in a line."""
    mysql = connection.vendor == "mysql"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'FORMAT=JSON' if mysql else 'QUERY PLAN'} {sql}", params)
        rows = cursor.fetchall()
    return "; ".join(tables(json.loads(rows[0][0])) if mysql else (row[3] for row in rows))


def tables(node):
    """Yield what a plan of MariaDB says of each table and sort in it."""
    if isinstance(node, list):
        for part in node:
            yield from tables(part)
        return
    for name, part in node.items() if isinstance(node, dict) else ():
        if name == "table" and "access_type" in part:
            yield (
                f"{part['table_name']} {part['access_type']} {part.get('key', 'no key')}, "
                f"{part.get('rows', '?')} rows"
            )
        elif name in ("filesort", "temporary_table"):
            yield name
        yield from tables(part)
