"""Our site, installed in a folder and served as an operator does it, and a person on it."""

import contextlib
import secrets
import shutil
import sys
import tempfile
from datetime import datetime
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from tests import mariadb
from tests.processes import ROOT, SITE, environment, run

from . import rows
from .servers import PATIENCE, running

NAME, THEME = "Lovelace", "dark"
WATCHED_EACH = 7


def on_each_database(measure):
    """Call `measure` on SQLite and on MariaDB; return the exit status: 1 where a goal is missed.

    It takes the environment of a site and an empty folder, and returns whether it missed one.
    """
    missed = False
    for name in ("SQLite", "MariaDB"):
        if name == "MariaDB" and not all(map(mariadb.program, mariadb.PROGRAMS)):
            print(f"MariaDB: skipped; apt install {mariadb.APT}")
            continue
        with contextlib.ExitStack() as stack:
            temporary = tempfile.TemporaryDirectory(prefix="stocksite-benchmark-")
            folder = Path(stack.enter_context(temporary))
            env = environment(folder)
            if name == "MariaDB":
                env["DATABASE_URL"] = stack.enter_context(mariadb.private_server()).url
            print(name, flush=True)
            missed |= measure(env, folder)
    return int(missed)


@contextlib.contextmanager
def serving(folder, env, stocks):
    """Serve a copy of the site with `stocks` in its database; give its address."""
    place = folder / "site"
    for name in SITE:
        shutil.copytree(ROOT / name, place / name)
    manage = str(shutil.copy(ROOT / "manage.py", place))
    # Quotes of the day, as on a site that is looked after.
    rows.write(folder / "stocks.csv", stocks, datetime.now().isoformat(" ", "minutes"))  # noqa: DTZ005
    for command in (
        ("migrate", "--verbosity=0"),
        ("importstocks", str(folder / "stocks.csv")),
        ("collectstatic", "--no-input", "--verbosity=0"),
    ):
        done = run(manage, *command, env=env)
        if done.returncode:
            raise SystemExit(f"manage.py {command[0]} failed:\n{done.stdout}{done.stderr}")
    port = mariadb.free_port()
    url = f"http://127.0.0.1:{port}/"
    command = (sys.executable, manage, "serve", str(port))
    with running(command, env=env, log=folder / "site.log", url=url):
        yield url


def sign_up(url, stocks):
    """Make a person with a theme and some of `stocks` watched; return their Cookie header."""
    cookies = CookieJar()
    opener = build_opener(HTTPCookieProcessor(cookies))

    def send(path, **fields):
        token = {cookie.name: cookie.value for cookie in cookies}["csrftoken"]
        data = urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        opener.open(f"{url}{path}", data, PATIENCE).close()

    def look(path=""):
        with opener.open(f"{url}{path}", timeout=PATIENCE) as response:
            return response.read().decode()

    look("accounts/signup/")
    password = secrets.token_urlsafe()
    send("accounts/signup/", username=NAME, password1=password, password2=password)
    send("settings/", theme=THEME)
    for code, *_values in stocks[::WATCHED_EACH]:
        send(f"watchlist/{code}/add/")
    look()  # what was said of all this is shown once
    check(look(), len(stocks[::WATCHED_EACH]))
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)


def check(page, watched):
    """SystemExit unless a page is the person's own: name, theme and marks."""
    own = {
        "name": f">{NAME}</a>" in page,
        "theme": f'data-theme="{THEME}"' in page,
        "marks": page.count('class="on"') == watched,
    }
    if not all(own.values()):
        lacking = ", ".join(name for name, there in own.items() if not there)
        raise SystemExit(f"The signed-in page lacks the person's {lacking}.")
