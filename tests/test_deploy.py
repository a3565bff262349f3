"""deploy/nginx.conf with a real nginx before the real site; what MariaDB says of its own."""

import configparser
import contextlib
import gzip
import os
import re
import subprocess
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from shutil import copytree

import pytest

from .mariadb import free_port, program
from .processes import ROOT, environment, fetch, run, serving

pytestmark = pytest.mark.sqlite


@pytest.fixture(scope="module")
def proxied(site, tmp_path_factory):
    """The environment of a copy of the site, which these tests change."""
    folder = tmp_path_factory.mktemp("proxied") / "site"
    copytree(site["HOME"], folder)
    return environment(folder)


@pytest.fixture(scope="module")
def behind_nginx(proxied, tmp_path_factory):
    """The address of the site behind nginx, which is configured as an operator would."""
    if not program("nginx"):
        assert os.environ.get("CI") != "true", "nginx is missing: apt install nginx-light"
        pytest.skip("nginx is missing: apt install nginx-light")
    folder = tmp_path_factory.mktemp("nginx")
    port, site_port = free_port(), free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for there, here in (
        ("user www-data;", "user root;" if os.geteuid() == 0 else ""),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("127.0.0.1:8000", f"127.0.0.1:{site_port}"),
        ("/var/cache/nginx/stocksite", str(folder / "cache")),
        ("/var/log/nginx", str(folder)),
        ("/run/nginx.pid", str(folder / "pid")),
        ("http {\n", f"http {{\n{temporary(folder)}"),
    ):
        assert there in text
        text = text.replace(there, here)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    url = f"http://127.0.0.1:{port}/"
    command = (program("nginx"), "-c", folder / "nginx.conf", "-e", folder / "error.log")
    env = {**proxied, "TRUSTED_PROXY_COUNT": "1"}
    address = f"http://127.0.0.1:{site_port}/healthz"
    with (
        serving("manage.py", "serve", str(site_port), env=env, url=address),
        subprocess.Popen([*command, "-g", "daemon off;"]) as nginx,
    ):
        try:
            answering(url)
            yield url
        finally:
            nginx.terminate()


def temporary(folder):
    """Return where nginx keeps what it is sent."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "".join(f"{kind}_temp_path {folder / kind};\n" for kind in kinds)


def answering(url):
    """Wait until nginx answers."""
    for _try in range(100):
        with contextlib.suppress(OSError):
            return fetch(url)
        time.sleep(0.05)
    raise AssertionError("nginx did not answer")


def test_a_visitors_page_comes_from_nginx(behind_nginx):
    seen = [fetch(behind_nginx, **{"Accept-Language": "en"})[1]["X-Cache"] for _n in range(5)]
    assert "HIT" in seen
    time.sleep(2.1)
    assert fetch(behind_nginx, **{"Accept-Language": "en"})[1]["X-Cache"] != "HIT"


def test_language_and_encoding_have_pages_of_their_own(behind_nginx):
    for _again in range(2):
        for language, word in (("en", "Turnover"), ("zh-CN", "换手率")):
            assert word in fetch(behind_nginx, **{"Accept-Language": language})[2]
        headers = {"Accept-Language": "en", "Accept-Encoding": "gzip"}
        request = urllib.request.Request(behind_nginx, headers=headers)
        with urllib.request.urlopen(request) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert "Turnover" in gzip.decompress(response.read()).decode()


def test_all_who_ask_for_a_page_that_has_ended_see_the_new_one(behind_nginx, proxied):
    address, price = f"{behind_nginx}stocks/000007.SZ/", "98.76"
    assert price not in fetch(address)[2]
    change = "from stocks.models import Stock; s = Stock.objects.get(code='000007')"
    done = run("manage.py", "shell", "-c", f"{change}; s.price = '{price}'; s.save()", env=proxied)
    assert done.returncode == 0, done.stderr
    time.sleep(2.1)
    with ThreadPoolExecutor(8) as people:
        pages = list(people.map(lambda _n: fetch(address)[2], range(8)))
    assert [price in page for page in pages] == [True] * 8


def test_a_person_never_meets_the_cache(behind_nginx):
    status, headers, page = fetch(f"{behind_nginx}accounts/signup/")
    cookie = headers["Set-Cookie"].partition(";")[0]
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    form = (
        f"csrfmiddlewaretoken={token}&username=proxied&password1=a+long+walk&password2=a+long+walk"
    )
    signed_in = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    request = urllib.request.Request(f"{behind_nginx}accounts/signup/", form.encode(), signed_in)
    with opener.open(request) as response:
        assert response.status == 200
    for _again in range(2):
        with opener.open(behind_nginx) as response:
            assert response.headers["X-Cache"] == "BYPASS"
            assert ">proxied<" in response.read().decode()
        assert ">proxied<" not in fetch(behind_nginx)[2]


def test_mariadb_takes_its_settings():
    if not program("mariadbd"):
        assert os.environ.get("CI") != "true", "MariaDB is missing: apt install mariadb-server"
        pytest.skip("MariaDB is missing: apt install mariadb-server")
    path = ROOT / "deploy" / "mariadb.cnf"
    command = [program("mariadbd"), f"--defaults-file={path}", "--verbose", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    used = dict(re.findall(r"^([\w-]+) +(\S+)$", done.stdout, re.MULTILINE))
    known = configparser.ConfigParser()
    known.read(path)
    for name, value in known["mariadb"].items():
        assert used[name.replace("_", "-")] == value.replace("ON", "TRUE")
