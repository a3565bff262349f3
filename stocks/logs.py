"""What the site writes to stderr: one line a request or event, as text or as JSON."""

import json
import logging
from datetime import datetime

from django.http import HttpRequest
from django.utils.encoding import escape_uri_path

# Parts of an address that only the person may read: a note, the key of a password reset.
PRIVATE_PARTS = ("note", "key")


def logged_path(request):
    """Return the path of a request as the logs may show it: escaped, private parts as dots."""
    path = request.path
    match = getattr(request, "resolver_match", None)
    for name in PRIVATE_PARTS:
        value = match.kwargs.get(name) if match else None
        if value:
            path = path.replace(value, "...")
    return escape_uri_path(path)


class TextFormatter(logging.Formatter):
    """A line of words: time, level, then the event's message and values."""

    def format(self, record):
        """Return the record as one line, and a traceback after it when there is one."""
        values = " ".join(str(value) for value in event(record).values())
        lines = f"{when(record)} {record.levelname} {values}"
        return f"{lines}\n{self.formatException(record.exc_info)}" if record.exc_info else lines


class JsonFormatter(logging.Formatter):
    """A JSON object: time, level, then the event's values under their names."""

    def format(self, record):
        """Return the record as one line of JSON."""
        values = {"time": when(record), "level": record.levelname, **event(record)}
        if record.exc_info:
            values["traceback"] = self.formatException(record.exc_info)
        return json.dumps(values, ensure_ascii=False, default=str)


def when(record):
    """Return the record's time with its offset, to the millisecond."""
    return datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds")


def event(record):
    """Return the values of a record by name.

    An access line brings its own; Django's records about a request lose the address,
    which may hold a private part.
    """
    if hasattr(record, "access"):
        return record.access
    if isinstance(getattr(record, "request", None), HttpRequest):
        path = logged_path(record.request)
        return {"logger": record.name, "message": f"{record.request.method} {path} failed"}
    return {"logger": record.name, "message": " ".join(record.getMessage().splitlines())}
