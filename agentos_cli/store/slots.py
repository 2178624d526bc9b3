"""Schedules and their slots as values, and what becomes of the slots that are due: the rules, in one place.

A slot is one due time of one schedule. It ends as ran, caught_up (done, but late or anew), failed, skipped or
missed, the last two with why. Who does it holds a lease and the newest fence, as with deliveries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from agentos_cli.events import ScheduleMissed
from agentos_cli.store.link import Link
from agentos_cli.store.outbox import Appender
from agentos_cli.store.values import clean


class CatchUp(StrEnum):
    """What is done of due times that passed while nothing woke the house: the newest, each, or none."""

    LATEST = "latest"
    ALL = "all"
    NONE = "none"


class SlotState(StrEnum):
    """How a slot stands. All but the first two are ends."""

    DUE = "due"
    RUNNING = "running"
    RAN = "ran"
    CAUGHT_UP = "caught_up"
    FAILED = "failed"
    SKIPPED = "skipped"
    MISSED = "missed"


ON_TIME = timedelta(minutes=10)
"""What begins so soon after its due time is on time, even where a timer looks only every few minutes."""
MOST_RUNS = 2
"""How often a slot is begun: once more after whoever did it died."""
ELSEWHERE = "elsewhere"
"""The owner of a slot that was done before its schedule came here: it is history, and stays."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is to be done when: `cron` (`scheduler/when.py`) in `zone`, `command` the words after `agentos`.
    `late`: how late it may still be begun; `patience`: how long it may take. `last_due`: the last due time
    that has a slot. One that was imported has its `origin`, what was to be done there (`text`), what is to be
    decided first (`notes`), and no command: nothing of it is ever due."""

    name: str
    cron: str
    zone: str
    command: tuple[str, ...]
    catch_up: CatchUp
    late: timedelta
    patience: timedelta
    paused: bool
    last_due: datetime
    created_at: datetime
    origin: str | None = None
    text: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def rests(self) -> str | None:
        """Why nothing of it is done at all; None where it is."""
        if not self.command:
            return "it has no command yet"
        return "the schedule is paused" if self.paused else None


@dataclass(frozen=True, slots=True)
class Slot:
    """One due time and what came of it. `output` is the end of what was printed, without secrets."""

    schedule: str
    due_at: datetime
    state: SlotState
    why: str | None
    attempts: int
    owner: str | None
    started_at: datetime | None
    ended_at: datetime | None
    exit_code: int | None
    output: str | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A slot that the holder does now, for the `attempts`-th time. `fence` proves that it still does."""

    schedule: str
    due_at: datetime
    command: tuple[str, ...]
    patience: timedelta
    attempts: int
    fence: int
    started_at: datetime

    @property
    def late(self) -> timedelta:
        """How long after its due time it was begun."""
        return self.started_at - self.due_at

    @property
    def done(self) -> SlotState:
        """How it ends when it goes well."""
        return SlotState.CAUGHT_UP if self.attempts > 1 or self.late > ON_TIME else SlotState.RAN


DUE = "tenant_id = ? AND schedule = ? AND ended_at IS NULL AND state = 'due' AND due_at <= ?"
END = f"""
UPDATE slot SET state = ?, why = ?, ended_at = ?, lease_until = NULL
WHERE {DUE} AND due_at < ? AND due_at >= ? RETURNING due_at
"""  # noqa: S608
LAST = f"SELECT max(due_at) FROM slot WHERE {DUE}"  # noqa: S608
RUNNING = """
SELECT due_at FROM slot WHERE tenant_id = ? AND schedule = ? AND ended_at IS NULL AND state = 'running'
"""
EVER = datetime(9999, 1, 1, tzinfo=UTC)
NEVER = datetime(1, 1, 2, tzinfo=UTC)


