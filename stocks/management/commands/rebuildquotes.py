"""`manage.py rebuildquotes`: what the stocks' rows say, worked out again from their bars."""

from django.core.management.base import BaseCommand, CommandError

from stocks import history
from stocks.models import Stock


class Command(BaseCommand):
    """Work out quotes and previous highs; safe to repeat, a newer quote of a feed stays."""

    help = (
        "Works out the latest price, change, turnover rate and previous high of stocks from "
        "their bars. A quote that is as new as the last bar keeps all that it tells."
    )

    def add_arguments(self, parser):
        """Take the stocks to do."""
        parser.add_argument(
            "symbols", nargs="*", metavar="SYMBOL", help="such as 000007.SZ; by default all stocks"
        )

    def handle(self, *, symbols, **_options):
        """Do it and say how many changed."""
        keys = [stock.pk for symbol in symbols for stock in named(symbol)]
        stocks = Stock.objects.filter(pk__in=keys) if symbols else Stock.objects.all()
        changed = history.rebuild(stocks)
        self.stdout.write(f"Changed {changed} of {stocks.count()} stocks from their bars.")


def named(symbol):
    """Return the stocks a symbol names; CommandError when there is none."""
    found = Stock.objects.called(symbol)
    if not found:
        raise CommandError(f"No stock is called {symbol}.")
    return found
