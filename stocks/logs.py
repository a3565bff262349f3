"""What the site writes to stderr: one line a request or event, as text or as JSON."""

import json
import logging
import re
from datetime import datetime
from functools import lru_cache

from django.http import HttpRequest
from django.utils.encoding import escape_uri_path

# What follows in an address only the person may read: a note, the key of a link in an e-mail.
# Told from the address alone, for a request may be refused before it meets a view.
PRIVATE = re.compile(r"(?s)(/update/[^/]+/|/password/reset/key/|/confirm-email/).+")


def logged_path(request):
    """Return the path of a request as the logs may show it: escaped, private parts as dots."""
    return escape_uri_path(PRIVATE.sub(r"\1...", request.path))


class TextFormatter(logging.Formatter):
    """A line of words: time, level, then the event's message and values."""

    def format(self, record):
        """Return the record as one line, and a traceback after it when there is one."""
        values = " ".join(str(value) for value in event(record).values())
        lines = f"{when(record)} {record.levelname} {values}"
        return f"{lines}\n{self.formatException(record.exc_info)}" if traced(record) else lines


class JsonFormatter(logging.Formatter):
    """A JSON object: time, level, then the event's values under their names."""

    def format(self, record):
        """Return the record as one line of JSON."""
        values = {"time": when(record), "level": record.levelname, **event(record)}
        if traced(record):
            values["traceback"] = self.formatException(record.exc_info)
        return json.dumps(values, ensure_ascii=False, default=str)


def when(record):
    """Return the record's time with its offset, to the millisecond."""
    second, offset = second_of(int(record.created))
    return f"{second}.{int(record.msecs):03}{offset}"


@lru_cache(maxsize=16)
def second_of(seconds):
    """Return a second's local time, and its offset from UTC."""
    moment = datetime.fromtimestamp(seconds).astimezone().isoformat()
    return moment[:-6], moment[-6:]


def event(record):
    """Return the values of a record by name.

    An access line brings its own; Django's records about a request lose the address,
    which may hold a private part.
    """
    if hasattr(record, "access"):
        return record.access
    if isinstance(getattr(record, "request", None), HttpRequest) and not refused(record):
        path = logged_path(record.request)
        return {"logger": record.name, "message": f"{record.request.method} {path} failed"}
    return {"logger": record.name, "message": " ".join(record.getMessage().splitlines())}


def refused(record):
    """Return whether the record is of a request that was refused, such as for its host name."""
    return record.name.startswith("django.security.")


def traced(record):
    """Return whether a traceback helps: not where the visitor is to blame."""
    return record.exc_info and not refused(record)
