"""What the site writes to stderr: one line a request or event, as text or as JSON."""

import json
import logging
import re
import time
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


access_log = logging.getLogger("stocks.access")


class AccessRecord(logging.LogRecord):
    """A request that was answered: what its line is made of, and no more.

    Python's own looks for the line of code, the thread and the process it comes from, which takes
    longer than to answer with a page that is at hand.
    """

    ALIKE = vars(
        logging.LogRecord(access_log.name, logging.INFO, "", 0, "", (), None)
    ) | dict.fromkeys(("process", "processName", "thread", "threadName"))
    BEGAN = ALIKE["created"] - ALIKE["relativeCreated"] / 1000

    def __init__(self, level, access):
        created = time.time()
        self.__dict__ = {
            **self.ALIKE,
            "levelno": level,
            "levelname": logging.getLevelName(level),
            "created": created,
            "msecs": created % 1 * 1000,
            "relativeCreated": 1000 * (created - self.BEGAN),
            "access": access,
        }


def log_access(method, path, status, start, user="-"):
    """Write the line of a request that was answered, begun at `start` of the performance counter.

    What was not found or failed is a warning.
    """
    level = logging.WARNING if status == 404 or status >= 500 else logging.INFO
    if not access_log.isEnabledFor(level):
        return
    access = {
        "method": method,
        "path": path,
        "status": status,
        "ms": round((time.perf_counter() - start) * 1000, 1),
        "user": user,
    }
    access_log.handle(AccessRecord(level, access))


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
