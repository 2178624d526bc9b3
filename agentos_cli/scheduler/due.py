"""When a schedule is due: from its last due time on, never from now, so that none falls between two looks.

What may be said of when, and what it means, is `scheduler/when.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from agentos_cli.scheduler.cron import Cron
from agentos_cli.scheduler.when import Once, read

MOST = 2_000
"""Due times of one schedule that are looked at together. More have come together only after a long sleep."""
LOOK = timedelta(minutes=1)
"""How often something looks what is due."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Due times, oldest first, in UTC. `before`: the oldest due time of all, where there were too many and
    those between it and `times` are left out."""

    times: tuple[datetime, ...]
    before: datetime | None = None


def upcoming(when: str, zone: str, after: datetime) -> Iterator[datetime]:
    """Every due time strictly after `after` (aware), in UTC, without end where `when` has none. Raises
    UsageProblem for a `when` that is wrong."""
    return read(when).due(zone, after)


def due_times(when: str, zone: str, after: datetime, until: datetime, most: int = MOST) -> list[datetime]:
    """The oldest due times after `after` up to `until`, in UTC."""
    found: list[datetime] = []
    if after >= until:
        return found
    for at in islice(upcoming(when, zone, after), most):
        if at > until:
            break
        found.append(at)
    return found


def backlog(when: str, zone: str, after: datetime, until: datetime, most: int = MOST) -> Backlog:
    """The newest due times after `after` up to `until`, `most` at most."""
    times = due_times(when, zone, after, until, most + 1)
    if len(times) <= most:
        return Backlog(tuple(times))
    oldest, low, high = times[0], after, until
    while not 1 <= len(times) <= most:  # how many there are falls one by one as the start moves on
        middle = low + (high - low) / 2
        times = due_times(when, zone, middle, until, most + 1)
        low, high = (middle, high) if times else (low, middle)
    return Backlog(tuple(times), oldest)


def fires(when: str, zone: str, after: datetime, count: int = 3) -> list[datetime]:
    """The next due times, in the schedule's zone."""
    return [at.astimezone(ZoneInfo(zone)) for at in islice(upcoming(when, zone, after), count)]


def note(when: str, zone: str, now: datetime) -> str | None:
    """What is to be known of when it is due: that its time has passed, or what happens on the days clocks
    change, or that it is due more often than anything looks."""
    told = read(when)
    if isinstance(told, Once):
        return "its time has passed: it is not done any more by itself" if told.at <= now else None
    if any(later - at < LOOK for at, later in pairwise(islice(told.due(zone, now), 3))):
        return "it is due more often than once a minute: of those that are due at one look the newest is done"
    return _clock_note(zone, now) if isinstance(told, Cron) and told.is_at_night else None


def _clock_note(zone: str, now: datetime) -> str | None:
    named = ZoneInfo(zone)
    offsets = {(now + timedelta(days=day)).astimezone(named).utcoffset() for day in range(0, 366, 7)}
    if len(offsets) == 1:
        return None
    return (
        f"clocks in {zone} change at night: a time that is left out is made up right after,"
        " one that comes twice counts the first time"
    )
