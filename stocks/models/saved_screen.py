"""The screens that people keep under a name."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_NAME = 64
MOST_SCREENS = 100


class SavedScreenManager(models.Manager):
    """What a person does with their saved screens, as `person.screens`."""

    def of(self, table):
        """Return the screens of a table by their name."""
        return self.filter(table=table.name).order_by("name")

    def keep(self, table, name, query, *, replace=False):
        """Keep a screen under a name and return what came of it.

        That is "saved"; "taken" when the name has another one that is not to be replaced; "full"
        when there are too many.
        """
        with self.instance.alone():
            there = self.of(table).filter(name=name)
            if there and not replace:
                return "taken"
            if not there and self.count() >= MOST_SCREENS:
                return "full"
            self.update_or_create(table=table.name, name=name, defaults={"query": query})
        return "saved"

    def rename(self, screen, name):
        """Give a screen another name and return whether no other one of its table has it."""
        with self.instance.alone():
            if self.filter(table=screen.table, name=name).exclude(pk=screen.pk).exists():
                return False
            self.filter(pk=screen.pk).update(name=name)
        return True


class SavedScreen(models.Model):
    """A screen of a table, as the query string that asks for it, under a person's name for it."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="screens",
        verbose_name=_("owner"),
    )
    table = models.CharField(_("table"), max_length=20)
    name = models.CharField(_("name of the screen"), max_length=LONGEST_NAME)
    query = models.TextField(_("query"), blank=True, default="")

    objects = SavedScreenManager()

    class Meta:
        """The table's names, one row a person, table and name."""

        verbose_name = _("saved screen")
        verbose_name_plural = _("saved screens")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "table", "name"],
                name="savedscreen_owner_table_name",
                violation_error_message=_("A screen with this name is there already."),
            )
        ]

    def __str__(self):
        """Name the screen."""
        return self.name
