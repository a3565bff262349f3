"""The site's settings as the tests need them: nobody's .env, fast passwords, nothing shared."""

import os

os.environ["ENV_FILE"] = os.devnull

from stocksite.settings import *  # noqa: E402, F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Static files come straight from static/, collected or not.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
# Looked for when asked for: every new client would list them all.
WHITENOISE_AUTOREFRESH = True
