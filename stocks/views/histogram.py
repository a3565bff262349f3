"""The small pictures in the filters of the market's table."""

from django.http import Http404, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import conditional_page, require_safe

from ..columns import MARKET
from ..histogram import Histogram
from ..models import Stock
from ..page_cache import public_page

SECONDS_KEPT = 300


@public_page()
@require_safe
@conditional_page
def histogram(request, name):
    """Answer with the distribution of a column over all stocks; 404 for what has no range."""
    column = MARKET.column(name)
    if column is None or not column.ranged:
        raise Http404
    drawn = Histogram.of(Stock.objects.all(), column).svg
    response = HttpResponse(drawn, content_type="image/svg+xml")
    patch_cache_control(response, public=True, max_age=SECONDS_KEPT)
    return response
