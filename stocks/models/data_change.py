"""The version of the data: a row each transaction that changes what pages show."""

from django.db import connections, models, transaction
from django.db.models import Count, Max
from django.utils.translation import gettext_lazy as _

KEPT = 256


class DataChangeQuerySet(models.QuerySet):
    """Noting changes, and telling one version from another."""

    def note(self):
        """Say, within the transaction that changes stocks or bars, that it does; once is enough.

        Rows of their own instead of a counter: writers do not wait for each other.
        """
        noted = connections[self.db].run_on_commit
        # What is rolled back, a savepoint too, takes its entry here along with its row.
        if any(call is already_noted for _savepoints, call, *_rest in noted):
            return
        change = self.create()
        transaction.on_commit(already_noted, using=self.db)
        if change.pk % KEPT == 0:
            self.filter(pk__lt=change.pk - KEPT).delete()

    def version(self):
        """Return what is another value after every commit that noted a change.

        The count with the newest id: on a cluster a smaller id may be committed later.
        """
        found = self.aggregate(newest=Max("pk"), count=Count("pk"))
        return found["newest"], found["count"]


def already_noted():
    """Stand among what a transaction does at its end, as a mark."""


class DataChange(models.Model):
    """A transaction that changed stocks or bars."""

    objects = DataChangeQuerySet.as_manager()

    class Meta:
        """The table's names."""

        verbose_name = _("data change")
        verbose_name_plural = _("data changes")

    def __str__(self):
        """Name the change by its number."""
        return str(self.pk)


class Kept:
    """Values that hold as long as the data is the same, in the memory of a process."""

    def __init__(self):
        self.known = {}

    def value(self, name, db, make):
        """Return a value of this name, made where the one of this version is not there yet.

        Nothing is kept of what is seen within a transaction: it may never come to be.
        """
        if connections[db].in_atomic_block:
            return make()
        version = DataChange.objects.using(db).version()
        before, value = self.known.get((db, name), (None, None))
        if before != version:
            value = make()
            self.known[db, name] = version, value
        return value


kept = Kept()


class NotingQuerySet(models.QuerySet):
    """A queryset whose changes are noted, as `save` and `delete` of a row are by receivers."""

    def bulk_create(self, *args, **kwargs):
        """Insert rows."""
        with transaction.atomic(using=self.db):
            DataChange.objects.note()
            return super().bulk_create(*args, **kwargs)

    def update(self, **values):
        """Change the rows."""
        with transaction.atomic(using=self.db):
            DataChange.objects.note()
            return super().update(**values)

    update.alters_data = True

    def delete(self):
        """Delete the rows."""
        with transaction.atomic(using=self.db):
            DataChange.objects.note()
            return super().delete()

    delete.alters_data = True
    delete.queryset_only = True
