"""Reads the configuration, and says in one line what is wrong with it."""

import contextlib
import importlib.util
import io
import os
import re
import secrets
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

DOTENV_LINE = re.compile(r"(export )?[A-Za-z_][A-Za-z0-9_]*=.*")
SHORTEST_SECRET = 40
FEWEST_CHARACTERS = 10
SWITCHES = {
    **dict.fromkeys(("on", "true", "1", "yes", "y", "ok"), True),
    **dict.fromkeys(("off", "false", "0", "no", "n"), False),
}

# Strict mode refuses what does not fit; the timeouts keep a lost server from holding a worker.
MYSQL_OPTIONS = {
    "charset": "utf8mb4",
    "sql_mode": "STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO",
    "isolation_level": "read committed",
    "connect_timeout": 5,
    "read_timeout": 60,
    "write_timeout": 60,
}
# Readers and the one writer do not wait for each other; a writer waits for its turn.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
# More that DATABASE_URL may give after its question mark.
OTHER_OPTIONS = {"unix_socket", "ssl_mode", "init_command"}
# What a cache needs besides Django, by the scheme of its address.
CACHE_PACKAGES = {
    **dict.fromkeys(("redis", "rediss", "rediscache"), "redis"),
    "pymemcache": "pymemcache",
    "pylibmc": "pylibmc",
}
# A lost server keeps nobody waiting for longer.
REDIS_OPTIONS = {"socket_timeout": 2}
DATABASE_FORMS = "write sqlite:///var/site.sqlite3 or mysql://user:password@host:3306/name"


def read_dotenv(path):
    """Put the lines of a .env file into the environment, where they are not set already.

    Raises ImproperlyConfigured with the number of a line that is no NAME=value.
    """
    if not path.is_file():
        return
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{path.name} cannot be read as UTF-8 text.") from error
    lines = [line.strip() for line in text.splitlines()]
    for number, line in enumerate(lines, 1):
        if line and not line.startswith("#") and not DOTENV_LINE.fullmatch(line):
            raise ImproperlyConfigured(f"{path.name}, line {number}: write NAME=value.")
    environ.Env.read_env(io.StringIO("\n".join(lines)))


