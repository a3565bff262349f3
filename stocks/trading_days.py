"""Which days have trading, as far as weekdays tell; holidays are not known."""

from datetime import time, timedelta

from django.utils import timezone

SATURDAY = 5
CLOSE = time(15, 0)


def last_trading_day(now=None):
    """Return the date of the latest session that has closed by `now`, in the site's time zone.

    Every weekday counts as one, so after a holiday the answer may be too late a date.
    """
    now = timezone.localtime(now)
    day = now.date()
    if now.time() < CLOSE:
        day -= timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day -= timedelta(days=1)
    return day
