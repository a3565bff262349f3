"""`manage.py importstocks FILE`: quotes from a file into `info`."""

from stocks.imports.command import ImportCommand
from stocks.imports.headings import QUOTES
from stocks.imports.writer import write_quotes


class Command(ImportCommand):
    """Read a file of quotes, check every row, write all of them or none."""

    help = (
        "Imports quotes from CSV, TSV, XLSX or JSON. Headings may be the fields' names or "
        "the columns' headings, in English or Chinese. A plain volume is in shares; (手) or "
        "(lots) in its heading makes it lots of 100, and akshare's tables are known to be so."
    )
    kind = QUOTES

    def write(self, rows, **options):
        """Write the rows."""
        return write_quotes(rows, **options)
