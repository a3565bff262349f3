"""The admin: data entry for stocks and watchlists, people, and who changed what."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from . import data_import, feed_run, stock, user, watchlist

__all__ = ["data_import", "feed_run", "stock", "user", "watchlist"]

admin.site.site_header = _("stocksite admin")
admin.site.site_title = _("stocksite admin")
admin.site.index_title = _("Data and people")
# The site's own sign-in, with its limits and its second factor; staff come back to the admin.
admin.site.login = secure_admin_login(admin.site.login)
