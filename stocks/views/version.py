"""Which version of the data there is: what pages of one person look at, in place of themselves."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ..models import DataChange
from ..page_cache import public_page
from ..trading_days import HOURS, in_session, last_sessions


@public_page()
@require_safe
def version(request):
    """Answer with a text that is another one once pages show something else."""
    now = timezone.now()
    # What pages say of the time of day, too: whether a price is old, and how often to look.
    times = {market: (in_session(market, now), *last_sessions(market, now)) for market in HOURS}
    words = [*DataChange.objects.version()]
    words += [str(word) for market, known in times.items() for word in (market, *known)]
    return HttpResponse(" ".join(map(str, words)), content_type="text/plain")
