"""The production server: granian, with what it needs to start and stop well."""

import contextlib
import ctypes
import errno
import os
import signal
import socket

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.urls import get_resolver
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import MPServer

DEFAULT_HOST = "127.0.0.1"
BLOCKING_THREADS = 8
BACKLOG = 1024
# From glibc's malloc.h
M_ARENA_MAX, FEWEST_ARENAS = -8, 2
# Without a limit granian waits for ever for a worker that missed its signal.
WORKERS_KILL_TIMEOUT = 5
# Granian speaks through the site's own handlers, and only of what failed: its warnings are
# advice on the numbers above.
GRANIAN_LOGS = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}
WHY_NOT = {
    errno.EADDRINUSE: "port {port} of {host} is in use: name another one",
    errno.EADDRNOTAVAIL: "{host} is no address of this machine",
    errno.EACCES: "port {port} is for root: name one from 1024",
}


class Command(BaseCommand):
    """Serve the site until SIGTERM, SIGINT or Ctrl-C."""

    help = "Serves the site with the production server, granian."
    requires_system_checks = ()

    def add_arguments(self, parser):
        """Take the address to serve on."""
        parser.add_argument(
            "address",
            metavar="[address:]port",
            nargs="?",
            default=f"{DEFAULT_HOST}:8000",
            help="where to listen, such as 8000, 0.0.0.0:8000 or [::1]:8000",
        )

    def handle(self, address, **_options):
        """Check what can be checked, say where the site is, and serve it."""
        host, port = read_address(address)
        self.report()
        # Loaded before the workers are forked, the site is in memory once for all of them.
        from stocksite.wsgi import application  # noqa: F401

        get_resolver().url_patterns  # noqa: B018
        connections.close_all()
        keep_less_memory()
        os.register_at_fork(after_in_child=leave_signals_to_parent)
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"Serving on http://{shown}:{port}/ (Ctrl-C ends it)")
        self.stdout.flush()
        server = MPServer(
            "stocksite.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            http=HTTPModes.http1,
            websockets=False,
            workers=settings.WEB_CONCURRENCY,
            blocking_threads=BLOCKING_THREADS,
            backlog=BACKLOG,
            respawn_failed_workers=True,
            workers_kill_timeout=WORKERS_KILL_TIMEOUT,
            log_level=LogLevels.error,
            log_dictconfig=GRANIAN_LOGS,
        )
        if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
            # A closed terminal ends the server, as Ctrl-C does, and does not reload it.
            server.signal_handler_reload = server.signal_handler_interrupt
        try:
            server.serve()
        except SystemExit:
            # Workers that the same signal reached first have not failed.
            if not server.interrupt_signal:
                raise

    def report(self):
        """Say what the operator should still do: collect, migrate, make the first admin."""
        if not settings.COLLECTED and not settings.DEBUG:
            self.stderr.write("Static files are slow until manage.py collectstatic was run.")
            settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        try:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                self.stderr.write("The database lacks migrations: run manage.py migrate.")
            elif not get_user_model().objects.filter(is_superuser=True).exists():
                self.stdout.write("First admin: .venv/bin/python manage.py createsuperuser")
        except Error:
            self.stderr.write("The database does not answer; the site waits for it.")


def keep_less_memory():
    """Have the threads of a worker share what they free: glibc keeps it for each of them alone.

    Where the C library is another one, nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, FEWEST_ARENAS)


def leave_signals_to_parent():
    """Let a new worker end by the parent's SIGTERM at once, and by nothing else.

    Until granian sets a handler in it, the parent's would swallow the signal. What a terminal
    sends reaches the workers too, and granian's handler waits for itself when a second signal
    follows the first.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})


def read_address(text):
    """Return the host, as an IP address, and the port that ``[address:]port`` names.

    Raises CommandError when it names none, or one that cannot be listened on.
    """
    host, _colon, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        raise CommandError(f"“{port or text}” is no port: name one from 1 to 65535.")
    host, port = host.removeprefix("[").removesuffix("]") or DEFAULT_HOST, int(port)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_rest, address = found[0]
        # Granian would share the port with another granian in silence; this does not.
        socket.create_server(address[:2], family=family).close()
    except (socket.gaierror, UnicodeError) as error:
        raise CommandError(f"“{host}” is no address: name one such as 0.0.0.0.") from error
    except OSError as error:
        reason = WHY_NOT.get(error.errno, error.strerror)
        raise CommandError(f"Cannot serve: {reason.format(host=host, port=port)}.") from error
    return address[0], port
