"""The watchlists: the table `focus`."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import ExactDecimalField
from .stock import Stock, percent_above

LONGEST_NOTE = 2000


def join_notes(first, second):
    """Return both notes, each on lines of its own; one that is empty or there already is not."""
    if f"\n{second}\n" in f"\n{first}\n":
        return first
    return "\n".join(note for note in (first, second) if note)


class WatchlistQuerySet(models.QuerySet):
    """Questions about watchlist entries."""

    def unowned(self):
        """Return the entries adopted from the old site that belong to nobody yet."""
        return self.filter(owner=None)

    def visible_to(self, user):
        """Return the entries a person may see: their own and unowned ones, a superuser all."""
        return self if user.is_superuser else self.filter(Q(owner=None) | Q(owner=user))

    @transaction.atomic
    def give_to(self, user):
        """Give unowned entries to `user`; return (the entry each is in now, those left unowned).

        An entry of a stock that is on the list already is dissolved into it: its note is put
        below the one that is there. Left are entries that name no stock, and those whose note
        would make the joined one too long.
        """
        given, left = [], []
        for entry in self.unowned().select_for_update().order_by("pk"):
            if entry.info_id is None:
                left.append(entry)
                continue
            mine, _new = self.model.objects.select_for_update().get_or_create(
                owner=user,
                info_id=entry.info_id,
                defaults={"added_at": entry.added_at, "added_price": entry.added_price},
            )
            note = join_notes(mine.note_info, entry.note_info)
            if len(note) > LONGEST_NOTE:
                left.append(entry)
                continue
            mine.note_info = note
            mine.save(update_fields=["note_info"])
            entry.delete()
            given.append(mine)
        return given, left


class WatchlistManager(models.Manager.from_queryset(WatchlistQuerySet)):
    """What a person does with their watchlist, as `person.watchlist`."""

    def watch(self, stock, **kept):
        """Put a stock on the list and return (entry, whether it is new).

        `kept` are the values of an entry that was removed, to put it back as it was.
        """
        new = {"added_at": timezone.now(), "added_price": stock.price, **kept}
        with self.instance.alone():
            return self.get_or_create(info=stock, defaults=new)

    def unwatch(self, stock):
        """Take a stock off the list and return the values `watch` puts back, None if not on it."""
        with self.instance.alone():
            entry = self.filter(info=stock).first()
            if entry is None:
                return None
            entry.delete()
        return {
            "note_info": entry.note_info,
            "added_at": entry.added_at,
            "added_price": entry.added_price,
        }

    def write_note(self, stock, note):
        """Set the note of a stock on the list and return whether it is on it."""
        with self.instance.alone():
            return bool(self.filter(info=stock).update(note_info=note))

    def stocks(self):
        """Return the listed stocks with the entry's values.

        They are `note_info`, `added_at`, `added_price` and `since`, the change of the price
        since it was added in percent.
        """
        return self.beside(Stock.objects.all()).filter(entry__isnull=False)

    def beside(self, stocks):
        """Return `stocks`, listed or not, with the same values and `watched`, the entry's id."""
        mine = FilteredRelation("watchers", condition=Q(watchers__owner=self.instance))
        return stocks.alias(entry=mine).annotate(
            watched=F("entry__pk"),
            note_info=F("entry__note_info"),
            added_at=F("entry__added_at"),
            added_price=F("entry__added_price"),
            since=percent_above("price", "entry__added_price"),
        )

    def notes(self, stocks):
        """Return the notes of those of `stocks` that are on the list, by the stock's id."""
        return dict(self.filter(info__in=stocks).values_list("info_id", "note_info"))

    def marked(self, stocks):
        """Return `stocks` with `marked`, whether each is on the list; without a query more."""
        return stocks.annotate(marked=Exists(self.filter(info=OuterRef("pk"))))


class WatchlistEntry(models.Model):
    """A stock on a person's watchlist, with their note: a row of `focus`."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="watchlist",
        verbose_name=_("owner"),
        null=True,
        blank=True,
        help_text=_("Empty only for entries adopted from the old site."),
    )
    info = models.ForeignKey(
        Stock,
        on_delete=models.PROTECT,
        related_name="watchers",
        verbose_name=_("stock"),
        null=True,
        blank=True,
    )
    note_info = models.CharField(_("note"), max_length=LONGEST_NOTE, blank=True, default="")
    added_at = models.DateTimeField(_("added"), null=True, blank=True, default=timezone.now)
    added_price = ExactDecimalField(
        _("price when added"), max_digits=14, decimal_places=4, null=True, blank=True
    )

    objects = WatchlistManager()

    class Meta:
        """The table of the old site, one row a person and stock."""

        db_table = "focus"
        verbose_name = _("watchlist entry")
        verbose_name_plural = _("watchlist entries")
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "info"],
                name="focus_owner_info",
                violation_error_message=_("This stock is on this person's watchlist already."),
            ),
            models.CheckConstraint(
                condition=Q(owner=None) | Q(info__isnull=False),
                name="focus_owned_has_stock",
                violation_error_message=_("An entry that belongs to a person needs a stock."),
            ),
        ]

    def __str__(self):
        """Name the stock that is watched."""
        return str(self.info or self.note_info)
