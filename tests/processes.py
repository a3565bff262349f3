"""Runs the site's commands and servers as processes of their own, as an operator does."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from .mariadb import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 20
SITE = ("fixtures", "locale", "static", "stocks", "stocksite", "templates")


def environment(folder, **variables):
    """Return an environment with an SQLite file in `folder`, no .env, and `variables`."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ENV_FILE": os.devnull,
        "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
        "CACHE_URL": f"filecache://{folder / 'cache'}",
        **variables,
    }


def run(*arguments, env):
    """Run Python with `arguments` and return what became of it."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextlib.contextmanager
def serving(*arguments, env, url):
    """Run a server, Python with `arguments`, from when `url` answers; give its process."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(process, url)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


@contextlib.contextmanager
def serving_copy(folder):
    """Serve a copy of the site in `folder` as `make run` does it; give its address."""
    for name in SITE:
        shutil.copytree(ROOT / name, folder / name)
    manage, env, port = (
        str(shutil.copy(ROOT / "manage.py", folder)),
        environment(folder),
        free_port(),
    )
    for command in (["prepare"], ["collectstatic", "--no-input"]):
        done = run(manage, *command, env=env)
        assert done.returncode == 0, done.stderr
    url = f"http://127.0.0.1:{port}/"
    with serving(manage, "serve", str(port), env=env, url=url):
        yield url


def wait_for(process, url):
    """Wait until `url` answers; AssertionError with what the server said when it ended."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            fetch(url)
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} did not answer")


def fetch(url, data=None, **headers):
    """Return the status, headers and text of an address, whatever the status."""
    request = urllib.request.Request(url, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()
