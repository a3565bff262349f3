"""Where the data comes from."""

from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from ..columns import MARKET
from ..page_cache import public_page


@public_page()
@require_safe
def about(request):
    """Show the sources of the data, what each value means, and the disclaimer."""
    return render(request, "about.html", {"columns": MARKET.columns})


@require_safe
def favicon(request):
    """Lead a browser that asks for the icon without reading the page to it."""
    return redirect(static("icon.svg"))
