"""The site's own forms."""

from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .models import User
from .models.saved_screen import LONGEST_NAME
from .models.watchlist import LONGEST_NOTE


class NoteField(forms.CharField):
    """A note: any text, kept as it was typed; browsers send a line break as two characters."""

    def __init__(self, *, rows=4, cols=40, **options):
        options |= {"label": _("Note"), "max_length": LONGEST_NOTE, "required": False}
        area = forms.Textarea(attrs={"rows": rows, "cols": cols})
        super().__init__(strip=False, widget=area, **options)

    def to_python(self, value):
        """Return the text with its line breaks as one character each."""
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n")

    def clean(self, value):
        """Return the text; one that was not sent is no wish for an empty note."""
        if value is None:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return super().clean(value)


class NoteForm(forms.Form):
    """The note of a stock on one's watchlist."""

    note_info = NoteField()


class ScreenForm(forms.Form):
    """The name of a saved screen."""

    name = forms.CharField(label=_("Name of this screen"), max_length=LONGEST_NAME)


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


class DeleteAccountForm(forms.Form):
    """Deleting one's account: the password says that it is really the person."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self):
        """Refuse a wrong password, and too many of them."""
        password = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("incorrect_password")
        return password
