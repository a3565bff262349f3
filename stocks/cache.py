"""The caches that worker processes share: files by default; what is done without pages in one."""

import contextlib
import logging
import os
import secrets
import tempfile
import time

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache

# Looking through the folder costs time, so one write in so many does it.
WRITES_PER_CULL = 100
# Seconds for which a cache of pages that failed is left alone.
LEFT_ALONE = 60
log = logging.getLogger(__name__)


class SharedPages:
    """The cache `pages`, and nothing in it while it fails: each process then does for itself."""

    def __init__(self):
        self.failed = float("-inf")

    def get(self, key):
        """Return what is kept under a key, None when nothing is."""
        return self.ask("get", None, key)

    def add(self, key, value, timeout):
        """Keep a value unless the key has one, and return whether it had none."""
        return self.ask("add", True, key, value, timeout)

    def set(self, key, value, timeout):
        """Keep a value."""
        self.ask("set", None, key, value, timeout)

    def delete(self, key):
        """Keep nothing under a key any more."""
        self.ask("delete", None, key)

    def __contains__(self, key):
        return self.ask("has_key", False, key)

    def ask(self, method, without, *arguments):
        """Return what the cache answers, or the answer `without` one."""
        if time.monotonic() - self.failed < LEFT_ALONE:
            return without
        try:
            return getattr(caches["pages"], method)(*arguments)
        except Exception as error:  # each kind of cache has its own
            self.failed = time.monotonic()
            # Its message may hold a part of CACHE_URL.
            name = type(error).__name__
            log.warning("The cache of pages fails (%s): each process makes its own.", name)
            return without


class SharedFileCache(FileBasedCache):
    """Django's cache of files, with an `add` that only one of several processes wins.

    The limits on guessing use `add` as their lock: with Django's own, which looks first and
    writes then, tries made at the same moment would be counted once.
    """

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        """Store a value unless the key has one, and return whether it was stored."""
        if self.has_key(key, version):
            return False
        self._createdir()
        with tempfile.NamedTemporaryFile(dir=self._dir) as file:
            self._write_content(file, timeout, value)
            file.flush()
            try:
                os.link(file.name, self._key_to_file(key, version))
            except FileExistsError:
                return False
        return True

    def _cull(self):
        """Now and then remove what has expired, and only when that is too little, the rest."""
        if secrets.randbelow(WRITES_PER_CULL):
            return
        for name in self._list_cache_files():
            with contextlib.suppress(FileNotFoundError), open(name, "rb") as file:  # noqa: PTH123
                self._is_expired(file)
        super()._cull()
