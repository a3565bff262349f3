"""`manage.py schedule`: the fetches at their times, until it is ended."""

import logging
import time

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections
from django.utils import timezone

from stocks.imports.feeds import options, timetable
from stocks.imports.feeds.fetch import fetch_bars, fetch_quotes
from stocks.imports.feeds.runs import Busy, Lost, ended_by_sigterm, perform
from stocks.models import FeedRun, Stock

log = logging.getLogger(__name__)

# No longer asleep than this: a task may have to be tried again, and clocks are set.
LONGEST_SLEEP = 15


class Command(BaseCommand):
    """Fetch quotes during the sessions, then quotes and bars after the close, day by day."""

    help = (
        "Fetches quotes every SCHEDULE_EVERY minutes while the markets of FEED_MARKETS trade, and "
        "quotes and bars once more SCHEDULE_AFTER_CLOSE minutes after their close. Of several "
        "such processes one does the work."
    )

    def handle(self, **_options):
        """Do it until SIGTERM or Ctrl-C."""
        feeds = options.feeds_of(None)
        groups = timetable.groups(options.markets_of(None))
        self.stdout.write(f"Fetching {', '.join(m for g in groups for m in g)} (Ctrl-C ends it)")
        self.stdout.flush()
        with ended_by_sigterm():
            while True:
                for markets in groups:
                    # One that broke, or that the database has closed by now, is made anew.
                    close_old_connections()
                    turn(feeds, markets)
                now = timezone.now()
                due = min(timetable.upcoming(markets, now) for markets in groups)
                time.sleep(min(LONGEST_SLEEP, (due - now).total_seconds()))


def turn(feeds, markets):
    """Do what is due for the markets of one clock; whatever fails is tried again later."""
    for task in timetable.current(markets, timezone.now()):
        try:
            if FeedRun.objects.wanted(task.due, task.job, task.markets):
                perform(task.job, task.markets, work(feeds, task), task.due)
        except Busy as error:
            log.debug("%s", error)
        except (Lost, Error) as error:
            log.error("%s %s: %s", task.job, ",".join(task.markets), error)
        except Exception:
            log.exception("%s %s failed", task.job, ",".join(task.markets))


def work(feeds, task):
    """Return what `perform` is to run for a task."""
    if task.job == FeedRun.Job.BARS:
        stocks = Stock.objects.to_fetch(task.markets)
        return lambda hold: fetch_bars(feeds, stocks, hold=hold)
    return lambda hold: fetch_quotes(feeds, task.markets, listing=task.last, hold=hold)
