"""Sina's quotes: GBK, a line a stock, fields joined by commas. It has no history here."""

import re

from django.conf import settings

from .. import Refused
from ..batches import chunks
from . import Quotes, lines_of, moment, quote_row, share_count

MARKETS = frozenset(("SH", "SZ", "BJ"))
COMPLETE = False
AT_ONCE = 600
# Without it the answer is 403.
HEADERS = {"Referer": "https://finance.sina.com.cn"}

LINE = re.compile(r'var hq_str_([a-z]{2})(\d{6})="([^"\n]*)";')
FEWEST_FIELDS = 32


def quotes(client, wanted):
    """Return the quotes of the stocks `wanted`, pairs of a code and a market.

    Every stock asked for has a line, an empty one when the source does not know it.
    """
    found = Quotes()
    for group in chunks(wanted, AT_ONCE):
        page(client, group, found)
    return found


def page(client, group, found):
    """Add the quotes of a few stocks to those `found`."""
    asked = {f"{market.lower()}{code}": (code, market) for code, market in group}
    address = settings.FEED_ADDRESSES["sina"]
    text = client.get(address + ",".join(asked), headers=HEADERS, encoding="gb18030")
    for prefix, code, values in lines_of(LINE, text, "Sina"):
        stock = asked.pop(prefix + code, None)
        if stock is None:
            raise Refused(f"Sina answered for {prefix}{code}, which was not asked for.")
        if values:
            found.rows.append(row(len(found.rows) + 1, stock, values.split(",")))
        else:
            found.unknown.append(stock)
    if asked:
        raise Refused(f"Sina left out {len(asked)} of {len(group)} stocks.")


def row(line, stock, values):
    """Return the Row of a line's values."""
    code, market = stock
    if len(values) < FEWEST_FIELDS:
        raise Refused(f"Sina's line of {code} has {len(values)} values only.")
    quote = {
        "open": values[1],
        "previous_close": values[2],
        "price": values[3],
        "high": values[4],
        "low": values[5],
        "volume": share_count(values[8]),
        "amount": values[9],
        "quote_time": moment(f"{values[30]} {values[31]}", "%Y-%m-%d %H:%M:%S"),
    }
    return quote_row(line, code, market, values[0], quote)
