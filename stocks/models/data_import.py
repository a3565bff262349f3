"""The imports that were made, with what is needed to undo them."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DataImport(models.Model):
    """An import that changed something: who, when, from where, how much.

    The values it wrote over are in its `batches`, not in the history of the stocks.
    """

    class Kind(models.TextChoices):
        """What was imported."""

        QUOTES = "quotes", _("Quotes")
        BARS = "bars", _("Bars")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    source = models.CharField(
        _("source"), max_length=200, help_text=_("The name of the file or feed.")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("made by"),
        null=True,
        blank=True,
        help_text=_("Empty for imports by a command."),
    )
    made_at = models.DateTimeField(_("made at"), default=timezone.now, db_index=True)
    as_of = models.DateTimeField(
        _("as of"), null=True, blank=True, help_text=_("The time of the latest quote or bar.")
    )
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    class Meta:
        """The table's names, the latest import first."""

        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]

    def __str__(self):
        """Name the import as messages do: import 7 (spot.csv)."""
        return _("import %(number)s (%(source)s)") % {"number": self.pk, "source": self.source}


class ImportBatch(models.Model):
    """What a few thousand rows of an import wrote, compressed by `stocks.imports.kept`.

    It is a line of JSON, and then the values of the columns of new rows.
    """

    data_import = models.ForeignKey(
        DataImport,
        on_delete=models.CASCADE,
        related_name="batches",
        verbose_name=_("import"),
    )
    changes = models.BinaryField(_("changes"))

    class Meta:
        """The table's names."""

        verbose_name = _("import batch")
        verbose_name_plural = _("import batches")

    def __str__(self):
        """Name the import it belongs to."""
        return str(self.data_import)
