"""Debian's Chromium: which of its programs the tests and benchmarks drive."""

import shutil

# The one that never draws a window first: pages open in half the time.
PROGRAMS = ("chromium-headless-shell", "chromium")


def program():
    """Return the path of the browser; None without one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)
