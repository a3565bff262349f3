"""The WSGI application, for `manage.py serve`, gunicorn or any other WSGI server."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters


class Utf8Request(WSGIRequest):
    """A request that is read as UTF-8, whatever encoding it claims."""

    def _set_content_type_params(self, meta):
        content_type = meta.get("CONTENT_TYPE", "")
        self.content_type, self.content_params = parse_header_parameters(content_type)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksite.settings")
try:
    django_application = get_wsgi_application()
except ImproperlyConfigured as error:
    sys.stderr.write(f"stocksite: {error}\n")
    # To gunicorn 3 means that it cannot start; on 1 it would try again for ever.
    sys.exit(3)
django_application.request_class = Utf8Request
# Only now that the settings are there can what needs them be loaded.
from django.conf import settings  # noqa: E402

from stocks.page_cache import PageCache  # noqa: E402

# Whoever changes a template wants to see it at once.
application = django_application if settings.DEBUG else PageCache(django_application)
