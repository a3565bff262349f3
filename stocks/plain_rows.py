"""Rows read as plain texts, a column at a time: what files are written from.

What a value's text is, Django's converters decide. They take long, so the database writes stored
numbers, and other texts are remembered where values repeat.
"""

import gc
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import groupby
from operator import attrgetter
from threading import Lock

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import F, Func
from django.utils import timezone

from .plain_numbers import Numbers, places_of, read_numbers

TEXT, WHOLE, NUMBER, DAY, MOMENT = "text", "whole", "number", "day", "moment"
KINDS = {
    "BigIntegerField": WHOLE,
    "DecimalField": NUMBER,
    "DateField": DAY,
    "DateTimeField": MOMENT,
}
# How many texts are remembered of a column.
MOST = 50_000

# Who does without the search for cycles at the moment.
resting, resting_lock = set(), Lock()


class PlainRows:
    """The rows of a queryset, some fields of them, as plain texts.

    `parts` has the kinds of the fields: texts, whole or other numbers, days or moments. Numbers
    side by side are one part, a text with commas between them; every other field is one by itself.
    A text is as it is stored; of the others "" stands for no value.
    """

    def __init__(self, rows, names):
        self.parts, self.texts, asked = [], [], []
        for of_numbers, run in groupby(selected(rows, names), attrgetter("of_numbers")):
            columns = list(run)
            if of_numbers:
                self.parts.append(tuple(column.kind for column in columns))
                usual = [column.marked_text for column in columns]
                self.texts.append(partial(read_numbers, usual_texts=usual))
                asked.append(Numbers(*(column.name for column in columns)))
            else:
                self.parts.extend((column.kind,) for column in columns)
                self.texts.extend(column.texts() for column in columns)
                asked.extend(column.asked() for column in columns)
        self.rows = rows.values_list(*asked)

    def each(self, conditions):
        """Yield the rows that satisfy each condition, as the driver hands them out.

        A server works on the next ones while somebody uses these.
        """
        statements = (self.rows.filter(one).query.sql_with_params() for one in conditions)
        if connection.vendor == "sqlite":
            for statement in statements:
                yield fetched(connection, *statement)
            return
        database, asked = connections[DEFAULT_DB_ALIAS], deque()
        with shared(database), ThreadPoolExecutor(max_workers=1) as server:
            for statement in statements:
                asked.append(server.submit(fetched, database, *statement))
                if len(asked) > 1:
                    yield asked.popleft().result()
            if asked:
                yield asked.pop().result()

    def columns(self, rows):
        """Return the columns of rows that were read, one of each part; none without a row."""
        with not_collecting():
            columns = zip(*rows, strict=True)
            return rows and [texts(one) for texts, one in zip(self.texts, columns, strict=True)]


def fetched(database, sql, parameters):
    """Return the rows of a statement."""
    with plain_driver(database), not_collecting(), database.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def selected(rows, names):
    """Return the columns that these fields of a queryset are."""
    compiler = rows.values_list(*names).query.get_compiler(connection=connection)
    compiler.pre_sql_setup()
    expressions = [expression for expression, *_sql in compiler.select]
    converters = compiler.get_converters(expressions)
    return [
        PlainColumn(name, expression, converters[place][0] if place in converters else ())
        for place, (name, expression) in enumerate(zip(names, expressions, strict=True))
    ]


