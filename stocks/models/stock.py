"""The stocks: the table `info`."""

from decimal import Decimal

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Count, Q, Value
from django.db.models.functions import Cast, Left, NullIf, Round
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from ..pinyin import pinyin_keys, search_form
from ..symbols import derive_market, make_symbol, split_symbol
from .data_change import NotingQuerySet, kept
from .facts import Facts
from .fields import ExactDecimalField, PercentField
from .search_word import AT_ONCE, TOLD_BY, SearchWord

SMALLEST_PRICE = Decimal("0.0001")
# How much of a name's pinyin decides its place.
LONGEST_ORDER = 64
# Of more stocks than this it is only said that they are more: to count them takes time.
MOST_COUNTED = 20_000
# What tables are put in order by. The key of a row stands in its index too, and decides ties.
INDEXED = (
    *("code", "industry", "chg", "turnover", "price", "highs", "time", "distance"),
    *("previous_close", "open", "high", "low", "volume", "amount", "price_earnings"),
    *("price_book", "market_value", "quote_time", "source", "status", "name_order"),
)


def percent_above(value, base):
    """Return the expression of how many percent `value` stands above `base`, NULL without one.

    The casts keep SQLite from dividing whole numbers without a remainder; on MariaDB they
    leave the arithmetic decimal.
    """
    top, bottom = Cast(value, models.FloatField()), Cast(base, models.FloatField())
    return Round(
        (top - bottom) * Value(100) / NullIf(bottom, Value(0)),
        4,
        output_field=PercentField(max_digits=22, decimal_places=4, null=True),
    )


def quote_field(name, *, required=False, **options):
    """Return a field for a price of the day, which may be missing unless `required`."""
    return ExactDecimalField(
        name,
        max_digits=14,
        decimal_places=4,
        null=not required,
        blank=not required,
        validators=[MinValueValidator(SMALLEST_PRICE)],
        **options,
    )


def large_field(name, **options):
    """Return a field for a sum of money as large as a whole company."""
    return ExactDecimalField(
        name,
        max_digits=20,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        **options,
    )


def search_condition(text):
    """Return the condition of the stocks that `text` finds, by an index.

    By the code from its start, a symbol, any part of the name, or its pinyin in full or by
    initials from any character on.
    """
    return Q(pk__in=SearchWord.objects.starting(search_form(text)).values("stock"))


def text_condition(text):
    """Return the condition of the same stocks that says of each one by itself if it is found."""
    wanted = search_form(text)
    code, market = split_symbol(wanted)
    found = Q(code__startswith=wanted.upper()) | Q(search_name__contains=wanted)
    if market is not None:
        found |= Q(code=code, market__startswith=market)
    if wanted.isascii():
        found |= Q(search_pinyin__contains=f" {wanted}")
    return found


