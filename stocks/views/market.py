"""The table of the whole market."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from ..columns import MARKET
from ..models import Stock
from ..page import Page
from ..page_cache import public_page
from ..parameters import parameters
from .shared import asked_screen, saved_screens


@public_page(*parameters(MARKET), table="market")
@require_safe
def market(request):
    """Show the stocks that the address asks for."""
    facts = Stock.objects.facts()
    stocks = Stock.objects.all()
    if request.user.is_authenticated:
        stocks = request.user.watchlist.marked(stocks)
    screen = asked_screen(request.user, request.GET, MARKET, facts.markets)
    page = Page.of(screen, stocks, facts)
    marks = {stock.pk for stock in page.rows if getattr(stock, "marked", False)}
    context = {
        "page": page,
        "screen": page.screen,
        "markets": facts.markets,
        "industries": facts.industries,
        "marks": marks,
        "saved": saved_screens(request, MARKET),
    }
    return render(request, "stocks/market.html", context)
