"""`manage.py fetchbars`: history from the feeds."""

from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from stocks.imports.feeds import options
from stocks.imports.feeds.fetch import fetch_bars
from stocks.imports.feeds.runs import Busy, Lost, ended_by_sigterm, perform
from stocks.models import Stock


class Command(BaseCommand):
    """Fetch history once; safe to repeat, and for cron."""

    help = (
        "Fetches the daily history of the stocks that are here: what is new since their last bar, "
        "or all of it where there is none."
    )

    def add_arguments(self, parser):
        """Take the feeds, the markets, the stocks and the first day."""
        options.add_options(parser)
        parser.add_argument(
            "--since", type=date.fromisoformat, metavar="DAY", help="the first day: 2017-07-20"
        )

    def handle(self, *, feed, market, symbols, since, **_options):
        """Fetch and say what came of it."""
        feeds = options.feeds_of(feed)
        stocks, markets = chosen(symbols, market)

        def work(hold):
            return fetch_bars(feeds, stocks, since=since, hold=hold, progress=self.progress)

        try:
            with ended_by_sigterm():
                result = perform("bars", markets, work)
        except (Busy, Lost) as error:
            raise CommandError(str(error)) from error
        options.say(self, result)

    def progress(self, done, total):
        """Show on a terminal how far it is."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{done} of {total} stocks", ending="\n" if done == total else "")
            self.stderr.flush()


def chosen(symbols, market):
    """Return the stocks to fetch and their markets; CommandError for one that is not here."""
    if not symbols:
        markets = options.markets_of(market)
        return Stock.objects.to_fetch(markets), markets
    condition = Q()
    for code, name in options.stocks_of(symbols):
        one = Q(code=code, market=name)
        if not Stock.objects.filter(one).exists():
            raise CommandError(f"No stock is called {code}.{name}: fetch its quote first.")
        condition |= one
    stocks = Stock.objects.filter(condition)
    return stocks, stocks.markets()
