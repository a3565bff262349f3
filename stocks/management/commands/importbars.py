"""`manage.py importbars FILE`: history from a file into `Bar`."""

from stocks.imports.command import ImportCommand
from stocks.imports.headings import BARS
from stocks.imports.writer import write_bars


class Command(ImportCommand):
    """Read a file of bars, check every row, write all of them or none."""

    help = (
        "Imports daily bars from CSV, TSV, XLSX or JSON, and works out again what they say "
        "of their stocks. A plain volume is in shares; (手) or (lots) in its heading makes it "
        "lots of 100, and akshare's tables are known to be so."
    )
    kind = BARS

    def add_arguments(self, parser):
        """Declare what a file of one stock needs besides."""
        super().add_arguments(parser)
        parser.add_argument("--code", help="the stock of a file that has no column for it: AAPL")

    def fixed(self, options):
        """Return the values that are the same for every row."""
        return {"code": options["code"]} if options["code"] else {}

    def write(self, rows, **options):
        """Write the rows."""
        return write_bars(rows, **options)
