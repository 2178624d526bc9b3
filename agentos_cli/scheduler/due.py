"""When a schedule is due: from its last due time on, never from now, so that none falls between two looks.

A time of day that is left out on the day clocks go forward is due right after; one that comes twice when they
go back is due the first time (the rules of Debian's cron, https://github.com/cuu508/cronsim). An expression
that names no hour or no minute goes by elapsed time instead, and loses and doubles nothing either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim

MOST = 2_000
"""Due times of one schedule that are looked at together. More have come together only after a long sleep."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Due times, oldest first, in UTC. `before`: the oldest due time of all, where there were too many and
    those between it and `times` are left out."""

    times: tuple[datetime, ...]
    before: datetime | None = None


def upcoming(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """Every due time strictly after `after` (aware), in UTC, without end where the expression has none."""
    last = after
    for local in CronSim(cron, after.astimezone(ZoneInfo(zone))):
        at = local.astimezone(UTC)
        if at > last:  # within an hour that comes twice, the wall clock alone would go back
            last = at
            yield at


def due_times(cron: str, zone: str, after: datetime, until: datetime, most: int = MOST) -> list[datetime]:
    """The oldest due times after `after` up to `until`, in UTC."""
    found: list[datetime] = []
    if after >= until:
        return found
    for at in islice(upcoming(cron, zone, after), most):
        if at > until:
            break
        found.append(at)
    return found


def backlog(cron: str, zone: str, after: datetime, until: datetime, most: int = MOST) -> Backlog:
    """The newest due times after `after` up to `until`, `most` at most."""
    times = due_times(cron, zone, after, until, most + 1)
    if len(times) <= most:
        return Backlog(tuple(times))
    oldest, low, high = times[0], after, until
    while not 1 <= len(times) <= most:  # how many there are falls one by one as the start moves on
        middle = low + (high - low) / 2
        times = due_times(cron, zone, middle, until, most + 1)
        low, high = (middle, high) if times else (low, middle)
    return Backlog(tuple(times), oldest)


def fires(cron: str, zone: str, after: datetime, count: int = 3) -> list[datetime]:
    """The next due times, in the schedule's zone."""
    return [at.astimezone(ZoneInfo(zone)) for at in islice(upcoming(cron, zone, after), count)]


def clock_note(cron: str, zone: str, now: datetime) -> str | None:
    """What happens to it on the days clocks change, if it is due in the hours in which they do."""
    minute, hour, *_ = cron.split()
    if minute.startswith("*") or hour.startswith("*") or min(CronSim(cron, now).hours) > 3:
        return None
    named = ZoneInfo(zone)
    offsets = {(now + timedelta(days=day)).astimezone(named).utcoffset() for day in range(0, 366, 7)}
    if len(offsets) == 1:
        return None
    return (
        f"clocks in {zone} change at night: a time that is left out is made up right after,"
        " one that comes twice counts the first time"
    )
