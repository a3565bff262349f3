"""Fetching: one feed after the other until one delivers, compared with what is here, written."""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from ...history import previous_close
from ...models import Bar, Stock
from ...numbers import change
from ...pinyin import search_form
from ...symbols import make_symbol
from ...trading_days import close_of, latest_moment, session_before, zone_of
from .. import Refused, Row
from ..quotes import DAY_FIELDS
from ..values import is_none
from ..writer import write_bars, write_quotes
from . import load, name_of, number
from .http import Client

log = logging.getLogger(__name__)

# A page of so many stocks without a single price is from before the opening, or broken.
ENOUGH_TO_JUDGE = 20
AHEAD = timedelta(hours=1)
# More rejected rows than one in so many: the source has changed its form.
REJECTED_ONE_IN = 100
# More stocks gone at once than this, and one in so many, are not believed.
BELIEVED_GONE, GONE_ONE_IN = 20, 50
BARS_AT_ONCE = 20_000
# A feed that fails for so many stocks one after the other is left alone.
GIVE_UP = 5
# A close that moved by more than rounding: there was a split or dividend since.
MOVED = Decimal("0.001")
MOST_NAMED = 5
DELISTED = Stock.Status.DELISTED
KNOWN = ("code", "market", "short", "quote_time", "previous_close", "status")


@dataclass
class Result:
    """What a fetch brought: counts, the feeds that delivered, what failed, what else to say."""

    feeds: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    missing: str = ""

    @property
    def complete(self):
        """Whether all that was to be fetched was."""
        return not self.missing

    def count(self, feed, report):
        """Add what a report counts."""
        if feed not in self.feeds:
            self.feeds.append(feed)
        for name in ("new", "changed", "unchanged"):
            setattr(self, name, getattr(self, name) + getattr(report, name))
        self.rejected += len(report.rejected)
        for _line, reason, values in report.rejected[:MOST_NAMED]:
            self.notes.append(f"{feed}: {values.get('code')} was not taken: {reason}")


def fail(result, feed, error):
    """Note that a feed did not deliver."""
    result.failures.append(f"{name_of(feed)}: {error}")
    log.warning("Feed %s: %s", name_of(feed), error)


def write(writer, rows, feed, **options):
    """Write rows and return the Report; Refused when too many of them are rejected.

    A few odd rows do not keep the rest of a market from being written.
    """
    options |= {"source": name_of(feed)}
    report = writer(rows, **options)
    if not report.rejected:
        return report
    if len(report.rejected) * REJECTED_ONE_IN > report.read:
        line, reason, values = report.rejected[0]
        raise Refused(
            f"{len(report.rejected)} of {report.read} rows were rejected, the first one, "
            f"{values.get('code')}: {reason}"
        )
    return writer(rows, skip_rejected=True, **options)


# Quotes


def fetch_quotes(names, markets, *, wanted=None, listing=False, believe=False, hold=None):
    """Fetch the quotes of markets, or of the stocks `wanted`, and return the Result.

    `names` are the feeds in their order; with `listing` those that list whole markets come
    first, so that new and delisted stocks are noticed. `believe` marks stocks as delisted however
    many they are. `hold` is called before anything is written and raises when that must not be.
    """
    result, client, left = Result(), Client(), set(markets)
    feeds = [load(name) for name in names]
    if listing:
        feeds.sort(key=lambda feed: not feed.COMPLETE)
    for feed in feeds:
        part = left & feed.MARKETS
        if not part:
            continue
        try:
            Delivery(feed, part, wanted, believe, result).take(client, hold)
            left -= part
        except Refused as error:
            fail(result, feed, error)
    if left:
        result.missing = f"No feed delivered quotes of {', '.join(sorted(left))}."
    return result


