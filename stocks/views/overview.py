"""The page of the market as a whole."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..overview import Overview


@require_safe
def overview(request):
    """Show how the stocks did, of all markets or of one."""
    return render(request, "stocks/overview.html", {"overview": Overview(request.GET)})
