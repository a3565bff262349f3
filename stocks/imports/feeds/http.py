"""The feeds' HTTP: a client with timeouts, retries with back-off, and pauses in between."""

import contextlib
import logging
import random
import time
from urllib.parse import urlencode

import urllib3
from django.conf import settings

from .. import Refused

log = logging.getLogger(__name__)

TIMEOUT = urllib3.Timeout(connect=5, read=10)
# Bytes may drip in for ever, each one in time.
WHOLE_TIMEOUT = 30
LARGEST = 32 * 1024 * 1024
CHUNK = 64 * 1024
TRIES = 3
BACK_OFF = 0.5
LONGEST_WAIT = 30
WORTH_ANOTHER_TRY = frozenset((429, 500, 502, 503, 504))
HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; stocksite)",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
}


class Passing(Exception):  # noqa: N818
    """A failure that may be over at the next try; `wait` is what the server asks for."""

    def __init__(self, message, wait=None):
        super().__init__(message)
        self.wait = wait


class Client:
    """Gets texts from sources, politely: never two requests at once, never without a pause."""

    def __init__(self):
        self.pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT, headers=HEADERS)
        self.next_at = {}

    def get(self, url, params=None, *, headers=None, encoding="utf-8", safe=","):
        """Return the text at an address; Refused when there is none that is worth reading.

        HTML is refused whatever the status says: it is a page for a browser.
        """
        address = f"{url}?{urlencode(params, safe=safe)}" if params else url
        host = self.host(url)
        for tried in range(1, TRIES + 1):
            self.pause(host)
            try:
                return self.text(self.once(address, headers), encoding, host)
            except Passing as error:
                wait = error.wait
                if wait is None:
                    wait = BACK_OFF * 2 ** (tried - 1) * random.uniform(1, 1.5)  # noqa: S311
                if tried == TRIES:
                    raise Refused(f"{host} {error} at {TRIES} tries.") from error
                if wait > LONGEST_WAIT:
                    raise Refused(f"{host} {error} and asks to wait {wait:.0f} s.") from error
                log.info("%s %s; trying again in %.1f s", host, error, wait)
                time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    @staticmethod
    def host(url):
        """Return the host of an address; Refused when it is none."""
        with contextlib.suppress(urllib3.exceptions.LocationValueError):
            parts = urllib3.util.parse_url(url)
            if parts.scheme in ("http", "https") and parts.netloc:
                return parts.netloc
        raise Refused(f"{url} is no address.")

    def pause(self, host):
        """Wait until the next request to a host is due."""
        time.sleep(max(0, self.next_at.get(host, 0) - time.monotonic()))
        self.next_at[host] = time.monotonic() + settings.FEED_PAUSE

    def once(self, address, headers):
        """Return the bytes at an address; Passing or Refused when there are none."""
        deadline = time.monotonic() + WHOLE_TIMEOUT
        try:
            response = self.pool.request(
                "GET",
                address,
                headers={**HEADERS, **(headers or {})},
                preload_content=False,
                redirect=False,
            )
        except urllib3.exceptions.NewConnectionError as error:
            raise Passing("could not be reached") from error
        except urllib3.exceptions.TimeoutError as error:
            raise Passing("did not answer in time") from error
        except urllib3.exceptions.HTTPError as error:
            raise Passing("broke the connection off") from error
        try:
            if response.status != 200:
                raise self.failure(response)
            return self.body(response, deadline)
        except BaseException:
            response.close()
            raise

    @staticmethod
    def failure(response):
        """Return the exception for an answer that is no 200."""
        message = f"answered with status {response.status}"
        if response.status not in WORTH_ANOTHER_TRY:
            return Refused(f"The server {message}.")
        wait = response.headers.get("Retry-After", "")
        return Passing(message, int(wait) if wait.isdecimal() else None)

    @staticmethod
    def body(response, deadline):
        """Return the body of an answer, all of it."""
        parts, size = [], 0
        try:
            while part := response.read1(CHUNK):
                parts.append(part)
                size += len(part)
                if size > LARGEST:
                    raise Refused(f"The answer is larger than {LARGEST // 1024 // 1024} MB.")
                if time.monotonic() > deadline:
                    raise Passing(f"took longer than {WHOLE_TIMEOUT} s")
        except urllib3.exceptions.TimeoutError as error:
            raise Passing("stopped in the middle of its answer") from error
        except urllib3.exceptions.HTTPError as error:
            raise Passing("broke its answer off") from error
        response.release_conn()
        return b"".join(parts)

    @staticmethod
    def text(body, encoding, host):
        """Return the text of a body; Refused for HTML and for bytes that are no text."""
        if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise Refused(f"{host} sent HTML where data should be.")
        try:
            return body.decode(encoding)
        except UnicodeDecodeError as error:
            raise Refused(f"{host} sent bytes that are no {encoding} text.") from error
