"""Where the data comes from."""

from django.shortcuts import render

from ..columns import MARKET


def about(request):
    """Show the sources of the data, what each value means, and the disclaimer."""
    return render(request, "about.html", {"columns": MARKET.columns})
