"""Tencent's quotes: GBK, a line a stock, fields joined by ~. It has no history here."""

import re

from django.conf import settings

from ...symbols import derive_market
from .. import Refused
from ..batches import chunks
from . import Quotes, lines_of, moment, number, quote_row, scaled, share_count

MARKETS = frozenset(("SH", "SZ", "BJ"))
COMPLETE = False
AT_ONCE = 600
# What has no line is asked for again, but not for ever.
ROUNDS = 3
LOT = 100
TEN_THOUSAND = 10_000
HUNDRED_MILLION = 100_000_000

LINE = re.compile(r'v_(?:([a-z]{2})(\d{6})|pv_none_match)="([^"\n]*)";')
FEWEST_FIELDS = 47
# From this amount on, its rounding to 10,000 CNY cannot hide whether volumes are in lots.
TELLING_AMOUNT = 1_000_000


def quotes(client, wanted):
    """Return the quotes of the stocks `wanted`, pairs of a code and a market.

    The source leaves out what it does not know, so a stock without a line counts as unknown only
    when the source says expressly that it found no match: a page cut short is no answer.
    """
    found, left = Quotes(), list(wanted)
    for _round in range(ROUNDS):
        left = [stock for group in chunks(left, AT_ONCE) for stock in page(client, group, found)]
        if not left:
            return found
    raise Refused(f"Tencent left out {len(left)} of {len(wanted)} stocks.")


def page(client, group, found):
    """Add the quotes of a few stocks to those `found` and return the stocks left out."""
    asked = {f"{market.lower()}{code}": (code, market) for code, market in group}
    address = settings.FEED_ADDRESSES["tencent"]
    text = client.get(address, {"q": ",".join(asked)}, encoding="gb18030")
    no_match = False
    for prefix, code, values in lines_of(LINE, text, "Tencent"):
        if not code:
            no_match = True
            continue
        stock = asked.pop(prefix + code, None)
        if stock is None:
            raise Refused(f"Tencent answered for {prefix}{code}, which was not asked for.")
        found.rows.append(row(stock, values.split("~"), found))
    if no_match:
        found.unknown += asked.values()
        return []
    return list(asked.values())


def row(stock, values, found):
    """Return the Row of a line's values; a code that is not the one asked for is the new one."""
    code, market = stock
    if len(values) < FEWEST_FIELDS:
        raise Refused(f"Tencent's line of {code} has {len(values)} values only.")
    if values[2] != code:
        if derive_market(values[2]) != market:
            raise Refused(f"Tencent answered for {values[2]} in place of {code} in {market}.")
        found.renumbered[stock] = values[2]
    amount = scaled(values[37], TEN_THOUSAND)
    quote = {
        "price": values[3],
        "previous_close": values[4],
        "open": values[5],
        "volume": volume(values[6], amount, number(values[3])),
        "quote_time": moment(values[30], "%Y%m%d%H%M%S"),
        "chg": values[32],
        "high": values[33],
        "low": values[34],
        "amount": amount,
        "turnover": values[38],
        "price_earnings": values[39],
        "market_value": scaled(values[45], HUNDRED_MILLION),
        "price_book": values[46],
    }
    return quote_row(len(found.rows) + 1, values[2], market, values[1], quote)


def volume(raw, amount, price):
    """Return the shares traded: lots of 100, but for STAR stocks, which come in shares.

    The average price tells which: in lots, the amount by the volume is a hundred prices.
    """
    shares = share_count(raw)
    if shares and price and amount and amount >= TELLING_AMOUNT and amount / shares < 10 * price:
        return shares
    return share_count(raw, LOT)
