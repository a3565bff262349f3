"""How imports speak to the two databases: many rows a statement."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Context, Decimal
from itertools import chain

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.utils.translation import gettext as _

from . import Refused
from .batches import chunks

PATIENCE = 50
ROWS_A_STATEMENT = 1000
# SQLite takes 32,766 values a statement.
ROWS_OF_SQLITE = 500
SQLITE_DIGITS = Context(prec=15)
# Two characters that nobody writes: between the values of a column, and for none.
BETWEEN, NONE = "\x1f", "\x1e"
NUMBERS = (models.DecimalField, models.IntegerField, models.ForeignKey)
OF_NUMBERS = "-.0123456789"


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


class Behind:
    """Does one thing at a time in a thread of its own, while the next rows are made ready.

    The thread works on the connection of the one that made it: between `start` and `wait`
    nobody else may ask the database. As a context manager it waits at the end, whatever
    happened. SQLite works within Python's own lock, so there a thread would only be in the way.
    """

    def __init__(self):
        own = connections[DEFAULT_DB_ALIAS]
        self.thread = ThreadPoolExecutor(
            1, initializer=connections.__setitem__, initargs=(DEFAULT_DB_ALIAS, own)
        )
        self.own, self.doing = own, None

    def __enter__(self):
        self.own.inc_thread_sharing()
        return self

    def __exit__(self, kind, error, traceback):
        try:
            self.wait(quietly=kind is not None)
        finally:
            self.thread.shutdown()
            self.own.dec_thread_sharing()

    def start(self, call, *arguments):
        """Begin a call, once the one before has ended."""
        self.wait()
        if self.own.vendor == "sqlite":
            call(*arguments)
        else:
            self.doing = self.thread.submit(call, *arguments)

    def wait(self, *, quietly=False):
        """Wait until the call has ended; what it raised is raised here, unless `quietly`."""
        doing, self.doing = self.doing, None
        if doing and (doing.exception() is None or not quietly):
            doing.result()


def insert(model, columns, update=()):
    """Insert rows, given as columns by the name of the field.

    Where a row with the same key is there already, its fields `update` are set instead.
    """
    quote = connection.ops.quote_name
    fields = [model._meta.get_field(name) for name in columns]
    names = ", ".join(quote(field.column) for field in fields)
    head = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES "  # noqa: S608
    tail = on_conflict(model, update) if update else ""
    if connection.vendor == "mysql":
        written = map(literals, columns.values(), fields)
        rows = map(",".join, zip(*written, strict=True))
        with connection.cursor() as cursor:
            for chunk in chunks(rows, ROWS_A_STATEMENT):
                cursor.execute(f"{head}({'),('.join(chunk)}){tail}")
        return
    # Straight to the driver: Django would look for place holders in each long statement.
    connection.ensure_connection()
    rows = list(zip(*columns.values(), strict=True))
    # A statement of another length would have to be understood anew, which takes its time.
    whole = len(rows) - len(rows) % ROWS_OF_SQLITE
    one = f"({','.join('?' * len(columns))})"
    several = ",".join([one] * ROWS_OF_SQLITE)
    with connection.wrap_database_errors:
        for chunk in chunks(rows[:whole], ROWS_OF_SQLITE):
            values = list(chain.from_iterable(chunk))
            connection.connection.execute(f"{head}{several}{tail}", values)
        connection.connection.executemany(f"{head}{one}{tail}", rows[whole:])


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


def literals(column, field):
    """Return the values of a field as SQL literals, escaped by the driver all at once.

    The driver's own `executemany` does it value by value and takes several times as long.
    """
    if isinstance(field, NUMBERS):
        texts = list(map(str, column))
        if None in column:
            texts = [
                "NULL" if value is None else text for value, text in zip(column, texts, strict=True)
            ]
        if not "".join(texts).replace("NULL", "").strip(OF_NUMBERS):
            return texts
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
