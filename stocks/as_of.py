"""The day that the data of a page is from."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from .trading_days import last_trading_day, zone_of


@dataclass(frozen=True)
class AsOf:
    """The day that some data is from, None without any, and the day it should be from."""

    day: date | None
    last_trading_day: date

    @classmethod
    def of(cls, newest_quote, newest_high, markets):
        """Return the day of the newest quote or previous high, whichever is later.

        It is a day of the market's own clock, or of the site's for several markets; these should
        have data from the last day of the one that rests the longest: where another has traded
        since, its data is the newest.
        """
        zone = zone_of(*markets) if len(markets) == 1 else None
        quoted = newest_quote and timezone.localtime(newest_quote, zone).date()
        day = max(filter(None, (quoted, newest_high)), default=None)
        return cls(day, min(last_trading_day(market=market) for market in markets or ["SH"]))

    @property
    def stale(self):
        """Whether the data is older than the last trading day."""
        return self.day is not None and self.day < self.last_trading_day
