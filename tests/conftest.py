"""What every test may use: a few real stocks, alice, bob and charlie."""

import gc
from copy import copy
from shutil import copytree

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core import serializers
from django.core.cache import caches
from django.test import Client
from django.utils import translation

from stocks import page_cache
from stocks.imports.feeds import http
from stocks.models import Stock, WatchlistEntry
from stocks.page_cache import PageCache, Pages
from stocks.receivers import EDITORS, derive_on_save
from stocksite.wsgi import django_application

from .feed_samples import Quote
from .feed_server import serving_feeds
from .processes import environment, run

PASSWORD = "a long walk by the river"
# An ordinary name, two that sound alike to a search, an outlier, an asterisk.
CODES = ("000007", "000036", "300268", "600225", "600729")


def pytest_collection_modifyitems(config, items):
    """Leave out the tests about the other database than the one at hand; begin with the longest."""
    at_hand = "mariadb" if "mysql" in settings.DATABASES["default"]["ENGINE"] else "sqlite"
    other = "sqlite" if at_hand == "mariadb" else "mariadb"
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker(other)])
    items[:] = [item for item in items if not item.get_closest_marker(other)]
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(autouse=True)
def english():
    """Each test begins in English, whatever language the one before asked for."""
    with translation.override("en"):
        yield


@pytest.fixture
def no_finalizers():
    """Let no object end at the bottom of a recursion that is too deep, where it would fail."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="session")
def rows():
    """Every row of the fixture, ready to be written again and again."""
    text = (settings.BASE_DIR / "fixtures" / "info.json").read_text(encoding="utf-8")
    found = [row.object for row in serializers.deserialize("json", text)]
    for row in found:
        derive_on_save(row)
    return found


@pytest.fixture
def stocks(db, rows):
    """Five rows of the fixture, by their code."""
    Stock.objects.bulk_create(copy(row) for row in rows if row.code in CODES)
    return {stock.code: stock for stock in Stock.objects.all()}


@pytest.fixture
def all_stocks(db, rows):
    """Every row of the fixture, as a queryset."""
    Stock.objects.bulk_create(map(copy, rows), ignore_conflicts=True)
    return Stock.objects.all()


@pytest.fixture
def alice(django_user_model, db):
    """A person with a watchlist of her own."""
    return django_user_model.objects.create_user("alice", "alice@example.org", PASSWORD)


@pytest.fixture
def bob(django_user_model, db):
    """Another person."""
    return django_user_model.objects.create_user("bob", "bob@example.org", PASSWORD)


@pytest.fixture
def charlie(django_user_model, db):
    """A person to whom nothing belongs."""
    return django_user_model.objects.create_user("charlie", "charlie@example.org", PASSWORD)


@pytest.fixture
def admin(django_user_model, db):
    """A superuser."""
    return django_user_model.objects.create_superuser("admin", "admin@example.org", PASSWORD)


@pytest.fixture
def sign_in():
    """Return a function that gives a client signed in as a person."""

    def client_of(user):
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def boss(admin, sign_in):
    """A superuser's browser."""
    return sign_in(admin)


@pytest.fixture
def editor(django_user_model, db):
    """A person of the group Editors."""
    user = django_user_model.objects.create_user("erin", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=EDITORS))
    return user


@pytest.fixture
def desk(editor, sign_in):
    """The editor's browser."""
    return sign_in(editor)


@pytest.fixture
def unowned(stocks):
    """Two entries adopted from the old site."""
    return [
        WatchlistEntry.objects.create(info=stocks[code], note_info=note)
        for code, note in (("000007", "利好"), ("000036", ""))
    ]


@pytest.fixture
def staff(django_user_model, db, sign_in):
    """Return a function that gives the browser of somebody on the staff with permissions."""

    def client_with(*permissions):
        user = django_user_model.objects.create_user("vera", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return sign_in(user)

    return client_with


@pytest.fixture
def alice_client(alice, sign_in):
    """A client signed in as alice."""
    return sign_in(alice)


@pytest.fixture
def nobody_guessed_yet():
    """Limits count from nothing."""
    caches["default"].clear()


@pytest.fixture
def server(settings, monkeypatch, db):
    """A server of four stocks and two days, where the feeds ask without a pause."""
    settings.FEED_PAUSE = 0
    monkeypatch.setattr(http, "BACK_OFF", 0.001)
    stocks = [
        Quote("600519", "SH", "贵州茅台", "1459.88"),
        Quote("000858", "SZ", "五 粮 液", "70.83"),
        Quote("000002", "SZ", "万 科Ａ", "4.90"),
        Quote("920002", "BJ", "万达轴承", "90.50"),
    ]
    with serving_feeds(stocks) as server:
        settings.FEED_ADDRESSES = server.addresses()
        server.days = [("2026-11-19", 20, 20), ("2026-11-20", 21, 21)]
        yield server


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The environment of a site that `manage.py prepare` made ready, for processes."""
    env = environment(tmp_path_factory.mktemp("site"))
    done = run("manage.py", "prepare", env=env)
    assert done.returncode == 0, done.stderr
    return env


@pytest.fixture
def own_site(site, tmp_path):
    """The environment of a copy of that site, for a test that changes it."""
    folder = tmp_path / "site"
    copytree(site["HOME"], folder)
    return environment(folder)


@pytest.fixture
def new_cache(stocks, monkeypatch):
    """Return a function that gives a cache as another process would have it."""
    monkeypatch.setattr(page_cache, "CHECKED_EVERY", 0)
    caches["pages"].clear()

    def make(application=django_application, most_bytes=10**7):
        return PageCache(application, Pages(most_bytes))

    yield make
    caches["pages"].clear()


@pytest.fixture
def cache(new_cache):
    """The cache of a process that has just begun."""
    return new_cache()
