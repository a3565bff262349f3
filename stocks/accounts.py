"""How accounts work here, where it differs from allauth's own way."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings


class AccountAdapter(DefaultAccountAdapter):
    """Accounts of this site."""

    def is_open_for_signup(self, request):
        """Return whether people may sign up by themselves."""
        return settings.SIGNUP_OPEN
