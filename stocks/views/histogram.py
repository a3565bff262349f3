"""The small pictures in the filters of the market's table."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import conditional_page, require_safe

from ..columns import MARKET
from ..histogram import Histogram
from ..models import Stock
from ..page_cache import public_page


@public_page(impersonal=True)
@require_safe
@conditional_page
def histogram(request, name):
    """Answer with the distribution of a column over all stocks; 404 for what has no range."""
    column = MARKET.column(name)
    if column is None or not column.ranged:
        raise Http404
    drawn = Histogram.of(Stock.objects.all(), column).svg
    return HttpResponse(drawn, content_type="image/svg+xml")