class Delivery:
    """The quotes of one feed on their way in."""

    def __init__(self, feed, markets, wanted, believe, result):
        self.feed, self.markets, self.wanted = feed, markets, wanted
        self.believe, self.result, self.now = believe, result, timezone.now()
        self.closes = {}
        rows = Stock.objects.filter(market__in=markets)
        self.here = {(stock.code, stock.market): stock for stock in rows.only(*KNOWN)}

    def take(self, client, hold):
        """Ask the feed, compare, write; Refused when what it sent cannot be believed."""
        quotes = self.feed.quotes(client, self.asked())
        self.judge(quotes)
        if hold:
            hold()
        self.follow(quotes)
        rows = [row for row in map(self.fitted, self.chosen(quotes)) if row]
        if quotes.complete and self.wanted is None:
            rows += self.gone(quotes, len(rows))
        report = write(write_quotes, rows, self.feed, overwrite_empty=True)
        self.result.count(name_of(self.feed), report)
        if quotes.unknown:
            self.note(quotes.unknown, "not known to the source")

    def asked(self):
        """Return the stocks to ask for: those wanted, or all that are here and not delisted."""
        if self.wanted is not None:
            return [stock for stock in self.wanted if stock[1] in self.markets]
        return [key for key, stock in self.here.items() if stock.status != DELISTED]

    def judge(self, quotes):
        """Refuse quotes that are none, that have no price at all, or are from the future."""
        if not quotes.rows:
            raise Refused(
                f"It knows none of {len(quotes.unknown)} stocks."
                if quotes.unknown
                else "It only quotes stocks that are here, and there are none of its markets."
            )
        prices = sum(row.values["status"] == "traded" for row in quotes.rows)
        if not prices and len(quotes.rows) >= ENOUGH_TO_JUDGE:
            raise Refused(f"None of {len(quotes.rows)} stocks has a price.")
        moments = [row.values.get("quote_time") for row in quotes.rows]
        latest = max(filter(None, moments), default=self.now)
        if latest > self.now + AHEAD:
            raise Refused(f"It has quotes of the future, of {latest.isoformat()}.")

    def chosen(self, quotes):
        """Return the rows of the stocks that were asked for, one a stock."""
        rows = {(row.values["code"], row.values["market"]): row for row in quotes.rows}
        wanted = rows.keys() if self.wanted is None else {*self.wanted, *self.new_keys(quotes)}
        return [row for key, row in rows.items() if key in wanted and key[1] in self.markets]

    @staticmethod
    def new_keys(quotes):
        """Return the new (code, market) of the stocks that were renumbered."""
        return {(code, market) for (_old, market), code in quotes.renumbered.items()}

    def follow(self, quotes):
        """Give stocks the new codes that the feed tells of, if the names are the same."""
        names = {
            (row.values["code"], row.values["market"]): search_form(row.values["short"])
            for row in quotes.rows
        }
        if quotes.complete:
            quotes.renumbered |= self.moved(names)
        moves = {}
        for old, code in quotes.renumbered.items():
            new, stock = (code, old[1]), self.here.get(old)
            if stock is None:
                continue
            if new in self.here:
                self.result.notes.append(f"{make_symbol(*old)} is {make_symbol(*new)}, here too.")
            elif search_form(stock.short) != names[new]:
                raise Refused(f"It says {make_symbol(*old)} is {make_symbol(*new)}, another name.")
            else:
                moves[old] = new
        with transaction.atomic():
            for old, new in moves.items():
                self.renumber(old, new)

    def renumber(self, old, new):
        """Give a stock its new code; its history in the admin shows it."""
        stock = Stock.objects.get(pk=self.here[old].pk)
        stock.code = new[0]
        stock.save()
        self.here[new] = self.here.pop(old)
        self.result.notes.append(f"{make_symbol(*old)} is {make_symbol(*new)} now.")

    def moved(self, names):
        """Return the stocks that a list has under another code, by their name.

        Only where a name is gone under one code and new under another, each once.
        """
        gone, fresh = {}, {}
        for key, stock in self.here.items():
            if key not in names and stock.status != DELISTED:
                gone.setdefault((key[1], search_form(stock.short)), []).append(key)
        for key in names.keys() - self.here.keys():
            fresh.setdefault((key[1], names[key]), []).append(key)
        return {
            keys[0]: fresh[name][0][0]
            for name, keys in gone.items()
            if len(keys) == len(fresh.get(name, ())) == 1
        }

    def fitted(self, row):
        """Return a row as it is to be written, None when the quote here is newer.

        What holds for its day only is erased where a new day's quote does not tell it, but the
        change is worked out where the previous close is known here.
        """
        values, stock = row.values, self.here.get((row.values["code"], row.values["market"]))
        if stock and search_form(stock.short) == search_form(values["short"]):
            del values["short"]
        if values["status"] != "traded":
            return row
        if values.get("quote_time") is None:
            values["quote_time"] = latest_moment(values["market"], self.now)
        if stock and stock.quote_time and stock.quote_time > values["quote_time"]:
            return None
        for name in [name for name, value in values.items() if is_none(value)]:
            del values[name]
        if stock and not same_day(stock, values["quote_time"]):
            values |= {name: None for name in DAY_FIELDS if name not in values}
        before = stock and values.get("chg") is None and self.close_before(stock, values)
        if before:
            values |= {"previous_close": before, "chg": change(values["price"], before)}
        return row

    def close_before(self, stock, values):
        """Return the close before a quote that does not tell it, None when it is not known here."""
        if same_day(stock, values["quote_time"]):
            return stock.previous_close
        market = values["market"]
        day = values["quote_time"].astimezone(zone_of(market)).date()
        if (market, day) not in self.closes:
            before = session_before(market, day)
            self.closes[market, day] = Bar.objects.closes_on(market, before)
        close = self.closes[market, day].get(stock.pk)
        return close and previous_close(values["price"], close)

    def gone(self, quotes, line):
        """Return rows that mark the stocks a complete list does not have any more as delisted."""
        listed = {(row.values["code"], row.values["market"]) for row in quotes.rows}
        covered = [
            key
            for key, stock in self.here.items()
            if stock.status != DELISTED and self.feed.covers(*key)
        ]
        gone = [key for key in covered if key not in listed]
        if not gone:
            return []
        if len(gone) > max(BELIEVED_GONE, len(covered) // GONE_ONE_IN) and not self.believe:
            self.note(gone, "not listed any more, too many to believe (--believe marks them)")
            return []
        self.note(gone, "not listed any more, marked as delisted")
        return [
            Row(line + place, {"code": code, "market": market, "status": "delisted"})
            for place, (code, market) in enumerate(gone, 1)
        ]

    def note(self, stocks, what):
        """Say something of several stocks, the first few by name."""
        named = [make_symbol(*stock) for stock in stocks[:MOST_NAMED]]
        more = ["…"] if len(stocks) > MOST_NAMED else []
        self.result.notes.append(
            f"{name_of(self.feed)}: {len(stocks)} {what}: {', '.join(named + more)}"
        )


def same_day(stock, moment):
    """Return whether the quote that a stock has is of the same day of its market."""
    if stock.quote_time is None:
        return False
    zone = zone_of(stock.market)
    return stock.quote_time.astimezone(zone).date() == moment.astimezone(zone).date()


# History


def fetch_bars(names, stocks, *, since=None, hold=None, progress=None):
    """Fetch the history of `stocks`, a queryset, and return the Result.

    From the day `since` on; without it from the last bar here, or all of it. For each stock the
    feeds are tried in their order.
    """
    return Histories(names, since, hold).take(stocks, progress)


class Histories:
    """The bars of many stocks on their way in."""

    def __init__(self, names, since, hold):
        self.feeds = [feed for feed in map(load, names) if hasattr(feed, "bars")]
        self.since, self.hold = since, hold
        self.result, self.client, self.now = Result(), Client(), timezone.now()
        self.strikes, self.waiting, self.failed = {}, [], []

    def take(self, stocks, progress):
        """Fetch stock by stock; write when enough have come together, and at the end."""
        stocks = list(stocks.only("pk", "code", "market"))
        for place, stock in enumerate(stocks, 1):
            self.fetch(stock)
            if sum(len(rows) for _feed, rows in self.waiting) >= BARS_AT_ONCE:
                self.flush()
            if progress:
                progress(place, len(stocks))
        self.flush()
        if self.failed:
            named = ", ".join(self.failed[:MOST_NAMED])
            more = " …" if len(self.failed) > MOST_NAMED else ""
            self.result.missing = (
                f"No feed delivered bars of {len(self.failed)} of {len(stocks)} stocks: "
                f"{named}{more}."
            )
        return self.result

    def fetch(self, stock):
        """Fetch one stock's bars from the first feed that delivers."""
        for feed in self.feeds:
            if stock.market not in feed.MARKETS or self.strikes.get(feed, 0) >= GIVE_UP:
                continue
            try:
                rows = self.rows(feed, stock)
            except Refused as error:
                self.strikes[feed] = self.strikes.get(feed, 0) + 1
                fail(self.result, feed, f"{stock.symbol}: {error}")
                continue
            self.strikes[feed] = 0
            self.waiting.append((feed, rows))
            return
        self.failed.append(stock.symbol)

    def rows(self, feed, stock):
        """Return the rows of a stock that are to be written.

        Where the close of the last bar here has moved, all of the history has.
        """
        last = stock.bars.newest(1).first()
        since = self.since or (last and last.date)
        rows = self.finished(feed, stock, since)
        if last and since and moved(last, rows):
            since = min(since, stock.bars.order_by("date").values_list("date", flat=True)[0])
            rows = self.finished(feed, stock, since)
        return rows

    def finished(self, feed, stock, since):
        """Return a feed's rows of a stock, without a day that is not over yet."""
        rows = feed.bars(self.client, stock.code, stock.market, since)
        today = self.now.astimezone(zone_of(stock.market)).date()
        if self.now < close_of(stock.market, today):
            rows = [row for row in rows if str(row.values["date"]) != today.isoformat()]
        return rows

    def flush(self):
        """Write what has come together, and work the quotes out anew."""
        if self.hold and self.waiting:
            self.hold()
        waiting, self.waiting = sorted(self.waiting, key=lambda one: name_of(one[0])), []
        for name, group in groupby(waiting, key=lambda one: name_of(one[0])):
            values = [row.values for _feed, rows in group for row in rows]
            rows = [Row(line, given) for line, given in enumerate(values, 1)]
            try:
                self.result.count(name, write(write_bars, rows, load(name)))
            except Refused as error:
                fail(self.result, load(name), error)
                stocks = {(row.values["code"], row.values["market"]) for row in rows}
                self.failed += [make_symbol(*stock) for stock in sorted(stocks)]


def moved(last, rows):
    """Return whether a feed tells another close of the last bar here by now.

    The adjusted close tells of a split or dividend; the close itself where a feed, which has
    later splits in all its prices, tells no other.
    """
    days = {str(row.values["date"]): row.values for row in rows}
    same = days.get(last.date.isoformat(), {})
    for name in ("adjusted_close", "close"):
        here, told = getattr(last, name), number(same.get(name))
        if here and told:
            return abs(told / here - 1) > MOVED
    return False
