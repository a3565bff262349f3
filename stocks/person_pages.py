"""Pages that differ from person to person only by name, token and marks, joined from pieces.

`Pieces` is a page made for nobody in particular, a `Specimen`: once watching nothing and once
watching everything. What differs between the two are the buttons; a person's own page is one with
their name, their token and their buttons in the places. Who the person is, `SignedIn` reads from
the session as Django does, in two questions of one row each; whatever is unusual is left to Django.
"""

import hashlib
import json
import math
import os
import re
import time
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial
from itertools import pairwise
from types import SimpleNamespace
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.db.models import Value
from django.middleware.csrf import CSRF_ALLOWED_CHARS
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.html import escape

from . import joined_gzip
from .display import Display
from .joined_gzip import Segment
from .models import User

IN_DATABASE = "django.contrib.sessions.backends.db"
SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
PERSON = (
    "SELECT username, password, is_active, is_staff, language, theme, up_colour, columns, "
    "(SELECT MAX(id) FROM stocks_datachange), (SELECT COUNT(*) FROM stocks_datachange), "
    "EXISTS (SELECT 1 FROM stocks_savedscreen WHERE owner_id = stocks_user.id) "
    "FROM stocks_user WHERE id = %s"
)
FIRST_MARKS = "SELECT info_id FROM focus WHERE owner_id = %s LIMIT %s"
MARKS = "SELECT info_id FROM focus WHERE owner_id = %s AND info_id IN ({})"
# Up to how many marks it is faster to ask for all than for those of a page.
FEW = 100

