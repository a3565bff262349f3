"""Rows read as plain texts, a column at a time: what files are written from.

A value goes by way of Django's converters to its text, and values repeat: so each text is made
once and remembered. Decimals, of which there are most, go straight from what the database sends
where no doubt is about their digits.
"""

from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal

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
# How many texts of a column are remembered.
MOST = 50_000


class PlainRows:
    """The rows of a queryset, some fields of them, as plain texts.

    `kinds` says of each field whether it has texts, numbers, days or moments. A text is as it is
    stored; of the others "" stands for no value.
    """

    def __init__(self, rows, fields):
        self.rows = rows.values_list(*fields)
        self.kinds = [KINDS.get(field.get_internal_type(), TEXT) for field in self.fields()]
        if connection.vendor == "sqlite":
            # Its driver would make a date of what is a column, but not of what is reckoned.
            plain = [
                Func(F(name), template="+%(expressions)s") if kind in (DAY, MOMENT) else F(name)
                for name, kind in zip(fields, self.kinds, strict=True)
            ]
            self.rows = rows.values_list(*plain)
        known = {}
        self.texts = [
            column_of(kind, expression, converters, known)
            for kind, (expression, converters) in zip(self.kinds, self.selected(), strict=True)
        ]

    def fields(self):
        """Return the field of each column."""
        return [expression.output_field for expression, _converters in self.selected()]

    def selected(self):
        """Return the expression of each column, and Django's converters of its values."""
        compiler = self.rows.query.get_compiler(connection=connection)
        compiler.pre_sql_setup()
        expressions = [expression for expression, *_sql in compiler.select]
        converters = compiler.get_converters(expressions)
        return [
            (expression, converters.get(place, ((), None))[0])
            for place, expression in enumerate(expressions)
        ]

    def read(self, *conditions):
        """Return the rows that satisfy conditions, as the driver hands them out."""
        query = self.rows.filter(*conditions).query
        with plain_driver(), connection.cursor() as cursor:
            cursor.execute(*query.sql_with_params())
            return cursor.fetchall()

    def columns(self, rows):
        """Return the columns of rows that were read."""
        columns = zip(*rows, strict=True)
        return [texts(column) for texts, column in zip(self.texts, columns, strict=True)]


@contextmanager
def driver_set(name, value):
    """Set an attribute of the database's driver for a while."""
    connection.ensure_connection()
    driver = connection.connection
    usual = getattr(driver, name)
    setattr(driver, name, value)
    try:
        yield
    finally:
        setattr(driver, name, usual)


@contextmanager
def unbuffered():
    """Let MariaDB hand out a result as it is read; its driver would hold all of it in memory."""
    if connection.vendor != "mysql":
        yield
        return
    from MySQLdb.cursors import SSCursor

    with driver_set("cursorclass", SSCursor):
        yield


@contextmanager
def plain_driver():
    """Let MariaDB's driver leave decimals and dates as the texts that the server sends."""
    if connection.vendor != "mysql":
        yield
        return
    from MySQLdb.constants import FIELD_TYPE

    connection.ensure_connection()
    kept = dict.fromkeys((FIELD_TYPE.NEWDECIMAL, FIELD_TYPE.DATE, FIELD_TYPE.DATETIME), str)
    with driver_set("converter", connection.connection.converter | kept):
        yield


def parsed(kind, value):
    """Return what MariaDB's driver would have made of a text."""
    from MySQLdb.times import Date_or_None, DateTime_or_None

    return {NUMBER: Decimal, DAY: Date_or_None, MOMENT: DateTime_or_None}[kind](value)


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
        """Return the texts of the values of a column."""
        return list(map(self.__getitem__, column))


def column_of(kind, expression, converters, known):
    """Return the function that makes plain texts of a column's values.

    `known` has the texts of small numbers by their digits and places, for columns to share.
    """
    field, database = expression.output_field, connections[DEFAULT_DB_ALIAS]
    if kind == TEXT:
        return list
    if kind == WHOLE:
        return whole_texts

    def by_way_of_django(value):
        if isinstance(value, str) and database.vendor == "mysql":
            value = parsed(kind, value)
        for convert in converters:
            value = convert(value, expression, database)
        return PLAIN[type(value)](value)

    if kind == MOMENT:
        zone = timezone.get_current_timezone()

        def moment(value):
            with suppress(TypeError, ValueError):
                read = datetime.fromisoformat(value)
                if read.tzinfo is None:
                    return moment_text(read.replace(tzinfo=database.timezone), zone)
            return by_way_of_django(value)

        return Remembered(moment).texts
    if not isinstance(field, ExactDecimalField):
        return Remembered(by_way_of_django).texts
    places = field.decimal_places
    if database.vendor == "mysql":
        return lambda column: unpadded(column) or list(map(by_way_of_django, column))

    def decimal(value):
        return decimal_text(value, places) or by_way_of_django(value)

    if field.max_digits > DIGITS:
        return lambda column: ["" if value is None else decimal(value) for value in column]
    return known.setdefault((field.max_digits, places), Remembered(decimal)).texts


def whole_texts(column):
    """Return the texts of whole numbers."""
    return ["" if value is None else str(value) for value in column]


def decimal_text(value, places):
    """Return the text of a float that stands for a decimal; "" where its digits are in doubt.

    Digits that are no more than it holds are the same ones that were written.
    """
    whole, _point, fraction = repr(value).partition(".")
    if len(fraction) > places or len(whole) + len(fraction) > DIGITS or not fraction.isdigit():
        return ""
    return f"{whole}.{fraction.ljust(2, '0')}" if fraction != "0" else f"{whole}.00"


def unpadded(column):
    """Return texts of decimals without zeros beyond the second place; None where it has no sense.

    All of them have as many places as the first.
    """
    texts = [text or "" for text in column]
    _whole, _point, fraction = next(filter(None, texts), "0.00").partition(".")
    if len(fraction) not in (2, 4):
        return None
    if len(fraction) == 2:
        return texts
    lines = "\n".join([*texts, ""])
    lines = lines.replace("00\n", "\t\n").replace("0\n", "\n").replace("\t\n", "\n")
    return lines.split("\n")[:-1]


def number_text(value):
    """Return a number with all its digits and nothing else."""
    return format(value, "f")


def moment_text(value, zone=None):
    """Return a moment with the offset of the site's time zone, or of another."""
    with suppress(OverflowError):  # the first and last hours of the calendar stay in their own
        value = value.astimezone(zone or timezone.get_current_timezone())
    return value.isoformat()


PLAIN = {
    type(None): lambda _none: "",
    int: str,
    Decimal: number_text,
    date: date.isoformat,
    datetime: moment_text,
}
