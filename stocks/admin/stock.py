"""Data entry for stocks, and the history of every change."""

from itertools import chain

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from simple_history.admin import SimpleHistoryAdmin

from ..models import Stock, WatchlistEntry
from .shared import CarefulAdmin

VALUES = ("short", "chg", "turnover", "price", "highs", "time")
# What feeds and imports bring besides.
MORE = (
    ("previous_close", "open", "high", "low"),
    ("volume", "amount"),
    ("price_earnings", "price_book", "market_value"),
    ("industry", "status"),
    ("source", "quote_time"),
)
LONGEST_SEARCH = 64


class StockForm(forms.ModelForm):
    """A stock; the code may be typed in small letters."""

    def clean_code(self):
        """Return the code as it is kept, before it is checked."""
        return self.cleaned_data["code"].upper()

    def clean_market(self):
        """Return the market as it is kept, before it is checked."""
        return self.cleaned_data["market"].upper()


class RowForm(forms.ModelForm):
    """A row of the list; the heading of a column is too far away to be the label of a field."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {self.instance}"


@admin.register(Stock)
class StockAdmin(CarefulAdmin, SimpleHistoryAdmin):
    """Stocks: found as on the site, changed in the list or one by one."""

    form = StockForm
    list_display = ("code", "market", *VALUES, "distance")
    list_editable = VALUES
    list_filter = ("market", "time")
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

    def get_changelist_form(self, request, **kwargs):
        """Return the form of a row of the list."""
        return super().get_changelist_form(request, form=RowForm, **kwargs)

    def get_search_results(self, request, queryset, search_term):
        """Return the stocks that the site's own search finds, none of them twice."""
        wanted = search_term.strip()[:LONGEST_SEARCH]
        return (queryset.search(wanted) if wanted else queryset), False

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


class KindFilter(admin.ChoicesFieldListFilter):
    """Added, changed or deleted."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.title = _("What")


@admin.register(Stock.history.model)
class StockHistoryAdmin(admin.ModelAdmin):
    """Every change of every stock, of deleted ones as well; nobody rewrites it."""

    list_display = ("when", "who", "what", "code", "market", *VALUES)
    list_filter = (("history_type", KindFilter), "market")
    list_per_page = 50
    list_select_related = ("history_user",)
    search_fields = ("code", "short", "history_user__username")
    fields = readonly_fields = (*list_display, *chain(*MORE))

    @admin.display(description=_("When"), ordering="history_date")
    def when(self, record):
        """Return when it was changed."""
        return record.history_date

    @admin.display(description=_("Who"), ordering="history_user", empty_value="–")
    def who(self, record):
        """Return who changed it."""
        return record.history_user

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
