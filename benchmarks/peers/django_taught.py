"""Django as its tutorial teaches it: a model, a ListView with its paginator, a template.

The settings are those that `startproject` writes, with DEBUG off. Served by gunicorn.
"""

import os
from pathlib import Path

import django
import environ
from django.conf import settings

settings.configure(
    SECRET_KEY="no secret, for nobody signs in here",
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    ROOT_URLCONF=__name__,
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent / "templates"],
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ],
            },
        }
    ],
    DATABASES={"default": environ.Env.db_url_config(os.environ["DATABASE_URL"])},
    USE_TZ=True,
)
django.setup()

# A model can be declared once Django is set up, and not before.
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.http import HttpResponseRedirect  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.generic import ListView, View  # noqa: E402


class Stock(models.Model):
    """A row of `info`."""

    code = models.CharField(max_length=12)
    short = models.CharField(max_length=64)
    chg = models.DecimalField(max_digits=12, decimal_places=4)
    turnover = models.DecimalField(max_digits=12, decimal_places=4)
    price = models.DecimalField(max_digits=14, decimal_places=4)
    highs = models.DecimalField(max_digits=14, decimal_places=4)
    time = models.DateField()

    class Meta:
        """The table of our site, which makes it."""

        app_label = "taught"
        db_table = "info"
        managed = False

    def __str__(self):
        """Name the stock."""
        return self.short


class IndexView(ListView):
    """The table, page by page."""

    model = Stock
    template_name = "django_taught.html"
    context_object_name = "stocks"
    ordering = ("code", "pk")
    paginate_by = 100


class AddView(View):
    """What the button asks for; nobody presses it here."""

    def post(self, request, pk):
        """Go back to the table."""
        return HttpResponseRedirect("/")


urlpatterns = [
    path("", IndexView.as_view(), name="index"),
    path("<int:pk>/add/", AddView.as_view(), name="add"),
]
application = get_wsgi_application()
