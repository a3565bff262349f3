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
    "--debug-no-sync",
)
PATIENCE = 30


def program(name):
    """Return the path of a program, also from where only root looks; None without it."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def free_port():
    """Return a port of this machine that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Server:
    """A server that keeps everything in one folder; it can be stopped and started again."""

    def __init__(self, folder):
        """Make the system tables, and a user with all rights, in `folder`."""
        self.folder, self.port, self.process = folder, free_port(), None
        password = secrets.token_hex(16)
        self.url = f"mysql://tests:{password}@127.0.0.1:{self.port}/stocksite"
        self.options = ["--no-defaults", f"--datadir={folder / 'data'}", *FAST]
        if os.geteuid() == 0:
            self.options.append("--user=root")
        (folder / "init.sql").write_text(
            "CREATE DATABASE IF NOT EXISTS stocksite CHARACTER SET utf8mb4;\n"
            f"GRANT ALL ON *.* TO tests@'127.0.0.1' IDENTIFIED BY '{password}' WITH GRANT OPTION;\n"
        )
        with self.run("mariadb-install-db", "--skip-test-db") as installation:
            installation.wait()

    def run(self, name, *options):
        """Run one of MariaDB's programs with its output in the log.

        In a session of its own, so that Ctrl-C reaches the tests first and they stop it.
        """
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [program(name), *self.options, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start(self):
        """Start the server and wait until it answers; RuntimeError with its log when not."""
        self.process = self.run(
            "mariadbd",
            f"--init-file={self.folder / 'init.sql'}",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'pid'}",
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            address = ("127.0.0.1", self.port)
            with contextlib.suppress(OSError), socket.create_connection(address, 1):
                return
            time.sleep(0.02)
        self.stop()
        log = (self.folder / "log").read_text()
        raise RuntimeError(f"The private MariaDB server did not start:\n{log}")

    def stop(self):
        """End the server, politely at first."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def private_server():
    """Run a server of one's own, gone without a trace afterwards."""
    with tempfile.TemporaryDirectory(prefix="stocksite-mariadb-") as folder:
        server = Server(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.stop()
