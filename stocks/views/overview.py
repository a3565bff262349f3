"""The page of the market as a whole."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..overview import Overview
from ..page_cache import public_page


@public_page("market")
@require_safe
def overview(request):
    """Show how the stocks did, of all markets or of one."""
    return render(request, "stocks/overview.html", {"overview": Overview(request.GET)})
