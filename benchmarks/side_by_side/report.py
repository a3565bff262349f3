"""Holds the figures against the goals, and shows and keeps both."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from .load import CONNECTIONS

PEERS = ("old_design", "django_taught", "flask", "fastapi")


@dataclass(frozen=True)
class Goal:
    """A figure with its bound; None where it could not be measured."""

    text: str
    value: float | None
    bound: float
    at_most: bool = False

    @property
    def met(self):
        """Whether the figure is on the right side of its bound."""
        if self.value is None:
            return False
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def line(self):
        """Return the goal as a line of the report."""
        value = "missing" if self.value is None else readable(self.value)
        limit = f"at {'most' if self.at_most else 'least'} {self.bound:g}"
        return f"{self.text:<58}{value:>9}  {limit:<14}{'met' if self.met else 'MISSED'}"


def readable(value):
    """Return a ratio with three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def goals(found):
    """Return the goals for the contenders in `found`, a dict by key."""
    rate = {key: contender.median("rate") for key, contender in found.items()}
    p99 = {key: contender.median("p99") for key, contender in found.items()}
    best = max(rate[key] for key in PEERS)
    again = rate["again"] / rate["nginx_again"] if "again" in found else None
    return [
        Goal("signed out, of nginx", rate["visitor"] / rate["nginx"], 0.5),
        Goal("signed out, times Django as taught", rate["visitor"] / rate["django_taught"], 100),
        Goal("signed out, times the best peer", rate["visitor"] / best, 30),
        Goal("signed in, times Django as taught", rate["person"] / rate["django_taught"], 10),
        Goal("signed in, times the best peer", rate["person"] / best, 3),
        Goal("the same visitor again (304), of nginx's 304", again, 0.5),
        Goal(
            f"signed out, p99 at {CONNECTIONS} connections, times nginx's",
            p99["visitor"] / p99["nginx"],
            5,
            at_most=True,
        ),
    ]


def table(found):
    """Return the figures as lines of a table."""
    lines = [f"{'':<34}{'requests/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'of nginx':>10}{'bytes':>9}"]
    for contender in found.values():
        rate, p50, p99 = map(contender.median, ("rate", "p50", "p99"))
        lines.append(
            f"{contender.title:<34}{rate:>11,.0f}{p50:>9.2f}{p99:>9.2f}"
            f"{of_nginx(contender, found):>10.4f}{contender.size:>9,.0f}"
        )
    return lines


def of_nginx(contender, found):
    """Return a contender's speed beside nginx's, a 304 beside nginx's 304."""
    limit = found["nginx_again" if contender.status == 304 else "nginx"]
    return contender.median("rate") / limit.median("rate")


def write(path, found, reached, circumstances):
    """Keep figures, goals and circumstances as JSON."""
    kept = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": {"model": cpu_model(), "count": os.cpu_count()},
        **circumstances,
        "figures": {key: figures(contender, found) for key, contender in found.items()},
        "goals": [{**asdict(goal), "met": goal.met} for goal in reached],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def figures(contender, found):
    """Return a contender's figures as JSON has them."""
    return {
        "title": contender.title,
        "requests_per_second": contender.median("rate"),
        "p50_ms": contender.median("p50"),
        "p99_ms": contender.median("p99"),
        "of_nginx": of_nginx(contender, found),
        "bytes": contender.size,
        "rounds": contender.rounds,
    }


def cpu_model():
    """Return what the processor is called."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
