"""The people of the site."""

from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from allauth.usersessions.admin import UserSession
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth import forms as auth_forms
from django.utils.translation import gettext_lazy as _

from ..models import User


class UserForm(auth_forms.UserChangeForm):
    """A person."""

    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser says")), *settings.LANGUAGES],
    )

    def clean_username(self):
        """Refuse a name that differs from somebody's in capitals only, as signing up does."""
        name = User.normalize_username(self.cleaned_data["username"])
        others = User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(self.instance.unique_error_message(User, ["username"]))
        return name


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin):
    """People, with how the site looks to them."""

    form = UserForm
    list_display = ("username", "email", "is_staff", "is_superuser", "is_active", "last_login")
    fieldsets = (
        *auth_admin.UserAdmin.fieldsets,
        (_("Display"), {"fields": ("language", "theme", "up_colour")}),
    )


# Where somebody is signed in is nobody else's business.
admin.site.unregister(UserSession)
admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class SecretlessAuthenticatorAdmin(AuthenticatorAdmin):
    """Second factors, to be deleted for a person who lost theirs; the secret is not shown."""

    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")

    def has_add_permission(self, request):
        """Return that only the person sets up a second factor."""
        return False
