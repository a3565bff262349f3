"""What templates say of a quote: from where and when it is, and whether it is an old one."""

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext as _

from ..models import Stock
from ..trading_days import in_session, is_stale, last_trading_day

register = template.Library()

# Seconds between two looks for newer prices: while a market trades one sees them at once. Else
# only a late quote or a correction comes, and the opening is noticed within a minute.
OPEN, CLOSED = 5, 60


@register.simple_tag
def refresh_seconds(markets, chosen=""):
    """Return how often a page about markets, or only the chosen one, looks for newer prices."""
    about = [chosen] if chosen or not markets else markets
    return OPEN if any(map(in_session, about)) else CLOSED


@register.inclusion_tag("stocks/_quote_from.html")
def quote_from(stock):
    """Show from where and when a stock's quote is, and what is to be known about it."""
    stale = bool(stock.quote_time) and is_stale(stock.quote_time, stock.market)
    return {
        "stock": stock,
        "stale": stale,
        "unknown": stale is None,
        "last_trading_day": last_trading_day(market=stock.market),
    }


@register.simple_tag
def quote_mark(stock):
    """Mark a stock whose price is no quote of the last session, in a word."""
    if stock.status:
        word = Stock.Status(stock.status).label
    elif stock.quote_time and is_stale(stock.quote_time, stock.market):
        word = _("Old price")
    else:
        return ""
    return format_html(' <small class="stale">{}</small>', word)
