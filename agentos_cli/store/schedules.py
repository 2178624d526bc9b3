"""Schedules and their slots as one tenant has stored them. Every method is one transaction.

A due slot is taken with a lease and a fence, and ended with the fence: of many processes one does it, and who
lost it may not end it. A lease that ran out is believed on the second look only, a lease later: a clock that
jumped makes every lease look old, and whoever lives gives a sign in between.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentos_cli.errors import LeaseHeld
from agentos_cli.events import ScheduleFailed
from agentos_cli.store import tally
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.outbox import Appender
from agentos_cli.store.slots import (
    DUE,
    ELSEWHERE,
    CatchUp,
    Claimed,
    Rules,
    Schedule,
    Slot,
    SlotState,
    instant,
)
from agentos_cli.store.values import Stored, bind, clean

COLUMNS = (
    "name, cron, zone, command, catch_up, late, patience, paused, last_due, created_at, origin, text, notes"
)
PUT = f"""
INSERT INTO schedule (tenant_id, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, name) DO UPDATE SET cron = excluded.cron, zone = excluded.zone,
  command = excluded.command, catch_up = excluded.catch_up, late = excluded.late,
  patience = excluded.patience, last_due = excluded.last_due
"""  # noqa: S608
FUTURE = "DELETE FROM slot WHERE tenant_id = ? AND schedule = ? AND due_at > ? AND state <> 'running'"
ADVANCE = "UPDATE schedule SET last_due = ? WHERE tenant_id = ? AND name = ? AND last_due = ?"
ENTER = """
INSERT INTO slot (tenant_id, schedule, due_at, state, why, attempts, fence, ended_at)
VALUES (?, ?, ?, ?, ?, 0, 0, ?) ON CONFLICT (tenant_id, schedule, due_at) DO NOTHING
"""
SLOT = "schedule, due_at, state, why, attempts, owner, started_at, ended_at, exit_code, output"
PICK = """
SELECT s.schedule FROM slot s JOIN schedule c ON c.tenant_id = s.tenant_id AND c.name = s.schedule
WHERE s.tenant_id = ? AND s.ended_at IS NULL AND s.state = 'due' AND s.due_at <= ?{only} AND NOT EXISTS (
  SELECT 1 FROM slot r WHERE r.tenant_id = s.tenant_id AND r.schedule = s.schedule
    AND r.ended_at IS NULL AND r.state = 'running'
    AND (c.catch_up = 'all' OR r.lease_until <= ? OR r.why IS NOT NULL)
) ORDER BY s.due_at, s.schedule LIMIT 1
"""
FIRST = f"SELECT min(due_at) FROM slot WHERE {DUE}"  # noqa: S608
SILENT = """
SELECT schedule, due_at, attempts, why, owner FROM slot
WHERE tenant_id = ? AND ended_at IS NULL AND state = 'running' AND lease_until <= ?{only}
ORDER BY due_at LIMIT 50
"""
DOUBT = "UPDATE slot SET why = ?, lease_until = ? WHERE tenant_id = ? AND schedule = ? AND due_at = ?"
BURY = """
UPDATE slot SET state = ?, why = ?, ended_at = ?, lease_until = NULL
WHERE tenant_id = ? AND schedule = ? AND due_at = ?
"""
TAKE = """
UPDATE slot SET state = 'running', attempts = attempts + 1, fence = fence + 1, owner = ?, lease_until = ?,
  started_at = ?, why = NULL WHERE tenant_id = ? AND schedule = ? AND due_at = ? RETURNING attempts, fence
"""
MINE = "tenant_id = ? AND schedule = ? AND due_at = ? AND fence = ? AND state = 'running'"
WAITING = """
SELECT 1 FROM slot WHERE tenant_id = ? AND ended_at IS NULL
  AND ((state = 'due' AND due_at <= ?) OR (state = 'running' AND lease_until <= ?)) LIMIT 1
"""
OLD = f"""
DELETE FROM slot WHERE tenant_id = ? AND ended_at IS NOT NULL AND due_at < ? AND due_at < (
  SELECT max(n.due_at) FROM slot n WHERE n.tenant_id = slot.tenant_id AND n.schedule = slot.schedule
) AND (owner IS NULL OR owner <> '{ELSEWHERE}')
"""  # noqa: S608
WOKE = """
INSERT INTO waker (tenant_id, name, at, host, version) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, name) DO UPDATE SET at = excluded.at, host = excluded.host,
  version = excluded.version
