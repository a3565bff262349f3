"""Make the database ready: its tables, and on an empty site the real rows."""

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from stocks.models import Stock


class Command(BaseCommand):
    """Migrate, then load fixtures/info.json if there is no stock; safe to repeat."""

    help = "Migrates the database and, when it has no stock, loads fixtures/info.json."
    requires_system_checks = ()

    def handle(self, **_options):
        """Do it and say in a line what was done."""
        try:
            call_command("migrate", interactive=False, verbosity=0)
            empty = not Stock.objects.exists()
            if empty:
                call_command("loaddata", "info", verbosity=0)
            done = "loaded fixtures/info.json" if empty else "nothing to load"
            self.stdout.write(f"Database ready: {Stock.objects.count()} stocks, {done}.")
        except Error as error:
            raise CommandError(f"The database cannot be prepared: {error}") from error
