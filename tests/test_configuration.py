"""A wrong setting ends every command and server in one line that says what to set."""

import re

import pytest

from .processes import ROOT, environment, run

pytestmark = pytest.mark.sqlite

DATABASE_FORMS = "write sqlite:///var/site.sqlite3 or mysql://user:password@host:3306/name."
WRONG = {
    "weak key": (
        {"SECRET_KEY": "secret"},
        "SECRET_KEY is weak: set 40 random characters or more, or unset it and the site makes"
        " its own.",
    ),
    "key of one letter": ({"SECRET_KEY": "a" * 60}, "SECRET_KEY is weak: "),
    "key of startproject": ({"SECRET_KEY": "django-insecure-" + "a1b2c3d4e5" * 5}, "SECRET_KEY is"),
    "no hosts": (
        {"ALLOWED_HOSTS": ""},
        "ALLOWED_HOSTS is empty: set the names the site is reached by.",
    ),
    "hosts of spaces": ({"ALLOWED_HOSTS": " , "}, "ALLOWED_HOSTS is empty: "),
    "neither on nor off": (
        {"DEBUG": "maybe"},
        "DEBUG is neither on nor off: write one of the two.",
    ),
    "on with a comment": ({"HTTPS": "on # hunter2"}, "HTTPS is neither on nor off: "),
    "nothing for on or off": ({"SIGNUP_OPEN": ""}, "SIGNUP_OPEN is neither on nor off: "),
    "log format": ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is none of text, json."),
    "log level": ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is none of info, debug, warning, error."),
    "time zone": ({"TIME_ZONE": "Mars/Base"}, "TIME_ZONE cannot be read: "),
    "number": (
        {"TRUSTED_PROXY_COUNT": "one"},
        "TRUSTED_PROXY_COUNT cannot be read: see .env.example for how to write it.",
    ),
    "no workers": ({"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY is below 1."),
    "pause below nothing": ({"FEED_PAUSE": "-0.1"}, "FEED_PAUSE is below 0."),
    "cache": ({"CACHE_URL": "nonsense://x"}, "CACHE_URL cannot be read: "),
    "package of the cache": (
        {"CACHE_URL": "pylibmc://hunter2:1"},
        "CACHE_URL needs the package pylibmc, which is not installed: see .env.example.",
    ),
    "mail": ({"EMAIL_URL": "nonsense://x"}, "EMAIL_URL cannot be read: "),
    "mail port": ({"EMAIL_URL": "smtp://u:hunter2@host:port"}, "EMAIL_URL cannot be read: "),
    "no address": (
        {"DATABASE_URL": "hunter2"},
        f"DATABASE_URL is no address of a database: {DATABASE_FORMS}",
    ),
    "other database": (
        {"DATABASE_URL": "postgres://u:hunter2@host/name"},
        "DATABASE_URL is no address of a database: ",
    ),
    "bad port": ({"DATABASE_URL": "mysql://u:hunter2@host:port/name"}, "DATABASE_URL "),
    "port too high": ({"DATABASE_URL": "mysql://u:hunter2@host:99999/name"}, "DATABASE_URL "),
    "slash in password": ({"DATABASE_URL": "mysql://u:hunter2/x@host/name"}, "DATABASE_URL "),
    "no name": ({"DATABASE_URL": "mysql://u:hunter2@host"}, "DATABASE_URL names no database: "),
    "unknown option": (
        {"DATABASE_URL": "mysql://u:hunter2@host/name?colour=red"},
        "DATABASE_URL has an option that cannot be used: colour.",
    ),
    "option of another type": (
        {"DATABASE_URL": "sqlite:///var/x.sqlite3?timeout=hunter2"},
        "DATABASE_URL has an option that cannot be used: timeout.",
    ),
    "folder": ({"DATABASE_URL": "sqlite:////dev/null/x"}, "DATABASE_URL names a file in /dev/null"),
}


def assert_one_line(done, line, code=1):
    assert done.stderr.startswith(f"stocksite: {line}")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr
    assert (done.returncode, done.stdout) == (code, "")


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_is_named(case, tmp_path):
    variables, line = WRONG[case]
    assert_one_line(run("manage.py", "check", env=environment(tmp_path, **variables)), line)


@pytest.mark.parametrize("command", ["serve", "prepare", "migrate", "runserver", "createsuperuser"])
def test_every_command_names_it(command, tmp_path):
    env = environment(tmp_path, SECRET_KEY="secret")
    assert_one_line(run("manage.py", command, env=env), "SECRET_KEY is weak: ")


def test_the_application_names_it(tmp_path):
    env = environment(tmp_path, DATABASE_URL="hunter2")
    done = run("-c", "import stocksite.wsgi", env=env)
    assert_one_line(done, "DATABASE_URL is no address of a database: ", code=3)


def test_gunicorn_names_it(tmp_path):
    env = environment(tmp_path, DATABASE_URL="hunter2")
    done = run("-m", "gunicorn", "--bind=127.0.0.1:0", "stocksite.wsgi", env=env)
    assert "stocksite: DATABASE_URL is no address of a database: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
    assert done.returncode == 3


def test_debug_takes_any_key_and_no_hosts(tmp_path):
    env = environment(tmp_path, DEBUG="on", SECRET_KEY="secret", ALLOWED_HOSTS="")
    assert run("manage.py", "check", env=env).returncode == 0


@pytest.mark.parametrize("line", ["DEBUG", "= on", "1DEBUG=on", "DEBUG: on", " SECRET_KEY hunter2"])
def test_a_malformed_line_of_the_env_file_is_named(line, tmp_path):
    path = tmp_path / "site.env"
    path.write_text(f"# The site\n\nexport LOG_FORMAT=json\n{line}\n")
    env = environment(tmp_path, ENV_FILE=str(path))
    assert_one_line(run("manage.py", "check", env=env), "site.env, line 4: write NAME=value.")


def test_the_env_file_is_read_and_the_environment_wins(tmp_path):
    path = tmp_path / "site.env"
    path.write_text("TIME_ZONE=Asia/Tokyo\nDEFAULT_FROM_EMAIL='Site <a@example.org>'\n")
    env = environment(tmp_path, ENV_FILE=str(path), TIME_ZONE="Asia/Seoul")
    code = "from stocksite.settings import *; print(TIME_ZONE, DEFAULT_FROM_EMAIL)"
    assert run("-c", code, env=env).stdout == "Asia/Seoul Site <a@example.org>\n"


def test_an_indented_line_of_the_env_file_counts(tmp_path):
    path = tmp_path / "site.env"
    path.write_text(" SECRET_KEY=hunter2\n\t# why\n")
    env = environment(tmp_path, ENV_FILE=str(path))
    assert_one_line(run("manage.py", "check", env=env), "SECRET_KEY is weak: ")


@pytest.mark.parametrize(
    ("word", "is_on"),
    [("ON", True), (" true", True), ("1", True), ("ok", True), ("No", False), ("off ", False)],
)
def test_a_switch_is_on_or_off(word, is_on, tmp_path):
    done = run(
        "-c",
        "from stocksite.settings import *; print(HTTPS)",
        env=environment(tmp_path, HTTPS=word),
    )
    assert done.stdout == f"{is_on}\n"


def test_a_secret_may_begin_with_any_sign(tmp_path):
    key = "$0123456789abcdefghijklmnopqrstuvwxyz-ABCDEF"
    env = environment(tmp_path, SECRET_KEY=key, SECRET_KEY_FALLBACKS=key, METRICS_TOKEN="$x")
    code = (
        "from stocksite.settings import *; print(SECRET_KEY, *SECRET_KEY_FALLBACKS, METRICS_TOKEN)"
    )
    assert run("-c", code, env=env).stdout == f"{key} {key} $x\n"


def test_a_list_has_neither_spaces_nor_gaps(tmp_path):
    env = environment(tmp_path, ALLOWED_HOSTS=" a.example, b.example,,", FEEDS="stooq , sina")
    code = "from stocksite.settings import *; print(ALLOWED_HOSTS, FEEDS)"
    assert run("-c", code, env=env).stdout == "['a.example', 'b.example'] ['stooq', 'sina']\n"


def test_an_env_file_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "site.env"
    path.write_bytes(b"DEFAULT_FROM_EMAIL=\xff\xfe\n")
    env = environment(tmp_path, ENV_FILE=str(path))
    assert_one_line(run("manage.py", "check", env=env), "site.env cannot be read as UTF-8 text.")


def test_a_missing_mysqlclient_is_named(tmp_path):
    (tmp_path / "MySQLdb.py").write_text("raise ImportError('not here')\n")
    url = "mysql://u:hunter2@127.0.0.1/name"
    env = environment(tmp_path, DATABASE_URL=url, PYTHONPATH=str(tmp_path))
    line = "DATABASE_URL asks for MariaDB/MySQL but mysqlclient is not installed: apt install "
    assert_one_line(run("manage.py", "check", env=env), line)


def test_without_an_address_the_cache_is_files(tmp_path):
    env = environment(tmp_path, CACHE_URL="")
    code = "from stocksite.settings import *; print(CACHES['default']['BACKEND'])"
    assert run("-c", code, env=env).stdout == "stocks.cache.SharedFileCache\n"


def test_a_redis_that_is_lost_keeps_nobody_waiting(tmp_path):
    (tmp_path / "redis.py").touch()
    url = "rediscache://127.0.0.1:6379/0?socket_connect_timeout=9"
    env = environment(tmp_path, CACHE_URL=url, PYTHONPATH=str(tmp_path))
    code = "from stocksite.settings import *; print(CACHES['pages']['OPTIONS'])"
    expected = {"socket_timeout": 2, "socket_connect_timeout": 9}
    assert run("-c", code, env=env).stdout == f"{expected}\n"


def test_an_example_of_every_setting_is_given(tmp_path):
    code = """
import environ
class Told(dict):
    def __getitem__(self, name):
        print(name)
        return super().__getitem__(name)
    def get(self, name, default=None):
        print(name)
        return super().get(name, default)
environ.Env.ENVIRON = Told(environ.Env.ENVIRON)
import stocksite.settings
"""
    read = run("-c", code, env=environment(tmp_path)).stdout.split()
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert len(read) > 10
    assert set(re.findall(r"^#([A-Z_]+)=", example, re.MULTILINE)) == set(read)
