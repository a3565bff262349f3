"""The tables as files."""

from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..columns import MARKET, WATCHLIST
from ..exports import EXCEL_ROWS, FORMATS, fields_of, stocks_source
from ..models import Stock
from .errors import error_page
from .shared import asked_screen

# A file has all pages.
PAGE = ("page", "size")


@require_safe
def market(request, form):
    """Answer with the stocks that the address asks for."""
    return table_file(request, form, "stocks", MARKET, Stock.objects.all())


@require_safe
@never_cache
@login_required
def watchlist(request, form):
    """Answer with the stocks on the person's watchlist that the address asks for."""
    return table_file(request, form, "watchlist", WATCHLIST, request.user.watchlist.stocks())


def table_file(request, form, title, table, stocks):
    """Answer with the rows of a screen; 400 for one that cannot be made out."""
    params = request.GET.copy()
    for name in PAGE:
        params.pop(name, None)
    screen = asked_screen(request.user, params, table, stocks.markets())
    if screen.problems:
        advice = _("There is no file, where nobody would be warned: correct the address.")
        return error_page(request, 400, " ".join([*screen.problems, advice]))
    fields = fields_of(screen.columns, stocks)
    return file_response(request, form, title, stocks_source(screen.rows(stocks), fields))


def file_response(request, form, title, source):
    """Answer with a file; 400 for more rows than a spreadsheet has."""
    if form == "xlsx" and source.count >= EXCEL_ROWS:
        text = _("These are %(count)d rows, and a spreadsheet has room for %(most)d: take CSV.")
        values = {"count": source.count, "most": EXCEL_ROWS - 1}
        return error_page(request, 400, text % values)
    content_type, write = FORMATS[form]
    name = f"{title}-{timezone.localdate().isoformat()}.{form}"
    headers = {
        "Content-Type": content_type,
        "Content-Disposition": content_disposition_header(True, name),
    }
    # The headings are made here: the language may be another one while the file is sent.
    rows = () if request.method == "HEAD" else write(source, source.headings)
    return StreamingHttpResponse(rows, headers=headers)
