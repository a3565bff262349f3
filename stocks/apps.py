"""The one application of the site."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StocksConfig(AppConfig):
    """Stocks, watchlists and the people who keep them."""

    name = "stocks"
    verbose_name = _("Stocks")

    def ready(self):
        """Connect the receivers."""
        from . import receivers  # noqa: F401
