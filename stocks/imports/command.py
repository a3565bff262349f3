"""What the two import commands have in common: options, progress, the report, the exit status."""

import contextlib
import gc
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

from django.core.management import BaseCommand, CommandError
from django.db import Error

from . import Refused, values
from .headings import FIELDS
from .readers import open_file, spooled

STDIN = "-"
SWITCHES = ("dry_run", "skip_rejected", "overwrite_empty")
MOST_SHOWN = 20
# Seconds before the bar is shown, and until it is drawn anew.
PATIENCE = 1
PAUSE = 0.2
WIDTH = 30
# Objects made before Python looks for those that only hold each other: imports make hardly any,
# and each look goes through all the rows seen.
MANY_OBJECTS = 100_000
NOTHING_WRITTEN = (
    "Nothing was written: {count} rows were rejected. Mend them, or take the rest with "
    "--skip-rejected."
)
LEFT_OUT = "{count} rows were rejected and left out."


class Progress:
    """A bar on the terminal for what takes longer than a second."""

    def __init__(self, stream, reader):
        self.stream, self.reader = stream, reader
        self.start = self.last = time.monotonic()
        self.shown = False

    def __call__(self, rows):
        """Draw the bar anew, some times a second."""
        now = time.monotonic()
        if now - self.start < PATIENCE or now - self.last < PAUSE or not self.stream.isatty():
            return
        self.last, self.shown = now, True
        part = min(1, self.reader.done)
        bar = "█" * round(part * WIDTH)
        self.stream.write(f"\r{bar:░<{WIDTH}} {part:4.0%} {rows:,} rows", ending="")
        self.stream.flush()

    def end(self):
        """Take the bar away."""
        if self.shown:
            self.stream.write(f"\r{' ' * (WIDTH + 30)}\r", ending="")


@contextlib.contextmanager
def collecting_seldom():
    """Let Python's collection of cycles come seldom."""
    usual = gc.get_threshold()
    gc.set_threshold(MANY_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class ImportCommand(ABC, BaseCommand):
    """Reads a file, writes its rows and reports."""

    kind = ""
    # They look at the addresses and the admin, which takes longer than most imports.
    requires_system_checks = ()

    def add_arguments(self, parser):
        """Declare the file and the options."""
        parser.add_argument("file", help="the file, or - for standard input")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="HEADING=FIELD",
            help="what a heading means; nothing after the = passes over it. The fields: "
            + ", ".join(FIELDS[self.kind]),
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="check and report, write nothing"
        )
        parser.add_argument(
            "--skip-rejected",
            action="store_true",
            help="write the rest where rows are rejected (the exit status still says so)",
        )
        parser.add_argument(
            "--overwrite-empty",
            action="store_true",
            help="let an empty value erase the one that is there",
        )
        parser.add_argument(
            "--rejected",
            metavar="FILE",
            help="where the rejected rows go as CSV, by default FILE.rejected.csv; with "
            "--dry-run they go nowhere by default",
        )
        parser.add_argument("--as-of", metavar="TIME", help="when the quotes without a time were")
        parser.add_argument("--source", help="the name kept with the values, by default FILE's")

    def handle(self, **options):
        """Import the file."""
        mapping = dict(map(self.pair, options["map"]))
        as_of = self.moment(options["as_of"])
        name = options["file"]
        stdin = spooled(sys.stdin.buffer) if name == STDIN else None
        path = Path(stdin.name if stdin else name)
        source = options["source"] or ("standard input" if stdin else path.name)
        try:
            reader = open_file(path, self.kind, mapping=mapping, fixed=self.fixed(options))
            progress = Progress(self.stderr, reader)
            with collecting_seldom():
                report = self.write(
                    reader,
                    source=source,
                    as_of=as_of,
                    progress=progress,
                    **{name: options[name] for name in SWITCHES},
                )
            progress.end()
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror or error}.") from error
        except Refused as error:
            raise CommandError(f"{name}: {error}") from error
        except Error as error:
            raise CommandError(f"Nothing was written: {error}") from error
        rejected = options["rejected"]
        if not rejected and not options["dry_run"]:
            rejected = f"{'stdin' if stdin else path}.rejected.csv"
        self.say(report, reader, rejected, options)

    @abstractmethod
    def write(self, rows, **options):
        """Write the rows and return the report."""

    def fixed(self, _options):
        """Return the values that are the same for every row."""
        return {}

    @staticmethod
    def pair(text):
        """Return the heading and the field of a --map."""
        heading, equals, name = text.rpartition("=")
        if not equals:
            raise CommandError(f"--map {text}: write HEADING=FIELD.")
        return heading, name

    @staticmethod
    def moment(text):
        """Return the moment that --as-of says."""
        try:
            return values.read_moment(text) if text else None
        except ValueError as error:
            raise CommandError(f"--as-of {text}: write a time as 2026-07-01 15:00.") from error

    def say(self, report, reader, rejected, options):
        """Report what was done; CommandError when not everything was taken."""
        if reader.headings.passed_over:
            self.stdout.write(f"Headings passed over: {', '.join(reader.headings.passed_over)}.")
        count = len(report.rejected)
        for line, reason, _values in report.rejected[:MOST_SHOWN]:
            self.stdout.write(f"  line {line}: {reason}")
        if count > MOST_SHOWN:
            self.stdout.write(f"  … and {count - MOST_SHOWN} more")
        if count and rejected:
            try:
                report.rejected.write(rejected, reader.headings)
            except OSError as error:
                raise CommandError(f"{rejected} cannot be written: {error.strerror}.") from error
            self.stdout.write(f"The rejected rows are in {rejected}.")
        done = "Would be" if options["dry_run"] else "Imported"
        hindered = count and not options["skip_rejected"]
        self.stdout.write(
            f"{'Found' if hindered else done}: {report.new} new, {report.changed} changed, "
            f"{report.unchanged} unchanged, {count} rejected."
        )
        if report.record:
            self.stdout.write(f"Undo it with: manage.py undoimport {report.record.pk}")
        if count:
            raise CommandError((NOTHING_WRITTEN if hindered else LEFT_OUT).format(count=count))
