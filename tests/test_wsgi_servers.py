"""The same application under every WSGI server an operator may have."""

import re

import pytest

from .mariadb import free_port
from .processes import fetch, run, serving

WSGIREF = (
    "from wsgiref.simple_server import make_server; from stocksite.wsgi import application;"
    " make_server('127.0.0.1', {port}, application).serve_forever()"
)
WERKZEUG = (
    "from werkzeug.serving import run_simple; from stocksite.wsgi import application;"
    " run_simple('127.0.0.1', {port}, application)"
)
SERVERS = {
    "wsgiref": ("-c", WSGIREF),
    "werkzeug": ("-c", WERKZEUG),
    "gunicorn": ("-m", "gunicorn", "--bind=127.0.0.1:{port}", "stocksite.wsgi"),
    "granian": ("manage.py", "serve", "{port}"),
}

pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize("server", SERVERS)
def test_serves_a_page_and_a_file(server, site):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [part.format(port=port) for part in SERVERS[server]]
    with serving(*command, env=site, url=f"{url}/healthz"):
        status, headers, page = fetch(f"{url}/?q=cqbh")
        assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "重庆百货" in page
        assert "全新好" not in page
        style = re.search(r'<link rel="stylesheet" href="([^"]+)"', page)[1]
        assert fetch(f"{url}{style}")[0] == 200
        assert fetch(f"{url}/no-such-page")[0] == 404


@pytest.mark.parametrize(("debug", "kind"), [("off", "PageCache"), ("on", "WSGIHandler")])
def test_pages_are_kept_unless_somebody_works_on_them(site, debug, kind):
    code = "from stocksite.wsgi import application; print(type(application).__name__)"
    assert run("-c", code, env={**site, "DEBUG": debug}).stdout == f"{kind}\n"
