"""The history: a row a stock and trading day."""

from django.core.validators import MinValueValidator
from django.db import connections, models
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .data_change import NotingQuerySet
from .fields import PercentField
from .stock import Stock, large_field, quote_field

# The newest rows of one stock, straight from the primary key.
NEWEST = (
    "SELECT * FROM (SELECT stock_id, date, COALESCE(adjusted_close, close) FROM stocks_bar "
    "WHERE stock_id = %s ORDER BY date DESC LIMIT %s) AS newest"
)
DRAWN = ("open", "high", "low", "close", "volume", "adjusted_close")


class BarQuerySet(NotingQuerySet):
    """Questions about bars, most of them asked of one stock as `stock.bars`."""

    def closes(self, stocks, count):
        """Return up to `count` closes of each of `stocks`, oldest first, by the stock's id.

        Adjusted closes where there are some, as floats. One query with a part for each stock, so
        that none of them reads more than its newest rows, however long its history is.
        """
        if not stocks:
            return {}
        found = {stock.pk: [] for stock in stocks}
        with connections[self.db].cursor() as cursor:
            query = " UNION ALL ".join([NEWEST] * len(found))
            cursor.execute(query, [value for pk in found for value in (pk, count)])
            for pk, _date, close in sorted(cursor.fetchall()):
                found[pk].append(float(close))
        return found

    def closes_on(self, market, day):
        """Return the close on a day of each stock of a market that traded, by the stock's id."""
        traded = self.filter(stock__market=market, date=day)
        return dict(traded.values_list("stock_id", "close"))

    def newest(self, count):
        """Return up to `count` bars, the newest first."""
        return self.order_by("-date")[:count]

    def drawn(self):
        """Return (date, open, high, low, close, volume, adjusted close) of every bar, in order.

        The numbers are floats: a chart needs no more, and thousands of decimals take long.
        """
        numbers = [Cast(name, models.FloatField()) for name in DRAWN]
        return self.order_by("date").values_list("date", *numbers)


class Bar(models.Model):
    """One trading day of a stock; keyed so that a stock's years lie together on disk."""

    pk = models.CompositePrimaryKey("stock_id", "date")
    stock = models.ForeignKey(
        Stock,
        on_delete=models.CASCADE,
        related_name="bars",
        db_index=False,
        verbose_name=_("stock"),
    )
    date = models.DateField(_("date"))
    open = quote_field(pgettext_lazy("price", "open"), required=True)
    high = quote_field(pgettext_lazy("price", "high"), required=True)
    low = quote_field(pgettext_lazy("price", "low"), required=True)
    close = quote_field(pgettext_lazy("price", "close"), required=True)
    volume = models.BigIntegerField(
        _("volume"), null=True, blank=True, validators=[MinValueValidator(0)]
    )
    amount = large_field(_("amount"))
    turnover = PercentField(
        _("turnover rate"),
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    adjusted_close = quote_field(
        _("adjusted close"),
        help_text=_("The close as if later splits had been made already."),
    )

    objects = BarQuerySet.as_manager()

    class Meta:
        """The table's names."""

        verbose_name = _("bar")
        verbose_name_plural = _("bars")

    def __str__(self):
        """Name the stock's id and the day."""
        return f"{self.stock_id} {self.date}"
