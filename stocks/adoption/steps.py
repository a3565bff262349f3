"""The steps of an adoption, each of which can be interrupted and taken again.

MariaDB and MySQL cannot undo a change of a table. So the old tables are only renamed, the
journal keeps what was there before, and what an interrupted run made is made anew. The rows
are copied in one transaction, which also marks the journal as finished.
"""

import contextlib
import json

from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import DatabaseError, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from ..locks import named_lock
from ..models import Stock, WatchlistEntry
from . import old_tables
from .old_tables import COLUMNS, FOCUS, INFO
from .plan import make_plan

JOURNAL = "stocksite_adoption"
ALL_COLUMNS = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()"
)
CHARSET = "utf8mb4"
MIGRATIONS = MigrationRecorder.Migration._meta.db_table
BATCH = 500
# Seconds to wait for the server to notice that an interrupted run is gone.
PATIENCE = 30

REPEATED = (
    "Codes are repeated, and there can be one stock of each:\n  {codes}\nNothing was copied. "
    "Run adopt --merge to take the newest row of each, the one with the highest id; the watchlist "
    "entries of the others follow it. Or delete rows by hand."
)

NOTHING, OLD, INTERRUPTED, FINISHED = "nothing", "old", "interrupted", "finished"


def connect(connection):
    """Reach the database; CommandError in one line when that fails."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        raise CommandError(f"The database cannot be used: {error}") from error


def blocked(connection):
    """Return whether the database waits for `adopt`, so that `migrate` must keep off."""
    if connection.vendor != "mysql":
        return False
    connect(connection)
    return Adoption(connection).state in (OLD, INTERRUPTED)


@contextlib.contextmanager
def one_at_a_time(connection):
    """Keep a second run out; also wait until the server has ended what a killed run began."""
    with named_lock(connection, JOURNAL, PATIENCE) as free:
        if not free:
            raise CommandError("Another adoption of this database is running: wait for its end.")
        yield


class Adoption:
    """How far the adoption of a database is, and the steps that remain.

    `before` has the tables, their columns and the applied migrations as they were before the
    first step, `renames` the name that each old table gets, `merge` whether the newest of
    several rows of one code is taken; all three come from the journal once there is one.
    """

    def __init__(self, connection, *, merge=False):
        self.connection = connection
        self.quote = connection.ops.quote_name
        self.merge = merge
        self.tables = old_tables.table_names(connection)
        self.finished_at = None
        kept = self.read_journal() if JOURNAL in self.tables else None
        if kept:
            self.before, self.renames = kept["before"], kept["renames"]
            self.merge = merge or kept["merge"]
        else:
            self.before, self.renames = self.see_before(), self.choose_names()
        self.journal_kept = kept is not None

    @property
    def state(self):
        """What the database is: NOTHING to adopt, OLD, INTERRUPTED or FINISHED."""
        if self.finished_at:
            return FINISHED
        if self.journal_kept:
            return INTERRUPTED
        return OLD if old_tables.is_old_info(self.connection) else NOTHING

    # The journal

    def see_before(self):
        """Return the tables, their columns and the applied migrations as they are now."""
        recorder = MigrationRecorder(self.connection)
        return {
            "tables": sorted(self.tables - {JOURNAL}),
            "columns": sorted(self.columns()),
            "migrations": sorted(map(list, recorder.applied_migrations())),
        }

    def columns(self):
        """Return the columns of the tables that `migrate` makes, each as [table, column]."""
        ours = self.our_tables()
        with self.connection.cursor() as cursor:
            cursor.execute(ALL_COLUMNS)
            return [[table, column] for table, column in cursor.fetchall() if table in ours]

    def choose_names(self):
        """Return a free name to keep each old table under."""
        names = {}
        for table in (INFO, FOCUS):
            if table in self.tables:
                number, free = 1, f"old_{table}"
                while free in self.tables:
                    number += 1
                    free = f"old_{table}_{number}"
                names[table] = free
        return names

    def read_journal(self):
        """Return what the journal keeps, None when it was made but nothing written into it."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT kept, finished_at FROM {JOURNAL}")  # noqa: S608
            row = cursor.fetchone()
        if row is None:
            return None
        self.finished_at = row[1]
        return json.loads(row[0])

    def begin_journal(self):
        """Write down what was there before the first step."""
        if self.journal_kept:
            return
        kept = {"before": self.before, "renames": self.renames, "merge": self.merge}
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {JOURNAL} (id INT PRIMARY KEY, "
                "kept LONGTEXT NOT NULL, finished_at DATETIME NULL) "
                f"ENGINE=InnoDB DEFAULT CHARACTER SET {CHARSET}"
            )
            cursor.execute(
                f"INSERT INTO {JOURNAL} (id, kept) VALUES (1, %s)",  # noqa: S608
                [json.dumps(kept)],
            )
        self.journal_kept = True

    # What is there

    @property
    def renamed(self):
        """The old tables that bear their new name already."""
        return {table for table, kept_as in self.renames.items() if kept_as in self.tables}

    def place_of(self, table):
        """Return the name under which an old table is found now."""
        return self.renames[table] if table in self.renamed else table

    def plan(self):
        """Read the old rows and return the Plan for them."""
        rows = {INFO: [], FOCUS: []}
        for table in self.renames:
            place, wanted = self.place_of(table), COLUMNS[table]
            if "id" not in old_tables.column_names(self.connection, place):
                raise CommandError(f"The table {table} has no column id: it cannot be adopted.")
            rows[table] = old_tables.read_rows(self.connection, place, wanted)
        return make_plan(rows[INFO], rows[FOCUS])

    def unused_columns(self, table):
        """Return the columns of an old table that the site has no place for."""
        place = self.place_of(table)
        used = old_tables.sources(self.connection, place, COLUMNS[table]).values()
        there = old_tables.column_names(self.connection, place)
        return [name for name in there if name not in used]

    def charset(self):
        """Return the character set that the database gives to new tables."""
        query = (
            "SELECT default_character_set_name FROM information_schema.schemata "
            "WHERE schema_name = DATABASE()"
        )
        return old_tables.names_of(self.connection, query)[0]

    def narrow_tables(self):
        """Return the site's own tables that were there before and cannot hold every character."""
        query = (
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
            "AND table_collation NOT LIKE %s"
        )
        narrow = old_tables.names_of(self.connection, query, f"{CHARSET}%")
        return sorted(self.our_tables().intersection(narrow) - self.renames.keys())

    def our_tables(self):
        """Return the names of the tables that `migrate` makes."""
        return {*self.connection.introspection.django_table_names(), MIGRATIONS}

    # The steps

    def refuse_repeated(self, plan):
        """Raise CommandError with the list when codes are repeated and may not be merged."""
        if plan.repeated and not self.merge:
            raise CommandError(REPEATED.format(codes="\n  ".join(plan.repeated_lines())))

    def run(self):
        """Take every step that remains and return the Plan that was carried out."""
        self.widen_charset()
        self.begin_journal()
        self.rename_old_tables()
        if self.migrations_pending():
            self.drop_what_was_begun()
        call_command(DjangoMigrate(), database=self.connection.alias, verbosity=0)
        return self.copy()

    def execute(self, statement):
        """Run a statement that changes the schema."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement)

    def widen_charset(self):
        """Let new tables, and those an earlier `migrate` made, hold every character."""
        name = self.quote(self.connection.settings_dict["NAME"])
        if self.charset() != CHARSET:
            try:
                self.execute(f"ALTER DATABASE {name} CHARACTER SET {CHARSET}")
            except DatabaseError as error:
                raise CommandError(
                    f"The database user may not change the character set ({error}). As the "
                    f"server's administrator: ALTER DATABASE {name} CHARACTER SET {CHARSET}; "
                    "then run manage.py adopt again."
                ) from error
        with self.connection.constraint_checks_disabled():
            for table in self.narrow_tables():
                self.execute(f"ALTER TABLE {self.quote(table)} CONVERT TO CHARACTER SET {CHARSET}")

    def rename_old_tables(self):
        """Give the old tables their new names, in one statement."""
        waiting = self.renames.keys() - self.renamed
        if waiting:
            pairs = (
                f"{self.quote(table)} TO {self.quote(self.renames[table])}" for table in waiting
            )
            self.execute(f"RENAME TABLE {', '.join(pairs)}")
        self.tables = old_tables.table_names(self.connection)

    def migrations_pending(self):
        """Return whether `migrate` has something to do."""
        executor = MigrationExecutor(self.connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))

    def drop_what_was_begun(self):
        """Drop the tables and columns and forget the migrations of an interrupted run.

        Only the site's own tables, and nothing that was there before.
        """
        kept = set(self.before["tables"]) - self.renames.keys()
        begun = self.our_tables() & self.tables - kept
        with self.connection.constraint_checks_disabled():
            for table in sorted(begun):
                self.execute(f"DROP TABLE {self.quote(table)}")
        for table, column in self.columns():
            if table in kept and [table, column] not in self.before["columns"]:
                self.execute(f"ALTER TABLE {self.quote(table)} DROP COLUMN {self.quote(column)}")
        recorder = MigrationRecorder(self.connection)
        for app, name in recorder.applied_migrations():
            if [app, name] not in self.before["migrations"]:
                recorder.record_unapplied(app, name)

    def copy(self):
        """Copy the rows and mark the journal as finished, all or nothing."""
        plan = self.plan()
        self.refuse_repeated(plan)
        with transaction.atomic(self.connection.alias):
            if Stock.objects.exists() or WatchlistEntry.objects.exists():
                raise CommandError(
                    "The new tables info and focus hold rows that the adoption did not write: "
                    "delete them, then run manage.py adopt again."
                )
            Stock.objects.bulk_create(plan.stocks, batch_size=BATCH)
            WatchlistEntry.objects.bulk_create(plan.entries, batch_size=BATCH)
            taken = Stock.objects.count() + plan.merged + len(plan.not_taken)
            if (taken, WatchlistEntry.objects.count()) != (plan.info_read, plan.focus_read):
                raise CommandError("The copied rows do not add up: nothing was copied.")
            with self.connection.cursor() as cursor:
                cursor.execute(f"UPDATE {JOURNAL} SET finished_at = NOW()")  # noqa: S608
        return plan
