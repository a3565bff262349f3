"""How imports speak to the two databases: many rows a statement."""

import contextlib
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Context, Decimal
from threading import get_ident

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.utils.translation import gettext as _

from ..locks import named_lock
from . import Refused
from .batches import chunks

PATIENCE = 50
ROWS_A_STATEMENT = 4000
# More are hardly faster, and the last ones of a batch go one by one.
ROWS_OF_SQLITE = 100
SQLITE_DIGITS = Context(prec=15)
# Two characters that nobody writes: between the values of a column, and for none.
BETWEEN, NONE = "\x1f", "\x1e"
NUMBERS = (models.DecimalField, models.IntegerField, models.ForeignKey)
NULL = "NULL"
SHORT_TURN = 0.0005
OF_NUMBERS = "-.0123456789"
PLAIN = re.compile(rf"[\w .:+{BETWEEN}{NONE}-]*", re.ASCII)


@contextlib.contextmanager
def one_at_a_time():
    """Let imports wait for each other."""
    with named_lock(connection, "stocksite import", PATIENCE) as free:
        if not free:
            raise Refused(_("Another import is running: try again when it has ended."))
        yield


def prepared(value):
    """Return a value as a database takes it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return str(connection.ops.adapt_datetimefield_value(value))
    return value.isoformat() if isinstance(value, date) else value


def all_texts(column):
    """Return whether all values of a column are texts."""
    try:
        "".join(column)
    except TypeError:
        return False
    return True


def prepared_column(column):
    """Return a column's values as a database takes them; texts are so already."""
    plain = all_texts(column) or {str, int, type(None)}.issuperset(map(type, column))
    return column if plain else list(map(prepared, column))


def same(one, other):
    """Return whether two values are one to the database; SQLite keeps fifteen digits only."""
    if one == other:
        return True
    if connection.vendor != "sqlite" or not (type(one) is type(other) is Decimal):
        return False
    return SQLITE_DIGITS.plus(one) == SQLITE_DIGITS.plus(other)


class Behind:
    """Writes in a thread of its own, while the next rows are made ready.

    The thread works on the connection of the one that made it, who waits for it before the next
    question to the database, and as a context manager at the end. SQLite works within Python's
    own lock, so there a thread would only be in the way.
    """

    def __init__(self):
        self.own, self.ready, self.writing = connections[DEFAULT_DB_ALIAS], None, None
        self.thread = ThreadPoolExecutor(1, initializer=self.share)
        self.in_turn = self.own.execute_wrapper(self.ask_in_turn)

    def share(self):
        """Take the connection over, in the thread."""
        connections[DEFAULT_DB_ALIAS] = self.own
        self.writer = get_ident()

    def ask_in_turn(self, execute, *arguments):
        """Let a question wait until what is being written is there."""
        if self.writing and get_ident() != self.writer:
            self.wait()
        return execute(*arguments)

    def __enter__(self):
        # Only now: until it is its turn another import may still have shortened it.
        self.turn = sys.getswitchinterval()
        self.own.inc_thread_sharing()
        self.in_turn.__enter__()
        if self.own.vendor != "sqlite":
            # Between two statements the server would wait for Python's lock as long as it works.
            sys.setswitchinterval(SHORT_TURN)
        return self

    def __exit__(self, kind, error, traceback):
        try:
            if kind is None:
                self.begin()
            self.wait(quietly=kind is not None)
        finally:
            self.thread.shutdown()
            sys.setswitchinterval(self.turn)
            self.in_turn.__exit__(None, None, None)
            self.own.dec_thread_sharing()

    def prepare(self, write, *arguments):
        """Take note of what is to be written from the next `begin` on."""
        self.ready = (write, *arguments)

    def begin(self):
        """Begin to write what was prepared, once what is being written is there."""
        ready, self.ready = self.ready, None
        self.wait()
        if ready and self.own.vendor == "sqlite":
            ready[0](*ready[1:])
        elif ready:
            self.writing = self.thread.submit(*ready)

    def wait(self, *, quietly=False):
        """Wait until what is being written is there; an error is raised here, unless `quietly`."""
        writing, self.writing = self.writing, None
        if writing and (writing.exception() is None or not quietly):
            writing.result()


def insert(model, columns, update=()):
    """Insert rows, given as columns by the name of the field.

    Where a row with the same key is there already, its fields `update` are set instead.
    """
    execute(inserting(model, columns, update))


def inserting(model, columns, update=()):
    """Return the statements that insert rows: (SQL, values), None where they stand in the SQL."""
    quote = connection.ops.quote_name
    fields = [model._meta.get_field(name) for name in columns]
    names = ", ".join(quote(field.column) for field in fields)
    head = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES "  # noqa: S608
    tail = on_conflict(model, update) if update else ""
    if connection.vendor == "mysql":
        rows = map(",".join, zip(*map(literals, columns.values(), fields), strict=True))
        parts = map("),(".join, chunks(rows, ROWS_A_STATEMENT))
        return [(f"{head}({part}){tail}", None) for part in parts]
    width, rows = len(columns), len(next(iter(columns.values())))
    values = [None] * (width * rows)
    for place, column in enumerate(columns.values()):
        values[place::width] = column
    # A statement of another length would have to be understood anew, which takes its time.
    one = f"({','.join('?' * width)})"
    several = ",".join([one] * ROWS_OF_SQLITE)
    whole = width * (rows - rows % ROWS_OF_SQLITE)
    parts = (
        (several, range(0, whole, width * ROWS_OF_SQLITE)),
        (one, range(whole, width * rows, width)),
    )
    return [
        (f"{head}{places}{tail}", values[start : start + starts.step])
        for places, starts in parts
        for start in starts
    ]


def execute(statements):
    """Execute statements that `inserting` made."""
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            for statement, values in statements:
                cursor.execute(statement, values)
        return
    # Straight to the driver: Django would look for place holders in each long statement.
    connection.ensure_connection()
    with connection.wrap_database_errors:
        for statement, values in statements:
            connection.connection.execute(statement, values)


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


def number(value):
    """Return a number as an SQL literal."""
    return NULL if value is None else str(value)


def literals(column, field):
    """Return the values of a field as SQL literals, escaped by the driver all at once.

    The driver's own `executemany` does it value by value and takes several times as long.
    """
    if isinstance(field, NUMBERS):
        texts = column if all_texts(column) else list(map(number, column))
        if not "".join(texts).replace(NULL, "").strip(OF_NUMBERS):
            return texts
    driver = connection.connection
    texts = [NONE if value is None else value for value in column]
    text = BETWEEN.join(map(str, texts))
    if NONE in column or text.count(BETWEEN) != len(column) - 1:  # somebody did write them
        return [NULL if value is None else driver.literal(value).decode() for value in column]
    # The driver cannot be asked while another thread writes, and of a day it need not.
    plain = PLAIN.fullmatch(text)
    escaped = text if plain else driver.escape_string(text.encode()).decode()
    quoted = f"'{escaped}'".replace(BETWEEN, f"'{BETWEEN}'").split(BETWEEN)
    if None not in column:
        return quoted
    return [NULL if value == f"'{NONE}'" else value for value in quoted]
