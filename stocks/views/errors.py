"""The pages that say what went wrong."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

ERRORS = {
    400: (_("This request cannot be read"), _("Go back, reload the page and try again.")),
    403: (_("Not allowed"), _("Sign in as somebody who may do this.")),
    404: (_("Nothing is here"), _("No page has this address. Look the stock up by code or name.")),
    405: (_("Not this way"), _("This address takes a button of a page, not a link.")),
    413: (_("Too much at once"), _("What you sent is too large. Send less of it.")),
    429: (_("Too many tries"), _("Wait a few minutes, then try again.")),
    500: (
        _("Something broke on our side"),
        _("Nothing you entered is to blame. Try again in a minute."),
    ),
    503: (
        _("The data cannot be reached"),
        _("The database does not answer right now. Try again in a few seconds."),
    ),
}
RETRY_AFTER = 5
PAGE_ADVICE = _("This address shows a page and takes no request of this kind. Open it as a link.")
CSRF_ADVICE = _("The form was too old or came from another site. Reload the page and try again.")


def error_page(request, status, advice=None):
    """Return the page of an error status, with its usual advice unless another is given."""
    title, usual = ERRORS.get(status, ERRORS[400 if status < 500 else 500])
    context = {"status": status, "title": title, "advice": advice or usual}
    return render(request, "errors/error.html", context, status=status)


def dress(request, response):
    """Return the page for a response that only has a status, with the headers it came with."""
    shows = response.status_code == 405 and "GET" in response.get("Allow", "")
    page = error_page(request, response.status_code, PAGE_ADVICE if shows else None)
    for name in ("Allow", "Retry-After"):
        if name in response.headers:
            page[name] = response[name]
    return page


def bad_request(request, exception):
    """Answer 400, or 413 for a request that is too large."""
    return error_page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def permission_denied(request, exception):
    """Answer 403."""
    return error_page(request, 403)


def csrf_failure(request, reason=""):
    """Answer 403 for a form without a valid token."""
    return error_page(request, 403, CSRF_ADVICE)


def not_found(request, exception):
    """Answer 404."""
    return error_page(request, 404)


def too_many_requests(request):
    """Answer 429 for somebody who guesses passwords, or signs up too often."""
    return error_page(request, 429)


def server_error(request):
    """Answer 500, or 503 while the database is away; the page needs neither it nor a session."""
    from django.template.loader import render_to_string

    away = isinstance(sys.exception(), (OperationalError, InterfaceError))
    status = 503 if away else 500
    title, advice = ERRORS[status]
    context = {"status": status, "title": title, "advice": advice, "language": get_language()}
    response = HttpResponse(render_to_string("errors/500.html", context), status=status)
    if away:
        response["Retry-After"] = RETRY_AFTER
    return response
