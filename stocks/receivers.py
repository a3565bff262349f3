"""What happens when something else is saved."""

from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils import translation

from .models import Stock
from .views.watchlist import do_what_was_asked


@receiver(pre_save, sender=Stock)
def derive_on_save(instance, **_kwargs):
    """Keep the derived fields true on every save, `loaddata` included, which skips `save`."""
    instance.derive()


@receiver(user_logged_in)
def act_after_sign_in(request, user, **_kwargs):
    """Speak the person's language, and do what they asked for before signing in."""
    request.user = user
    if user.language:
        translation.activate(user.language)
    do_what_was_asked(request)
