"""The columns of the tables, declared once: how each is named, sorted, filtered and shown.

To add a column, add it to the model if it is stored, declare it here and put it into the
tuple of a table, or into `CHOOSABLE` when it is only shown to those who choose it.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, Q, Value
from django.db.models.functions import NullIf
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from .models import Bar, Stock
from .numbers import CENT, parse_decimal, shortest

NO_VALUE = "–"
# A row is nothing without them; they are in every choice of columns.
ALWAYS_SHOWN = ("code", "short")
UNITS = {
    "zh-hans": ((10**12, "万亿"), (10**8, "亿"), (10**4, "万")),
    "en": ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")),
}
LOOKUPS = {"min": "gte", "max": "lte"}
DAYS_DRAWN = 60
# The box a line is drawn in, in units of its own.
LINE_WIDTH, LINE_HEIGHT = 120, 30
DIRECTIONS = {1: "up", -1: "down", 0: "flat"}
IN_WORDS = {
    1: _("up %(percent)s%% in %(days)s days"),
    -1: _("down %(percent)s%% in %(days)s days"),
    0: _("unchanged in %(days)s days"),
}


@dataclass(frozen=True)
class Column:
    """A column of text.

    `name` is the field of a row and the word in addresses and exports, `heading` and
    `meaning` are what people read, `order` is the field to sort by where it is another,
    `aliases` are what files call it that come from elsewhere. A column that may be `blank` has
    "" where there is no value; one that is `exact` filters by a whole value.
    """

    name: str
    heading: str
    meaning: str = ""
    order: str = ""
    aliases: tuple = ()
    blank: bool = False
    exact: bool = False

    css = "text"
    sortable = True
    ranged = False
    input_type = "text"

    @property
    def sort_field(self):
        """The field that puts rows in this column's order."""
        return self.order or self.name

    @property
    def sort_key(self):
        """The expression that puts rows in this column's order, NULL where there is no value."""
        field = F(self.sort_field)
        return NullIf(field, Value("")) if self.blank else field

    def value(self, row):
        """Return a row's value."""
        return getattr(row, self.name)

    def condition(self, bound, value):
        """Return the condition that a row has at least (min) or at most (max) a value."""
        return Q(**{f"{self.name}__{LOOKUPS[bound]}": value})

    def stored(self, value):
        """Return what is stored for a value that an exact filter asks for."""
        return value

    def named(self, value):
        """Return a value as a filter in use says it."""
        return value

    def prepare(self, rows):
        """Read, for all rows of a page at once, what `value` needs besides the row itself."""

    def show(self, row):
        """Return the value as a page shows it, safe to put into HTML."""
        value = self.value(row)
        return NO_VALUE if value in (None, "") else self.format(value)

    def format(self, value):
        """Return a value that is there as HTML or as text that is still to be escaped."""
        return value


@dataclass(frozen=True)
class ChoiceColumn(Column):
    """A column whose values are few words, `choices`, that are shown by their labels."""

    choices: type = None

    @property
    def values(self):
        """The words of an address for the values there may be."""
        return [choice.name.lower() for choice in self.choices]

    def stored(self, word):
        """Return the value that a word of an address stands for."""
        return self.choices[word.upper()].value

    def named(self, word):
        """Return the label of a word of an address."""
        return self.choices[word.upper()].label

    def format(self, value):
        """Return the label of a value."""
        return self.choices(value).label


@dataclass(frozen=True)
class NumberColumn(Column):
    """A column of plain numbers, such as prices, with two decimals or as many as they have."""

    css = "num"
    ranged = True
    input_type = "text"
    percent = False

    def parse(self, text):
        """Return the number that a filter's text gives; ValueError when it gives none."""
        return parse_decimal(text, percent=self.percent)

    def format(self, value):
        """Return the number with the separators of the language."""
        value = shortest(value)
        places = max(2, -value.as_tuple().exponent)
        return formats.number_format(value, places, force_grouping=True)


@dataclass(frozen=True)
class LargeColumn(NumberColumn):
    """A column of large numbers, shown in the units of the language: 3.07亿, 307.18M."""

    def format(self, value):
        """Return the number with two decimals and its unit."""
        for size, unit in UNITS[get_language()]:
            if abs(value) >= size:
                rounded = (Decimal(value) / size).quantize(CENT, ROUND_HALF_UP)
                return f"{formats.number_format(rounded, 2, force_grouping=True)}{unit}"
        return formats.number_format(value, force_grouping=True)


@dataclass(frozen=True)
class PercentColumn(NumberColumn):
    """A column of percentages without a direction, such as the turnover rate."""

    percent = True

    def format(self, value):
        """Return the percentage, rounded to two decimals (`number_format` would cut them off)."""
        rounded = value.quantize(CENT, ROUND_HALF_UP)
        return f"{formats.number_format(rounded, 2, force_grouping=True)}%"


