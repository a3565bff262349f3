"""What the bars of a stock tell: its quote, its previous high, the picture of its past.

Prices are compared as they would be today: what was paid before a split is scaled by it. The
adjusted close says where the splits are.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import count, groupby
from math import log10
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from .columns import NO_VALUE, VOLUME, PercentColumn, day_text
from .models import Bar, Stock
from .numbers import CENT, change
from .trading_days import close_of, session_before, zone_of

# The source of a quote that was worked out from the bars.
SOURCE = "bars"
# The adjusted close moves against the close at each dividend too. From this step on it is a
# split, a bonus issue or a dividend as large as one: what was paid before says nothing today.
SPLIT = 1.05
# What an adjusted close may be off by rounding, as a part of the price.
SAME = 0.005
# A step of a price from one day to the next that may be a split which no bar tells of yet.
PERHAPS_SPLIT = Decimal("1.2")
# What a quote takes from its bar as it is, besides what a Day has.
ONLY_QUOTED = ("amount", "turnover")
LOCKED = 100
MOST_POINTS = 260
MOST_SPACES = 5
EPOCH = date(1970, 1, 1)

PERCENT = PercentColumn("", "")


class Day(NamedTuple):
    """A trading day, or several of them joined: the date is then that of the last."""

    date: date
    open: float
    high: float
    low: float
    close: float
    volume: float = None
    adjusted_close: float = None


def split_adjusted(days):
    """Return the days, oldest first, with the shares before each split counted as the last day's.

    The numbers may be floats or decimals; what is not scaled stays as it is.
    """
    adjusted, factor, later, sums = [], 1, None, 0
    for day in reversed(days):
        if day.adjusted_close:
            if later:
                step, sums = split_between(day, later, factor, sums)
                factor *= step
            later = day
        prices = (price * factor for price in day[1:5])
        volume = day.volume and day.volume / factor
        adjusted.append(day if factor == 1 else Day(day.date, *prices, volume))
    return adjusted[::-1]


def split_between(day, later, factor, sums):
    """Return what a split between two days scales the earlier prices by, 1 where there was none.

    Sources take later dividends off the adjusted close by a ratio or as a sum; a split shows in
    both. `factor` is that of the later day; of the days after, `sums` more have shown that it is
    a sum than that it is a ratio: returned second, with what these two show.
    """
    price = factor * day.close
    by_ratio = later.adjusted_close * day.close / later.close
    by_sum = later.adjusted_close + price - factor * later.close
    ratio, sum_ = (abs(day.adjusted_close - told) / price <= SAME for told in (by_ratio, by_sum))
    if ratio or sum_:
        return 1, sums + sum_ - ratio
    step = day.adjusted_close / by_ratio
    if sums > 0 and not 1 / SPLIT < step < SPLIT:
        step = 1 + (day.adjusted_close - by_sum) / price
    return 1 if 1 / SPLIT < step < SPLIT else step, sums


def joined(days, step):
    """Return the days joined by "week" or "month"; by "day" they stay as they are."""
    keys = {
        "day": lambda day: day.date,
        "week": lambda day: day.date.isocalendar()[:2],
        "month": lambda day: (day.date.year, day.date.month),
    }
    return [join(list(group)) for _key, group in groupby(days, keys[step])]


def join(days):
    """Return one day that stands for several."""
    traded = [day.volume for day in days if day.volume is not None]
    return Day(
        days[-1].date,
        days[0].open,
        max(day.high for day in days),
        min(day.low for day in days),
        days[-1].close,
        sum(traded) if traded else None,
    )


def in_short(number):
    """Return a number as a whole one of which four digits count: 19,730,300 is 19,730,000."""
    return round(round(number), min(0, 3 - int(log10(number)))) if number >= 1 else 0


def six_months_before(day):
    """Return the day half a year earlier, or the last of its month where that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - 6, 12)
    longest = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, longest))


# The quote


def day_quoted(stock):
    """Return the day of a quote that is not from the bars, None when there is none.

    A quote whose time nobody noted is from after its previous high.
    """
    if stock.source == SOURCE:
        return None
    if stock.quote_time:
        return timezone.localtime(stock.quote_time, zone_of(stock.market)).date()
    return stock.time + timedelta(days=1) if stock.time else None