class Rules:
    """Ends the due slots of one schedule that are not to be done, over one open transaction of a writer."""

    def __init__(self, link: Link, tenant: str, schedule: Schedule, now: datetime) -> None:
        self._link = link
        self._schedule = schedule
        self._mine = (tenant, schedule.name)
        self._now = now

    def settle(self) -> None:
        """What is left afterwards is to be done, the oldest first; of all but `all` that is one slot at most
        that is late."""
        schedule, now = self._schedule, self._now
        if schedule.rests:
            return self.end(SlotState.SKIPPED, schedule.rests)
        if busy := self._link.one(RUNNING, *self._mine):
            why = f"the one due at {self.local(busy[0])} was still running"
            return self.end(SlotState.SKIPPED, why)
        newest = self._link.one(LAST, *self._mine, now)
        if newest and newest[0]:
            self._settle_backlog(instant(newest[0]))
        return None

    def _settle_backlog(self, newest: datetime) -> None:
        schedule, now = self._schedule, self._now
        too_late, on_time = now - schedule.late, now - ON_TIME
        if schedule.catch_up is CatchUp.ALL or newest < too_late:
            return self.end(SlotState.MISSED, f"it was more than {span(schedule.late)} late", before=too_late)
        if schedule.catch_up is CatchUp.NONE:
            why = "nothing woke the house in time, and it is not made up (catch-up none)"
            return self.end(SlotState.MISSED, why, before=max(too_late, on_time))
        why = f"the one due at {self.local(newest)} is done in its place"
        before = min(newest, on_time)
        self.end(SlotState.MISSED, f"nothing woke the house in time; {why}", before=before)
        return self.end(SlotState.SKIPPED, why, before=newest, since=before)

    def end(self, state: SlotState, why: str, *, before: datetime = EVER, since: datetime = NEVER) -> None:
        """End the slots that were due in that time, and announce what was missed: one event, however many."""
        told = (str(state), clean(why), self._now)
        ended = self._link.rows(END, *told, *self._mine, self._now, before, since)
        if state is SlotState.MISSED:
            self.announce(sorted(instant(row[0]) for row in ended), why)

    def announce(self, missed: Sequence[datetime], why: str) -> None:
        """Say that these due times, oldest first, were missed."""
        if not missed:
            return
        if len(missed) > 1:
            first, last = self.local(missed[0]), self.local(missed[-1])
            why = f"{len(missed):,} due times from {first} to {last}: {why}"
        event = ScheduleMissed(self._schedule.name, missed[-1].isoformat(), why).event(self._now)
        Appender(self._link, self._mine[0]).append(event)

    def why_not_again(self, due_at: datetime, attempts: int) -> tuple[SlotState, str] | None:
        """How a slot ends whose runner died, unless it is to be done once more."""
        schedule, now = self._schedule, self._now
        died = "whoever did it was gone before it was done"
        if attempts >= MOST_RUNS:
            return SlotState.MISSED, f"{died}, {attempts} times"
        if schedule.rests:
            return SlotState.SKIPPED, f"{died}, and {schedule.rests}"
        if now - due_at > schedule.late:
            return SlotState.MISSED, f"{died}, and then it was more than {span(schedule.late)} late"
        if schedule.catch_up is CatchUp.NONE and now - due_at > ON_TIME:
            return SlotState.MISSED, f"{died}, and it is not made up (catch-up none)"
        newest = self._link.one(LAST, *self._mine, now)
        if schedule.catch_up is CatchUp.LATEST and newest and newest[0]:
            return SlotState.MISSED, f"{died}; the one due at {self.local(newest[0])} is done in its place"
        return None

    def local(self, at: datetime | str) -> str:
        """An instant in the schedule's zone, to the minute."""
        try:
            zone: ZoneInfo | None = ZoneInfo(self._schedule.zone)
        except (KeyError, ValueError, OSError):
            zone = None
        return f"{instant(at).astimezone(zone or UTC):%Y-%m-%d %H:%M}{'' if zone else ' UTC'}"


def instant(value: datetime | str) -> datetime:
    """An instant as either database gives it, in UTC."""
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def span(length: timedelta) -> str:
    """As it is written on the command line: 90m, 6h, 2d."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size and seconds % size == 0 and (unit != "d" or seconds > size):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
