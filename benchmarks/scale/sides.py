"""The two databases, a small and a large one, and how they are asked with a time limit."""

import configparser
import contextlib
import os
import time

from tests import mariadb
from tests.processes import ROOT, environment, run

LIMIT = 20
# How a server is set up for a table of this size.
SETTINGS = ROOT / "deploy" / "mariadb.cnf"
# How many steps of SQLite's machine lie between two looks at the clock.
STEPS = 100_000


@contextlib.contextmanager
def sides(database, folder):
    """Make both databases, empty; give the environment of the large one."""
    with contextlib.ExitStack() as stack:
        large, small = (f"sqlite:///{folder / name}" for name in ("large.db", "small.db"))
        if database == "mariadb":
            large = stack.enter_context(mariadb.private_server()).url
            small = large.replace("/stocksite", "/small")
        env = environment(folder, DATABASE_URL=large, DJANGO_SETTINGS_MODULE="stocksite.settings")
        set_up(env, small)
        for url in (large, small):
            done = run("manage.py", "migrate", "--verbosity=0", env={**env, "DATABASE_URL": url})
            if done.returncode:
                raise SystemExit(done.stderr)
        yield env
        from django.db import connections

        connections.close_all()


def set_up(env, small):
    """Start Django with the large database, and the small one as another."""
    import django
    import environ

    os.environ.update(env)
    django.setup()
    from django.db import connections

    name = environ.Env.db_url_config(small)["NAME"]
    connections.settings["small"] = {**connections.settings["default"], "NAME": name}
    if connections["default"].vendor == "mysql":
        with connections["default"].cursor() as cursor:
            cursor.execute("CREATE DATABASE small CHARACTER SET utf8mb4")
            settings = configparser.ConfigParser()
            settings.read(SETTINGS)
            for name, value in settings["mariadb"].items():
                cursor.execute(f"SET GLOBAL {name} = {value}")


@contextlib.contextmanager
def limited(connection):
    """Let no statement take longer than the limit."""
    connection.ensure_connection()
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute("SET max_statement_time = %s", [LIMIT])
        yield
        return
    end = time.monotonic() + LIMIT
    connection.connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, STEPS)
