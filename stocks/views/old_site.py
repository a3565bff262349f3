"""The addresses of the old site, where a link changed data: here they ask first."""

from urllib.parse import unquote_to_bytes

from django.views.decorators.http import require_http_methods

from ..models import Stock
from . import watchlist
from .shared import which_stock

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


def confirm(request, action, code, note=None):
    """Ask whether to do what the address says, for each stock it may mean."""
    found = Stock.objects.called(code)
    if not found:
        return which_stock(request, code, found)
    return watchlist.confirm(request, action, found, note)


@GET_OR_POST
def add(request, code):
    """Ask before adding a stock."""
    return (
        watchlist.add(request, code) if request.method == "POST" else confirm(request, "add", code)
    )


@GET_OR_POST
def remove(request, code):
    """Ask before removing a stock."""
    if request.method == "POST":
        return watchlist.remove(request, code)
    return confirm(request, "remove", code)


@GET_OR_POST
def note(request, code, note=None):
    """Ask before writing a note, filled in from the address or else with what is there."""
    if request.method == "POST":
        return watchlist.note(request, code)
    if note is not None:
        # The old pages put the note into the address as it was typed, question marks and all.
        query = unquote_to_bytes(request.META.get("QUERY_STRING", "").encode("latin-1"))
        typed = f"{note}?{query.decode(errors='replace')}" if query else note
        note = typed.removesuffix(".html")
    return confirm(request, "note", code, note)
