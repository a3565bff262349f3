"""The data of a stock's chart."""

from django.http import JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import conditional_page, require_safe

from ..history import History
from ..models import Stock
from ..page_cache import public_page
from .shared import which_stock

COMPACT = {"separators": (",", ":")}


@public_page(impersonal=True)
@require_safe
@conditional_page
def bars(request, symbol):
    """Answer with the history of a stock, packed; no or several stocks of that name are 404."""
    found = Stock.objects.called(symbol)
    if len(found) != 1:
        response = which_stock(request, symbol, found)
        response.status_code = 404
        return response
    (stock,) = found
    if stock.slug != symbol:
        return redirect("bars", stock.slug)
    return JsonResponse(
        {"symbol": stock.symbol, "name": stock.short, **History.of(stock).packed()},
        json_dumps_params=COMPACT,
    )
