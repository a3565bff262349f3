"""The settings of the person or, signed out, of the browser."""

from dataclasses import asdict

from django.conf import settings as configuration
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..display import save_cookies
from ..forms import DisplayForm
from .shared import way_back


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request):
    """Show and change the language, the theme and the colours."""
    if request.method != "POST":
        form = DisplayForm(asdict(request.display))
        context = {"form": form, "next": way_back(request, "market")}
        return render(request, "settings.html", context)
    form = DisplayForm(request.POST)
    if not form.is_valid():
        context = {"form": form, "next": way_back(request, "market")}
        return render(request, "settings.html", context, status=400)
    given = {name: form.cleaned_data[name] for name in form.fields if name in request.POST}
    if request.user.is_authenticated:
        request.user.save_display(**given)
    if "language" in given:
        # The language chosen before no longer counts as the browser's.
        request.COOKIES.pop(configuration.LANGUAGE_COOKIE_NAME, None)
        language = given["language"] or translation.get_language_from_request(request)
        translation.activate(language)
    messages.success(request, _("The settings are saved."))
    response = redirect(way_back(request, "market"))
    save_cookies(response, given)
    return response
