"""The feeds' HTTP client against a server that fails in each way known."""

import re
import time

import pytest

from stocks.imports import Refused
from stocks.imports.feeds import http
from stocks.imports.feeds.http import Client

from .feed_server import serving_feeds

pytestmark = pytest.mark.sqlite


@pytest.fixture
def server(settings, monkeypatch):
    settings.FEED_PAUSE = 0
    monkeypatch.setattr(http, "BACK_OFF", 0.001)
    with serving_feeds() as server:
        server.texts["tencent"] = "五 粮 液"
        yield server


@pytest.fixture
def get(server):
    def get(**options):
        address = server.addresses()["tencent"]
        return Client().get(address, {"q": "sz000858,sh600519"}, encoding="gb18030", **options)

    return get


def refusal(get):
    with pytest.raises(Refused) as caught:
        get()
    return str(caught.value)


def test_text_comes_in_the_encoding_of_the_source(server, get):
    assert get() == "五 粮 液"
    assert server.requests == ["/tencent?q=sz000858,sh600519"]


def test_html_is_a_failure_whatever_the_status(server, get):
    server.broken["tencent"] = "html"
    assert "sent HTML where data should be" in refusal(get)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [403, 404, 302, 204])
def test_answer_that_is_no_200_is_a_failure_at_once(server, get, status):
    server.broken["tencent"] = (status, {"Location": "/sina/list="})
    assert f"status {status}" in refusal(get)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_passing_failure_is_tried_again(server, get, status):
    server.broken["tencent"] = lambda _: (status, {}) if len(server.requests) < 3 else ""
    assert get() == "五 粮 液"
    server.broken["tencent"] = (status, {})
    assert refusal(get).endswith(f"answered with status {status} at 3 tries.")
    assert len(server.requests) == 6


def test_server_that_asks_to_wait_is_obeyed_but_not_for_ever(server, get):
    server.broken["tencent"] = lambda _: (
        (429, {"Retry_After": "1"}) if len(server.requests) < 2 else ""
    )
    start = time.monotonic()
    assert get() == "五 粮 液"
    assert time.monotonic() - start >= 1
    server.broken["tencent"] = (429, {"Retry_After": "3600"})
    assert "asks to wait 3600 s" in refusal(get)
    assert len(server.requests) == 3


def test_bytes_of_another_encoding_are_a_failure(server, get):
    server.broken["tencent"] = "wrong bytes"
    assert "no gb18030 text" in refusal(get)


def test_answer_shorter_than_announced_is_tried_again_and_refused(server, get):
    server.broken["tencent"] = "broken off"
    assert refusal(get).endswith("broke its answer off at 3 tries.")
    assert len(server.requests) == 3


def test_answer_that_drips_is_given_up(server, get, monkeypatch):
    monkeypatch.setattr(http, "WHOLE_TIMEOUT", 0.2)
    server.texts["tencent"] = "x" * 200
    server.broken["tencent"] = "slow"
    start = time.monotonic()
    assert "took longer than 0.2 s at 3 tries" in refusal(get)
    assert time.monotonic() - start < 3


def test_silent_server_is_given_up(server, get, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT", http.urllib3.Timeout(connect=1, read=0.1))
    server.broken["tencent"] = lambda _: time.sleep(0.5) or ""
    assert refusal(get).endswith("did not answer in time at 3 tries.")


def test_server_that_is_not_there_is_named(server, get):
    server.server_close()
    assert refusal(get).startswith(f"127.0.0.1:{server.server_port} could not be reached")


def test_answer_without_end_is_cut(server, get, monkeypatch):
    monkeypatch.setattr(http, "LARGEST", 1024 * 1024)
    server.texts["tencent"] = "x" * 3_000_000
    assert "larger than 1 MB" in refusal(get)


@pytest.mark.parametrize("address", ["http://[::1/", "http://", "ftp://localhost/", "nowhere", ""])
def test_address_that_is_none_is_named(settings, address):
    settings.FEED_PAUSE = 0
    with pytest.raises(Refused, match=f"^{re.escape(address)} is no address.$"):
        Client().get(address)


def test_requests_to_one_source_keep_their_distance(server, settings):
    settings.FEED_PAUSE = 0.2
    client, addresses = Client(), server.addresses()
    start = time.monotonic()
    for _time in range(3):
        client.get(addresses["tencent"], encoding="gb18030")
    assert 0.4 <= time.monotonic() - start < 1
