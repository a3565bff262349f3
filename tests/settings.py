"""The site's settings as the tests need them: nobody's .env, fast passwords, nothing shared."""

import os
import tempfile
from pathlib import Path

os.environ["ENV_FILE"] = os.devnull

from stocksite.settings import *  # noqa: E402, F403

DEBUG = False
# A file, as on a site: in memory, a reader and a writer refuse each other instead of waiting.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    made_here = Path(tempfile.gettempdir()) / f"stocksite-tests-{os.getpid()}.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": made_here}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
IN_MEMORY = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
CACHES = {"default": IN_MEMORY, "pages": {**IN_MEMORY, "LOCATION": "pages"}}
# Static files come straight from static/, collected or not.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
# Looked for when asked for: every new client would list them all.
WHITENOISE_AUTOREFRESH = True
