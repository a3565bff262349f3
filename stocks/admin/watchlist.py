"""Data entry for watchlists, and giving away the entries that nobody owns."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.template.response import TemplateResponse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..forms import NoteField
from ..models import Stock, User, WatchlistEntry
from .shared import CarefulAdmin, RowForm, found_on_site

MOST_NAMED = 10
# As Django notes which fields were changed.
OWNER_CHANGED = [{"changed": {"fields": ["owner"]}}]


class EntryForm(forms.ModelForm):
    """An entry of a watchlist."""

    note_info = NoteField(cols=60)


class EntryRowForm(RowForm):
    """An entry in the list; a note that its owner wrote meanwhile stays, unless changed here."""

    note_info = NoteField(rows=2, cols=30, show_hidden_initial=True)


class GiveForm(forms.Form):
    """Whom to give entries to."""

    username = forms.CharField(label=gettext_lazy("Username"), max_length=150)

    def clean_username(self):
        """Return the person with this name."""
        name = self.cleaned_data["username"]
        user = User.called(name).first()
        if user is None:
            raise forms.ValidationError(
                _("Nobody here is called “%(name)s”."), params={"name": name}
            )
        return user


class OwnedFilter(admin.SimpleListFilter):
    """Entries that belong to somebody, or to nobody yet."""

    title = gettext_lazy("owner")
    parameter_name = "owned"

    def lookups(self, request, model_admin):
        """Return the choices."""
        return [("no", _("Unowned")), ("yes", _("Owned"))]

    def queryset(self, request, queryset):
        """Return the entries of the choice."""
        if self.value() == "no":
            return queryset.unowned()
        return queryset.exclude(owner=None) if self.value() == "yes" else queryset


@admin.register(WatchlistEntry)
class WatchlistEntryAdmin(CarefulAdmin):
    """Watchlist entries; other people's are for superusers only."""

    form = EntryForm
    list_display = ("info", "owner", "note_info", "added_at", "added_price")
    list_editable = ("note_info",)
    list_filter = (OwnedFilter, "added_at")
    list_per_page = 50
    list_select_related = ("info", "owner")
    search_fields = ("owner__username", "note_info")
    search_help_text = gettext_lazy("Code, name or pinyin of the stock, owner or note")
    ordering = ("-pk",)
    fields = ("owner", "info", "note_info", ("added_at", "added_price"))
    actions = ("give_to_user",)

    def get_queryset(self, request):
        """Return what the person may see: a note is for its owner."""
        return super().get_queryset(request).visible_to(request.user)

    def get_changelist_form(self, request, **kwargs):
        """Return the form of a row of the list."""
        return super().get_changelist_form(request, form=EntryRowForm, **kwargs)

    def get_search_results(self, request, queryset, search_term):
        """Return also the entries of stocks that the site's own search finds."""
        found, repeated = super().get_search_results(request, queryset, search_term)
        if search_term.strip():
            found |= queryset.filter(info__in=found_on_site(Stock.objects.all(), search_term))
        return found, repeated

    def get_autocomplete_fields(self, request):
        """Return the fields to search in; the list of people is for superusers."""
        return ("info", "owner") if request.user.is_superuser else ("info",)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """Offer as owner only who the person may act for."""
        if db_field.name == "owner" and not request.user.is_superuser:
            kwargs["queryset"] = User.objects.filter(pk=request.user.pk)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.action(description=gettext_lazy("Give to a user"), permissions=["change"])
    def give_to_user(self, request, queryset):
        """Ask whom to give the unowned ones of the chosen entries to, and do it."""
        entries = queryset.unowned()
        if not entries.exists():
            text = _("All of these belong to somebody: only unowned entries can be given.")
            self.message_user(request, text, messages.ERROR)
            return None
        form = GiveForm(request.POST if "username" in request.POST else None)
        if not form.is_valid():
            return self.ask_whom(request, entries, form)
        user = form.cleaned_data["username"]
        with transaction.atomic():
            given, left = entries.give_to(user)
            LogEntry.objects.log_actions(
                request.user.pk, dict.fromkeys(given), CHANGE, OWNER_CHANGED
            )
        self.say_given(request, user, len(given), left)
        return None

    def ask_whom(self, request, entries, form):
        """Return the page that asks for the user."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Give to a user"),
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "entries": entries.select_related("info"),
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "selected_name": ACTION_CHECKBOX_NAME,
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/stocks/watchlistentry/give.html", context)

    def say_given(self, request, user, given, left):
        """Say what was given, and what was left and why."""
        text = ngettext(
            "%(count)d entry now belongs to %(user)s.",
            "%(count)d entries now belong to %(user)s.",
            given,
        )
        self.message_user(request, text % {"count": given, "user": user}, messages.SUCCESS)
        if left:
            names = ", ".join(Truncator(entry).chars(40) for entry in left[:MOST_NAMED])
            text = _("Left, for they name no stock or the joined note would be too long: %(names)s")
            self.message_user(request, text % {"names": names}, messages.WARNING)
