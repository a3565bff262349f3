"""Make the database ready: its tables, and on an empty site the real rows."""

import csv
import gzip

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, transaction

from stocks import history
from stocks.models import Bar, Stock

BATCH = 2000


class Command(BaseCommand):
    """Migrate, then load the fixtures if there is no stock; safe to repeat."""

    help = "Migrates the database and, when it has no stock, loads the rows in fixtures/."
    requires_system_checks = ()

    def handle(self, **_options):
        """Do it and say in a line what was done."""
        try:
            call_command("migrate", interactive=False, verbosity=0)
            empty = not Stock.objects.exists()
            if empty:
                load_fixtures()
            done = "loaded fixtures/" if empty else "nothing to load"
            self.stdout.write(f"Database ready: {Stock.objects.count()} stocks, {done}.")
        except Error as error:
            raise CommandError(f"The database cannot be prepared: {error}") from error


@transaction.atomic
def load_fixtures():
    """Load the 94 rows, and five US stocks with the bars their quotes are worked out from."""
    call_command("loaddata", "info", "us", verbosity=0)
    keys = dict(Stock.objects.filter(market="US").values_list("code", "pk"))
    path = settings.BASE_DIR / "fixtures" / "bars.csv.gz"
    with gzip.open(path, "rt", encoding="ascii", newline="") as file:
        bars = [Bar(stock_id=keys[row.pop("code")], **row) for row in csv.DictReader(file)]
    Bar.objects.bulk_create(bars, batch_size=BATCH)
    history.rebuild()
