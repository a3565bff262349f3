"""How accounts work here, where it differs from allauth's own way."""

import logging
from dataclasses import asdict

from allauth.account import forms as account_forms
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.contrib import messages
from django.core.validators import MaxLengthValidator
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from .models import User

log = logging.getLogger(__name__)
LONGEST_EMAIL = 254
LIMITED = ("too_many_login_attempts", "rate_limited")
# What whoever asks for a new password is sent: an address that is known and another look alike.
RESETS = ("account/email/password_reset_key", "account/email/unknown_account")
SENT = "account/messages/email_confirmation_sent.txt"


class AccountAdapter(DefaultAccountAdapter):
    """Accounts of this site."""

    def is_open_for_signup(self, request):
        """Return whether people may sign up by themselves."""
        return settings.SIGNUP_OPEN

    def save_user(self, request, user, form, commit=True):
        """Save a new account, with the language, theme and colours the visitor chose."""
        for name, value in asdict(request.display).items():
            setattr(user, name, value)
        return super().save_user(request, user, form, commit)

    def clean_username(self, username, shallow=False):
        """Return the name in the form it is kept and compared in."""
        return super().clean_username(User.normalize_username(username), shallow)

    def clean_email(self, email):
        """Return the address; refuse one that the table has no room for."""
        MaxLengthValidator(LONGEST_EMAIL)(email)
        return email

    def authenticate(self, request, **credentials):
        """Return the person with this name or address and password, None without one."""
        if "username" in credentials:
            credentials["username"] = User.normalize_username(credentials["username"])
        return super().authenticate(request, **credentials)

    def post_login(self, request, user, **login):
        """Answer a sign-in; with the form of the note, when one is still to be written."""
        response = super().post_login(request, user, **login)
        unwritten = request.session.get("unwritten")
        return redirect("old_note", unwritten[0]) if unwritten else response

    def validation_error(self, code, *args):
        """Return the error of a form; too many tries are answered by the page of status 429."""
        if code in LIMITED:
            raise ImmediateHttpResponse(respond_429(context.request))
        return super().validation_error(code, *args)

    def send_mail(self, template_prefix, email, context):
        """Send a mail in the language of the person it goes to, when they chose one.

        Where none can be sent, what was done besides stays done, and the page says so.
        """
        language = getattr(context.get("user"), "language", "") or translation.get_language()
        try:
            with translation.override(language):
                super().send_mail(template_prefix, email, context)
        except OSError as error:
            # Only of what kind it is: its text may quote the mail and the address.
            log.error("%s could not be sent: %s", template_prefix, type(error).__name__)
            messages.warning(self.request, _("The e-mail could not be sent. Try again later."))
            if template_prefix in RESETS:
                raise ImmediateHttpResponse(redirect("account_reset_password")) from None
            self.request.unsent = True

    def add_message(self, request, level, message_template=None, *args, **kwargs):
        """Say what was done; not that a mail was sent which could not be."""
        if message_template != SENT or not getattr(request, "unsent", False):
            super().add_message(request, level, message_template, *args, **kwargs)


class LoginForm(account_forms.LoginForm):
    """Signing in, by the username or an e-mail address."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        login = self.fields["login"]
        login.label = _("Username or e-mail")
        login.validators.append(MaxLengthValidator(LONGEST_EMAIL))
        login.widget.attrs |= {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": LONGEST_EMAIL,
        }
