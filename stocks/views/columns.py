"""The columns a person chooses for a table."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..parameters import Parser
from .shared import of_a_person, of_one_table, way_back


@require_POST
@of_one_table
@of_a_person
def choose(request, table):
    """Remember which columns the person wants to see, or that it is the usual ones."""
    parser = Parser(request.POST, table, ())
    names = () if "usual" in request.POST else parser.chosen()
    request.user.save_columns(table.name, names)
    for problem in parser.problems:
        messages.warning(request, problem)
    messages.success(request, _("Your columns are saved."))
    return redirect(way_back(request, table.name))
