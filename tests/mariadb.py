"""A private MariaDB server for the tests: made in a second, gone when they end."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

APT = "mariadb-server"
PROGRAMS = ("mariadb-install-db", "mariadbd")
# Speed before safety: nothing in this server outlives the tests.
FAST = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=16M",
    "--performance-schema=OFF",
    "--skip-name-resolve",
)
PATIENCE = 30


def program(name):
    """Return the path of a program, also from where only root looks; None without it."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def free_port():
    """Return a port of this machine that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def private_server():
    """Run a server of one's own and give its address, in DATABASE_URL's form, without a name."""
    with tempfile.TemporaryDirectory(prefix="stocksite-mariadb-") as folder:
        process, url = start(Path(folder))
        try:
            yield url
        finally:
            stop(process)


def start(folder, *options):
    """Start a server that keeps everything in `folder`; return its process and address."""
    data, log, port, password = folder / "data", folder / "log", free_port(), secrets.token_hex(16)
    same = ["--no-defaults", f"--datadir={data}", *(["--user=root"] if os.geteuid() == 0 else [])]
    grant = f"GRANT ALL ON *.* TO tests@'127.0.0.1' IDENTIFIED BY '{password}' WITH GRANT OPTION;\n"
    (folder / "init.sql").write_text(grant)
    with log.open("wb") as output:
        subprocess.run(
            [program(PROGRAMS[0]), *same, "--skip-test-db", *FAST],
            stdout=output,
            stderr=output,
            check=True,
            start_new_session=True,
        )
        # In a session of its own, so that Ctrl-C reaches the tests first and they stop it.
        process = subprocess.Popen(
            [
                program(PROGRAMS[1]),
                *same,
                *FAST,
                *options,
                f"--init-file={folder / 'init.sql'}",
                f"--socket={folder / 'socket'}",
                f"--pid-file={folder / 'pid'}",
                "--bind-address=127.0.0.1",
                f"--port={port}",
            ],
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    wait_for(process, port, log)
    return process, f"mysql://tests:{password}@127.0.0.1:{port}"


def wait_for(process, port, log):
    """Wait until the server answers; RuntimeError with its log when it does not."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    stop(process)
    raise RuntimeError(f"The private MariaDB server did not start:\n{log.read_text()}")


def stop(process):
    """End the server, politely at first."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
