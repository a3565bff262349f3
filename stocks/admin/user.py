"""The people of the site."""

from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from allauth.usersessions.admin import UserSession
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth import forms as auth_forms
from django.contrib.auth.models import Group
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..models import User

# Django keeps the names of permissions in English.
MAY = {
    "add": _("Can add"),
    "change": _("Can change"),
    "delete": _("Can delete"),
    "view": _("Can view"),
}


def in_words(permission):
    """Return what a permission is for."""
    action, _underscore, _model = permission.codename.partition("_")
    return f"{permission.content_type} | {MAY.get(action, permission.name)}"


class PermissionsAdmin(admin.ModelAdmin):
    """Somebody with permissions to choose."""

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        """Return the field, its permissions in the language of the reader."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name in ("permissions", "user_permissions"):
            field.label_from_instance = in_words
        return field


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
        if User.called(name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(self.instance.unique_error_message(User, ["username"]))
        return name


class PasswordForm(auth_forms.AdminPasswordChangeForm):
    """A new password for a person; Django's own explains itself in English only."""

    usable_password_help_text = format_lazy(
        '{}<ul id="id_unusable_warning" class="messagelist"><li class="warning">{}</li></ul>',
        auth_forms.SetUnusablePasswordMixin.usable_password_help_text,
        _("If disabled, the current password for this user will be lost."),
    )


@admin.register(User)
class UserAdmin(PermissionsAdmin, auth_admin.UserAdmin):
    """People, with how the site looks to them."""

    form = UserForm
    change_password_form = PasswordForm
    list_display = ("username", "email", "is_staff", "is_superuser", "is_active", "last_login")
    fieldsets = (
        *auth_admin.UserAdmin.fieldsets,
        (_("Display"), {"fields": ("language", "theme", "up_colour")}),
    )


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(PermissionsAdmin, auth_admin.GroupAdmin):
    """Groups of people, with what they may do."""


# Where somebody is signed in is nobody else's business.
admin.site.unregister(UserSession)
admin.site.unregister(Authenticator)

# allauth names the table and its columns in English only.
factors = Authenticator._meta
factors.verbose_name, factors.verbose_name_plural = _("authenticator"), _("authenticators")
for column, words in {
    "user": _("user"),
    "type": _("type"),
    "created_at": _("created at"),
    "last_used_at": _("last used at"),
}.items():
    factors.get_field(column).verbose_name = words


@admin.register(Authenticator)
class SecretlessAuthenticatorAdmin(AuthenticatorAdmin):
    """Second factors, to be deleted for a person who lost theirs; the secret is not shown."""

    fields = readonly_fields = ("user", "type", "created_at", "last_used_at")

    def has_add_permission(self, request):
        """Return that only the person sets up a second factor."""
        return False
