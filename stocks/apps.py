"""The one application of the site."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class StocksConfig(AppConfig):
    """Stocks, watchlists and the people who keep them."""

    name = "stocks"
    verbose_name = _("Stocks")

    def ready(self):
        """Connect the receivers."""
        from . import receivers

        post_migrate.connect(receivers.make_editors, sender=self)
