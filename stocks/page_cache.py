"""The pages that everyone sees alike, kept ready to be sent and answered before Django begins.

A view says by `public_page` that its page is one of them. Only a GET (or HEAD) without a session
is answered from here, for an address whose parameters are known and in their canonical order.
What a page depends on is its `Wanted`, and nothing else can get into it: it is made from a request
that has nothing else. A page belongs to a version of the data (`DataChange`); a commit that
changes what pages show ends the pages before it in every process within `CHECKED_EVERY` seconds.

HTTP's side is RFC 9110 (conditional requests, content negotiation) and RFC 9111 (caching).
"""

import gzip
import hashlib
import io
import re
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from urllib.parse import parse_qsl, urlencode

import brotli
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error, connection
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _

from .cache import SharedPages
from .display import Display
from .logs import log_access
from .models import DataChange
from .person_pages import IN_DATABASE, SECRET, Pieces, SignedIn, Specimen, name_and_token

# Seconds: how long a version counts before it is asked for again, how long the database may take
# to tell it, a page lives at most, it is there for times without a database, and one waits for
# somebody else's making of it.
CHECKED_EVERY = 0.4
LONGEST_ASKING = 1
LONGEST_LIFE = 60
LONGEST_SHARED = 3600
LONGEST_WAIT = 2
BETWEEN_LOOKS = 0.02
# How long after its version was last seen to be the newest a page may be shown, while the next one
# is made.
GRACE = 0.8
MOST_REQUESTS, LONGEST_REQUEST = 2000, 1000
LONGEST_QUERY = 500
BROTLI_QUALITY, GZIP_LEVEL = 5, 6

