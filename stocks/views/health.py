"""What a supervisor or load balancer asks."""

from django.db import Error
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from ..models import Stock

PLAIN = "text/plain; charset=utf-8"


@require_safe
def healthz(request):
    """Say that the process answers."""
    return HttpResponse("ok\n", content_type=PLAIN)


@require_safe
def readyz(request):
    """Say whether the table of stocks can be read; 503 when it cannot."""
    try:
        Stock.objects.exists()
    except Error:
        return HttpResponse("the database does not answer\n", status=503, content_type=PLAIN)
    return HttpResponse("ready\n", content_type=PLAIN)
