"""The account of the person."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render


@login_required
def account(request):
    """Show what the person can do with the account."""
    return render(request, "account/account.html")
