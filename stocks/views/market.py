"""The table of the whole market."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..columns import MARKET
from ..models import Stock
from ..page_cache import public_page
from ..screen import Page, parameters
from .shared import asked_screen, saved_screens


@public_page(*parameters(MARKET), table="market")
@require_safe
def market(request):
    """Show the stocks that the address asks for."""
    markets, industries = Stock.objects.markets_and_industries()
    stocks = Stock.objects.all()
    if request.user.is_authenticated:
        stocks = request.user.watchlist.marked(stocks)
    page = Page.of(asked_screen(request.user, request.GET, MARKET, markets), stocks)
    marks = {stock.pk for stock in page.rows if getattr(stock, "marked", False)}
    context = {
        "page": page,
        "screen": page.screen,
        "markets": markets,
        "industries": industries,
        "marks": marks,
        "saved": saved_screens(request, MARKET),
    }
    return render(request, "stocks/market.html", context)