class StockQuerySet(NotingQuerySet):
    """Questions about stocks."""

    def bulk_create(self, objs, *args, **kwargs):
        """Insert stocks, and the words they are found by."""
        with transaction.atomic(using=self.db):
            stocks = super().bulk_create(objs, *args, **kwargs)
            self.learn_words("code", [stock.code for stock in stocks])
        return stocks

    def update(self, **values):
        """Change the stocks, and the words they are found by where these follow from it."""
        if not values.keys() & TOLD_BY:
            return super().update(**values)
        with transaction.atomic(using=self.db):
            keys = list(self.values_list("pk", flat=True))
            updated = super().update(**values)
            self.learn_words("pk", keys)
        return updated

    update.alters_data = True

    def learn_words(self, name, values):
        """Keep the words true of the stocks whose field `name` has one of the values."""
        stocks, words = (model.objects.using(self.db) for model in (self.model, SearchWord))
        for start in range(0, len(values), AT_ONCE):
            words.learn(stocks.filter(**{f"{name}__in": values[start : start + AT_ONCE]}))

    def search(self, text):
        """Return the stocks that `text` finds."""
        return self.filter(search_condition(text))

    def called(self, symbol):
        """Return the stocks a symbol may mean: one, or several for a code without its market."""
        code, market = split_symbol(symbol)
        if market is None:
            return self.filter(code=code)
        return self.filter(Q(code=code, market=market) | Q(code=f"{code}.{market}"))

    def watched(self, stocks):
        """Return those of `stocks` that are on watchlists, each with how many `entries`."""
        chosen = self.filter(pk__in=[stock.pk for stock in stocks])
        return chosen.annotate(entries=Count("watchers")).filter(entries__gt=0)

    def markets(self):
        """Return the markets that have stocks, in order; "" stands for an unknown one."""
        return list(self.order_by("market").values_list("market", flat=True).distinct())

    def facts(self):
        """Return what is true of these stocks together; of the whole table it is kept."""
        if self.query.where:
            return Facts.of(self)
        whole = self.model.objects.using(self.db)
        return kept.value("facts", self.db, lambda: Facts.of_all(whole))

    def to_fetch(self, markets):
        """Return the stocks of some markets that feeds may still have something about."""
        return self.filter(market__in=markets).exclude(status=Stock.Status.DELISTED)

    def sample(self, most, part):
        """Return the stocks, or where the table has more than `most`, about a `part` of them.

        They come from all over the table: at equal steps of the key, wider where keys are sparse.
        """
        whole = self.model.objects.using(self.db)
        total = whole.facts().total
        if total <= most:
            return self
        keys = whole.values_list("pk", flat=True)
        first, last = keys.order_by("pk")[0], keys.order_by("-pk")[0]
        step = max(total // part, (last - first) // most)
        return self.filter(pk__in=range(first, last + 1, step))

    def summary(self, facts, shown, most):
        """Return the counts of the table: of stocks in `total`, and `shown` that match a condition.

        When there are `more` than `most` that match, it is `most`.
        """
        count = facts.count(shown)
        more = False
        if count is None:
            count = self.number(shown, most + 1)
            more = count > most
        return {
            "total": facts.total,
            "shown": most if more else count,
            "more": more,
        }

    def number(self, condition, most):
        """Return how many of these stocks match a condition, or `most` of them.

        What a search alone finds in the whole table is counted by its words, without the stocks.
        """
        found = self.filter(condition).order_by()
        match condition.children:
            case [("pk__in", words)] if not self.query.where:
                found = words.using(self.db).distinct()
        return found[:most].count()


class Stock(models.Model):
    """A stock and its latest quote: a row of `info`."""

    class Status(models.TextChoices):
        """Whether the stock can be traded."""

        TRADED = "", _("Traded")
        SUSPENDED = "suspended", _("Suspended")
        DELISTED = "delisted", _("Delisted")

    code = models.CharField(
        _("code"),
        max_length=12,
        validators=[
            RegexValidator(
                r"^[0-9A-Z^]([0-9A-Z.^=_-]*[0-9A-Z])?\Z",
                _("A code has letters and digits, with . - _ = ^ between them."),
            )
        ],
    )
    market = models.CharField(
        _("market"),
        max_length=8,
        blank=True,
        default="",
        validators=[RegexValidator(r"^[A-Z]{2,8}\Z", _("A market is two or more letters: SZ."))],
        help_text=_("SH, SZ, BJ, HK, US …; told from the code when left empty."),
    )
    short = models.CharField(_("name"), max_length=64)
    chg = PercentField(
        pgettext_lazy("price", "change"),
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(-100)],
        help_text=_("Against the previous close, in percent."),
    )
    turnover = PercentField(
        _("turnover rate"),
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Shares traded on the day, in percent of the shares in circulation."),
    )
    price = quote_field(_("latest price"), help_text=_("In the currency of the market."))
    highs = quote_field(
        _("previous high"), help_text=_("The highest price before the latest trading day.")
    )
    time = models.DateField(_("previous high on"), null=True, blank=True)
    quote_time = models.DateTimeField(
        _("quote time"),
        null=True,
        blank=True,
        help_text=_("When the latest price was quoted; empty when it is not known."),
    )
    previous_close = quote_field(
        _("previous close"), help_text=_("What a share cost at the end of the trading day before.")
    )
    open = quote_field(pgettext_lazy("price", "open"), help_text=_("The day's first price."))
    high = quote_field(pgettext_lazy("price", "high"), help_text=_("The day's highest price."))
    low = quote_field(pgettext_lazy("price", "low"), help_text=_("The day's lowest price."))
    volume = models.BigIntegerField(
        _("volume"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Shares traded on the day."),
    )
    amount = large_field(_("amount"), help_text=_("What the day's trades cost altogether."))
    price_earnings = ExactDecimalField(
        _("P/E"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("The price in terms of a year's earnings a share; negative with a loss."),
    )
    price_book = ExactDecimalField(
        _("P/B"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_("The price in terms of the book value a share."),
    )
    market_value = large_field(
        _("market value"), help_text=_("What all the company's shares cost at the latest price.")
    )
    industry = models.CharField(_("industry"), max_length=64, blank=True, default="")
    source = models.CharField(
        _("source"),
        max_length=64,
        blank=True,
        default="",
        help_text=_("Where the latest price comes from."),
    )
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=Status.choices,
        blank=True,
        default=Status.TRADED,
        help_text=_("A suspended stock keeps its last price; a delisted one stays here."),
    )
    distance = models.GeneratedField(
        expression=percent_above("price", "highs"),
        output_field=PercentField(max_digits=22, decimal_places=4, null=True),
        db_persist=True,
        serialize=False,
        verbose_name=_("distance"),
    )
    search_name = models.CharField(max_length=255, default="", editable=False, serialize=False)
    search_pinyin = models.TextField(default="", editable=False, serialize=False)
    # MariaDB has no index of whole texts that gives an order.
    name_order = models.GeneratedField(
        expression=Left("search_pinyin", LONGEST_ORDER),
        output_field=models.CharField(max_length=LONGEST_ORDER),
        db_persist=False,
        serialize=False,
    )

    objects = StockQuerySet.as_manager()
    history = HistoricalRecords(
        excluded_fields=["distance", "search_name", "search_pinyin", "name_order"],
        verbose_name=_("stock history"),
        verbose_name_plural=_("stock history"),
    )

    class Meta:
        """The table of the old site, and one row a market and code."""

        db_table = "info"
        verbose_name = _("stock")
        verbose_name_plural = _("stocks")
        indexes = [
            *(models.Index(fields=[name], name=f"info_{name}") for name in INDEXED),
            # Of the fields with few values, the two that are often asked for together.
            models.Index(fields=["industry", "market"], name="info_industry_market"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["market", "code"],
                name="info_market_code",
                violation_error_message=_("This market has a stock with this code already."),
            )
        ]

    def __str__(self):
        """Name the stock as messages do: 000007 全新好."""
        return f"{self.code} {self.short}"

    @property
    def symbol(self):
        """The stock's name for people: 000007.SZ, or the bare code without a market."""
        return make_symbol(self.code, self.market)

    @property
    def slug(self):
        """The stock's name in addresses, where a point stands for a market that is not known."""
        return f"{self.code}.{self.market}"

    def get_absolute_url(self):
        """Return the address of the stock's page."""
        return reverse("stock", args=[self.slug])

    def clean(self):
        """Write the code and market in capitals and tell the market from the code."""
        self.derive()

    def derive(self):
        """Set what follows from the other fields: the market when not given, the search keys."""
        self.code = "".join(self.code.split()).upper()
        self.market = self.market.strip().upper() or derive_market(self.code)
        self.search_name = search_form(self.short)[:255]
        self.search_pinyin = pinyin_keys(self.short)
