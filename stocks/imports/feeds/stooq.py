"""Stooq's quotes and history of US and Hong Kong stocks: CSV."""

import csv
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from .. import Refused, Row
from ..batches import chunks
from . import Quotes, moment, quote_row, share_count

MARKETS = frozenset(("US", "HK"))
COMPLETE = False
AT_ONCE = 100
# Where the source is, and so its clock.
ZONE = ZoneInfo("Europe/Warsaw")
NONE = "N/D"
NO_DAYS = "No data"

QUOTE_HEADINGS = ["Symbol", "Date", "Time", "Open", "High", "Low", "Close", "Volume", "Name"]
BAR_HEADINGS = ["Date", "Open", "High", "Low", "Close", "Volume"]


def quotes(client, wanted):
    """Return the quotes of the stocks `wanted`, pairs of a code and a market."""
    found = Quotes()
    for group in chunks(wanted, AT_ONCE):
        asked = {symbol(*stock): stock for stock in group}
        params = {"s": " ".join(asked), "f": "sd2t2ohlcvn", "h": "", "e": "csv"}
        text = client.get(settings.FEED_ADDRESSES["stooq"], params)
        for values in table(text, QUOTE_HEADINGS):
            stock = asked.pop(values["Symbol"].lower(), None)
            if stock is None:
                raise Refused(f"Stooq answered for {values['Symbol'][:12]}, not asked for.")
            if values["Date"] == NONE:
                found.unknown.append(stock)
            else:
                found.rows.append(row(len(found.rows) + 1, stock, values))
        if asked:
            raise Refused(f"Stooq left out {len(asked)} of {len(group)} stocks.")
    return found


def symbol(code, market):
    """Return Stooq's name of a stock: aapl.us, brk-b.us, 700.hk."""
    plain = code.lstrip("0") if market == "HK" else code.replace(".", "-")
    return f"{plain}.{market}".lower()


def table(text, headings):
    """Return the lines of a CSV as dictionaries; Refused when it has other headings or gaps."""
    lines = list(csv.reader(text.splitlines()))
    if not lines or lines[0] != headings:
        raise Refused("Stooq's table has other headings than it should.")
    if any(len(line) != len(headings) for line in lines[1:]):
        raise Refused("Stooq's table has a line that is cut short.")
    return [dict(zip(headings, line, strict=True)) for line in lines[1:]]


def row(line, stock, values):
    """Return the Row of a quote."""
    given = {name: "" if value == NONE else value for name, value in values.items()}
    quote = {
        "price": given["Close"],
        "open": given["Open"],
        "high": given["High"],
        "low": given["Low"],
        "volume": share_count(given["Volume"]),
        "quote_time": moment(f"{given['Date']} {given['Time']}", "%Y-%m-%d %H:%M:%S", ZONE),
    }
    return quote_row(line, *stock, given["Name"] or stock[0], quote)


def bars(client, code, market, since):
    """Return the daily history of a stock, from a day on or all of it.

    Its prices have later splits in them, so that there is no adjusted close to tell.
    """
    params = {"s": symbol(code, market), "i": "d"}
    if since:
        params["d1"] = since.strftime("%Y%m%d")
        params["d2"] = datetime.now(ZONE).strftime("%Y%m%d")
    text = client.get(settings.FEED_ADDRESSES["stooq_history"], params)
    if text.strip() == NO_DAYS:
        return []
    return [
        Row(
            line,
            {
                "code": code,
                "market": market,
                "date": day["Date"],
                **{name.lower(): day[name] for name in ("Open", "High", "Low", "Close")},
                "volume": share_count(day["Volume"]),
            },
        )
        for line, day in enumerate(table(text, BAR_HEADINGS), 1)
    ]