# Where a person's name and token stand in a page that is nobody's: no name has these characters.
NAME, TOKEN = "\ue000", "\ue001"
SECRET = "0" * 32
# A random byte as one of a token's characters, and back; bytes from 248 would not be as likely.
CHARACTERS = CSRF_ALLOWED_CHARS.encode()
AS_CHARACTER = bytes(CHARACTERS[byte % len(CHARACTERS)] for byte in range(256))
AS_NUMBER = bytes(max(CHARACTERS.find(byte), 0) for byte in range(256))
UNFAIR = bytes(range(256 - 256 % len(CHARACTERS), 256))
GIVEN_TOKEN = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")[^"]{64}(?=")')
BUTTON = re.compile(r'data-row="(\d+)"|(<span class="watch">.*?</span>)', re.DOTALL)
PLACES = re.compile(f"([{NAME}{TOKEN}])")
# How many buttons a stretch has: more make less to send, and more states to compress and to keep.
TOGETHER = 3
# What a stretch in one state takes in memory, about.
STATE_BYTES = 1400


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
            cursor.execute(FIRST_MARKS, [self.pk, FEW + 1])
            found = cursor.fetchall()
            if len(found) > FEW:
                cursor.execute(MARKS.format(",".join(["%s"] * len(stocks))), [self.pk, *stocks])
                found = cursor.fetchall()
        return [pk for (pk,) in found if pk in stocks]


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


class Button(NamedTuple):
    """Where a stock has its button, and how it looks pressed, as `bit` of a state says."""

    place: int
    pressed: bytes
    stretch: int
    bit: int


class Stretch(NamedTuple):
    """Parts that are compressed as one; from `before` on, everyone has the same before them."""

    before: int
    begin: int
    end: int


@dataclass(frozen=True)
class Pieces:
    """A page cut where persons differ.

    Names, tokens (as places in `parts`, by stretch) and buttons. The stretches between names and
    tokens have a few buttons each, so that what one of their states is compressed to serves many.
    """

    version: tuple
    made_at: float
    headers: list
    parts: list
    names: dict
    tokens: dict
    buttons: dict
    stretches: list
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
        parts, own, found, stock = [], {NAME: [], TOKEN: []}, {}, None
        for text, pk, button, on in zip(
            plain[::3], [*plain[1::3], None], [*plain[2::3], None], [*pressed[2::3], None],
            strict=True,
        ):  # fmt: skip
            for piece in PLACES.split(text):
                if piece in own:
                    own[piece].append(len(parts))
                parts.append(piece.encode())
            if pk:
                stock = int(pk)
                parts.append(f'data-row="{pk}"'.encode())
            elif button:
                found[len(parts)] = (stock, on.encode())
                parts.append(button.encode())
        stretches = list(cut(len(parts), [*own[NAME], *own[TOKEN]], list(found)))
        begins = [stretch.begin for stretch in stretches]
        names, tokens = ({begins.index(place): place for place in own[it]} for it in (NAME, TOKEN))
        buttons = {
            stock: Button(place, on, bisect_right(begins, place) - 1, 1 << number % TOGETHER)
            for number, (place, (stock, on)) in enumerate(found.items())
        }
        whole = b"".join(parts)
        digest = hashlib.sha256(whole).hexdigest()[:20]
        states = len(stretches) + 2**TOGETHER * math.ceil(len(buttons) / TOGETHER)
        size = len(whole) + 200 * len(parts) + STATE_BYTES * states
        return cls(
            version, time.time(), headers, parts, names, tokens, buttons, stretches, digest, size
        )

    def etag(self, person, marks, secret):
        """Return the weak ETag of a person's page: a secret's tokens differ, and mean the same."""
        own = f"{person.pk} {person.name} {sorted(marks)} {secret}"
        own = hashlib.sha256(own.encode()).hexdigest()[:20]
        return f'W/"{self.digest}-{own}"'

    def joined(self, name, token, marks):
        """Return the page with a name, a token and marks, as bytes."""
        parts = self.parts.copy()
        for place in self.names.values():
            parts[place] = name
        for place in self.tokens.values():
            parts[place] = token
        for stock in marks:
            button = self.buttons[stock]
            parts[button.place] = button.pressed
        return b"".join(parts)

    def packed(self, name, token, marks):
        """Return the same in gzip."""
        states = [0] * len(self.stretches)
        for stock in marks:
            button = self.buttons[stock]
            states[button.stretch] |= button.bit
        parts = list(map(self.segment, range(len(states)), states))
        for stretch in self.names:
            parts[stretch] = name
        for stretch in self.tokens:
            parts[stretch] = token
        return joined_gzip.joined(parts)

    @cached_property
    def segment(self):
        """A function that gives a stretch in a state, compressed when it is asked for first."""
        buttons = list(self.buttons.values())
        return cache(partial(compressed, self.parts, self.stretches, buttons))

    def __getstate__(self):
        """Leave out what each process compresses for itself."""
        state = vars(self).copy()
        state.pop("segment", None)
        return state


def cut(count, own, buttons):
    """Yield the stretches of so many parts, with a person's own and the buttons at some places."""
    begins = sorted({0, *own, *(place + 1 for place in own), *buttons[::TOGETHER]})
    differing = sorted([*own, *buttons])
    for begin, end in pairwise([*begins, count]):
        before = bisect_left(differing, begin)
        yield Stretch(differing[before - 1] + 1 if before else 0, begin, end)


def compressed(parts, stretches, buttons, number, state):
    """Return a stretch with the buttons pressed that are in its state."""
    before, begin, end = stretches[number]
    text = parts[begin:end]
    for button in buttons:
        if button.stretch == number and button.bit & state:
            text[button.place - begin] = button.pressed
    return Segment.of(b"".join(text), b"".join(parts[before:begin]))


def name_and_token(person, secret):
    """Return what a person's page has of them, as bytes."""
    return escape(person.name).encode(), masked(secret)


def masked(secret):
    """Return a secret as the token of one page; Django does the same in ten times the time."""
    length = len(secret)
    mask = os.urandom(2 * length).translate(None, UNFAIR)[:length]
    numbers = secret.encode().translate(AS_NUMBER)
    cipher = bytes(a + b % len(CHARACTERS) for a, b in zip(numbers, mask, strict=True))
    return (mask + cipher).translate(AS_CHARACTER)
