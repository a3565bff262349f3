"""What the table templates use: a column's value in a row, addresses of other screens."""

from django import template
from django.urls import reverse
from django.utils import timezone

from ..columns import day_text
from ..exports import FORMATS
from ..symbols import MARKETS

register = template.Library()


@register.filter
def day(value):
    """Return a day, or the local day of a moment, as the language writes it."""
    return day_text(value)


@register.filter
def moment(value):
    """Return a moment with its day as the language writes it: 9 Oct 2026 15:00."""
    return f"{day_text(value)} {timezone.localtime(value):%H:%M}"


@register.filter
def show(column, row):
    """Return a row's value as its column shows it."""
    return column.show(row)


@register.filter
def market_name(market):
    """Return the name of a market, its letters when it has none here."""
    return MARKETS.get(market, market)


@register.simple_tag
def sort_query(screen, column):
    """Return the query string of the screen sorted by a column, or turned round."""
    return screen.sorted_by(column).query() or "?"


@register.simple_tag
def changed_query(screen, **changes):
    """Return the query string of the screen with changes, such as another page."""
    return screen.changed(**changes).query() or "?"


@register.simple_tag
def aria_sort(screen, column):
    """Return how the rows are ordered by a column: ascending, descending or none."""
    if screen.sort_column is not column:
        return "none"
    return "descending" if screen.descending else "ascending"


@register.simple_tag
def bound(screen, column, which):
    """Return what the address asks of a column's smallest (min) or largest (max) value."""
    return screen.params().get(f"{column.name}_{which}", "")


@register.simple_tag
def match(screen, column):
    """Return the value that the address asks of an exact column, or ""."""
    return screen.matches.get(column.name, "")


@register.simple_tag
def list_query(screen):
    """Return the query string that tells a stock's page which list one comes from."""
    query = screen.query(page=False)
    if screen.table.name == "market":
        return query
    return f"?list={screen.table.name}{query.replace('?', '&', 1)}"


@register.simple_tag
def files(screen):
    """Return the files of the rows a screen shows, as (format, address)."""
    name, query = f"{screen.table.name}_file", screen.query(page=False)
    return [(form.upper(), reverse(name, args=[form]) + query) for form in FORMATS]


@register.filter
def undo_symbol(message):
    """Return the symbol of the stock whose removal a message offers to undo, or ""."""
    kind, _space, symbol = (message.extra_tags or "").partition(" ")
    return symbol if kind == "undo" else ""
