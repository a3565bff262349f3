"""Pages that differ from person to person only by name, token and marks, joined from pieces.

`Pieces` is a page made for nobody in particular, a `Specimen`: once watching nothing and once
watching everything. What differs between the two are the buttons; a person's own page is one with
their name, their token and their buttons in the places. Who the person is, `SignedIn` reads from
the session as Django does, in two questions of one row each; whatever is unusual is left to Django.
"""

import hashlib
import json
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from zlib import compressobj

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.db.models import Value
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.html import escape

from .display import Display
from .models import User

IN_DATABASE = "django.contrib.sessions.backends.db"
SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
PERSON = (
    "SELECT username, password, is_active, is_staff, language, theme, up_colour, columns, "
    "(SELECT MAX(id) FROM stocks_datachange), (SELECT COUNT(*) FROM stocks_datachange), "
    "EXISTS (SELECT 1 FROM stocks_savedscreen WHERE owner_id = stocks_user.id) "
    "FROM stocks_user WHERE id = %s"
)
MARKS = "SELECT info_id FROM focus WHERE owner_id = %s AND info_id IN ({})"

# Where a person's name and token stand in a page that is nobody's: no name has these characters.
NAME, TOKEN = "\ue000", "\ue001"
SECRET = "0" * 32
GIVEN_TOKEN = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")[^"]{64}(?=")')
BUTTON = re.compile(r'data-row="(\d+)"|(<span class="watch">.*?</span>)', re.DOTALL)
PLACES = re.compile(f"([{NAME}{TOKEN}])")
# Level 1: a page is packed for one person and sent once.
FAST, GZIP_WINDOW = 1, 31


@dataclass(frozen=True)
class SignedIn:
    """What a page has to know of the person it is for, and the version of the data."""

    pk: int
    name: str
    staff: bool
    display: Display
    columns: tuple
    version: tuple

    @classmethod
    def of(cls, session_key, table):
        """Return who a session belongs to; None for nobody, or for somebody with saved screens.

        Those stand above the table, and Django puts them there.
        """
        with connection.cursor() as cursor:
            now = connection.ops.adapt_datetimefield_value(timezone.now())
            cursor.execute(SESSION, [session_key, now])
            session = decoded(*(cursor.fetchone() or [""]))
            if session is None:
                return None
            key, hashed = session
            cursor.execute(PERSON, [key])
            row = cursor.fetchone()
        if row is None:
            return None
        name, password, active, staff, *display, columns, newest, count, screens = row
        if not active or screens or not constant_time_compare(hashed, hash_of(password)):
            return None
        chosen = tuple(chosen_columns(columns).get(table, ()))
        return cls(key, name, bool(staff), Display.checked(*display), chosen, (newest, count))

    def marks(self, stocks):
        """Return which of the stocks with these ids are on the person's watchlist."""
        if not stocks:
            return []
        with connection.cursor() as cursor:
            cursor.execute(MARKS.format(",".join(["%s"] * len(stocks))), [self.pk, *stocks])
            return [pk for (pk,) in cursor.fetchall()]


@lru_cache(maxsize=1000)
def decoded(data):
    """Return (id of the person, hash of their password) of a session, None for another kind."""
    session = SessionStore().decode(data) if data else {}
    known = session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
    if not known or HASH_SESSION_KEY not in session:
        return None
    return User._meta.pk.to_python(session[SESSION_KEY]), session[HASH_SESSION_KEY]


@lru_cache(maxsize=1000)
def hash_of(password):
    """Return what a session must hold for as long as a password is not changed."""
    return User(password=password).get_session_auth_hash()


@lru_cache(maxsize=1000)
def chosen_columns(text):
    """Return the columns somebody chose, by table."""
    return json.loads(text)


@dataclass(frozen=True)
class Specimen:
    """Nobody in particular, signed in, for whom a page is made that is then cut into pieces."""

    is_staff: bool
    columns: dict
    display: Display
    watching: bool

    is_authenticated = is_active = True
    is_anonymous = is_superuser = False
    username, pk = NAME, None

    @property
    def watchlist(self):
        """What asks for marks gets them all, or none."""
        return SimpleNamespace(marked=lambda stocks: stocks.annotate(marked=Value(self.watching)))

    @property
    def screens(self):
        """Whoever has screens does not get pages from here."""
        return SimpleNamespace(of=lambda _table: ())


@dataclass(frozen=True)
class Pieces:
    """A page cut where persons differ; `buttons` has place and pressed button by stock id."""

    version: tuple
    made_at: float
    headers: list
    parts: list
    names: list
    tokens: list
    buttons: dict
    digest: str
    bytes: int

    @classmethod
    def of(cls, version, headers, unmarked, marked):
        """Cut a page of somebody who watches nothing and of one who watches everything.

        None when they do not differ as they should, which only a mistake in a template brings.
        """
        unmarked, marked = (GIVEN_TOKEN.sub(TOKEN, page.decode()) for page in (unmarked, marked))
        plain, pressed = BUTTON.split(unmarked), BUTTON.split(marked)
        if plain[::3] != pressed[::3] or plain[1::3] != pressed[1::3]:
            return None
        parts, names, tokens, buttons, stock = [], [], [], {}, None
        for text, pk, button, on in zip(
            plain[::3], [*plain[1::3], None], [*plain[2::3], None], [*pressed[2::3], None],
            strict=True,
        ):  # fmt: skip
            for piece in PLACES.split(text):
                if piece in (NAME, TOKEN):
                    (names if piece == NAME else tokens).append(len(parts))
                parts.append(piece.encode())
            if pk:
                stock = int(pk)
                parts.append(f'data-row="{pk}"'.encode())
            elif button:
                buttons[stock] = (len(parts), on.encode())
                parts.append(button.encode())
        whole = b"".join(parts)
        digest = hashlib.sha256(whole).hexdigest()[:20]
        size = 2 * len(whole) + 200 * len(parts)
        return cls(version, time.time(), headers, parts, names, tokens, buttons, digest, size)

    def etag(self, person, marks, secret):
        """Return the weak ETag of a person's page: a secret's tokens differ, and mean the same."""
        own = f"{person.pk} {person.name} {sorted(marks)} {secret}"
        own = hashlib.sha256(own.encode()).hexdigest()[:20]
        return f'W/"{self.digest}-{own}"'

    def joined(self, person, marks, secret):
        """Return the page of a person, as bytes."""
        parts = self.parts.copy()
        name = escape(person.name).encode()
        token = get_token(SimpleNamespace(META={"CSRF_COOKIE": secret})).encode()
        for place in self.names:
            parts[place] = name
        for place in self.tokens:
            parts[place] = token
        for stock in marks:
            place, button = self.buttons[stock]
            parts[place] = button
        return b"".join(parts)


def packed(body):
    """Return a body as gzip."""
    packer = compressobj(FAST, wbits=GZIP_WINDOW)
    return packer.compress(body) + packer.flush()