"""


@dataclass(frozen=True, slots=True)
class Waker:
    """Who wakes the house (cron, systemd, launchd, daemon, hand), when it last did, and from where."""

    name: str
    at: datetime
    host: str
    version: str


class StoredSchedules:
    """The schedules of one tenant. Instants come from the caller; the fence decides who may end a slot."""

    def __init__(self, database: Database) -> None:
        self.tenant = database.tenant
        self._database = database

    # ── schedules ────────────────────────────────────────────────────────────────────────────────

    def all(self) -> list[Schedule]:
        """Every schedule, by name."""
        with transaction(self._database) as link:
            return self._read(link)

    def get(self, name: str) -> Schedule | None:
        """The schedule of this name."""
        with transaction(self._database) as link:
            found = self._read(link, name)
        return found[0] if found else None

    def put(self, schedule: Schedule, now: datetime) -> None:
        """Add a schedule, or change the one of this name: it is due from `last_due` on, and paused, origin,
        text and notes stay what they are. Slots that the former one left undone are skipped; those of the
        future, which only a wrong clock can have made, are gone."""
        s, mine = schedule, (self.tenant, schedule.name)
        changed = "the schedule was changed before this was done"
        told = (s.cron, s.zone, json.dumps(s.command), str(s.catch_up))
        spans = (int(s.late.total_seconds()), int(s.patience.total_seconds()))
        with transaction(self._database, write=True) as link:
            Rules(link, self.tenant, s, now).end(SlotState.SKIPPED, changed)
            link.run(FUTURE, *mine, now)
            words = (s.origin, s.text, json.dumps(s.notes) if s.notes else None)
            link.run(PUT, *mine, *told, *spans, s.paused, s.last_due, s.created_at, *words)

    def remove(self, name: str) -> bool:
        """Forget a schedule and its slots. False if there is none."""
        with transaction(self._database, write=True) as link:
            link.run("DELETE FROM slot WHERE tenant_id = ? AND schedule = ?", self.tenant, name)
            return bool(link.run("DELETE FROM schedule WHERE tenant_id = ? AND name = ?", self.tenant, name))

    def pause(self, name: str, paused: bool) -> bool:
        """Let it rest, or go on. What falls due meanwhile is skipped. False if there is none."""
        sql = "UPDATE schedule SET paused = ? WHERE tenant_id = ? AND name = ?"
        with transaction(self._database, write=True) as link:
            return bool(link.run(sql, paused, self.tenant, name))

    # ── slots ────────────────────────────────────────────────────────────────────────────────────

    def enter(
        self, schedule: Schedule, due: Sequence[datetime], before: datetime | None, now: datetime
    ) -> int:
        """Give these due times, oldest first, their slots; how many. None where another process was first.
        `before`: the oldest due time of those that are too many for a slot each, and share one."""
        if not due:
            return 0
        mine, dialect = (self.tenant, schedule.name), self._database.dialect
        with transaction(self._database, write=True) as link:
            if not link.run(ADVANCE, due[-1], *mine, schedule.last_due):
                return 0
            if before is not None:
                self._summarise(link, schedule, before, due[0], now)
            rests = schedule.rests
            state, why, ended = ("skipped", rests, now) if rests else ("due", None, None)
            rest = (state, why, None if ended is None else bind(ended, dialect))
            link.many(ENTER, [(*mine, bind(at, dialect), *rest) for at in due])
        return len(due)

    def make_due(self, name: str, at: datetime) -> None:
        """A slot besides those that the schedule makes, to try it."""
        with transaction(self._database, write=True) as link:
            link.run(ENTER, self.tenant, name, at, "due", None, None)

    def withdraw(self, name: str, due_at: datetime, why: str, now: datetime) -> bool:
        """Skip a slot that nobody has begun. False if somebody has."""
        sql = (
            "UPDATE slot SET state = 'skipped', why = ?, ended_at = ? WHERE tenant_id = ? AND schedule = ?"
            " AND due_at = ? AND state = 'due'"
        )
        with transaction(self._database, write=True) as link:
            return bool(link.run(sql, clean(why), now, self.tenant, name, due_at))

    def waiting(self, now: datetime) -> bool:
        """Whether a look with `claim` is worth it."""
        with transaction(self._database) as link:
            return link.one(WAITING, self.tenant, now, now) is not None

    def claim(self, now: datetime, *, owner: str, seconds: float, only: str | None = None) -> Claimed | None:
        """Take the oldest slot that is to be done, for so many seconds, and on the way end those that are
        not; of one schedule if `only` is given. None when nothing is left."""
        with transaction(self._database, write=True) as link:
            until = now + timedelta(seconds=seconds)
            again = self._of_the_dead(link, now, until, owner, only)
            return again or self._of_the_due(link, now, until, owner, only)

    def extend(self, claimed: Claimed, until: datetime) -> None:
        """A sign of life. Raises LeaseHeld when the slot is somebody else's by now."""
        sql = f"UPDATE slot SET lease_until = ?, why = NULL WHERE {MINE}"  # noqa: S608
        with transaction(self._database, write=True) as link:
            moved = link.run(sql, until, *self._held(claimed))
        _refuse(claimed, moved)

    def release(self, claimed: Claimed, why: str, now: datetime) -> None:
        """Stop in the middle: whoever looks next does it once more. Raises LeaseHeld."""
        sql = f"UPDATE slot SET lease_until = ?, why = ? WHERE {MINE}"  # noqa: S608
        with transaction(self._database, write=True) as link:
            moved = link.run(sql, now, clean(why), *self._held(claimed))
        _refuse(claimed, moved)

    def finish(
        self, claimed: Claimed, state: SlotState, now: datetime, *, exit_code: int | None = None,
        output: str | None = None, why: str | None = None,
    ) -> None:  # fmt: skip
        """End a slot; one that failed is announced with it. Raises LeaseHeld for one that went to another."""
        sql = (
            "UPDATE slot SET state = ?, ended_at = ?, exit_code = ?, output = ?, why = ?, lease_until = NULL"  # noqa: S608
            f" WHERE {MINE}"
        )
        told = (None if output is None else clean(output), None if why is None else clean(why))
        with transaction(self._database, write=True) as link:
            moved = link.run(sql, str(state), now, exit_code, *told, *self._held(claimed))
            if moved and state is SlotState.FAILED:
                due_at = claimed.due_at.isoformat()
                event = ScheduleFailed(claimed.schedule, due_at, exit_code, told[1] or "it failed")
                Appender(link, self.tenant).append(event.event(now))
        _refuse(claimed, moved)

    def slots(self, name: str, limit: int = 20) -> list[Slot]:
        """The newest slots of a schedule, newest first."""
        sql = f"SELECT {SLOT} FROM slot WHERE tenant_id = ? AND schedule = ? ORDER BY due_at DESC LIMIT ?"  # noqa: S608
        with transaction(self._database) as link:
            return [_slot(row) for row in link.rows(sql, self.tenant, name, limit)]

    def slot(self, name: str, due_at: datetime) -> Slot | None:
        """The slot of that due time."""
        sql = f"SELECT {SLOT} FROM slot WHERE tenant_id = ? AND schedule = ? AND due_at = ?"  # noqa: S608
        with transaction(self._database) as link:
            row = link.one(sql, self.tenant, name, due_at)
        return _slot(row) if row else None

    def purge(self, before: datetime) -> int:
        """Forget slots older than that which have ended; of each schedule the newest stays."""
        with transaction(self._database, write=True) as link:
            gone = link.rows(f"{OLD} RETURNING schedule, state", self.tenant, before)
            missed = Counter(row[0] for row in gone if row[1] == SlotState.MISSED)
            tally.add(link, self.tenant, tally.MISSED, missed)
        return len(gone)

    # ── who wakes the house ──────────────────────────────────────────────────────────────────────

    def woke(self, name: str, now: datetime, host: str, version: str) -> None:
        """Remember that this waker woke the house just now."""
        with transaction(self._database, write=True) as link:
            link.run(WOKE, self.tenant, name, now, clean(host), version)

    def wakers(self) -> list[Waker]:
        """Everyone who ever woke the house, the latest first."""
        sql = "SELECT name, at, host, version FROM waker WHERE tenant_id = ? ORDER BY at DESC"
        with transaction(self._database) as link:
            return [Waker(r[0], instant(r[1]), r[2], r[3]) for r in link.rows(sql, self.tenant)]

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _read(self, link: Link, name: str | None = None) -> list[Schedule]:
        narrow = "" if name is None else " AND name = ?"
        sql = f"SELECT {COLUMNS} FROM schedule WHERE tenant_id = ?{narrow}"  # noqa: S608
        rows = link.rows(sql, self.tenant, *(() if name is None else (name,)))
        return sorted(map(_schedule, rows), key=lambda schedule: schedule.name)

    def _summarise(
        self, link: Link, schedule: Schedule, before: datetime, first: datetime, now: datetime
    ) -> None:
        rules = Rules(link, self.tenant, schedule, now)
        why = f"this and every due time before {rules.local(first)}: "
        why += schedule.rests or "nothing woke the house"
        state = SlotState.SKIPPED if schedule.rests else SlotState.MISSED
        link.run(ENTER, self.tenant, schedule.name, before, str(state), why, now)
        if not schedule.rests:
            rules.announce([before], why)

    def _of_the_dead(
        self, link: Link, now: datetime, until: datetime, owner: str, only: str | None
    ) -> Claimed | None:
        """A slot whose runner gave no sign of life at two looks, unless it ends here."""
        sql = SILENT.format(only=" AND schedule = ?" if only else "")
        for name, stored, attempts, why, holder in link.rows(
            sql, self.tenant, now, *((only,) if only else ())
        ):
            due_at, (schedule,) = instant(stored), self._read(link, name)
            rules = Rules(link, self.tenant, schedule, now)
            if why is None:
                link.run(DOUBT, f"no sign of life from {holder}", until, self.tenant, name, due_at)
            elif ended := rules.why_not_again(due_at, attempts):
                link.run(BURY, str(ended[0]), ended[1], now, self.tenant, name, due_at)
                rules.announce([due_at] if ended[0] is SlotState.MISSED else [], ended[1])
            else:
                return self._take(link, schedule, due_at, now, until, owner)
        return None

    def _of_the_due(
        self, link: Link, now: datetime, until: datetime, owner: str, only: str | None
    ) -> Claimed | None:
        """The first that is left once those that are not to be done have ended."""
        sql = PICK.format(only=" AND s.schedule = ?" if only else "")
        asked = (self.tenant, now, *((only,) if only else ()), now)
        while picked := link.one(sql, *asked):  # each turn takes a slot or ends one at least
            (schedule,) = self._read(link, picked[0])
            Rules(link, self.tenant, schedule, now).settle()
            left = link.one(FIRST, self.tenant, schedule.name, now)
            if left and left[0]:
                return self._take(link, schedule, instant(left[0]), now, until, owner)
        return None

    def _take(
        self, link: Link, schedule: Schedule, due_at: datetime, now: datetime, until: datetime, owner: str
    ) -> Claimed:
        mine = (self.tenant, schedule.name, due_at)
        ((attempts, fence),) = link.rows(TAKE, clean(owner), until, now, *mine)
        return Claimed(schedule.name, due_at, schedule.command, schedule.patience, attempts, fence, now)

    def _held(self, claimed: Claimed) -> tuple[str, str, datetime, int]:
        return (self.tenant, claimed.schedule, claimed.due_at, claimed.fence)


def _schedule(row: Sequence[Stored]) -> Schedule:
    name, cron, zone, command, catch_up, late, patience, paused, last_due, created_at, *words = row
    origin, text, notes = words
    return Schedule(
        name,
        cron,
        zone,
        tuple(json.loads(command)),
        CatchUp(catch_up),
        timedelta(seconds=late),
        timedelta(seconds=patience),
        bool(paused),
        instant(last_due),
        instant(created_at),
        origin,
        text,
        tuple(json.loads(notes)) if notes else (),
    )


def _slot(row: Sequence[Stored]) -> Slot:
    schedule, due_at, state, why, attempts, owner, started_at, ended_at, exit_code, output = row
    begun, ended = (None if at is None else instant(at) for at in (started_at, ended_at))
    return Slot(
        schedule, instant(due_at), SlotState(state), why, attempts, owner, begun, ended, exit_code, output
    )


def _refuse(claimed: Claimed, moved: int) -> None:
    if not moved:
        raise LeaseHeld(
            f"{claimed.schedule}, due at {claimed.due_at:%Y-%m-%d %H:%M} UTC, is not this process's any more",
            fix="whoever has it now finishes it",
        )
