"""The page of one stock."""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ..columns import ADDED_PRICE, CHG, DISTANCE, HIGHS, MARKET, PRICE, TABLES, WATCHLIST
from ..forms import NoteForm
from ..history import History
from ..models import Stock
from ..page_cache import public_page
from ..parameters import parameters
from ..screen import Screen
from .shared import which_stock


@public_page("list", *parameters(MARKET))
@require_safe
def stock(request, symbol):
    """Show a stock; a code without its market leads to the one stock it fits, or asks which."""
    found = Stock.objects.called(symbol)
    if request.user.is_authenticated:
        found = request.user.watchlist.beside(found)
    if len(found) != 1:
        return which_stock(request, symbol, found)
    if found[0].slug != symbol:
        query = request.GET.urlencode()
        return redirect(found[0].get_absolute_url() + (f"?{query}" if query else ""))
    return stock_page(request, found[0])


def list_one_came_from(request, stock):
    """Return the screen that the address tells of, and the stocks it is about.

    The market it is filtered by can only be that of the stock one came to.

    Somebody else's watchlist is nobody's list: a visitor gets the market's usual order.
    """
    table = TABLES.get(request.GET.get("list"), MARKET)
    if table is WATCHLIST and not request.user.is_authenticated:
        return Screen(MARKET), Stock.objects.all()
    stocks = request.user.watchlist.stocks() if table is WATCHLIST else Stock.objects.all()
    return Screen.parse(request.GET, table, [stock.market]), stocks


def stock_page(request, stock):
    """Show a stock's values and history, its neighbours in the list, and one's note."""
    screen, stocks = list_one_came_from(request, stock)
    before, after = screen.neighbours(stocks, stock)
    entry = stock if getattr(stock, "watched", None) else None
    context = {
        "stock": stock,
        "history": History.of(stock),
        "entry": entry,
        "before": before,
        "after": after,
        "screen": screen,
        "columns": MARKET.usual,
        "price": PRICE,
        "change": CHG,
        "distance": DISTANCE,
        "highs": HIGHS,
        "added_price": ADDED_PRICE,
        "form": NoteForm(initial={"note_info": entry.note_info}) if entry else None,
    }
    return render(request, "stocks/stock.html", context)