def read(cast, name, default):
    """Return the variable `name` as `cast` (an environ.Env method) reads it.

    Raises ImproperlyConfigured, without the value, when it cannot be read.
    """
    try:
        return cast(name, default=default)
    except (ValueError, KeyError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(
            f"{name} cannot be read: see .env.example for how to write it."
        ) from error


def at_least(env, name, default, least):
    """Return the number in the variable `name`, a whole one where `default` is.

    Raises ImproperlyConfigured for one that is below `least`.
    """
    number = read(env.float if isinstance(default, float) else env.int, name, default)
    if number < least:
        raise ImproperlyConfigured(f"{name} is below {least}.")
    return number


def switch(env, name, default):
    """Return whether the variable `name` is on; ImproperlyConfigured for neither on nor off."""
    word = env.str(name, default=default).strip().lower()
    if word not in SWITCHES:
        raise ImproperlyConfigured(f"{name} is neither on nor off: write one of the two.")
    return SWITCHES[word]


def as_written(env, name, default=None):
    """Return the text in the variable `name`, whatever it begins with.

    django-environ takes what begins with $ for the name of another variable.
    """
    return env.ENVIRON.get(name, default)


def texts(env, name, *default):
    """Return the texts in the variable `name`, which commas divide."""
    parts = as_written(env, name, ",".join(default)).split(",")
    return [part.strip() for part in parts if part.strip()]


def package_folder(package, folder):
    """Return a folder of a package that is installed, without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ImproperlyConfigured(f"{package} is not installed: make install.")
    return Path(spec.origin).parent / folder


def choice(env, name, choices):
    """Return the one of `choices` that the variable `name` is, by default the first.

    Capitals do not matter. Raises ImproperlyConfigured for anything else.
    """
    value = env.str(name, default=choices[0]).lower()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is none of {', '.join(choices)}.")
    return value


def time_zone(env, default):
    """Return the name of the time zone in TIME_ZONE."""
    return read(
        lambda name, default: ZoneInfo(env.str(name, default=default)).key, "TIME_ZONE", default
    )


def cache(env, default):
    """Return Django's settings of the cache that CACHE_URL names.

    Raises ImproperlyConfigured for one whose Python package is not installed.
    """
    url = env.str("CACHE_URL", default="") or default
    config = read(lambda _name, default: env.cache_url_config(default), "CACHE_URL", url)
    package = CACHE_PACKAGES.get(url.partition("://")[0])
    if package and importlib.util.find_spec(package) is None:
        raise ImproperlyConfigured(
            f"CACHE_URL needs the package {package}, which is not installed: see .env.example."
        )
    if config["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
        config["OPTIONS"] = REDIS_OPTIONS | config.get("OPTIONS", {})
    return config


def database(env, base, default):
    """Return Django's settings of the database that DATABASE_URL names.

    Options given in the address (?connect_timeout=9) win over ours. Raises
    ImproperlyConfigured, without the password, for an address that cannot be used.
    """
    url = env.str("DATABASE_URL", default="") or default
    scheme, separator, _rest = url.partition("://")
    if not separator or scheme not in ("sqlite", "mysql"):
        raise ImproperlyConfigured(f"DATABASE_URL is no address of a database: {DATABASE_FORMS}.")
    try:
        config = env.db_url_config(url)
    except ValueError as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {DATABASE_FORMS}.") from error
    if not config["NAME"] or (scheme == "mysql" and config["NAME"] == ":memory:"):
        raise ImproperlyConfigured(f"DATABASE_URL names no database: {DATABASE_FORMS}.")
    config["CONN_HEALTH_CHECKS"] = True
    config["CONN_MAX_AGE"] = read(env.int, "CONN_MAX_AGE", 60)
    if scheme == "mysql":
        try:
            import MySQLdb  # noqa: F401
        except ImportError as error:
            raise ImproperlyConfigured(
                "DATABASE_URL asks for MariaDB/MySQL but mysqlclient is not installed: "
                "apt install libmariadb-dev pkg-config python3-dev gcc, then make install."
            ) from error
        config["OPTIONS"] = options(config, MYSQL_OPTIONS)
        config["TEST"] = {"CHARSET": "utf8mb4"}
    else:
        if config["NAME"] != ":memory:":
            config["NAME"] = base / config["NAME"]
            make_folder(config["NAME"].parent)
        config["OPTIONS"] = options(config, SQLITE_OPTIONS)
    return config


def options(config, ours):
    """Return our options of a database with those given in its address, which win."""
    given = config.get("OPTIONS", {})
    for name, value in given.items():
        usable = isinstance(value, type(ours[name])) if name in ours else name in OTHER_OPTIONS
        if not usable:
            raise ImproperlyConfigured(f"DATABASE_URL has an option that cannot be used: {name}.")
    return ours | given


def make_folder(path):
    """Make the folder of the SQLite file."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATABASE_URL names a file in {path}, which cannot be made."
        ) from error


def secret_key(env, path, debug):
    """Return SECRET_KEY, or without one the site's own, made once and kept in `path`.

    Raises ImproperlyConfigured for a key that is easy to guess, unless `debug`.
    """
    key = as_written(env, "SECRET_KEY")
    if key is None:
        return kept_secret(path)
    weak = len(key) < SHORTEST_SECRET or len(set(key)) < FEWEST_CHARACTERS
    if not debug and (weak or key.startswith("django-insecure-")):
        raise ImproperlyConfigured(
            f"SECRET_KEY is weak: set {SHORTEST_SECRET} random characters or more, or unset it "
            "and the site makes its own."
        )
    return key or "debug"


def kept_secret(path):
    """Return the secret kept in the file `path`, made at the first call."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_secret(path)
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set, and {path} cannot be read or written: set SECRET_KEY."
        ) from error


def write_secret(path):
    """Put a new secret at `path`, whole at once: of several processes the first one wins."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)
