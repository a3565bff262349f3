"""`manage.py fetchquotes`: the latest quotes from the feeds."""

from django.core.management.base import BaseCommand, CommandError

from stocks.imports.feeds import options
from stocks.imports.feeds.fetch import fetch_quotes
from stocks.imports.feeds.runs import Busy, Lost, ended_by_sigterm, perform


class Command(BaseCommand):
    """Fetch quotes once; safe to repeat, and for cron."""

    help = (
        "Fetches the latest quotes. The feeds are tried in their order until one delivers; what "
        "cannot be believed changes nothing."
    )

    def add_arguments(self, parser):
        """Take the feeds, the markets and the stocks, and how to treat a list."""
        options.add_options(parser)
        parser.add_argument(
            "--listing",
            action="store_true",
            help="try the feeds first that list whole markets, which shows new and gone stocks",
        )
        parser.add_argument(
            "--believe",
            action="store_true",
            help="mark the stocks a list does not have any more as delisted, however many",
        )

    def handle(self, *, feed, market, symbols, listing, believe, **_options):
        """Fetch and say what came of it."""
        feeds = options.feeds_of(feed)
        wanted = options.stocks_of(symbols) if symbols else None
        markets = sorted({stock[1] for stock in wanted}) if wanted else options.markets_of(market)

        def work(hold):
            return fetch_quotes(
                feeds, markets, wanted=wanted, listing=listing, believe=believe, hold=hold
            )

        try:
            with ended_by_sigterm():
                result = perform("quotes", markets, work)
        except (Busy, Lost) as error:
            raise CommandError(str(error)) from error
        options.say(self, result)
