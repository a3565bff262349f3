"""Data entry for stocks, and the history of every change."""

from itertools import chain

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from ..exports import FORMATS, bars_source, stocks_source
from ..imports.headings import FIELDS, QUOTES
from ..models import Stock, WatchlistEntry
from ..templatetags.tables import moment
from ..views.errors import bad_request
from ..views.exports import file_response
from .shared import CarefulAdmin, RowForm, found_on_site

VALUES = ("short", "chg", "turnover", "price", "highs", "time")
# What feeds and imports bring besides.
MORE = (
    ("previous_close", "open", "high", "low"),
    ("volume", "amount"),
    ("price_earnings", "price_book", "market_value"),
    ("industry", "status"),
    ("source", "quote_time"),
)


class StockForm(forms.ModelForm):
    """A stock; the code may be typed in small letters."""

    def clean_code(self):
        """Return the code as it is kept, before it is checked."""
        return self.cleaned_data["code"].upper()

    def clean_market(self):
        """Return the market as it is kept, before it is checked."""
        return self.cleaned_data["market"].upper()


class MarketFilter(admin.AllValuesFieldListFilter):
    """By the letters of a market; one that is not known has none, and gets words."""

    def choices(self, changelist):
        """Yield the choices."""
        for choice in super().choices(changelist):
            letters, *_count = choice["display"].partition(" (")
            name = "" if letters else gettext("Unknown market")
            yield choice | {"display": f"{name}{choice['display']}"}


@admin.register(Stock)
class StockAdmin(CarefulAdmin, SimpleHistoryAdmin):
    """Stocks: found as on the site, changed in the list or one by one."""

    form = StockForm
    list_display = ("code", "market", *VALUES, "distance")
    list_editable = VALUES
    list_filter = (("market", MarketFilter), "time")
    list_per_page = 50
    search_fields = ("code", "short", "search_pinyin")
    search_help_text = _("Code, name or pinyin")
    ordering = ("code",)
    date_hierarchy = "time"
    fields = (
        ("code", "market"),
        "short",
        ("price", "chg", "turnover"),
        ("highs", "time", "distance"),
        *MORE,
    )
    readonly_fields = ("distance",)
    object_history_list_template = "admin/stocks/stock/history_list.html"
    object_history_form_template = "admin/stocks/stock/history_form.html"
    actions = ("export_bars",)

    def get_urls(self):
        """Return the admin's addresses and those of the files."""
        exports = [
            path(
                f"export.{form}",
                self.admin_site.admin_view(self.export),
                {"form": form},
                name=f"stocks_stock_export_{form}",
            )
            for form in FORMATS
        ]
        return exports + super().get_urls()

    def changelist_view(self, request, extra_context=None):
        """List the stocks, with links to the files of the same ones."""
        return super().changelist_view(request, {"formats": list(FORMATS), **(extra_context or {})})

    def export(self, request, form):
        """Answer with the stocks of the list, all pages of it, as a file of all their fields."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        request.GET = request.GET.copy()
        request.GET.pop(PAGE_VAR, None)
        try:
            stocks = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters as error:
            return bad_request(request, error)
        return file_response(request, form, "stocks", stocks_source(stocks, FIELDS[QUOTES]))

    @admin.action(
        description=_("Export the history of selected stocks as CSV"), permissions=["view"]
    )
    def export_bars(self, request, stocks):
        """Answer with the history of the selected stocks."""
        return file_response(request, "csv", "bars", bars_source(stocks))

    def get_changelist_form(self, request, **kwargs):
        """Return the form of a row of the list."""
        return super().get_changelist_form(request, form=RowForm, **kwargs)

    def get_search_results(self, request, queryset, search_term):
        """Return the stocks that the site's own search finds, none of them twice."""
        return found_on_site(queryset, search_term), False

    def get_deleted_objects(self, objs, request):
        """Return what deleting takes; of a watched stock only how many watch it, not who."""
        deleted, counts, denied, protected = super().get_deleted_objects(objs, request)
        if protected:
            denied.discard(WatchlistEntry._meta.verbose_name)
            protected = [
                ngettext(
                    "%(count)d watchlist entry of %(stock)s",
                    "%(count)d watchlist entries of %(stock)s",
                    stock.entries,
                )
                % {"count": stock.entries, "stock": stock}
                for stock in Stock.objects.watched(objs)
            ]
        return deleted, counts, denied, protected


def named(record):
    """Name a stock as it was at a time."""
    names = {"stock": record.history_object, "when": moment(record.history_date)}
    return gettext("%(stock)s as of %(when)s") % names


Stock.history.model.__str__ = named


class KindFilter(admin.ChoicesFieldListFilter):
    """Added, changed or deleted."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = _("What")


@admin.register(Stock.history.model)
class StockHistoryAdmin(admin.ModelAdmin):
    """Every change of every stock, of deleted ones as well; nobody rewrites it."""

    list_display = ("when", "who", "what", "code", "market", *VALUES)
    list_filter = (("history_type", KindFilter), ("market", MarketFilter))
    list_per_page = 50
    list_select_related = ("history_user",)
    search_fields = ("code", "short", "history_user__username")
    fields = readonly_fields = (*list_display, *chain(*MORE))

    @admin.display(description=_("When"), ordering="history_date")
    def when(self, record):
        """Return when it was changed."""
        return record.history_date

    @admin.display(description=_("Who"), ordering="history_user")
    def who(self, record):
        """Return who changed it."""
        return record.history_user or "–"

    @admin.display(description=_("What"), ordering="history_type")
    def what(self, record):
        """Return what was done."""
        return record.get_history_type_display()

    def has_add_permission(self, request):
        """Return that nobody adds to the history by hand."""
        return False

    def has_change_permission(self, request, obj=None):
        """Return that nobody changes the history."""
        return False

    def has_delete_permission(self, request, obj=None):
        """Return that nobody deletes from the history."""
        return False
