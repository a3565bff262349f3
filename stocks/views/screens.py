"""The screens that a person keeps under a name."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ..forms import ScreenForm
from ..models import Stock
from ..models.saved_screen import MOST_SCREENS
from ..screen import Screen
from .shared import of_a_person, of_one_table, way_back


@require_safe
@login_required
def screens(request):
    """Show the person's screens, each to be renamed or deleted."""
    return screens_page(request)


def screens_page(request, wrong=None, form=None, status=200):
    """Answer with the list of screens; the one called `wrong` shows what its form is told."""
    context = {"screens": request.user.screens.order_by("table", "name")}
    context |= {"wrong": wrong, "form": form}
    return render(request, "stocks/screens.html", context, status=status)


@require_POST
@of_one_table
@of_a_person
def save(request, table):
    """Keep a screen; a name that is taken asks before it replaces what is there."""
    form = ScreenForm(request.POST)
    asked = QueryDict(request.POST.get("query", ""))
    query = Screen.parse(asked, table, Stock.objects.markets()).saved_query
    outcome = "invalid"
    if form.is_valid():
        name, replace = form.cleaned_data["name"], "replace" in request.POST
        outcome = request.user.screens.keep(table, name, query, replace=replace)
    if outcome == "saved":
        messages.success(request, _("The screen “%(name)s” is saved.") % {"name": name})
        return redirect(way_back(request, table.name))
    context = {"form": form, "table": table, "query": query, "outcome": outcome}
    context |= {"next": way_back(request, table.name), "most": MOST_SCREENS}
    status = 400 if outcome == "invalid" else 409
    return render(request, "stocks/save_screen.html", context, status=status)


@require_POST
@of_a_person
def rename(request, pk):
    """Give a screen another name, unless another one of the table has it."""
    screen = get_object_or_404(request.user.screens, pk=pk)
    form = ScreenForm(request.POST)
    if not form.is_valid():
        return screens_page(request, screen, form, 400)
    name = form.cleaned_data["name"]
    if not request.user.screens.rename(screen, name):
        form.add_error("name", _("“%(name)s” is another screen already.") % {"name": name})
        return screens_page(request, screen, form, 409)
    messages.success(request, _("The screen is called “%(name)s” now.") % {"name": name})
    return redirect("screens")


@require_POST
@of_a_person
def delete(request, pk):
    """Delete a screen."""
    screen = get_object_or_404(request.user.screens, pk=pk)
    screen.delete()
    messages.success(request, _("The screen “%(name)s” is deleted.") % {"name": screen})
    return redirect("screens")
