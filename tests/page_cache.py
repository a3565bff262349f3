"""The page cache as a server asks it."""

import gzip
from io import BytesIO

import brotli
from django.test import RequestFactory

from .conftest import PASSWORD

ENCODINGS = {"br": brotli.decompress, "gzip": gzip.decompress}


class Answer:
    """What came back for a request."""

    def __init__(self, cache, path, method="GET", **environ):
        self.sent = []
        path, _mark, query = path.partition("?")
        made = RequestFactory().generic(method, path, QUERY_STRING=query).environ
        environ = {**made, "HTTP_HOST": "testserver", "wsgi.input": BytesIO(), **environ}
        body = cache(environ, lambda *sent: self.sent.append(sent[:2]))
        self.body = b"".join(body)
        if hasattr(body, "close"):
            body.close()
        ((self.status, pairs),) = self.sent
        self.status = int(self.status[:3])
        self.headers = {name.lower(): value for name, value in pairs}
        self.cookies = [value for name, value in pairs if name.lower() == "set-cookie"]

    @property
    def text(self):
        """The page, whatever it was encoded as."""
        decode = ENCODINGS.get(self.headers.get("content-encoding"), bytes)
        return decode(self.body).decode()


def cookie_of(client, user):
    """Return the Cookie header of somebody who is signed in."""
    assert client.login(username=user.username, password=PASSWORD)
    return f"sessionid={client.cookies['sessionid'].value}"
