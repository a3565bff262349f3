"""`manage.py schedule`: its times, its lock, and how it goes on whatever happens."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from stocks.imports.feeds import runs, timetable
from stocks.management.commands import schedule
from stocks.models import FeedLock, FeedRun, Stock

from .feed_samples import Quote
from .feed_server import serving_feeds
from .processes import ROOT, environment, run

MAINLAND = ("SH", "SZ", "BJ")
PATIENCE = 20


def moment(text):
    return datetime.fromisoformat(text)


def times(tasks):
    return [f"{task.due:%H:%M} {task.job}{' last' if task.last else ''}" for task in tasks]


# The times


def test_day_has_tasks_in_the_hours_of_the_market_and_after_its_close(settings):
    settings.SCHEDULE_EVERY, settings.SCHEDULE_AFTER_CLOSE = 60, 20
    tasks = timetable.tasks_of(MAINLAND, moment("2026-11-20").date())
    assert times(tasks) == [
        "09:30 quotes",
        "10:30 quotes",
        "11:30 quotes",
        "13:00 quotes",
        "14:00 quotes",
        "15:00 quotes",
        "15:20 quotes last",
        "15:20 bars last",
    ]
    assert {task.due.utcoffset() for task in tasks} == {timedelta(hours=8)}
    new_york = timetable.tasks_of(("US",), moment("2026-11-20").date())
    assert (new_york[0].due, len(new_york)) == (moment("2026-11-20T09:30-05:00"), 9)


@pytest.mark.parametrize(
    ("day", "sessions"),
    [("2026-10-07", 0), ("2026-11-21", 0), ("2026-10-08", 52), ("2030-01-01", 52)],
)
def test_no_task_on_a_day_that_surely_has_no_session(day, sessions):
    assert len(timetable.tasks_of(MAINLAND, moment(day).date())) == sessions


@pytest.mark.parametrize(
    ("now", "due", "next_due"),
    [
        ("2026-11-20T10:02+08:00", "10:00 quotes", "2026-11-20T10:05+08:00"),
        ("2026-11-20T12:30+08:00", "11:30 quotes", "2026-11-20T13:00+08:00"),
        ("2026-11-20T15:15+08:00", "15:15 quotes last, 15:15 bars last", "2026-11-23T09:30+08:00"),
        ("2026-11-22T11:00+08:00", "15:15 quotes last, 15:15 bars last", "2026-11-23T09:30+08:00"),
        ("2026-10-04T11:00+08:00", "15:15 quotes last, 15:15 bars last", "2026-10-08T09:30+08:00"),
        ("2026-11-20T02:02+00:00", "10:00 quotes", "2026-11-20T10:05+08:00"),
    ],
)
def test_what_was_due_last_and_what_is_next(now, due, next_due):
    tasks = timetable.current(MAINLAND, moment(now))
    assert ", ".join(times(tasks)) == due
    assert timetable.upcoming(MAINLAND, moment(now)) == moment(next_due)


def test_markets_of_one_clock_are_fetched_together():
    found = timetable.groups(["SH", "US", "BJ", "HK"])
    assert found == [("SH", "BJ"), ("US",), ("HK",)]


def test_task_is_wanted_until_it_is_done_or_failed_three_times(db):
    due = moment("2026-11-20T15:15+08:00")

    def wanted():
        return FeedRun.objects.wanted(due, "quotes", MAINLAND)

    def end(outcome, ago):
        one = FeedRun.objects.begin("quotes", MAINLAND, due)
        one.end(outcome)
        FeedRun.objects.filter(pk=one.pk).update(ended_at=timezone.now() - timedelta(seconds=ago))

    assert wanted()
    end("failed", 5)
    assert not wanted()
    FeedRun.objects.update(ended_at=timezone.now() - timedelta(minutes=2))
    assert wanted()
    assert FeedRun.objects.wanted(due, "bars", MAINLAND)
    end("stopped", 120)
    end("failed", 120)
    assert not wanted()
    FeedRun.objects.all().delete()
    end("done", 9999)
    assert not wanted()


# The lock


def test_lock_is_held_by_one(db):
    holder = FeedLock.objects.take()
    assert FeedLock.objects.take() is None
    assert FeedLock.objects.keep(holder)
    FeedLock.objects.release("somebody else")
    assert FeedLock.objects.take() is None
    FeedLock.objects.release(holder)
    assert not FeedLock.objects.keep(holder)
    assert FeedLock.objects.take()


def test_lock_of_a_silent_holder_runs_out(db):
    silent = FeedLock.objects.take()
    left = FeedLock.objects.get().until - timezone.now()
    assert timedelta(seconds=80) < left < timedelta(seconds=100)
    FeedLock.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert FeedLock.objects.take()
    assert not FeedLock.objects.keep(silent)


def test_holder_keeps_saying_that_it_is_alive(transactional_db, monkeypatch):
    monkeypatch.setattr(runs, "BEAT", timedelta(milliseconds=5))
    holder = FeedLock.objects.take()
    FeedLock.objects.update(until=timezone.now() - timedelta(seconds=1))
    beats = iter([False, False, True])

    class Over:
        def wait(self, seconds):
            assert seconds == 0.005
            return next(beats)

    runs.beat(holder, Over())
    assert FeedLock.objects.get().until > timezone.now() + timedelta(seconds=80)


@pytest.mark.mariadb
def test_of_many_who_take_the_lock_at_once_one_gets_it(transactional_db):
    start, holders = threading.Barrier(8), []

    def take():
        start.wait()
        holders.append(FeedLock.objects.take())
        connection.close()

    threads = [threading.Thread(target=take) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(holders) == 8
    assert len(list(filter(None, holders))) == 1


# A turn


@pytest.fixture
def friday_evening(monkeypatch):
    now = datetime(2026, 11, 20, 8, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)


def outcomes():
    return list(FeedRun.objects.order_by("pk").values_list("job", "outcome", "feeds"))


def test_after_the_close_a_list_is_fetched_and_the_history(server, friday_evening):
    schedule.turn(["tencent", "eastmoney"], MAINLAND)
    assert outcomes() == [("quotes", "done", "eastmoney"), ("bars", "done", "eastmoney")]
    assert list(Stock.objects.values_list("highs", flat=True)) == [20] * len(server.stocks)
    asked = len(server.requests)
    schedule.turn(["tencent", "eastmoney"], MAINLAND)
    assert len(server.requests) == asked


def test_during_the_session_the_first_feed_is_asked(server, monkeypatch):
    Stock.objects.create(code="600519", market="SH", short="贵州茅台")
    server.stocks[0].at = datetime(2026, 11, 20, 10, 0, 1)  # noqa: DTZ001
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 20, 2, 2, tzinfo=UTC))
    schedule.turn(["tencent", "eastmoney"], MAINLAND)
    assert outcomes() == [("quotes", "done", "tencent")]


def test_failure_of_one_task_leaves_the_next_one_alone(server, friday_evening, monkeypatch, caplog):
    Stock.objects.create(code="600519", market="SH", short="贵州茅台")
    for error in (OperationalError(2006, "gone"), ZeroDivisionError("a slip")):
        FeedRun.objects.all().delete()
        monkeypatch.setattr(schedule, "fetch_quotes", raising(error))
        schedule.turn(["eastmoney"], MAINLAND)
        assert outcomes() == [("quotes", "failed", ""), ("bars", "done", "eastmoney")]
        assert str(error) in FeedRun.objects.last().message
    assert "a slip" in caplog.text


def raising(error):
    def work(*_arguments, **_options):
        raise error

    return work


def test_turn_of_another_process_is_left_to_it(server, friday_evening):
    FeedLock.objects.take()
    schedule.turn(["eastmoney"], MAINLAND)
    assert not FeedRun.objects.exists()
    assert not server.requests


def test_task_that_another_process_has_just_done_is_not_done_again(server, friday_evening):
    due = moment("2026-11-20T15:15+08:00")
    FeedRun.objects.begin("quotes", MAINLAND, due).end("done")
    assert runs.perform("quotes", MAINLAND, raising(AssertionError), due) is None
    assert FeedRun.objects.count() == 1


def test_old_runs_are_forgotten(db):
    old = FeedRun.objects.begin("quotes", MAINLAND)
    FeedRun.objects.update(started_at=timezone.now() - timedelta(days=91))
    FeedRun.objects.begin("quotes", MAINLAND)
    assert not FeedRun.objects.filter(pk=old.pk).exists()


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("FEEDS", ["nowhere"], "There is no feed nowhere"),
        ("FEED_MARKETS", ["XX"], "There is no market XX"),
    ],
)
def test_wrong_setting_ends_it_in_a_line(settings, name, value, error):
    setattr(settings, name, value)
    with pytest.raises(CommandError, match=f"^{error}"):
        call_command("schedule")


# Processes


@pytest.fixture
def site_with_feeds(tmp_path):
    """A site with a database of its own, and a server of feeds."""
    with serving_feeds([Quote("600519", "SH", "贵州茅台", "1459.88")]) as server:
        server.days = [("2026-11-19", 20, 20), ("2026-11-20", 21, 21)]
        addresses = {f"{k.upper()}_URL": v for k, v in server.addresses().items()}
        few = {"FEED_PAUSE": "0", "SCHEDULE_EVERY": "600"}
        env = environment(tmp_path, FEEDS="eastmoney", **few, **addresses)
        done = run("manage.py", "migrate", env=env)
        assert done.returncode == 0, done.stderr
        yield server, env


def scheduled(env):
    return subprocess.Popen(
        [sys.executable, "manage.py", "schedule"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def asked_of(env, code):
    """Return what a line of Python prints in the site."""
    program = f"import django; django.setup(); from stocks.models import *; print({code})"
    done = run("-c", program, env={**env, "DJANGO_SETTINGS_MODULE": "stocksite.settings"})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.sqlite
def test_two_processes_do_the_work_once_and_end_at_once_by_sigterm(site_with_feeds):
    server, env = site_with_feeds
    # Outside the session the history is fetched too: with and without the splits.
    history = 2 * (len(timetable.current(MAINLAND, timezone.now())) - 1)
    processes = [scheduled(env), scheduled(env)]
    try:
        wait_until(lambda: server.asked("eastmoney?"), "the quotes")
        wait_until(lambda: server.asked("eastmoney_history") >= history, "the history")
        for process in processes:
            assert process.stdout.readline() == "Fetching SH, SZ, BJ (Ctrl-C ends it)\n"
        time.sleep(1)
        start = time.monotonic()
        for process in processes:
            process.terminate()
        said = [process.communicate(timeout=PATIENCE)[1] for process in processes]
        assert time.monotonic() - start < 2
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [143, 143]
    assert "Traceback" not in "".join(said)
    assert "".join(said).count("quotes SH,SZ,BJ done: eastmoney: 1 new") == 1
    assert asked_of(env, "FeedRun.objects.filter(job='quotes', outcome='done').count()") == "1"
    assert (server.asked("eastmoney?"), server.asked("eastmoney_history")) == (1, history)


@pytest.mark.sqlite
def test_sigterm_ends_a_fetch_in_its_middle_and_frees_the_lock(site_with_feeds):
    server, env = site_with_feeds
    server.broken["eastmoney"] = "slow"
    process = scheduled(env)
    try:
        wait_until(lambda: server.asked("eastmoney"), "the request")
        time.sleep(0.3)
        start = time.monotonic()
        process.terminate()
        _out, said = process.communicate(timeout=PATIENCE)
        assert time.monotonic() - start < 1.5
    finally:
        process.kill()
    assert "Traceback" not in said
    state = "FeedRun.objects.get().outcome, FeedLock.objects.get().holder, Stock.objects.count()"
    assert asked_of(env, state) == "stopped  0"


@pytest.mark.sqlite
def test_work_of_a_killed_process_is_done_by_the_next(site_with_feeds):
    server, env = site_with_feeds
    server.broken["eastmoney"] = "slow"
    process = scheduled(env)
    try:
        wait_until(lambda: server.asked("eastmoney"), "the request")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    server.broken.clear()
    done = run("manage.py", "fetchquotes", env=env)
    assert (done.returncode, "Another fetch is running: process" in done.stderr) == (1, True)
    # As when the time that the lock is kept has gone by.
    asked_of(env, "FeedLock.objects.update(until='2026-01-01T00:00Z')")
    done = run("manage.py", "fetchquotes", env=env)
    assert (done.returncode, done.stdout) == (
        0,
        "eastmoney: 1 new, 0 changed, 0 unchanged, 0 rejected.\n",
    )
    runs_said = asked_of(env, "list(FeedRun.objects.values_list('outcome', flat=True))")
    assert runs_said == "['done', 'stopped']"
