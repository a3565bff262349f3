"""What the account pages use."""

from django import template
from django.conf import settings

from ..models import Stock

register = template.Library()

# The first mark that is found counts: every browser also names those it came from.
BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def plainly(field):
    """Return a form's field without a placeholder: the label says it already."""
    return field.as_widget(attrs={"placeholder": False})


@register.filter
def input_type(field):
    """Return what kind of input a form's field is, such as checkbox."""
    return getattr(field.field.widget, "input_type", "")


@register.inclusion_tag("account/_asked.html", takes_context=True)
def asked(context):
    """Say what a visitor asked for and gets once signed in."""
    action, pk, *_values = context["request"].session.get("asked") or (None, None)
    return {"action": action, "stock": Stock.objects.filter(pk=pk).first() if pk else None}


@register.simple_tag
def signup_open():
    """Return whether people may sign up by themselves."""
    return settings.SIGNUP_OPEN


@register.filter
def browser(user_agent):
    """Return what a browser calls itself, in few words: Firefox, Linux."""
    found = [
        next((name for mark, name in marks if mark in user_agent), "")
        for marks in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, found)) or user_agent[:40] or "?"