@dataclass(frozen=True)
class ChangeColumn(PercentColumn):
    """A column of changes in percent: a sign and an arrow say what the colour says."""

    css = "num change"

    def format(self, value):
        """Return the change as an arrow and a signed percentage."""
        size = super().format(abs(value))
        if value > 0:
            return format_html('<span class="up"><i aria-hidden="true">▲</i>+{}</span>', size)
        if value < 0:
            return format_html('<span class="down"><i aria-hidden="true">▼</i>−{}</span>', size)
        return format_html('<span class="flat">{}</span>', size)


@dataclass(frozen=True)
class DateColumn(Column):
    """A column of days."""

    css = "date"
    ranged = True
    input_type = "date"

    def parse(self, text):
        """Return the day that a filter's text (2017-07-20) gives; ValueError when it is none."""
        return date.fromisoformat(text.strip())

    def format(self, value):
        """Return the day as the language writes it."""
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), day_text(value))


@dataclass(frozen=True)
class MomentColumn(DateColumn):
    """A column of moments that shows and filters by their day."""

    def parse(self, text):
        """Return the day, unless it is so far off that no time zone can be reckoned with."""
        day = super().parse(text)
        if day.year in (date.min.year, date.max.year):
            raise ValueError(f"{text!r} is too far off")
        return day

    def condition(self, bound, value):
        """Return the condition that counts the whole day in, from midnight to midnight."""
        edge = time.max if bound == "max" else time.min
        return super().condition(bound, timezone.make_aware(datetime.combine(value, edge)))


@dataclass(frozen=True)
class SparklineColumn(Column):
    """A column of small lines: the closes of the last `DAYS_DRAWN` trading days."""

    css = "sparkline"
    sortable = False

    def prepare(self, rows):
        """Read the closes of all rows of a page."""
        closes = Bar.objects.closes(rows, DAYS_DRAWN)
        for row in rows:
            row.sparkline = closes[row.pk]

    def value(self, row):
        """Return a row's closes, None where they make no line."""
        closes = getattr(row, self.name, ())
        return closes if len(closes) > 1 else None

    def format(self, closes):
        """Return the line as SVG, in words for those who do not see it."""
        low, high = min(closes), max(closes)
        height, step = high - low or 1, LINE_WIDTH / (len(closes) - 1)
        points = " ".join(
            f"{place * step:.0f},{LINE_HEIGHT * (high - close) / height:.0f}"
            for place, close in enumerate(closes)
        )
        change = round((closes[-1] / closes[0] - 1) * 100, 1)
        direction = (change > 0) - (change < 0)
        return format_html(
            '<svg class="{}" role="img" aria-label="{}" width="90" height="24" '
            'viewBox="-2 -2 124 34"><polyline points="{}" fill="none" stroke="currentColor" '
            'stroke-width="2"/></svg>',
            DIRECTIONS[direction],
            IN_WORDS[direction]
            % {"percent": formats.number_format(abs(change), 1), "days": len(closes)},
            points,
        )


def day_text(day):
    """Return a day, or the local day of a moment, as the language writes it.

    In Chinese 2017-07-20, in English 20 Jul 2017.
    """
    if isinstance(day, datetime):
        day = timezone.localtime(day).date()
    return day.isoformat() if get_language() == "zh-hans" else formats.date_format(day, "j M Y")


