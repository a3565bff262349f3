"""What several pages of the admin need."""

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError
from django.shortcuts import redirect
from django.utils.translation import gettext as _

LONGEST_SEARCH = 64


def found_on_site(stocks, text):
    """Return those of the stocks that the site's own search finds, all for no text."""
    wanted = text.strip()[:LONGEST_SEARCH]
    return stocks.search(wanted) if wanted else stocks


class RowForm(forms.ModelForm):
    """A row of a list; the heading of a column is too far away to be the label of a field."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label}: {self.instance}"


class CarefulAdmin(admin.ModelAdmin):
    """An admin that answers what the database alone could see with a message, not a failure.

    Forms and the deletion page check before they write; between the two somebody else may
    have added the same stock, or put the one to be deleted on a watchlist.
    """

    def changeform_view(self, request, *args, **kwargs):
        """Add or change, unless it conflicts with what is stored."""
        return self.carefully(super().changeform_view, request, *args, **kwargs)

    def delete_view(self, request, *args, **kwargs):
        """Delete, unless it conflicts with what is stored."""
        return self.carefully(super().delete_view, request, *args, **kwargs)

    def changelist_view(self, request, *args, **kwargs):
        """List, change in the list or run an action, unless it conflicts with what is stored."""
        return self.carefully(super().changelist_view, request, *args, **kwargs)

    def carefully(self, view, request, *args, **kwargs):
        """Answer with the view, or with its page again and a message when it conflicts."""
        try:
            return view(request, *args, **kwargs)
        except IntegrityError:
            text = _("Somebody changed this at the same moment, so nothing was saved. Look again.")
            self.message_user(request, text, messages.ERROR)
            return redirect(request.get_full_path())
