"""/healthz says that the process lives, /readyz that the table of stocks can be read."""

import time

import pytest
from django.test import Client

from stocks.page_cache import CHECKED_EVERY

from .mariadb import free_port, private_server
from .processes import environment, fetch, run, serving


def test_healthz_asks_no_database(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_readyz_reads_the_stocks(client, stocks, django_assert_num_queries):
    with django_assert_num_queries(1) as queries:
        response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ready\n")
    assert "info" in queries[0]["sql"]


def test_readyz_of_an_empty_table_is_ready(client, db):
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("host", ["localhost:8231", "10.0.0.5", "_", ""])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_may_use_any_name_and_plain_http(path, host, client, stocks, settings, caplog):
    settings.ALLOWED_HOSTS = ["stocks.example.org"]
    settings.SECURE_SSL_REDIRECT = True
    caplog.set_level("INFO")
    response = client.get(path, HTTP_HOST=host)
    assert response.status_code == 200
    assert int(response["Content-Length"]) == len(response.content)
    [line] = [record.access for record in caplog.records if hasattr(record, "access")]
    assert (line["method"], line["path"], line["status"]) == ("GET", path, 200)


@pytest.mark.parametrize("path", ["/", "/about/", "/healthz/", "/readyz/x", "/metrics"])
def test_everything_else_asks_for_the_sites_name_and_https(path, client, stocks, settings):
    settings.ALLOWED_HOSTS = ["stocks.example.org"]
    assert client.get(path, HTTP_HOST="localhost").status_code == 400
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get(path, HTTP_HOST="stocks.example.org").status_code == 301


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reads(path, client, db):
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405


@pytest.mark.sqlite
def test_readyz_without_the_table_is_503(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = environment(tmp_path)
    with serving("manage.py", "serve", str(port), env=env, url=f"{url}/healthz"):
        status, _headers, text = fetch(f"{url}/readyz")
        assert (status, text) == (503, "the database does not answer\n")
        assert run("manage.py", "prepare", env=env).returncode == 0
        assert fetch(f"{url}/readyz")[0] == 200


@pytest.mark.mariadb
def test_the_site_survives_a_lost_database(tmp_path):
    """It answers 503 while MariaDB is away, and serves again, unrestarted, when it is back."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with private_server() as server:
        env = environment(tmp_path, DATABASE_URL=server.url)
        assert run("manage.py", "prepare", env=env).returncode == 0
        with serving("manage.py", "serve", str(port), env=env, url=f"{url}/readyz"):
            assert fetch(f"{url}/")[0] == 200
            server.stop()
            assert fetch(f"{url}/readyz")[:1] == (503,)
            time.sleep(2 * CHECKED_EVERY)
            for _worker in range(6):
                status, _headers, page = fetch(f"{url}/")
                assert (status, "This page is from" in page) == (200, True)
            status, headers, page = fetch(f"{url}/?sort=-price")
            assert (status, headers["Retry-After"]) == (503, "5")
            assert "database does not answer" in page
            assert fetch(f"{url}/healthz")[0] == 200
            server.start()
            assert fetch(f"{url}/readyz")[0] == 200
            assert fetch(f"{url}/")[0] == 200
