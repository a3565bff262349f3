"""The WSGI application, for `manage.py serve`, gunicorn or any other WSGI server."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stocksite.settings")
try:
    application = get_wsgi_application()
except ImproperlyConfigured as error:
    sys.stderr.write(f"stocksite: {error}\n")
    # To gunicorn 3 means that it cannot start; on 1 it would try again for ever.
    sys.exit(3)
