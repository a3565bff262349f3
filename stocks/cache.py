"""The default cache: files that every worker process counts in."""

import contextlib
import os
import secrets
import tempfile

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache

# Looking through the folder costs time, so one write in so many does it.
WRITES_PER_CULL = 100


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
