"""The account of the person."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from ..account_data import data_of
from ..forms import DeleteAccountForm


@require_safe
@login_required
def account(request):
    """Show what the person can do with the account."""
    return render(request, "account/account.html", {"two_factor": is_mfa_enabled(request.user)})


@require_safe
@never_cache
@login_required
def data(request):
    """Give the person all of their data as a file."""
    name = f"stocksite-{request.user.username}.json"
    return JsonResponse(
        data_of(request.user),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={"Content-Disposition": content_disposition_header(True, name)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@never_cache
@login_required
def delete(request):
    """Delete the account, after the password."""
    form = DeleteAccountForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        if request.user.close():
            logout(request)
            messages.success(request, _("Your account and everything in it is deleted."))
            return redirect("market")
        form.add_error(None, _("You are the last superuser: make somebody else one first."))
    context = {"form": form, "watched": request.user.watchlist.count()}
    return render(request, "account/delete.html", context, status=400 if form.is_bound else 200)
