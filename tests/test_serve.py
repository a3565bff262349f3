"""`manage.py serve`: what it refuses, what it says, how it ends."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError

from stocks.management.commands.serve import WORKERS_KILL_TIMEOUT, read_address

from .mariadb import free_port
from .processes import PATIENCE, ROOT, environment, fetch, run, serving

pytestmark = pytest.mark.sqlite


@pytest.fixture(scope="module")
def taken():
    """A port that something listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def server(site):
    """A server for all who only ask it something: its port and its process."""
    port = free_port()
    with serving("manage.py", "serve", str(port), env=site, url=address_of(port)) as process:
        yield port, process


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("abc", "“abc” is no port: name one from 1 to 65535."),
        ("0", "“0” is no port: name one from 1 to 65535."),
        ("70000", "“70000” is no port: name one from 1 to 65535."),
        ("-5", "“-5” is no port: name one from 1 to 65535."),
        ("٨٠٠٠", "“٨٠٠٠” is no port: name one from 1 to 65535."),
        ("127.0.0.1:", "“127.0.0.1:” is no port: name one from 1 to 65535."),
        ("{taken}", "Cannot serve: port {taken} of 127.0.0.1 is in use: name another one."),
        ("0.0.0.0:{taken}", "Cannot serve: port {taken} of 0.0.0.0 is in use: name another one."),
        ("192.0.2.1:8000", "Cannot serve: 192.0.2.1 is no address of this machine."),
        ("a..b:8000", "“a..b” is no address: name one such as 0.0.0.0."),
    ],
)
def test_refuses_an_address(address, message, taken):
    with pytest.raises(CommandError) as refused:
        read_address(address.format(taken=taken))
    assert str(refused.value) == message.format(taken=taken)


@pytest.mark.parametrize("address", ["abc", "{taken}"])
def test_refuses_in_one_line(address, taken, site):
    done = run("manage.py", "serve", address.format(taken=taken), env=site)
    assert re.fullmatch(r"CommandError: [^\n]+\.\n", done.stderr)
    assert (done.returncode, done.stdout) == (1, "")


def test_refuses_a_port_another_granian_serves(server):
    port, _process = server
    with pytest.raises(CommandError, match=f"port {port} of 127.0.0.1 is in use"):
        read_address(str(port))


def test_serves_on_an_ipv6_address(site):
    port = free_port()
    url = f"http://[::1]:{port}/healthz"
    with serving("manage.py", "serve", f"[::1]:{port}", env=site, url=url):
        assert fetch(url)[2] == "ok\n"


def test_says_where_it_is_and_how_to_make_the_first_admin(site):
    output = ended(site, signal.SIGTERM)[0]
    assert re.search(r"^Serving on http://127\.0\.0\.1:\d+/ ", output, re.MULTILINE)
    assert "First admin: .venv/bin/python manage.py createsuperuser\n" in output


def test_says_nothing_of_the_first_admin_once_there_is_one(own_site):
    env = {**own_site, "DJANGO_SUPERUSER_PASSWORD": "a long walk"}
    made = run(
        *("manage.py", "createsuperuser", "--no-input", "--username=ada", "--email=a@example.org"),
        env=env,
    )
    assert made.returncode == 0, made.stderr
    assert "First admin" not in ended(env, signal.SIGTERM)[0]


def test_says_that_migrations_are_missing(tmp_path):
    errors = ended(environment(tmp_path), signal.SIGTERM)[1]
    assert "The database lacks migrations: run manage.py migrate.\n" in errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("to_all", [False, True], ids=["parent", "group"])
def test_ends_promptly_without_orphans(number, to_all, site):
    _output, errors, code, seconds = ended(site, number, to_all=to_all)
    assert code == 0
    assert "Traceback" not in errors
    assert seconds < WORKERS_KILL_TIMEOUT


def test_a_signal_right_at_the_start_ends_it(site):
    for delay in (0.2, 0.4, 0.6, 0.8):
        process = start(site, free_port())
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        _output, errors = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in errors
        assert_nothing_is_left(process)


def test_a_worker_that_fails_is_replaced(server):
    port, process = server
    lost = children(process)
    assert len(lost) == 2
    os.kill(lost[0], signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while lost[0] in (now := children(process)) or len(now) < 2:
        assert time.monotonic() < deadline, "the worker was not replaced"
        time.sleep(0.05)
    assert fetch(address_of(port))[0] == 200


def test_a_worker_stays_within_its_memory(server):
    port, process = server
    for _ in range(20):
        assert fetch(f"http://127.0.0.1:{port}/?q=cqbh&size=200")[0] == 200
    resident = [int(status_of(pid, "VmRSS").split()[0]) // 1024 for pid in children(process)]
    assert max(resident) <= 150


def test_every_worker_shows_within_a_second_what_another_process_stored(own_site, tmp_path):
    env, port = own_site, free_port()
    url, file = f"http://127.0.0.1:{port}/", tmp_path / "quotes.csv"
    file.write_text("code,market,price\n000007,SZ,98.76\n")
    with serving("manage.py", "serve", str(port), env=env, url=url):
        assert not any("98.76" in fetch(url)[2] for _worker in range(8))
        assert run("manage.py", "importstocks", str(file), env=env).returncode == 0
        time.sleep(1)
        assert all("98.76" in fetch(url)[2] for _worker in range(8))


def test_too_large_a_body_gets_the_page_of_413(server):
    url = f"http://127.0.0.1:{server[0]}/accounts/login/"
    cookie, form = sign_in_form(url)
    data = f"{form}&note_info={'x' * 2 * 1024 * 1024}".encode()
    status, headers, page = fetch(url, data=data, Cookie=cookie)
    assert status == 413
    assert headers["Content-Type"].startswith("text/html")
    assert '<html lang="en"' in page


def test_guesses_at_a_password_are_limited(server):
    url = f"http://127.0.0.1:{server[0]}/accounts/login/"
    cookie, form = sign_in_form(url)
    data = f"{form}&login=nobody&password=guess".encode()
    statuses = [fetch(url, data=data, Cookie=cookie)[0] for _ in range(7)]
    assert (statuses[0], statuses[-1]) == (200, 429)


def address_of(port):
    """The address that tells whether a server on `port` answers."""
    return f"http://127.0.0.1:{port}/healthz"


def sign_in_form(url):
    """Return the cookie and the hidden field that come with the sign-in page."""
    headers, page = fetch(url)[1:]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    return headers["Set-Cookie"].partition(";")[0], f"csrfmiddlewaretoken={token}"


def start(env, port):
    """Start the server in a process group of its own, as a terminal does."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve", str(port)],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(env, number, *, to_all=False):
    """Start the server, end it by a signal; return its words, exit status and the seconds."""
    port = free_port()
    process = start(env, port)
    try:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if fetch(address_of(port))[0] == 200:
                    break
            time.sleep(0.05)
        time.sleep(0.3)  # One worker answers; the other may still be starting.
        started = time.monotonic()
        (os.killpg if to_all else os.kill)(process.pid, number)
        output, errors = process.communicate(timeout=PATIENCE)
        seconds = time.monotonic() - started
    finally:
        process.kill()
    assert_nothing_is_left(process)
    return output, errors, process.returncode, seconds


def assert_nothing_is_left(process):
    """Fail when a process of the server's group is still there."""
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def children(process):
    """The workers of a server."""
    found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(pid) for pid in found.split()]


def status_of(pid, name):
    """A value of what the system says of a process."""
    found = Path(f"/proc/{pid}/status").read_text()
    return re.search(rf"^{name}:\s*(.*)$", found, re.MULTILINE)[1]
