"""The lines on stderr: one a request, with nothing in it that only the person may read."""

import io
import json
import logging
import re

import pytest
from django.core import mail

from stocks.logs import AccessRecord, JsonFormatter, TextFormatter

from .conftest import PASSWORD
from .mariadb import free_port
from .processes import fetch, serving

pytestmark = pytest.mark.sqlite

WHEN = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"


@pytest.fixture(params=[TextFormatter, JsonFormatter], ids=["text", "json"])
def written(request):
    """Return a function that gives what was logged since the test began."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    logging.getLogger().addHandler(handler)
    yield stream.getvalue
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def one_line(written):
    """Return a function that gives the values of the one line that was logged."""

    def values():
        (line,) = written().splitlines()
        if line.startswith("{"):
            return json.loads(line)
        names = ("time", "level", "method", "path", "status", "ms", "user")
        return dict(zip(names, line.split(" "), strict=True))

    return values


def test_a_request_is_one_line(client, stocks, one_line):
    client.get("/?q=secret")
    line = one_line()
    assert re.fullmatch(WHEN, line["time"])
    assert float(line["ms"]) > 0
    rest = {name: str(value) for name, value in line.items() if name not in ("time", "ms")}
    assert rest == {"level": "INFO", "method": "GET", "path": "/", "status": "200", "user": "-"}


def test_any_formatter_finds_what_it_asks_for():
    usual = logging.makeLogRecord({"levelno": logging.WARNING, "levelname": "WARNING"})
    ours = AccessRecord(logging.WARNING, {})
    assert vars(usual).keys() | {"access"} == vars(ours).keys()
    form = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    usual.created, usual.msecs = ours.created, ours.msecs
    assert form.format(usual) == form.format(ours)
    assert 0 <= ours.relativeCreated - usual.relativeCreated < 1000


def test_the_line_names_the_user_by_id(alice, alice_client, stocks, one_line):
    alice_client.get("/watchlist/")
    assert str(one_line()["user"]) == str(alice.pk)


@pytest.mark.parametrize("path", ["/no-such-page", "/wp-login.php", "/stocks/999999/", "/a%0Ab"])
def test_an_unknown_address_is_a_warning(path, client, stocks, one_line):
    client.get(path)
    line = one_line()
    assert (line["level"], str(line["status"]), line["path"]) == ("WARNING", "404", path)


def test_what_was_refused_is_no_warning(client, stocks, one_line):
    client.get("/watchlist/000007.SZ/add/")
    assert one_line()["level"] == "INFO"


@pytest.mark.parametrize(
    "path",
    [
        "/update/000007/hush.html",
        "/update/000007/hush/hush?hush.html",
        "/update/000007/one%0Ahush.html",
        "/update/000007/%E5%88%A9hush",
        "/update/999999/hush.html",
        "/accounts/password/reset/key/1-hush/",
        "/accounts/password/reset/key/1-hush",
        "/accounts/confirm-email/hush/",
        "/?q=hush&price_min=hush",
        "/accounts/login/?next=/hush",
    ],
)
@pytest.mark.parametrize("host", ["testserver", "elsewhere.example"])
def test_private_parts_of_an_address_stay_out(path, host, client, stocks, written):
    client.get(path, headers={"host": host})
    assert "GET" in written()
    assert "hush" not in written()


def test_the_link_of_a_password_reset_stays_out(client, alice, written):
    client.post("/accounts/password/reset/", {"email": alice.email})
    (link,) = re.findall(r"http://testserver(/\S+)", mail.outbox[0].body)
    key = link.strip("/").rpartition("-")[2]
    response = client.get(link, follow=True)
    assert response.status_code == 200
    assert len(key) > 10
    assert "/accounts/password/reset/key/" in written()
    assert key not in written()


def test_what_forms_bring_stays_out(client, alice, stocks, written):
    client.post("/accounts/login/", {"login": "alice", "password": PASSWORD})
    client.post("/watchlist/000007.SZ/add/")
    client.post("/watchlist/000007.SZ/note/", {"note_info": "hush"})
    assert alice.watchlist.get().note_info == "hush"
    assert len(written().splitlines()) == 3
    assert PASSWORD not in written()
    assert "hush" not in written()


@pytest.mark.parametrize(
    "path", ["/x%0AINFO GET /forged", "/x%0D%0Aforged", "/x%E2%80%A8forged", "/%1B[31m"]
)
def test_a_line_cannot_be_forged(path, client, db, written):
    client.get(path)
    assert len(written().splitlines()) == 1
    assert "\x1b" not in written()


def test_a_wrong_host_is_named_without_a_traceback(client, stocks, written):
    client.get("/", headers={"host": "elsewhere.example"})
    lines = written().splitlines()
    assert len(lines) == 2
    assert "add 'elsewhere.example' to ALLOWED_HOSTS" in lines[0]
    assert "400" in lines[1]


def test_a_failure_comes_with_its_traceback(client, stocks, monkeypatch, written):
    def fail(*_arguments, **_options):
        raise RuntimeError("broken")

    monkeypatch.setattr("stocks.views.stock.Stock.objects.called", fail)
    client.raise_request_exception = False
    assert client.get("/stocks/000007.SZ/").status_code == 500
    assert "RuntimeError: broken" in written()
    assert "GET /stocks/000007.SZ/ failed" in written()


@pytest.mark.sqlite
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_server_writes_them_to_stderr(log_format, site):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {**site, "LOG_FORMAT": log_format}
    with serving("manage.py", "serve", str(port), env=env, url=f"{url}/healthz") as process:
        fetch(f"{url}/?q=hush")
        fetch(f"{url}/update/000007/hush.html")
        process.terminate()
        output, errors = process.communicate(timeout=20)
    lines = [line for line in errors.splitlines() if "/healthz" not in line]
    if log_format == "json":
        logged = [json.loads(line) for line in lines if line.startswith("{")]
        assert [line["path"] for line in logged] == ["/", "/update/000007/..."]
    else:
        assert re.search(rf"^{WHEN} INFO GET / 200 [\d.]+ -$", errors, re.MULTILINE)
        assert re.search(rf"^{WHEN} INFO GET /update/000007/\.\.\. 200 ", errors, re.MULTILINE)
    assert "hush" not in errors + output
