"""The table of the whole market."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..columns import MARKET
from ..models import Stock
from ..screen import Page, Screen


@require_safe
def market(request):
    """Show the stocks that the address asks for."""
    markets = Stock.objects.markets()
    page = Page.of(Screen.parse(request.GET, MARKET, markets), Stock.objects.all())
    marks = request.user.watchlist.marks(page.rows) if request.user.is_authenticated else set()
    context = {"page": page, "screen": page.screen, "markets": markets, "marks": marks}
    return render(request, "stocks/market.html", context)
