"""What a supervisor or load balancer asks."""

import os

from django.conf import settings
from django.db import Error
from django.http import Http404, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from ..models import Stock
from ..page_cache import pages

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


@require_safe
def metrics(request):
    """Say how this worker's page cache does, in Prometheus' text format (version 0.0.4).

    For admins, and for a scraper that sends METRICS_TOKEN as its bearer token; nobody else
    learns that it is there.
    """
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = settings.METRICS_TOKEN
    if not (token and constant_time_compare(given, token)) and not request.user.is_staff:
        raise Http404
    worker = f'{{worker="{os.getpid()}"}}'
    lines = [
        f"# HELP stocksite_page_cache_{name} {meaning}\n# TYPE stocksite_page_cache_{name} {kind}\n"
        f"stocksite_page_cache_{name}{worker} {value}\n"
        for name, kind, meaning, value in pages.metrics()
    ]
    return HttpResponse("".join(lines), content_type="text/plain; version=0.0.4; charset=utf-8")
