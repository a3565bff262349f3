"""The page of one stock."""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from ..columns import ADDED_PRICE, CHG, DISTANCE, HIGHS, MARKET, PRICE, TABLES
from ..forms import NoteForm
from ..models import Stock
from ..screen import Screen
from .shared import listed_stocks, which_stock


@require_safe
def stock(request, symbol):
    """Show a stock; a code without its market leads to the one stock it fits, or asks which."""
    found = Stock.objects.called(symbol)
    if len(found) != 1:
        return which_stock(request, symbol, found)
    if found[0].symbol != symbol and symbol != f"{found[0].code}.":
        query = request.GET.urlencode()
        return redirect(found[0].get_absolute_url() + (f"?{query}" if query else ""))
    return stock_page(request, found[0])


def stock_page(request, stock):
    """Show a stock's values, its neighbours in the list one came from, and one's note."""
    table = TABLES.get(request.GET.get("list"), MARKET)
    stocks = listed_stocks(request.user, table)
    screen = Screen.parse(request.GET, table, Stock.objects.markets())
    before, after = screen.neighbours(stocks, stock)
    entry = None
    if request.user.is_authenticated:
        entry = request.user.watchlist.filter(info=stock).first()
    context = {
        "stock": stock,
        "entry": entry,
        "before": before,
        "after": after,
        "screen": screen,
        "columns": MARKET.columns,
        "price": PRICE,
        "change": CHG,
        "distance": DISTANCE,
        "highs": HIGHS,
        "added_price": ADDED_PRICE,
        "form": NoteForm(initial={"note_info": entry.note_info}) if entry else None,
    }
    return render(request, "stocks/stock.html", context)