PUBLIC = "stocksite.public"
# All of a request that counts here: two that agree in it get the same answer.
LOOKED_AT = (
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "HTTP_COOKIE",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "wsgi.url_scheme",
)
# What the server says of itself and its streams, which a request made here needs as well.
OF_THE_SERVER = ("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "REMOTE_ADDR", "SCRIPT_NAME")
OF_THE_ADDRESS = ("HTTP_HOST", "HTTP_X_FORWARDED_PROTO", "PATH_INFO", "QUERY_STRING")
VARY = "Accept-Language, Accept-Encoding, Cookie"
# A shared cache may keep a page for a second; a browser asks whether its own is still good.
CACHE_CONTROL = "public, max-age=0, s-maxage=1, stale-if-error=300"
TOKEN_COOKIE = f"{settings.CSRF_COOKIE_NAME}="
PRIVATE = "private, no-cache"
HTML = "text/html; charset=utf-8"
PLAIN_SECRET = re.compile(r"[0-9A-Za-z]{32}")
REPLACED = {"content-length", "vary", "etag", "cache-control", "content-encoding"}
COUNTED = {
    "answered": "Requests answered with a page that was kept or just made.",
    "made": "Pages made.",
    "shared": "Pages taken from another process.",
    "dropped": "Pages dropped to make room.",
}
BEFORE_CONTENT = b'<div id="messages"'


def public_page(*names, table="", impersonal=False):
    """Mark a view whose page everyone without a session sees alike.

    `names` are the parameters that an address may have to be answered from here, in their order.
    With the name of a `table`, signed-in people see the same page too, but for their columns of
    that table, their marks on its stocks, and their name. What is `impersonal`, such as a picture,
    they see as everyone does.
    """

    def mark(view):
        view.public_parameters, view.table, view.impersonal = names, table, impersonal
        return view

    return mark


@dataclass(frozen=True)
class Wanted:
    """What a page depends on."""

    path: str
    query: str
    language: str
    theme: str
    up_colour: str
    # Of somebody signed in: the table, whether they are staff, and the columns they chose.
    person: tuple = ()

    @cached_property
    def name(self):
        """The page's name in the cache that processes share."""
        return hashlib.sha256(repr((SHAPE, self)).encode()).hexdigest()

    def cookies(self):
        """Return the cookies of a visitor who wants just this."""
        choices = {
            settings.LANGUAGE_COOKIE_NAME: self.language,
            "theme": self.theme,
            "up_colour": self.up_colour,
        }
        own = f"; {TOKEN_COOKIE}{SECRET}" if self.person else ""
        return "; ".join(f"{name}={value}" for name, value in choices.items() if value) + own


@dataclass(frozen=True)
class Asked:
    """What a request asks for: the page, its encoding, and for whom where somebody is signed in."""

    wanted: Wanted
    encoding: str
    table: str = ""
    session: str = ""
    secret: str = ""

    @cached_property
    def path(self):
        """The path as the log shows it."""
        return escape_uri_path(self.wanted.path)


@dataclass(frozen=True)
class Page:
    """A page as it is sent: for each encoding its ETag, the headers and the body."""

    version: tuple
    made_at: float
    forms: dict
    plain: bytes = field(repr=False)

    @classmethod
    def of(cls, version, headers, body):
        """Return the page that a view's answer is."""
        kept = [pair for pair in headers if pair[0].lower() not in REPLACED]
        asked = {name.lower(): value for name, value in headers}
        kept.append(("Cache-Control", asked.get("cache-control", CACHE_CONTROL)))
        digest = hashlib.sha256(body).hexdigest()[:20]
        forms = {}
        for encoding, content in (
            ("br", brotli.compress(body, quality=BROTLI_QUALITY)),
            ("gzip", gzip.compress(body, GZIP_LEVEL, mtime=0)),
            ("", body),
        ):
            etag = f'"{digest}-{encoding or "plain"}"'
            common = [*kept, ("Vary", VARY), ("ETag", etag)]
            whole = [*common, ("Content-Length", str(len(content)))]
            if encoding:
                whole.append(("Content-Encoding", encoding))
            unchanged = [p for p in common if p[0].lower() != "content-type"]
            forms[encoding] = (etag, unchanged, whole, content)
        return cls(version, time.time(), forms, body)

    @property
    def bytes(self):
        """How much room the page takes, about."""
        return sum(len(content) + 2000 for *_rest, content in self.forms.values())


# What a process of another version of the site keeps may be something else by the same name.
SHAPE = (*Page.__dataclass_fields__, *Pieces.__dataclass_fields__)


def fresh(page, version):
    """Return whether there is a page and it shows a version of the data, and is not too old.

    Too old it can be for the time of day: what is said of trading days changes with them.
    """
    return (
        page is not None and page.version == version and time.time() - page.made_at < LONGEST_LIFE
    )


class Pages:
    """The pages of a process, those used last, within a number of bytes."""

    def __init__(self, most_bytes):
        self.most_bytes, self.bytes = most_bytes, 0
        self.pages, self.lock = OrderedDict(), threading.Lock()
        self.counts = dict.fromkeys(COUNTED, 0)

    def get(self, wanted):
        """Return a page, None without it."""
        with self.lock:
            page = self.pages.get(wanted)
            if page is not None:
                self.pages.move_to_end(wanted)
        return page

    def put(self, wanted, page):
        """Keep a page, and let those go that were not asked for the longest time."""
        with self.lock:
            before = self.pages.pop(wanted, None)
            self.bytes += page.bytes - (before.bytes if before else 0)
            self.pages[wanted] = page
            while self.bytes > self.most_bytes:
                _wanted, dropped = self.pages.popitem(last=False)
                self.bytes -= dropped.bytes
                self.counts["dropped"] += 1

    def metrics(self):
        """Return the figures of the cache: name, kind, meaning and value of each."""
        return [
            ("pages", "gauge", "Pages kept.", len(self.pages)),
            ("bytes", "gauge", "Bytes that they take.", self.bytes),
            ("limit_bytes", "gauge", "Bytes that they may take.", self.most_bytes),
            *((f"{name}_total", "counter", COUNTED[name], n) for name, n in self.counts.items()),
        ]

    def clear(self):
        """Let all pages go."""
        with self.lock:
            self.pages.clear()
            self.bytes = 0


pages = Pages(settings.PAGE_CACHE_MB * 1024**2)


class KnownVersion:
    """The version of the data as a process knows it, asked for again when it may be old."""

    def __init__(self):
        self.lock = threading.Lock()
        self.number, self.before = None, None
        self.checked = self.before_seen = float("-inf")
        self.away = False

    def current(self):
        """Return the version; `away` is set when the database does not say."""
        if time.monotonic() - self.checked < CHECKED_EVERY:
            return self.number
        # The others wait for the one that asks, unless the database keeps it waiting.
        if self.lock.acquire(timeout=0 if self.away else LONGEST_ASKING):
            try:
                if time.monotonic() - self.checked >= CHECKED_EVERY:
                    self.ask()
            finally:
                self.lock.release()
        else:
            self.away = True
        return self.number

    def ask(self):
        """Ask the database."""
        connection.close_if_unusable_or_obsolete()
        try:
            self.learn(DataChange.objects.version())
        except Error:
            self.away = True
            self.checked = time.monotonic()

    def learn(self, number):
        """Take over a version that somebody else asked for just now."""
        if number != self.number:
            self.number, self.before, self.before_seen = number, self.number, self.checked
        self.checked, self.away = time.monotonic(), False

    def just_ended(self, page):
        """Return whether a page shows the version before, which has only just ended."""
        recent = time.monotonic() - self.before_seen < GRACE
        return page.version == self.number or (recent and page.version == self.before)


class PageCache:
    """A WSGI application before another: it answers public pages and hands the rest on."""

    def __init__(self, application, pages=pages):
        self.application, self.pages = application, pages
        self.version, self.shared = KnownVersion(), SharedPages()
        self.known, self.making, self.lock = {}, {}, threading.Lock()

    def __call__(self, environ, start_response):
        """Answer a request."""
        asked = tuple(map(environ.get, LOOKED_AT))
        understood = self.known.get(asked, self)
        if understood is self:
            understood = self.learn(asked, environ)
        if understood is None:
            return self.application(environ, start_response)
        start = time.perf_counter()
        if understood.session:
            return self.answer_person(understood, environ, start_response, start)
        wanted = understood.wanted
        page = self.pages.get(wanted)
        version = self.version.current()
        if self.version.away or not fresh(page, version):
            page = self.fetch(wanted, environ, page, version)
        if not isinstance(page, Page):
            return page(environ, start_response)
        status, body = self.send(page, understood.encoding, environ, start_response)
        self.note(understood, environ, status, start)
        return body

    def answer_person(self, asked, environ, start_response, start):
        """Answer somebody with a session: from here, unless only Django knows what they see."""
        connection.close_if_unusable_or_obsolete()
        try:
            person = SignedIn.of(asked.session, asked.table)
            page = person and self.pieces_for(person, asked.table, asked.wanted, environ)
            marks = page and person.marks(page.buttons)
        except Error:
            page = None
        if page is None:
            return self.application(environ, start_response)
        etag = page.etag(person, marks, asked.secret)
        headers = [*page.headers, ("ETag", etag)]
        if matches(environ.get("HTTP_IF_NONE_MATCH", ""), etag):
            start_response("304 Not Modified", headers)
            status, body = 304, b""
        else:
            own = name_and_token(person, asked.secret)
            if asked.encoding:
                body = page.packed(*own, marks)
                headers.append(("Content-Encoding", asked.encoding))
            else:
                body = page.joined(*own, marks)
            headers += [("Content-Type", HTML), ("Content-Length", str(len(body)))]
            start_response("200 OK", headers)
            status = 200
        self.note(asked, environ, status, start, person.pk)
        return [body] if body and environ["REQUEST_METHOD"] == "GET" else []

    def pieces_for(self, person, table, wanted, environ):
        """Return the pieces of a person's page, None when it cannot be cut."""
        self.version.learn(person.version)
        display = person.display
        language = display.language or wanted.language
        whom = (table, person.staff, person.columns)
        own = Wanted(wanted.path, wanted.query, language, display.theme, display.up_colour, whom)
        page = self.pages.get(own)
        if not fresh(page, person.version):
            page = self.fetch(own, environ, None, person.version)
        return page if isinstance(page, Pieces) else None

    def learn(self, asked, environ):
        """Return what `understand` does, and remember it."""
        understood = understand(environ)
        if sum(len(text or "") for text in asked) < LONGEST_REQUEST:
            if len(self.known) >= MOST_REQUESTS:
                self.known = {}
            self.known[asked] = understood
        return understood

    def send(self, page, encoding, environ, start_response):
        """Send a page in an encoding, or say that it has not changed; return (status, body)."""
        etag, unchanged, whole, content = page.forms[encoding]
        given = environ.get("HTTP_IF_NONE_MATCH")
        if given and etag and (given == etag or matches(given, etag)):
            start_response("304 Not Modified", unchanged)
            return 304, []
        start_response("200 OK", whole)
        return 200, [content] if environ["REQUEST_METHOD"] == "GET" else []

    def note(self, asked, environ, status, start, user="-"):
        """Count an answer, and write its line of the access log."""
        self.pages.counts["answered"] += 1
        log_access(environ["REQUEST_METHOD"], asked.path, status, start, user)

    def fetch(self, wanted, environ, old, version):
        """Return a page that is not here, or the application that is to answer instead."""
        if self.version.away:
            old = old or self.shared.get(wanted.name)
            return marked(wanted, old) if old else self.application
        with self.lock:
            over = self.making.get(wanted)
            mine = over is None
            if mine:
                over = self.making[wanted] = threading.Event()
        if not mine:
            if old and self.version.just_ended(old):
                return old
            over.wait(LONGEST_WAIT)
            page = self.pages.get(wanted)
            return page if fresh(page, version) else self.application
        try:
            return self.made_once(wanted, environ, old, version)
        finally:
            with self.lock:
                del self.making[wanted]
            over.set()

    def made_once(self, wanted, environ, old, version):
        """Return the page from the cache that processes share, or make it for all of them."""
        # For each version a lock of its own: who makes the one before holds nobody up.
        lock = "-".join(map(str, (wanted.name, *version, "making")))
        page = self.shared.get(wanted.name)
        if not fresh(page, version) and not self.shared.add(lock, 1, LONGEST_WAIT):
            if old and self.version.just_ended(old):
                return old
            deadline = time.monotonic() + LONGEST_WAIT
            while lock in self.shared and time.monotonic() < deadline:
                time.sleep(BETWEEN_LOOKS)
            page = self.shared.get(wanted.name)
        if fresh(page, version):
            self.pages.counts["shared"] += 1
            self.pages.put(wanted, page)
            return page
        try:
            page = self.make(wanted, environ, version)
            if isinstance(page, (Page, Pieces)):
                self.pages.counts["made"] += 1
                self.pages.put(wanted, page)
                self.shared.set(wanted.name, page, LONGEST_SHARED)
        finally:
            self.shared.delete(lock)
        return page

    def make(self, wanted, environ, version):
        """Have a page made for somebody who wants it and of whom nothing else is known."""
        if not wanted.person:
            return self.made_for(wanted, environ, True, lambda *found: Page.of(version, *found))
        table, staff, columns = wanted.person
        display = Display(wanted.language, wanted.theme, wanted.up_colour)
        found = []
        for watching in (False, True):
            specimen = Specimen(staff, {table: columns}, display, watching)
            page = self.made_for(wanted, environ, specimen, lambda *page: found.append(page))
            if page:
                return page
        (headers, unmarked), (_headers, marked) = found
        return Pieces.of(version, private_headers(headers), unmarked, marked) or self.application

    def made_for(self, wanted, environ, whom, keep):
        """Return what `keep` makes of a page's headers and body; what to answer if it is none."""
        names = (*OF_THE_SERVER, *OF_THE_ADDRESS)
        plain = {name: environ[name] for name in names if name in environ}
        plain |= {name: value for name, value in environ.items() if name.startswith("wsgi.")}
        plain |= {"REQUEST_METHOD": "GET", "HTTP_COOKIE": wanted.cookies(), PUBLIC: whom}
        plain["HTTP_ACCEPT_LANGUAGE"] = wanted.language
        plain["wsgi.input"] = io.BytesIO()
        answer = {}

        def take(status, headers, exc_info=None):
            answer.update(status=status, headers=headers)

        result = self.application(plain, take)
        try:
            body = b"".join(result)
        finally:
            if hasattr(result, "close"):
                result.close()
        cookies = {
            value.strip() for name, value in answer["headers"] if name.lower() == "set-cookie"
        }
        # The specimen's own is given to nobody: it stands for everyone's.
        if any(not cookie.startswith(f"{TOKEN_COOKIE}{SECRET}") for cookie in cookies):
            return self.application
        if not answer["status"].startswith("200 "):
            return passing_on(answer, body)
        return keep(answer["headers"], body)


def understand(environ):
    """Return what a request asks for, None when it is not for this cache."""
    query = environ.get("QUERY_STRING", "")
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not environ.get("HTTP_HOST"):
        return None
    request = WSGIRequest({**environ, "wsgi.input": io.BytesIO()})
    try:
        request.get_host()
        view = resolve(request.path_info).func
    except (DisallowedHost, Resolver404):
        return None
    names = getattr(view, "public_parameters", None)
    insecure = settings.SECURE_SSL_REDIRECT and not request.is_secure()
    if names is None or insecure or "messages" in request.COOKIES or not canonical(query, names):
        return None
    session = "" if view.impersonal else request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    secret = request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
    # A token is handed out, and a session of another kind read, by Django alone.
    known = view.table and PLAIN_SECRET.fullmatch(secret) and settings.SESSION_ENGINE == IN_DATABASE
    if session == "" and not view.impersonal or session and not known:
        return None
    display = Display.of_cookies(request.COOKIES)
    language = translation.get_language_from_request(request)
    wanted = Wanted(request.path, query, language, display.theme, display.up_colour)
    encodings = ("gzip",) if session else ("br", "gzip")
    encoding = encoding_for(environ.get("HTTP_ACCEPT_ENCODING", ""), encodings)
    return Asked(wanted, encoding, view.table, session or "", secret)


def canonical(query, names):
    """Return whether a query string has only parameters called `names`, in that order, once."""
    if not query:
        return True
    if len(query) > LONGEST_QUERY:
        return False
    pairs = parse_qsl(query, keep_blank_values=True)
    given = [name for name, _value in pairs]
    return (
        all(value for _name, value in pairs)
        and given == [name for name in names if name in given]
        and urlencode(pairs, safe=",") == query
    )


def encoding_for(accepted, names=("br", "gzip")):
    """Return the first of the encodings that an Accept-Encoding takes, or none."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _semicolon, parameters = part.partition(";")
        weight = parameters.strip().removeprefix("q=") if parameters else "1"
        weights[name.strip()] = weight.replace("0", "").replace(".", "") != ""
    return next((name for name in names if weights.get(name, weights.get("*"))), "")


def matches(given, etag):
    """Return whether an If-None-Match names an ETag; weak ones count (RFC 9110, 13.1.2)."""
    named = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    return etag.removeprefix("W/") in named or "*" in named


def passing_on(answer, body):
    """Return an application that gives an answer that is not kept, such as 404."""

    def application(environ, start_response):
        start_response(answer["status"], answer["headers"])
        return [body] if environ["REQUEST_METHOD"] == "GET" else []

    return application


def private_headers(headers):
    """Return the headers of a person's page but for those of one answer."""
    once = {*REPLACED, "content-type", "set-cookie"}
    kept = [pair for pair in headers if pair[0].lower() not in once]
    return [*kept, ("Vary", VARY), ("Cache-Control", PRIVATE)]


def marked(wanted, page):
    """Return an old page that says from when it is, plain in every encoding and not to be kept."""
    with translation.override(wanted.language):
        made = datetime.fromtimestamp(page.made_at, timezone.get_current_timezone())
        text = _("The database does not answer. This page is from %(time)s.") % {
            "time": f"{made:%Y-%m-%d %H:%M}"
        }
    mark = f'<p class="message warning" role="status">{text}</p>'.encode()
    body = page.plain.replace(BEFORE_CONTENT, mark + BEFORE_CONTENT, 1)
    _etag, _unchanged, whole, _content = page.forms[""]
    headers = [pair for pair in whole if pair[0].lower() not in REPLACED]
    headers += [
        ("Age", str(int(time.time() - page.made_at))),
        ("Cache-Control", "no-store"),
        ("Content-Length", str(len(body))),
    ]
    return Page(
        page.version, page.made_at, dict.fromkeys(page.forms, (None, [], headers, body)), body
    )
