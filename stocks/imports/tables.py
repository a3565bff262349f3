"""How imports speak to the two databases: many rows a statement."""

import contextlib
from datetime import date, datetime
from decimal import Context, Decimal

from django.db import connection
from django.utils.translation import gettext as _

from . import Refused
from .batches import chunks

PATIENCE = 50
ROWS_A_STATEMENT = 1000
SQLITE_DIGITS = Context(prec=15)
# Two characters that nobody writes: between the values of a column, and for none.
BETWEEN, NONE = "\x1f", "\x1e"


@contextlib.contextmanager
def one_at_a_time():
    """Let imports into MariaDB wait for each other; SQLite has one writer anyway."""
    if connection.vendor != "mysql":
        yield
        return
    name = f"stocksite import {connection.settings_dict['NAME']}"[:64]
    with connection.cursor() as cursor:
        cursor.execute("SELECT GET_LOCK(%s, %s)", [name, PATIENCE])
        if cursor.fetchone() != (1,):
            raise Refused(_("Another import is running: try again when it has ended."))
        try:
            yield
        finally:
            cursor.execute("SELECT RELEASE_LOCK(%s)", [name])


def prepared(value):
    """Return a value as a database takes it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return str(connection.ops.adapt_datetimefield_value(value))
    return value.isoformat() if isinstance(value, date) else value


def prepared_column(column):
    """Return a column's values as a database takes them; texts are so already."""
    plain = {str, int, type(None)}.issuperset(map(type, column))
    return column if plain else list(map(prepared, column))


def same(one, other):
    """Return whether two values are one to the database; SQLite keeps fifteen digits only."""
    if one == other:
        return True
    if connection.vendor != "sqlite" or not (type(one) is type(other) is Decimal):
        return False
    return SQLITE_DIGITS.plus(one) == SQLITE_DIGITS.plus(other)


def insert(model, columns, update=()):
    """Insert rows, given as columns by the name of the field.

    Where a row with the same key is there already, its fields `update` are set instead.
    """
    quote = connection.ops.quote_name
    names = ", ".join(quote(model._meta.get_field(name).column) for name in columns)
    head = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES "  # noqa: S608
    tail = on_conflict(model, update) if update else ""
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            rows = zip(*(literals(column) for column in columns.values()), strict=True)
            for chunk in chunks(map(",".join, rows), ROWS_A_STATEMENT):
                cursor.execute(f"{head}({'),('.join(chunk)}){tail}")
        else:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"{head}({places}){tail}", list(zip(*columns.values(), strict=True)))


def on_conflict(model, update):
    """Return the end of an INSERT that sets the fields `update` of a row that is there."""
    quote = connection.ops.quote_name
    names = [quote(model._meta.get_field(name).column) for name in update]
    if connection.vendor == "mysql":
        pairs = ", ".join(f"{name} = VALUES({name})" for name in names)
        return f" ON DUPLICATE KEY UPDATE {pairs}"
    keys = ", ".join(quote(field.column) for field in model._meta.pk_fields)
    pairs = ", ".join(f"{name} = excluded.{name}" for name in names)
    return f" ON CONFLICT ({keys}) DO UPDATE SET {pairs}"


def literals(column):
    """Return a column's values as SQL literals, escaped by the driver all at once.

    The driver's own `executemany` does it value by value and takes several times as long.
    """
    driver = connection.connection
    texts = [NONE if value is None else value for value in column]
    text = BETWEEN.join(map(str, texts))
    if NONE in column or text.count(BETWEEN) != len(column) - 1:  # somebody did write them
        return ["NULL" if value is None else driver.literal(value).decode() for value in column]
    escaped = driver.escape_string(text.encode()).decode()
    quoted = f"'{escaped}'".replace(BETWEEN, f"'{BETWEEN}'").split(BETWEEN)
    if None not in column:
        return quoted
    return ["NULL" if value == f"'{NONE}'" else value for value in quoted]