def derived(stock):
    """Return what a stock's bars say of its quote, as fields and values; {} without bars.

    A quote that is as new as the last bar stays, but for what it leaves empty; the previous high
    always comes from the bars.
    """
    window = settings.HIGH_WINDOW
    bars = list(stock.bars.newest(window + 1).values_list(*Day._fields, *ONLY_QUOTED))[::-1]
    if not bars:
        return {}
    days = split_adjusted([Day(*bar[: len(Day._fields)]) for bar in bars])
    last, quoted = days[-1].date, day_quoted(stock)
    last_bar = dict(zip((*Day._fields, *ONLY_QUOTED), bars[-1], strict=True))
    if quoted is None or quoted < last or (quoted == last and not stock.quote_time):
        values = quote(stock.market, last_bar, days)
    elif quoted == last:
        values = untold(stock, quote(stock.market, last_bar, days))
    elif stock.quote_time and stock.price and last == session_before(stock.market, quoted):
        before = previous_close(stock.price, last_bar["close"])
        values = untold(stock, {"previous_close": before})
    else:
        values = {}
    session = max(last, quoted or last)
    earlier = [day for day in days if day.date < session][-window:]
    if earlier:
        highest = max(earlier, key=lambda day: (day.high, day.date))
        values |= {"highs": round(highest.high, 4), "time": highest.date}
    return {name: value if fits(name, value) else None for name, value in values.items()}


def fits(name, value):
    """Return whether a field takes a value: bars may be valid and yet mean a change beyond all."""
    try:
        Stock._meta.get_field(name).run_validators(value)
    except ValidationError:
        return False
    return True


def quote(market, bar, days):
    """Return the quote that the last bar is, with the change from the day before it."""
    before = days[-2].close if len(days) > 1 else None
    return {
        "price": bar["close"],
        "previous_close": before and round(before, 4),
        "chg": before and change(bar["close"], before),
        **{name: bar[name] for name in ("open", "high", "low", "volume", *ONLY_QUOTED)},
        "quote_time": close_of(market, bar["date"]),
        "source": SOURCE,
    }


def untold(stock, values):
    """Return those of the bars' values that a stock's own quote of the day leaves empty.

    The change is that of its own price; a previous close that gives another change than the
    quote tells is left out.
    """
    price, before = stock.price or values["price"], stock.previous_close or values["previous_close"]
    if before:
        values = values | {"chg": change(price, before)}
        if stock.chg is not None and abs(stock.chg - values["chg"]) > CENT:
            del values["previous_close"]
    return {name: value for name, value in values.items() if getattr(stock, name) is None}


def previous_close(price, close):
    """Return the last bar's close as the one before a newer price, None after what may be a split.

    The bar of the price's own day tells then what it was.
    """
    return close if 1 / PERHAPS_SPLIT < price / close < PERHAPS_SPLIT else None


def rebuild(stocks=None):
    """Work the quotes of `stocks`, by default all, out from their bars; return how many changed.

    The stocks are locked meanwhile, so that a newer quote is not written over.
    """
    stocks = Stock.objects.all() if stocks is None else stocks
    told = stocks.filter(Exists(Bar.objects.filter(stock=OuterRef("pk"))))
    changed = 0
    keys = list(told.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), LOCKED):
        with transaction.atomic():
            chosen = Stock.objects.filter(pk__in=keys[start : start + LOCKED]).order_by("pk")
            for stock in list(chosen.select_for_update()):
                changed += correct(stock)
    return changed


def correct(stock):
    """Write what a stock's bars say of it into its row and return whether it said otherwise."""
    new = {name: value for name, value in derived(stock).items() if getattr(stock, name) != value}
    return bool(new and Stock.objects.filter(pk=stock.pk).update(**new))


# The picture


