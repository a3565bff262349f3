"""What happens when something else is saved."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.auth.signals import user_logged_in
from django.core.management import CommandError
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from django.utils import translation

from .models import Bar, DataChange, SearchWord, Stock
from .models.search_word import TOLD_BY
from .views.watchlist import do_what_was_asked

EDITORS = "Editors"
EDITORS_MAY = (
    "add_stock",
    "change_stock",
    "delete_stock",
    "view_stock",
    "view_historicalstock",
    "add_watchlistentry",
    "change_watchlistentry",
    "view_watchlistentry",
    "add_dataimport",
    "change_dataimport",
    "view_dataimport",
)


@receiver(pre_save, sender=Stock)
def derive_on_save(instance, **_kwargs):
    """Keep the derived fields true on every save, `loaddata` included, which skips `save`."""
    instance.derive()


@receiver(pre_save, sender=Stock)
def refuse_another_stock(instance, raw, using, **_kwargs):
    """Let `loaddata` turn no stock into another, which people's watchlists would then show."""
    stored = raw and Stock.objects.using(using).filter(pk=instance.pk).first()
    if stored and stored.slug != instance.slug:
        raise CommandError(
            f"Nothing was loaded: stock {stored.pk} of this site is {stored.symbol} "
            f"{stored.short}, and the file would turn it into {instance.symbol} "
            f"{instance.short}. Load the file into an empty database, or without pk in its rows."
        )


@receiver(post_save, sender=Stock)
def learn_on_save(instance, created, using, **_kwargs):
    """Keep true by which words a stock is found."""
    words = SearchWord.objects.using(using)
    if created:
        words.learn_new({instance.pk: [getattr(instance, name) for name in TOLD_BY]})
    else:
        words.learn(Stock.objects.using(using).filter(pk=instance.pk))


# A receiver for deleted bars would have all of a stock's history read before it goes with it.
@receiver([post_save, post_delete], sender=Stock)
@receiver(post_save, sender=Bar)
def note_change(**_kwargs):
    """End the pages that show what was before."""
    DataChange.objects.note()


@receiver(user_logged_in)
def act_after_sign_in(request, user, **_kwargs):
    """Speak the person's language, and do what they asked for before signing in."""
    request.user = user
    if user.language:
        translation.activate(user.language)
    do_what_was_asked(request)


def make_editors(app_config, using, apps=installed, **_kwargs):
    """Make the group of those who enter data, once: what an operator changes in it stays.

    A migration to an earlier state has not all of the rights yet; the next one makes it.
    """
    create_permissions(app_config, using=using, apps=apps, verbosity=0)
    try:
        group_model = apps.get_model("auth", "Group")
        permission_model = apps.get_model("auth", "Permission")
    except LookupError:
        return
    rights = permission_model.objects.using(using).filter(
        content_type__app_label=app_config.label, codename__in=EDITORS_MAY
    )
    groups = group_model.objects.using(using)
    if len(rights) == len(EDITORS_MAY) and not groups.filter(name=EDITORS).exists():
        groups.create(name=EDITORS).permissions.set(rights)
