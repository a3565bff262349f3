"""Runs: one at a time over all machines, each in the log, ended by a signal in good order."""

import contextlib
import logging
import signal
import sys
import threading

from django.db import Error, connection

from ...models import FeedLock, FeedRun
from ...models.feed_run import BEAT

log = logging.getLogger(__name__)


class Busy(Exception):  # noqa: N818
    """Another run has the lock; its message says which process."""


class Lost(Exception):  # noqa: N818
    """The lock went to another run, because this one was silent for too long."""


@contextlib.contextmanager
def alone():
    """Hold the lock, and say again and again that its holder is alive; Busy when it is taken.

    Gives a function that raises Lost when the lock is not held any more.
    """
    holder = FeedLock.objects.take()
    if holder is None:
        raise Busy(f"Another fetch is running: {FeedLock.objects.holder()}.")
    over = threading.Event()
    threading.Thread(target=beat, args=(holder, over), daemon=True).start()

    def hold():
        if not FeedLock.objects.keep(holder):
            raise Lost("Another run took over meanwhile, so nothing more was written.")

    try:
        yield hold
    finally:
        over.set()
        # Without the database it runs out by itself.
        with contextlib.suppress(Error):
            FeedLock.objects.release(holder)


def beat(holder, over):
    """Keep the lock until its run is over."""
    try:
        while not over.wait(BEAT.total_seconds()):
            try:
                FeedLock.objects.keep(holder)
            except Error as error:
                log.warning("The lock of the feeds could not be kept: %s", error)
                connection.close()
    finally:
        connection.close()


def perform(job, markets, work, due=None):
    """Run `work`, which is given `hold` and returns a Result, and keep its log.

    Returns the Result; None when the job was due at a time of the schedule and somebody has
    done it by now. Raises Busy while another run is going on.
    """
    with alone() as hold:
        if due and not FeedRun.objects.wanted(due, job, markets):
            return None
        run = FeedRun.objects.begin(job, markets, due)
        try:
            result = work(hold)
        except BaseException as error:
            stopped = isinstance(error, Lost) or not isinstance(error, Exception)
            outcome = FeedRun.Outcome.STOPPED if stopped else FeedRun.Outcome.FAILED
            with contextlib.suppress(Error):
                run.end(outcome, f"{type(error).__name__}: {error}")
            raise
        run.feeds = ",".join(result.feeds)
        for name in ("new", "changed", "unchanged", "rejected"):
            setattr(run, name, getattr(result, name))
        outcome = FeedRun.Outcome.DONE if result.complete else FeedRun.Outcome.FAILED
        said = [result.missing, *result.failures, *result.notes]
        run.end(outcome, "\n".join(filter(None, said)))
        log.info("%s %s: %s", run, outcome, summary(result))
        return result


def summary(result):
    """Return the counts of a Result in a line."""
    feeds = ", ".join(result.feeds) or "no feed"
    return (
        f"{feeds}: {result.new} new, {result.changed} changed, {result.unchanged} unchanged, "
        f"{result.rejected} rejected"
    )


@contextlib.contextmanager
def ended_by_sigterm():
    """Let SIGTERM end the program at once, but with its transaction undone and its lock free."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
