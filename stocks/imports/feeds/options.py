"""What the commands of the feeds have in common: their options, and what they say at the end."""

from django.conf import settings
from django.core.management.base import CommandError

from ...symbols import MARKETS, derive_market, split_symbol
from .. import Refused
from . import NAMES, load
from .runs import summary


def add_options(parser):
    """Take the feeds, the markets and the stocks."""
    parser.add_argument(
        "--feed",
        type=names,
        metavar="A,B,C",
        help=f"the feeds to try, in this order, of {', '.join(NAMES)}; by default FEEDS",
    )
    parser.add_argument(
        "--market",
        type=names,
        metavar="A,B,C",
        help="the markets to fetch, such as SH,SZ,BJ; by default FEED_MARKETS",
    )
    parser.add_argument(
        "symbols", nargs="*", metavar="SYMBOL", help="such as 000007.SZ; by default all stocks"
    )


def names(text):
    """Return the names in a list with commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def feeds_of(chosen):
    """Return the names of the feeds to try; CommandError for one that does not exist."""
    feeds = settings.FEEDS if chosen is None else chosen
    if not feeds:
        raise CommandError(f"Name a feed: {', '.join(NAMES)}.")
    try:
        for name in feeds:
            load(name)
    except Refused as error:
        raise CommandError(str(error)) from error
    return feeds


def markets_of(chosen):
    """Return the markets to fetch; CommandError for one that does not exist."""
    markets = [name.upper() for name in (settings.FEED_MARKETS if chosen is None else chosen)]
    unknown = [name for name in markets if name not in MARKETS]
    if unknown or not markets:
        wrong = f"There is no market {', '.join(unknown)}: name" if unknown else "Name"
        raise CommandError(f"{wrong} some of {', '.join(MARKETS)}.")
    return markets


def stocks_of(symbols):
    """Return the (code, market) of symbols; CommandError for one whose market is not clear."""
    stocks = []
    for symbol in symbols:
        code, market = split_symbol(symbol)
        market = market or derive_market(code)
        if market not in MARKETS:
            raise CommandError(f"{symbol} names no market: write it as 000007.SZ.")
        stocks.append((code, market))
    return stocks


def say(command, result):
    """Print what a fetch brought; CommandError when something is missing."""
    for failure in result.failures:
        command.stderr.write(failure)
    for note in result.notes:
        command.stdout.write(note)
    command.stdout.write(f"{summary(result)}.")
    if not result.complete:
        raise CommandError(result.missing)
