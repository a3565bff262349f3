"""A page of a screen: its rows, the pages around it, and the day the data is from."""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil

from django.utils.translation import gettext as _

from .as_of import AsOf
from .models.stock import MOST_COUNTED
from .parameters import LAST
from .screen import Screen


def last_page(screen, shown, more):
    """Return the number of a screen's last page, LAST when there are more rows than `shown`."""
    return LAST if more else max(1, ceil(shown / screen.size))


@dataclass(frozen=True)
class Page:
    """A page of a screen: its rows and where they stand among all of them.

    `shown` counts those on the screen, of which there are `more` when they are too many to count.
    """

    screen: Screen
    rows: list
    total: int
    shown: int
    more: bool
    as_of: AsOf

    @classmethod
    def of(cls, screen, stocks, facts=None):
        """Read the page that a screen asks for; past the end it is the last one."""
        past = screen.size * (1 if screen.page == LAST else screen.page)
        facts = facts or stocks.facts()
        summary = stocks.summary(facts, screen.condition(), max(past, MOST_COUNTED))
        shown, more = summary["shown"], summary["more"]
        last = last_page(screen, shown, more)
        if screen.page == LAST:
            screen = replace(screen, page=last)
        elif not more and screen.page > last:
            problem = _("There is no page %(page)s; this is the last one.") % {"page": screen.page}
            screen = replace(screen, page=last, problems=(*screen.problems, problem))
        if screen.page == LAST:
            places = -screen.size, 0
        else:
            start = (screen.page - 1) * screen.size
            places = start, min(start + screen.size, shown)
        rows = screen.part(stocks, *places, None if more else shown, summary["total"])
        for column in screen.columns:
            column.prepare(rows)
        as_of = AsOf.of(facts.newest_quote, facts.newest_high, facts.markets)
        return cls(screen, rows, **summary, as_of=as_of)

    @property
    def start(self):
        """The place of the first row among all shown, from 1; None when it is not known."""
        return None if self.screen.page == LAST else (self.screen.page - 1) * self.screen.size + 1

    @property
    def last(self):
        """The number of the last page, LAST when it is not known."""
        return last_page(self.screen, self.shown, self.more)

    @property
    def previous(self):
        """The number of the page before, None when there is none or it is not known."""
        return None if self.screen.page in (1, LAST) else self.screen.page - 1

    @property
    def next(self):
        """The number of the page after, None at the end."""
        return None if self.screen.page == self.last else self.screen.page + 1

    @property
    def numbers(self):
        """The pages to link: the ends and those around this one, None for a gap."""
        last, around = self.last, 1 if self.screen.page == LAST else self.screen.page
        near = [n for n in range(around - 2, around + 3) if n > 1 and (self.more or n < last)]
        numbers = [1, *near] if self.more else [1, *near, last]
        gaps = {n for n, m in pairwise(numbers) if m - n > 1}
        numbers = [shown for n in numbers for shown in ((n, None) if n in gaps else (n,))]
        return [*numbers, None, LAST] if self.more else numbers
