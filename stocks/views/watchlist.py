"""A person's watchlist and what they do with it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from ..columns import WATCHLIST
from ..forms import NoteForm
from ..models import Stock
from ..page import Page
from .shared import asked_screen, of_one_stock, saved_screens, way_back

MOST_UNDOS = 10


@require_safe
@login_required
def watchlist(request):
    """Show the stocks on the person's watchlist that the address asks for."""
    stocks = request.user.watchlist.stocks()
    facts = stocks.facts()
    screen = asked_screen(request.user, request.GET, WATCHLIST, facts.markets)
    page = Page.of(screen, stocks, facts)
    marks = {stock.pk for stock in page.rows}
    context = {
        "page": page,
        "screen": page.screen,
        "markets": facts.markets,
        "industries": facts.industries,
        "marks": marks,
        "saved": saved_screens(request, WATCHLIST),
    }
    return render(request, "stocks/watchlist.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@of_one_stock
def add(request, stock):
    """Put a stock on the watchlist; a visitor signs in first, a link asks for the button."""
    if not request.user.is_authenticated:
        return sign_in_first(request, "add", stock)
    if request.method != "POST":
        return confirm(request, "add", [stock])
    add_stock(request, stock)
    return acted(request, stock, watched=True)


@require_POST
@of_one_stock
def remove(request, stock):
    """Take a stock off the watchlist and offer to undo it."""
    if not request.user.is_authenticated:
        return sign_in_first(request, "remove", stock)
    remove_stock(request, stock)
    return acted(request, stock, watched=False)


@require_POST
@of_one_stock
def restore(request, stock):
    """Undo a removal: the note, the day and the price when added come back."""
    if not request.user.is_authenticated:
        return sign_in_first(request, "add", stock)
    kept = request.session.get("removed", {}).pop(stock.slug, {})
    request.session.modified = True
    add_stock(request, stock, **kept)
    return acted(request, stock, watched=True)


@require_POST
@of_one_stock
def note(request, stock):
    """Write the note of a stock on the watchlist; with `add`, put it there first."""
    form = NoteForm(request.POST)
    if not form.is_valid():
        return confirm(request, "note", [stock], form=form, status=400)
    text = form.cleaned_data["note_info"]
    if not request.user.is_authenticated:
        return sign_in_first(request, "note", stock, text)
    with request.user.alone():
        if "add" in request.POST:
            add_stock(request, stock)
        written = write_note(request, stock, text)
    if not written:
        return confirm(request, "note", [stock], form=form, status=409)
    request.session.pop("unwritten", None)
    return acted(request, stock, watched=True)


def confirm(request, action, stocks, note=None, form=None, status=200):
    """Return the page that asks whether to do it, for each stock it may be about.

    A note's form has `note`, or without one what is still to be written or the person's own.
    """
    person = request.user
    notes = person.watchlist.notes(stocks) if person.is_authenticated else {}
    slug, unwritten = request.session.get("unwritten", ("", ""))
    choices = []
    for stock in stocks:
        own = unwritten if stock.slug == slug else notes.get(stock.pk, "")
        initial = {"note_info": own if note is None else note}
        unlisted = person.is_authenticated and stock.pk not in notes
        choices.append((stock, form or NoteForm(initial=initial), unlisted))
    context = {"action": action, "choices": choices}
    return render(request, "stocks/confirm.html", context, status=status)


def acted(request, stock, *, watched):
    """Answer an action: the row's button in place for htmx, else the page one came from."""
    if request.htmx:
        context = {"stock": stock, "watched": watched, "next": way_back(request, "watchlist")}
        return render(request, "stocks/_acted.html", context)
    return redirect(way_back(request, stock))


def add_stock(request, stock, **kept):
    """Put a stock on the watchlist and say so."""
    _entry, new = request.user.watchlist.watch(stock, **kept)
    if new:
        messages.success(request, _("%(stock)s is on your watchlist.") % {"stock": stock})
    else:
        messages.info(request, _("%(stock)s is on your watchlist already.") % {"stock": stock})


def remove_stock(request, stock):
    """Take a stock off the watchlist, keep what was removed for an undo, and say so."""
    kept = request.user.watchlist.unwatch(stock)
    if kept is None:
        messages.info(request, _("%(stock)s is not on your watchlist.") % {"stock": stock})
        return
    removed = request.session.get("removed", {})
    removed.pop(stock.slug, None)
    removed[stock.slug] = {name: value and str(value) for name, value in kept.items()}
    request.session["removed"] = dict(list(removed.items())[-MOST_UNDOS:])
    text = _("%(stock)s was taken off your watchlist.") % {"stock": stock}
    messages.success(request, text, extra_tags=f"undo {stock.slug}")


def write_note(request, stock, text):
    """Write a note and say so, or say that the stock is not on the list; return whether it is."""
    listed = request.user.watchlist.write_note(stock, text)
    if listed:
        messages.success(request, _("The note of %(stock)s is saved.") % {"stock": stock})
    else:
        problem = _("%(stock)s is not on your watchlist: add it with your note.")
        messages.error(request, problem % {"stock": stock})
    return listed


ACTIONS = {"add": add_stock, "remove": remove_stock, "note": write_note}


def sign_in_first(request, action, stock, *values):
    """Send a visitor to the sign-in page and remember what to do afterwards."""
    request.session["asked"] = [action, stock.pk, *values]
    address = f"{reverse('account_login')}?{urlencode({'next': way_back(request, stock)})}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def do_what_was_asked(request):
    """Do, for a person who has just signed in, what they asked for as a visitor.

    A note of a stock that is not on the list is kept, to be asked for.
    """
    action, pk, *values = request.session.pop("asked", [None, None])
    stock = Stock.objects.filter(pk=pk).first()
    if stock and action in ACTIONS and ACTIONS[action](request, stock, *values) is False:
        request.session["unwritten"] = [stock.slug, *values]
