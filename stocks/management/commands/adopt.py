"""`manage.py adopt`: bring a database of the old site to the current schema, in place."""

from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError, connection

from stocks.adoption import old_tables, steps
from stocks.adoption.plan import shown
from stocks.models import User, WatchlistEntry

NEEDS_MYSQL = (
    "adopt works on the old site's own database, MariaDB or MySQL: set "
    "DATABASE_URL=mysql://user:password@host:3306/name."
)
NOTHING_TO_ADOPT = (
    "There is nothing to adopt: the database has no tables of the old site. "
    "manage.py migrate is all it needs."
)
FINISHED_BEFORE = "This database was adopted already, on {when:%Y-%m-%d %H:%M}."
OLD_AGAIN = (
    "This database was adopted on {when:%Y-%m-%d %H:%M}, but its table info is the old site's "
    "again. Load the old site's data into an empty database and adopt that one."
)
NO_SUCH_USER = (
    "There is no user {name}. Adopt without --owner first, make the user (manage.py "
    "createsuperuser, or signing up on the site), then run manage.py adopt --owner {name}."
)
REFUSED = (
    "The database refused a step: {error}\nNo row of the old site is lost. Put right what it "
    "says, then run manage.py adopt again."
)


class Command(BaseCommand):
    """Check and report what will be done, do it, give the entries to a user."""

    help = (
        "Brings a database of the old site (tables info and focus) to the current schema, in "
        "place. It can be interrupted and run again."
    )
    # They would warn of a database that is still the old site's.
    requires_system_checks = ()

    def add_arguments(self, parser):
        """Declare the three options."""
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what would be done and what not"
        )
        parser.add_argument(
            "--merge",
            action="store_true",
            help="where a code is repeated, take the newest row (the highest id)",
        )
        parser.add_argument(
            "--owner", metavar="NAME", help="give the adopted watchlist entries to this user"
        )

    def handle(self, *, dry_run, merge, owner, **_options):
        """Do what the state of the database asks for."""
        if connection.vendor != "mysql":
            raise CommandError(NEEDS_MYSQL)
        steps.connect(connection)
        try:
            with steps.one_at_a_time(connection):
                adoption = steps.Adoption(connection, merge=merge)
                user = find_user(owner, adoption) if owner else None
                self.adopt(adoption, dry_run)
                if user:
                    self.give(user, dry_run)
        except DatabaseError as error:
            raise CommandError(REFUSED.format(error=error)) from error

    def adopt(self, adoption, dry_run):
        """Report, and unless `dry_run` take the steps that remain."""
        when = adoption.finished_at
        if adoption.state == steps.NOTHING:
            self.stdout.write(NOTHING_TO_ADOPT)
        elif adoption.state == steps.FINISHED and old_tables.is_old_info(connection):
            raise CommandError(OLD_AGAIN.format(when=when))
        elif adoption.state == steps.FINISHED:
            self.stdout.write(FINISHED_BEFORE.format(when=when))
        else:
            plan = adoption.plan()
            self.say_steps(adoption, plan)
            self.say_losses(adoption, plan)
            if dry_run:
                self.stdout.write("Nothing was changed (--dry-run).")
                return
            adoption.refuse_repeated(plan)
            self.say_result(adoption, adoption.run())

    def say_steps(self, adoption, plan):
        """Say what will be done."""
        if adoption.state == steps.INTERRUPTED:
            self.stdout.write("An adoption was interrupted: this takes it to its end.")
        name = connection.settings_dict["NAME"]
        self.stdout.write(f"The database {name} is the old site's. To bring it up to date:")
        if adoption.charset() != steps.CHARSET:
            self.stdout.write(f"- its character set becomes {steps.CHARSET}, which holds emoji;")
        for table, kept_as in adoption.renames.items():
            self.stdout.write(f"- the table {table} is renamed {kept_as} and kept as a backup;")
            unused = ", ".join(adoption.unused_columns(table))
            if unused:
                self.stdout.write(f"  (columns without a place on the site stay there: {unused})")
        self.stdout.write("- the site's own tables are made;")
        self.stdout.write(
            f"- rows are copied under their ids: {len(plan.stocks)} of {plan.info_read} of info, "
            f"{len(plan.entries)} of {plan.focus_read} of focus."
        )
        views = ", ".join(old_tables.view_names(connection))
        if views:
            self.stdout.write(
                f"Views are left as they are and will read the new tables: {views}. Drop those "
                "that nothing needs."
            )

    def say_losses(self, adoption, plan):
        """Say, row by row, what cannot be taken as it is."""
        fate = "the last one is taken" if adoption.merge else "refused without --merge"
        self.say_list(f"Codes that are repeated ({fate})", list(plan.repeated_lines()))
        self.say_list("Rows that are not taken", plan.not_taken)
        self.say_list("Values that are not taken as they are", plan.changed)
        self.say_list("Watchlist entries without a stock (taken, with their note)", plan.unnamed)

    def say_list(self, heading, lines):
        """Write lines under a heading, nothing when there are none."""
        if lines:
            self.stdout.write("\n  ".join([f"{heading}:", *lines]))

    def say_result(self, adoption, plan):
        """Say what was done, and what comes next."""
        # The table with the foreign key first: the server drops them one after the other.
        backup = ", ".join(reversed(adoption.renames.values()))
        self.stdout.write(
            f"Done. Stocks: {len(plan.stocks)}; rows merged into a newer one: {plan.merged}; rows "
            f"not taken: {len(plan.not_taken)}; watchlist entries, nobody's yet: "
            f"{len(plan.entries)}.\n"
            "To give the entries to a user: manage.py adopt --owner NAME.\n"
            f"The old tables are kept; when all is well: DROP TABLE {backup};"
        )

    def give(self, user, dry_run):
        """Give the unowned entries to the user and list those that are left."""
        if dry_run:
            self.stdout.write(f"Then {user} would be given the entries that are nobody's.")
            return
        given, left = WatchlistEntry.objects.give_to(user)
        self.stdout.write(f"Watchlist entries given to {user}: {len(given)}.")
        lines = [
            f"id {entry.pk}, {entry.info or 'no stock'}, note {shown(entry.note_info)}"
            for entry in left
        ]
        self.say_list("Entries that stay nobody's (no stock, or the joined note too long)", lines)


def find_user(name, adoption):
    """Return the user called `name`; CommandError when there is none."""
    there = User._meta.db_table in adoption.tables
    user = User.called(name).first() if there else None
    if user is None:
        raise CommandError(NO_SUCH_USER.format(name=name))
    return user