class PlainColumn:
    """A column of a query, and how the driver's values become texts."""

    def __init__(self, name, expression, converters):
        self.name, self.expression, self.converters = name, expression, converters
        self.kind = KINDS.get(expression.output_field.get_internal_type(), TEXT)
        self.of_numbers = places_of(expression) is not None
        # What stands for it in each thread is slow to ask.
        self.database, self.zone = connections[DEFAULT_DB_ALIAS], timezone.get_current_timezone()

    def asked(self):
        """Return the expression that gives the values as they are stored."""
        if self.kind in (DAY, MOMENT) and self.database.vendor == "sqlite":
            # Its driver would make a date of what is a column, but not of what is reckoned.
            return Func(F(self.name), template="+%(expressions)s")
        return F(self.name)

    def texts(self):
        """Return the function that makes texts of a column of values."""
        if self.kind == TEXT:
            return list
        if self.kind == WHOLE:
            return whole_texts
        return Remembered(self.moment_text if self.kind == MOMENT else self.usual_text).texts

    def marked_text(self, stored):
        """Return the text of a number in a marked row, where it is as SQLite stores it."""
        return stored if self.kind == WHOLE else self.usual_text(float(stored))

    def usual_text(self, value):
        """Return the text of what Django makes of a value."""
        if isinstance(value, str) and self.database.vendor == "mysql":
            value = usual_value(self.kind, value)
        for convert in self.converters:
            value = convert(value, self.expression, self.database)
        return TEXTS[type(value)](value)

    def moment_text(self, value):
        """Return the text of a moment; almost all are stored as ISO 8601 has it, without zone."""
        with suppress(TypeError, ValueError):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                return moment_text(moment.replace(tzinfo=self.database.timezone), self.zone)
        return self.usual_text(value)


class Remembered(dict):
    """The texts of values, each made once."""

    def __init__(self, made):
        super().__init__()
        self.made = made

    def __missing__(self, value):
        """Make a text and remember it."""
        text = self.made(value)
        if len(self) >= MOST:
            self.clear()
        if value != 0:  # which equals its negative, whose text is another
            self[value] = text
        return text

    def texts(self, column):
        """Return the texts of a column of values."""
        return list(map(self.__getitem__, column))


def whole_texts(column):
    """Return the texts of whole numbers."""
    return ["" if value is None else str(value) for value in column]


def number_text(value):
    """Return a number with all its digits and nothing else."""
    return format(value, "f")


def moment_text(value, zone=None):
    """Return a moment with the offset of a time zone, or of the site's."""
    with suppress(OverflowError):  # the first and last hours of the calendar stay in their own
        value = value.astimezone(zone or timezone.get_current_timezone())
    return value.isoformat()


TEXTS = {
    type(None): lambda _none: "",
    Decimal: number_text,
    date: date.isoformat,
    datetime: moment_text,
}


@contextmanager
def unbuffered():
    """Let MariaDB hand out a result as it is read; its driver would hold all of it in memory."""
    if connection.vendor != "mysql":
        yield
        return
    from MySQLdb.cursors import SSCursor

    with driver_set(connection, "cursorclass", SSCursor):
        yield


@contextmanager
def plain_driver(database):
    """Let MariaDB's driver leave decimals and days as the texts that the server sends."""
    if database.vendor != "mysql":
        yield
        return
    from MySQLdb.constants import FIELD_TYPE

    database.ensure_connection()
    kept = dict.fromkeys((FIELD_TYPE.NEWDECIMAL, FIELD_TYPE.DATE, FIELD_TYPE.DATETIME), str)
    with driver_set(database, "converter", database.connection.converter | kept):
        yield


@contextmanager
def shared(database):
    """Let another thread use a connection, which this one leaves alone meanwhile."""
    database.inc_thread_sharing()
    try:
        yield
    finally:
        database.dec_thread_sharing()


@contextmanager
def not_collecting():
    """Spare Python the search for cycles: so many rows are made at once that it comes often.

    It begins again when no thread is at this any more.
    """
    mine = object()
    with resting_lock:
        resting.add(mine)
        gc.disable()
    try:
        yield
    finally:
        with resting_lock:
            resting.discard(mine)
            if not resting:
                gc.enable()


@contextmanager
def driver_set(database, name, value):
    """Set an attribute of the driver's connection for a while."""
    database.ensure_connection()
    driver = database.connection
    usual = getattr(driver, name)
    setattr(driver, name, value)
    try:
        yield
    finally:
        setattr(driver, name, usual)


def usual_value(kind, text):
    """Return what MariaDB's driver usually makes of a text."""
    from MySQLdb.times import Date_or_None, DateTime_or_None

    return {NUMBER: Decimal, DAY: Date_or_None, MOMENT: DateTime_or_None}[kind](text)
