"""The people of the site."""

from contextlib import contextmanager

from django.contrib.auth.models import AbstractUser
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person who signs in, with how the site looks to them; empty means the default."""

    class Theme(models.TextChoices):
        """The colours of the page."""

        SYSTEM = "", _("System")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class UpColour(models.TextChoices):
        """The colour of a rising price."""

        BY_LANGUAGE = "", _("By language")
        RED = "red", _("Red up, green down")
        GREEN = "green", _("Green up, red down")
        BLUE = "blue", _("Blue up, orange down")

    language = models.CharField(_("language"), max_length=10, blank=True, default="")
    theme = models.CharField(
        _("theme"), max_length=10, choices=Theme.choices, blank=True, default=""
    )
    up_colour = models.CharField(
        _("rising prices"), max_length=10, choices=UpColour.choices, blank=True, default=""
    )
    columns = models.JSONField(
        _("columns"), blank=True, default=dict, help_text=_("Those chosen, by table.")
    )

    class Meta(AbstractUser.Meta):
        """Names for the admin."""

        verbose_name = _("user")
        verbose_name_plural = _("users")

    def save_display(self, **choices):
        """Save how the site looks to the person: `language`, `theme` and `up_colour`."""
        for name, value in choices.items():
            setattr(self, name, value)
        self.save(update_fields=choices)

    def save_columns(self, table, names):
        """Remember the columns chosen for a table; no names mean the usual ones."""
        self.columns = {**self.columns, table: list(names)}
        self.save(update_fields=["columns"])

    @contextmanager
    def alone(self):
        """Make one person's changes wait for each other, where MariaDB would find a deadlock."""
        with transaction.atomic():
            list(User.objects.select_for_update().filter(pk=self.pk).values_list("pk"))
            yield

    @classmethod
    def normalize_username(cls, username):
        """Return a username as it is kept: no database folds the case beyond ASCII alike."""
        name = super().normalize_username(username)
        return name if not isinstance(name, str) or name.isascii() else name.lower()

    @classmethod
    def called(cls, username):
        """Return who has this name, in whatever capitals; signing up keeps it to one person."""
        return cls.objects.filter(username__iexact=cls.normalize_username(username))

    @transaction.atomic
    def close(self):
        """Delete the account with all that is the person's, and return whether it is gone.

        The last superuser who can sign in stays: nobody could let another one in.
        """
        superusers = (
            type(self).objects.select_for_update().filter(is_superuser=True, is_active=True)
        )
        if list(superusers.order_by("pk").values_list("pk", flat=True)) == [self.pk]:
            return False
        for session in self.usersession_set.all():
            session.end()
        self.delete()
        return True
