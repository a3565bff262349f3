"""Where the data comes from."""

from django.shortcuts import redirect, render
from django.templatetags.static import static

from ..columns import MARKET


def about(request):
    """Show the sources of the data, what each value means, and the disclaimer."""
    return render(request, "about.html", {"columns": MARKET.columns})


def favicon(request):
    """Lead a browser that asks for the icon without reading the page to it."""
    return redirect(static("icon.svg"))