@dataclass(frozen=True)
class Table:
    """The columns of a page's table and the order it has at first.

    `usual` are those shown as long as nobody chooses, `more` those to choose besides.
    """

    name: str
    usual: tuple
    more: tuple

    default_sort = "code"

    @property
    def columns(self):
        """All columns, in the order they are shown in."""
        return (*self.usual, *self.more)

    @property
    def choosable(self):
        """The columns that need not be shown."""
        return [column for column in self.columns if column.name not in ALWAYS_SHOWN]

    def choice(self, names):
        """Return the names of a choice of columns as an address has them; () for no names."""
        chosen = [column.name for column in self.choosable if column.name in names]
        return tuple(chosen or ALWAYS_SHOWN[:1]) if names else ()

    def column(self, name):
        """Return the column called `name`, None when there is none."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def ranged(self):
        """The columns that filter from a smallest to a largest value."""
        return [column for column in self.columns if column.ranged]

    @property
    def exact(self):
        """The columns that filter by a whole value."""
        return [column for column in self.columns if column.exact]


CODE = Column(
    "code",
    _("Code"),
    _("The number or letters an exchange lists the stock under."),
    aliases=("代码", "股票代码", "证券代码", "symbol", "ticker"),
)
SHORT = Column(
    "short",
    _("Name"),
    _("The short name of the company's shares."),
    order="name_order",
    aliases=("名称", "股票简称", "股票名称", "证券简称", "证券名称", "简称"),
)
CHG = ChangeColumn(
    "chg",
    pgettext_lazy("price", "Change"),
    _("How far the price is above or below the previous close, in percent."),
    aliases=("涨跌幅", "涨幅", "change %", "pct_chg"),
)
TURNOVER = PercentColumn(
    "turnover",
    _("Turnover rate"),
    _("The shares traded on the day, in percent of the shares in circulation."),
    aliases=("换手率", "换手", "turnover_rate"),
)
PRICE = NumberColumn(
    "price",
    _("Latest price"),
    _("What a share cost last, in the currency of its market."),
    aliases=("最新价", "现价", "最新", "收盘", "收盘价", "close", "last"),
)
HIGHS = NumberColumn(
    "highs",
    _("Previous high"),
    _("The highest price before the latest trading day."),
    aliases=("前期高点", "前高"),
)
TIME = DateColumn(
    "time",
    _("Previous high on"),
    _("The day of the previous high."),
    aliases=("前期高点日期", "前高日期"),
)
DISTANCE = ChangeColumn(
    "distance",
    _("From previous high"),
    _("How far the price stands above or below the previous high, in percent."),
)
NOTE_INFO = Column("note_info", _("Note"), _("What you wrote about the stock."), blank=True)
ADDED_PRICE = NumberColumn(
    "added_price", _("Price when added"), _("The price when you put it on your watchlist.")
)
SINCE = ChangeColumn(
    "since", _("Since added"), _("How far the price moved since you added it, in percent.")
)
ADDED_AT = MomentColumn("added_at", _("Added"), _("The day you put it on your watchlist."))

PREVIOUS_CLOSE = NumberColumn(
    "previous_close",
    _("Previous close"),
    _("What a share cost at the end of the trading day before."),
    aliases=("昨收", "昨收盘", "前收盘", "prev close"),
)
OPEN = NumberColumn(
    "open",
    pgettext_lazy("price", "Open"),
    _("The day's first price."),
    aliases=("今开", "开盘", "开盘价"),
)
HIGH = NumberColumn(
    "high",
    pgettext_lazy("price", "High"),
    _("The day's highest price."),
    aliases=("最高", "最高价"),
)
LOW = NumberColumn(
    "low", pgettext_lazy("price", "Low"), _("The day's lowest price."), aliases=("最低", "最低价")
)
VOLUME = LargeColumn(
    "volume", _("Volume"), _("Shares traded on the day."), aliases=("成交量", "vol")
)
AMOUNT = LargeColumn(
    "amount",
    _("Amount"),
    _("What the day's trades cost altogether."),
    aliases=("成交额", "成交金额", "总金额"),
)
PRICE_EARNINGS = NumberColumn(
    "price_earnings",
    _("P/E"),
    _("The price in terms of a year's earnings a share; negative with a loss."),
    aliases=("市盈率", "市盈率-动态", "市盈(动)", "pe"),
)
PRICE_BOOK = NumberColumn(
    "price_book",
    _("P/B"),
    _("The price in terms of the book value a share."),
    aliases=("市净率", "pb"),
)
MARKET_VALUE = LargeColumn(
    "market_value",
    _("Market value"),
    _("What all the company's shares cost at the latest price."),
    aliases=("总市值", "market cap"),
)
INDUSTRY = Column(
    "industry",
    _("Industry"),
    _("What the company mostly does."),
    aliases=("行业", "所属行业", "细分行业"),
    blank=True,
    exact=True,
)
QUOTE_TIME = MomentColumn(
    "quote_time",
    _("Quote time"),
    _("When the latest price was quoted."),
    aliases=("报价时间", "行情时间", "更新时间", "日期", "date"),
)
SOURCE = Column(
    "source",
    _("Source"),
    _("Where the latest price comes from."),
    aliases=("来源",),
    blank=True,
    exact=True,
)
STATUS = ChoiceColumn(
    "status",
    _("Status"),
    _("Whether the stock is suspended or delisted; a dash when it is traded."),
    aliases=("状态", "交易状态"),
    blank=True,
    exact=True,
    choices=Stock.Status,
)

SPARKLINE = SparklineColumn(
    "sparkline", _("60 days"), _("The closing prices of the last 60 trading days.")
)

CHOOSABLE = (
    SPARKLINE,
    PREVIOUS_CLOSE,
    OPEN,
    HIGH,
    LOW,
    VOLUME,
    AMOUNT,
    PRICE_EARNINGS,
    PRICE_BOOK,
    MARKET_VALUE,
    INDUSTRY,
    QUOTE_TIME,
    SOURCE,
    STATUS,
)
MARKET = Table("market", (CODE, SHORT, CHG, TURNOVER, PRICE, HIGHS, TIME, DISTANCE), CHOOSABLE)
WATCHLIST = Table("watchlist", (*MARKET.usual, NOTE_INFO, ADDED_PRICE, SINCE, ADDED_AT), CHOOSABLE)
TABLES = {table.name: table for table in (MARKET, WATCHLIST)}
