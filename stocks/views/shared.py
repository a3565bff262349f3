"""What several pages need: one stock or table out of an address, its screen, the way back."""

from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import Truncator

from ..columns import TABLES
from ..models import Stock
from ..nearest import nearest
from ..screen import Screen

LONGEST_SHOWN = 64


def of_one_stock(view):
    """Hand a view the stock its address names, or answer with the page that asks which."""

    @wraps(view)
    def wrapper(request, symbol):
        found = Stock.objects.called(symbol)
        if len(found) != 1:
            return which_stock(request, symbol, found)
        return view(request, found[0])

    return wrapper


def which_stock(request, symbol, found):
    """Answer for a symbol that fits several stocks, or none: 404 with the nearest."""
    shown = Truncator(symbol).chars(LONGEST_SHOWN)
    if found:
        status = 200 if request.method in ("GET", "HEAD") else 409
        return render(
            request, "stocks/which.html", {"symbol": shown, "stocks": found}, status=status
        )
    context = {"symbol": shown, "stocks": nearest(Stock.objects.all(), symbol)}
    return render(request, "stocks/unknown.html", context, status=404)


def of_one_table(view):
    """Hand a view the table its address names; 404 when there is none."""

    @wraps(view)
    def wrapper(request, table):
        if table not in TABLES:
            raise Http404
        return view(request, TABLES[table])

    return wrapper


def of_a_person(view):
    """Send a visitor who presses a button to sign in, and then back to where it was."""

    @wraps(view)
    def wrapper(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return redirect_to_login(way_back(request, "market"))
        return view(request, *args, **kwargs)

    return wrapper


def asked_screen(user, params, table, markets):
    """Return the screen of an address, with the person's columns when it says nothing of them."""
    remembered = user.columns.get(table.name, ()) if user.is_authenticated else ()
    return Screen.parse(params, table, markets, remembered)


def saved_screens(request, table):
    """Return the screens of a table that the person saved, none for a visitor."""
    return request.user.screens.of(table) if request.user.is_authenticated else ()


def way_back(request, otherwise):
    """Return the address of this site that `next` names, or the page called `otherwise`."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if safe and address.startswith("/") else resolve_url(otherwise)
