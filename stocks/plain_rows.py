"""Rows read as plain texts, a column at a time: what files are written from.

What a value's text is, Django's converters decide. They take long, so the numbers and moments of
which there are many get the same text in a shorter way, and where values repeat it is remembered.
"""

import gc
import re
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from threading import Lock

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import F, Func
from django.utils import timezone

from .models.fields import DIGITS, ExactDecimalField

TEXT, WHOLE, NUMBER, DAY, MOMENT = "text", "whole", "number", "day", "moment"
KINDS = {
    "BigIntegerField": WHOLE,
    "DecimalField": NUMBER,
    "DateField": DAY,
    "DateTimeField": MOMENT,
}
# How many texts are remembered of a column.
MOST = 50_000
ONE_PLACE, WHOLE_LINE = (re.compile(line, re.MULTILINE) for line in (r"\.\d$", r"^-?\d+$"))

# Who does without the search for cycles at the moment.
resting, resting_lock = set(), Lock()


class PlainRows:
    """The rows of a queryset, some fields of them, as plain texts.

    `kinds` says of each field whether it has texts, whole or other numbers, days or moments. A
    text is as it is stored; of the others "" stands for no value.
    """

    def __init__(self, rows, names):
        kinds = [column.kind for column in selected(rows.values_list(*names))]
        if connection.vendor == "sqlite":
            # Its driver would make a date of what is a column, but not of what is reckoned.
            names = [
                Func(F(name), template="+%(expressions)s") if kind in (DAY, MOMENT) else F(name)
                for name, kind in zip(names, kinds, strict=True)
            ]
        self.rows, self.kinds, known = rows.values_list(*names), kinds, {}
        self.texts = [column.texts(known) for column in selected(self.rows)]

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
        """Return the columns of rows that were read; none at all without a row."""
        with not_collecting():
            columns = zip(*rows, strict=True)
            return rows and [texts(one) for texts, one in zip(self.texts, columns, strict=True)]


def fetched(database, sql, parameters):
    """Return the rows of a statement."""
    with plain_driver(database), not_collecting(), database.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def selected(rows):
    """Return the columns of a query."""
    compiler = rows.query.get_compiler(connection=connection)
    compiler.pre_sql_setup()
    expressions = [expression for expression, *_sql in compiler.select]
    converters = compiler.get_converters(expressions)
    return [
        PlainColumn(expression, converters[place][0] if place in converters else ())
        for place, expression in enumerate(expressions)
    ]


class PlainColumn:
    """A column of a query, and how the driver's values become texts."""

    def __init__(self, expression, converters):
        self.expression, self.converters = expression, converters
        self.field = expression.output_field
        self.kind = KINDS.get(self.field.get_internal_type(), TEXT)
        self.places = getattr(self.field, "decimal_places", None)
        # What stands for it in each thread is slow to ask.
        self.database, self.zone = connections[DEFAULT_DB_ALIAS], timezone.get_current_timezone()

    def texts(self, known):
        """Return the function that makes texts of a column of values.

        `known` has the texts of small numbers by their digits and places: columns share them.
        """
        if self.kind == TEXT:
            return list
        if self.kind == WHOLE:
            return whole_texts
        if self.kind == MOMENT:
            return Remembered(self.moment_text).texts
        if not isinstance(self.field, ExactDecimalField):
            return Remembered(self.usual_text).texts
        if self.database.vendor == "mysql":
            return lambda column: unpadded(column) or list(map(self.usual_text, column))
        if self.field.max_digits > DIGITS:
            return lambda column: (
                float_texts(column, self.places) or list(map(self.decimal_text, column))
            )
        shape = self.field.max_digits, self.places
        return known.setdefault(shape, Remembered(self.decimal_text)).texts

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

    def decimal_text(self, value):
        """Return the text of a float that stands for a decimal.

        Digits that are not more than a float keeps are those that were written.
        """
        whole, _point, places = repr(value).partition(".")
        exact = len(places) <= self.places and len(whole) + len(places) <= DIGITS
        if not (exact and places.isdigit()):
            return self.usual_text(value)
        return f"{whole}.{places.ljust(2, '0')}"


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


def float_texts(column, places):
    """Return texts of decimals that are stored as numbers, with two places at least.

    None when one of them is not exactly as it was written, or is written in another way.
    """
    lines = "\n".join(map(repr, column)).replace("None", "")
    if re.search(rf"[^-0-9.\n]|\.\d{{{places + 1}}}|\d{{{DIGITS - places + 1}}}", lines):
        return None
    return WHOLE_LINE.sub(r"\g<0>.00", ONE_PLACE.sub(r"\g<0>0", lines)).split("\n")


def unpadded(column):
    """Return texts of decimals without the zeros beyond the second place.

    MariaDB gives all of a column as many places; None when there are neither two nor four.
    """
    texts = [text or "" for text in column]
    places = len(next(filter(None, texts), "0.00").partition(".")[2])
    if places == 2:
        return texts
    if places != 4:
        return None
    lines = "\n".join([*texts, ""])
    lines = lines.replace("00\n", "\t\n").replace("0\n", "\n").replace("\t\n", "\n")
    return lines.split("\n")[:-1]


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
