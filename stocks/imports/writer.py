"""The one writer: rows into `info` and `Bar`, checked, all or nothing."""

from .bars import BarWriter
from .base import Options
from .headings import BARS, QUOTES
from .quotes import QuoteWriter

WRITERS = {QUOTES: QuoteWriter, BARS: BarWriter}


def write_quotes(rows, **options):
    """Write rows of quotes into `info` and return the Report.

    A row's values are fields of Stock; `code` (with `market`, unless the code tells it) says
    which stock is meant, and a stock that is new needs `short` too. A price of 0 means that
    there was no trade: the stock keeps its last price and is marked as suspended, until a row
    brings a price again. The `status` "traded" says so expressly.

    Options: `source` (the name of the file or feed, required), `made_by` (a user), `as_of` (the
    time of quotes that have none of their own), `dry_run` (count and compare, write nothing),
    `skip_rejected` (write the rest where rows are rejected; otherwise one rejected row keeps all
    from being written), `overwrite_empty` (an empty value erases the one that is there) and
    `progress` (called with the number of rows done). `rows` are read twice where two of them are
    for one stock.
    """
    return WRITERS[QUOTES](Options(**options)).write(rows)


def write_bars(rows, **options):
    """Write rows of history into `Bar` and return the Report.

    A row's values are fields of Bar, with the stock's `code` and `market`; the options are those
    of `write_quotes`. The stocks have to be there.
    """
    return WRITERS[BARS](Options(**options)).write(rows)
