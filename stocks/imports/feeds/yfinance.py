"""The feed of the package yfinance, when it is installed: Yahoo's quotes and history."""

from datetime import timedelta

from django.utils import timezone

from ...trading_days import close_of
from .. import Row
from . import Quotes, installed, outside, quote_row, share_count

MARKETS = frozenset(("US", "HK", "SH", "SZ"))
COMPLETE = False
SUFFIXES = {"SH": ".SS", "SZ": ".SZ", "HK": ".HK", "US": ""}
# So that there are two sessions in it, whatever the holidays.
FEW_DAYS = timedelta(days=14)
HEADINGS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Adj Close": "adjusted_close",
}


def symbol(code, market):
    """Return Yahoo's name of a stock: 600519.SS, 0700.HK, BRK-B."""
    if market == "HK":
        code = f"{int(code):04d}"
    return code.replace(".", "-") + SUFFIXES[market]


def quotes(client, wanted):
    """Return the quotes of the stocks `wanted`: the last day of the history of each."""
    found, now = Quotes(), timezone.now()
    for code, market in wanted:
        days = bars(client, code, market, (now - FEW_DAYS).date())
        if not days:
            found.unknown.append((code, market))
            continue
        last = days[-1].values
        quote = {name: last[name] for name in ("open", "high", "low", "volume")}
        quote["price"] = last["close"]
        quote["previous_close"] = days[-2].values["close"] if len(days) > 1 else None
        quote["quote_time"] = min(close_of(market, last["date"]), now)
        found.rows.append(quote_row(len(found.rows) + 1, code, market, "", quote))
    return found


def bars(_client, code, market, since):
    """Return the daily history of a stock, from a day on or all of it; none of one unknown."""
    yfinance = installed("yfinance")
    start = {"start": since.isoformat()} if since else {"period": "max"}
    with outside("yfinance"):
        yfinance.config.debug.hide_exceptions = False
        ticker = yfinance.Ticker(symbol(code, market))
        try:
            frame = ticker.history(interval="1d", auto_adjust=False, **start)
        except yfinance.exceptions.YFTickerMissingError:
            return []
        days = frame.reset_index().to_dict("records")
    return [
        Row(
            line,
            {
                "code": code,
                "market": market,
                "date": day["Date"].date(),
                **{name: day[heading] for heading, name in HEADINGS.items()},
                "volume": share_count(day["Volume"]),
            },
        )
        for line, day in enumerate(days, 1)
        if day["Close"] == day["Close"]  # Yahoo's days without trade are not a number.
    ]
