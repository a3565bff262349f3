"""The log of the feeds: a row each run, and the lock that lets only one run at a time."""

import os
import secrets
import socket
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LOCK = "feeds"
# A holder says this often that it is alive, and is taken for dead after so long a silence.
BEAT = timedelta(seconds=20)
SILENCE = timedelta(seconds=90)
LONGEST_MESSAGE = 2000
KEPT_FOR = timedelta(days=90)
MOST_TRIES = 3
BETWEEN_TRIES = timedelta(minutes=1)


class FeedLockQuerySet(models.QuerySet):
    """Taking and keeping the lock; the clock is the database's, the same for every machine."""

    def take(self):
        """Take the lock and return the name it is held by, or None while another one holds it."""
        self.get_or_create(name=LOCK, defaults={"until": timezone.now()})
        holder = f"{socket.gethostname()[:60]} {os.getpid()} {secrets.token_hex(4)}"
        free = self.filter(Q(holder="") | Q(until__lt=Now()), name=LOCK)
        return holder if free.update(holder=holder, until=Now() + SILENCE) else None

    def keep(self, holder):
        """Say that the holder is alive; return whether it still holds the lock."""
        held = self.filter(name=LOCK, holder=holder)
        return bool(held.update(until=Now() + SILENCE))

    def release(self, holder):
        """Let the lock go, if it is still held."""
        self.filter(name=LOCK, holder=holder).update(holder="")

    def holder(self):
        """Return who holds the lock, for people: the machine and the process."""
        held = self.filter(name=LOCK).values_list("holder", flat=True).first() or ""
        machine, _space, rest = held.partition(" ")
        return _("process %(process)s on %(machine)s") % {
            "process": rest.partition(" ")[0],
            "machine": machine,
        }


class FeedLock(models.Model):
    """The one row whose holder may fetch."""

    name = models.CharField(_("name"), max_length=20, primary_key=True)
    holder = models.CharField(_("holder"), max_length=100, blank=True, default="")
    until = models.DateTimeField(_("until"))

    objects = FeedLockQuerySet.as_manager()

    class Meta:
        """The table's names."""

        verbose_name = _("feed lock")
        verbose_name_plural = _("feed locks")

    def __str__(self):
        """Name the lock."""
        return self.name


class FeedRunQuerySet(models.QuerySet):
    """Questions about runs."""

    def wanted(self, due, job, markets):
        """Return whether a job of the schedule is to be run now: not done, nor given up."""
        runs = self.filter(due=due, job=job, markets=",".join(markets))
        outcomes = list(runs.values_list("outcome", "ended_at"))
        if len(outcomes) >= MOST_TRIES:
            return False
        lately = timezone.now() - BETWEEN_TRIES
        return not any(
            outcome == FeedRun.Outcome.DONE or (ended and ended > lately)
            for outcome, ended in outcomes
        )

    def begin(self, job, markets, due=None):
        """Note that a run begins; called with the lock held, so any other one has ended.

        A run that never noted its end was killed.
        """
        running = self.filter(outcome=FeedRun.Outcome.RUNNING)
        running.update(outcome=FeedRun.Outcome.STOPPED, ended_at=timezone.now())
        self.filter(started_at__lt=timezone.now() - KEPT_FOR).delete()
        return self.create(job=job, markets=",".join(markets), due=due)


class FeedRun(models.Model):
    """A fetch of quotes or bars: when, for which markets, and what became of it."""

    class Job(models.TextChoices):
        """What is fetched."""

        QUOTES = "quotes", _("Quotes")
        BARS = "bars", _("Bars")

    class Outcome(models.TextChoices):
        """What became of a run."""

        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        STOPPED = "stopped", _("Stopped")

    job = models.CharField(_("job"), max_length=6, choices=Job.choices)
    markets = models.CharField(_("markets"), max_length=100)
    due = models.DateTimeField(
        _("due"),
        null=True,
        blank=True,
        help_text=_("The time of the schedule; empty for a run by hand."),
    )
    started_at = models.DateTimeField(_("started at"), default=timezone.now, db_index=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=7, choices=Outcome.choices, default=Outcome.RUNNING
    )
    feeds = models.CharField(
        _("feeds"), max_length=100, blank=True, default="", help_text=_("Those that delivered.")
    )
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    message = models.TextField(_("message"), blank=True, default="")

    objects = FeedRunQuerySet.as_manager()

    class Meta:
        """The table's names, the latest run first."""

        verbose_name = _("feed run")
        verbose_name_plural = _("feed runs")
        ordering = ["-pk"]

    def __str__(self):
        """Name the run as lists do: quotes SH,SZ,BJ."""
        return f"{self.job} {self.markets}"

    def end(self, outcome, message=""):
        """Note the end of the run."""
        self.outcome, self.ended_at = outcome, timezone.now()
        self.message = message[:LONGEST_MESSAGE]
        self.save()
