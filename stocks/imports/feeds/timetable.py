"""What `manage.py schedule` fetches, and when: by the hours of the markets."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from ...trading_days import HOURS, LONGEST_CLOSURE, close_of, is_session, zone_of


class Task(NamedTuple):
    """A job for the markets of one clock at a time; the one after the close is `last`."""

    due: datetime
    job: str
    markets: tuple
    last: bool = False


def groups(markets):
    """Return the markets as tuples of those with the same hours."""
    found = {}
    for market in markets:
        found.setdefault(HOURS.get(market), []).append(market)
    return [tuple(several) for several in found.values()]


def tasks_of(markets, day):
    """Return the tasks of a day in their order, none on a day that surely has no session."""
    if is_session(markets[0], day) is False:
        return []
    zone, tasks = zone_of(markets[0]), []
    for start, end in HOURS[markets[0]][1]:
        due, last = (datetime.combine(day, clock, zone) for clock in (start, end))
        while due <= last:
            tasks.append(Task(due, "quotes", markets))
            due += timedelta(minutes=settings.SCHEDULE_EVERY)
    due = close_of(markets[0], day) + timedelta(minutes=settings.SCHEDULE_AFTER_CLOSE)
    return [*tasks, Task(due, "quotes", markets, last=True), Task(due, "bars", markets, last=True)]


def current(markets, now):
    """Return the tasks that were due last; what was missed before them is not made up for."""
    day = timezone.localtime(now, zone_of(markets[0])).date()
    for back in range(LONGEST_CLOSURE + 1):
        past = [task for task in tasks_of(markets, day - timedelta(days=back)) if task.due <= now]
        if past:
            return [task for task in past if task.due == past[-1].due]
    return []


def upcoming(markets, now):
    """Return when the next task is due."""
    day = timezone.localtime(now, zone_of(markets[0])).date()
    days = (day + timedelta(days=ahead) for ahead in range(LONGEST_CLOSURE + 1))
    return next(task.due for one in days for task in tasks_of(markets, one) if task.due > now)
