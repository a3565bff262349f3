"""`manage.py undoimport ID`: bring back what was there before an import."""

from django.core.management import BaseCommand, CommandError
from django.db import Error

from stocks.imports import Refused
from stocks.imports.undo import undo
from stocks.models import DataImport

IN_THE_WAY = (
    "Nothing was undone: {count} values were changed later or are in use. Undo the later change "
    "first, or run undoimport {pk} --skip-conflicts to undo the rest."
)


class Command(BaseCommand):
    """Undo an import, or say what stands in the way."""

    help = (
        "Undoes an import: the values before it come back and what it added goes, unless a later "
        "change stands in the way."
    )

    def add_arguments(self, parser):
        """Declare the import and the options."""
        parser.add_argument("id", type=int, help="the import's number, as the admin lists it")
        parser.add_argument(
            "--skip-conflicts",
            action="store_true",
            help="undo the rest where later changes stand in the way",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, **options):
        """Undo it and report."""
        record = DataImport.objects.filter(pk=options["id"]).first()
        if record is None:
            raise CommandError(f"There is no import {options['id']}.")
        skip, dry_run = options["skip_conflicts"], options["dry_run"]
        try:
            result = undo(record, skip_conflicts=skip, dry_run=dry_run)
        except (Refused, Error) as error:
            raise CommandError(str(error)) from error
        for line in result.named:
            self.stdout.write(f"  {line}")
        if result.conflicts > len(result.named):
            self.stdout.write(f"  … and {result.conflicts - len(result.named)} more")
        if result.done:
            self.stdout.write(f"Undone: {record}, {result.restored} rows.")
        elif dry_run and (skip or not result.conflicts):
            self.stdout.write(f"{record}: {result.restored} rows would be undone (--dry-run).")
        if result.conflicts and not skip:
            raise CommandError(IN_THE_WAY.format(count=result.conflicts, pk=record.pk))