@dataclass(frozen=True)
class History:
    """A stock's past as its page shows it: days oldest first, adjusted for splits."""

    days: list

    @classmethod
    def of(cls, stock):
        """Read the history of a stock."""
        return cls(split_adjusted([Day(*row) for row in stock.bars.drawn()]))

    def __bool__(self):
        """Whether there is enough to draw a line."""
        return len(self.days) > 1

    @cached_property
    def digits(self):
        """How many decimals a price needs: as many as the last one has, more where it is small."""
        if not self.days:
            return 2
        written = len(f"{self.days[-1].close:.4f}".rstrip("0").partition(".")[2])
        lowest = min(day.low for day in self.days)
        return max(written, 2 if lowest >= 1 else 3 if lowest >= 0.1 else 4)

    def packed(self):
        """Return the days as lists of small whole numbers, which compress well.

        `date` counts the days from the one before, the first from 1970; `close` and `open` are
        counted from the close before, `high` up from the larger of them and `low` down from the
        smaller, all in units of the last of `digits` decimals. `volume` has four digits that count.
        """
        lists = {name: [] for name in ("date", "open", "high", "low", "close", "volume")}
        day_before, close_before, unit = EPOCH, 0, 10**self.digits
        for day in self.days:
            first, high, low, close = (round(price * unit) for price in day[1:5])
            lists["date"].append((day.date - day_before).days)
            lists["open"].append(first - close_before)
            lists["high"].append(high - max(first, close))
            lists["low"].append(min(first, close) - low)
            lists["close"].append(close - close_before)
            lists["volume"].append(None if day.volume is None else in_short(day.volume))
            day_before, close_before = day.date, close
        return {"digits": self.digits, **lists}

    def price(self, number):
        """Return a price as people read it."""
        rounded = round(Decimal(number), self.digits)
        return formats.number_format(rounded, self.digits, force_grouping=True)

    @cached_property
    def sentence(self):
        """The last six months in words."""
        last = self.days[-1]
        start = six_months_before(last.date)
        earlier = [day for day in self.days if day.date <= start]
        first = earlier[-1] if earlier else self.days[0]
        since = [day for day in self.days if day.date > first.date]
        change = round(Decimal((last.close / first.close - 1) * 100), 2)
        moves = {1: _("Rose %(percent)s"), -1: _("Fell %(percent)s"), 0: _("Unchanged")}
        move = moves[(change > 0) - (change < 0)] % {"percent": PERCENT.format(abs(change))}
        period = _("since %(day)s") % {"day": day_text(first.date)}
        highest = max(since, key=lambda day: (day.high, day.date))
        lowest = min(since, key=lambda day: (day.low, day.date))
        return _(
            "%(move)s %(period)s, high %(high)s on %(high_day)s, low %(low)s on %(low_day)s; "
            "the last close was %(close)s on %(day)s."
        ) % {
            "move": move,
            "period": _("in six months") if earlier else period,
            "high": self.price(highest.high),
            "high_day": day_text(highest.date),
            "low": self.price(lowest.low),
            "low_day": day_text(lowest.date),
            "close": self.price(last.close),
            "day": day_text(last.date),
        }

    @cached_property
    def step(self):
        """What a point of the line stands for, so that there are not too many: a day at best."""
        steps = (step for step in ("day", "week") if len(joined(self.days, step)) <= MOST_POINTS)
        return next(steps, "month")

    @cached_property
    def points(self):
        """The days, weeks or months of the line and the table."""
        return joined(self.days, self.step)

    @property
    def rows(self):
        """The rows of the table, the newest first."""
        for point in reversed(self.points):
            prices = [self.price(price) for price in point[1:5]]
            volume = NO_VALUE if point.volume is None else VOLUME.format(round(point.volume))
            yield point.date, prices, volume

    @cached_property
    def scale(self):
        """The prices beside the line, from the highest, evenly spaced and round."""
        low, high = min(p.close for p in self.points), max(p.close for p in self.points)
        steps = (Decimal(digit).scaleb(size) for size in count(-self.digits) for digit in (1, 2, 5))
        spans = ((step, int(Decimal(low) / step), int(Decimal(high) / step) + 1) for step in steps)
        step, bottom, top = next(span for span in spans if span[2] - span[1] <= MOST_SPACES)
        return [place * step for place in range(top, bottom - 1, -1)]

    @property
    def prices(self):
        """The scale as people read it."""
        return [self.price(price) for price in self.scale]

    @property
    def grid(self):
        """The lines across at each of those prices, as an SVG path in the same box."""
        spaces = len(self.scale) - 1
        return "".join(f"M0 {400 * place / spaces:.0f}H1000" for place in range(spaces + 1))

    @property
    def line(self):
        """The line as an SVG path, in a box of 1000 by 400."""
        top, bottom = float(self.scale[0]), float(self.scale[-1])
        last = len(self.points) - 1
        places = (
            f"{1000 * place / last:.0f} {400 * (top - point.close) / (top - bottom):.0f}"
            for place, point in enumerate(self.points)
        )
        return "M" + "L".join(places)

    @property
    def dates(self):
        """The five dates under the line, evenly spaced."""
        last = len(self.points) - 1
        return [self.points[round(last * quarter / 4)].date for quarter in range(5)]
