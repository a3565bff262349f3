"""`manage.py migrate`, which keeps off a database that waits for `manage.py adopt`."""

from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import connections

from stocks.adoption import steps

OLD_TABLES = (
    "This database holds the old site's tables: run manage.py adopt, which brings them to the "
    "current schema (manage.py adopt --dry-run only says how)."
)


class Command(migrate.Command):
    """Django's own command, after a look at what the database holds."""

    def execute(self, *args, **options):
        """Refuse the old site's tables in one line; migrate everything else as usual.

        This comes before the checks, which connect and would warn of other things first.
        """
        if steps.blocked(connections[options["database"]]):
            raise CommandError(OLD_TABLES)
        return super().execute(*args, **options)
