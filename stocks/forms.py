"""The site's own forms."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .models import User
from .models.watchlist import LONGEST_NOTE


class NoteField(forms.CharField):
    """A note: any text, kept as it was typed; browsers send a line break as two characters."""

    widget = forms.Textarea

    def to_python(self, value):
        """Return the text with its line breaks as one character each."""
        return super().to_python(value).replace("\r\n", "\n")


class NoteForm(forms.Form):
    """The note of a stock on one's watchlist."""

    note_info = NoteField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class DisplayForm(forms.Form):
    """How the site looks: each field may come alone, the others stay."""

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser says")), *settings.LANGUAGES],
    )
    theme = forms.ChoiceField(label=_("Theme"), required=False, choices=User.Theme.choices)
    up_colour = forms.ChoiceField(
        label=_("Rising prices"), required=False, choices=User.UpColour.choices
    )
