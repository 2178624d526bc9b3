"""Schedules that come from elsewhere: put away paused, without a command, with the runs they had there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from agentos_cli.belongings import PastRun, Plan
from agentos_cli.store.link import Link
from agentos_cli.store.slots import ELSEWHERE, CatchUp, SlotState
from agentos_cli.store.values import Primitive, bind, clean

KEPT = 2_000
"""Characters of what a run said."""
LATE, PATIENCE = 12 * 3_600, 15 * 60
"""Seconds: what a schedule gets that is added here without saying more."""
STATES = {"ok": SlotState.RAN, "skipped": SlotState.SKIPPED}
"""How a run ended there, and what that is called here; all others failed."""
PUT = """
INSERT INTO schedule (tenant_id, name, cron, zone, command, catch_up, late, patience, paused, last_due,
  created_at, origin, text, notes) VALUES (?, ?, ?, ?, '[]', ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, name) DO UPDATE SET cron = excluded.cron, zone = excluded.zone,
  command = excluded.command, catch_up = excluded.catch_up, late = excluded.late,
  patience = excluded.patience, paused = excluded.paused, last_due = excluded.last_due,
  created_at = excluded.created_at, origin = excluded.origin, text = excluded.text, notes = excluded.notes
"""
RUN = """
INSERT INTO slot (tenant_id, schedule, due_at, state, why, attempts, fence, owner, started_at, ended_at,
  output) VALUES (?, ?, ?, ?, ?, 1, 0, ?, ?, ?, ?) ON CONFLICT (tenant_id, schedule, due_at) DO NOTHING
"""
STANDS = """
SELECT cron, zone, command, catch_up, late, patience, text, notes, origin, paused FROM schedule
WHERE tenant_id = ? AND name = ?
"""


class PlanShelf:
    """One tenant's imported schedules, within one transaction.

    What a person can change is in the digest: when, in which zone, what, how late, whether it rests. What the
    house itself goes on writing is not: up to when it was looked at, and its due times.
    """

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant

    def put(self, thing: Plan, origin: str, at: datetime) -> None:
        """Add a schedule, paused and without a command, or put it in the place of the one of its name. The
        runs it had elsewhere replace those of an earlier import; those it had here stay."""
        notes = json.dumps([clean(note) for note in thing.notes], ensure_ascii=False) if thing.notes else None
        name, told = clean(thing.name), (clean(thing.when), clean(thing.zone), str(CatchUp.LATEST))
        made = (at, thing.created_at or at, clean(origin), clean(thing.text), notes)
        self._link.run(PUT, self._tenant, name, *told, LATE, PATIENCE, True, *made)
        sql = "DELETE FROM slot WHERE tenant_id = ? AND schedule = ? AND owner = ?"
        self._link.run(sql, self._tenant, name, ELSEWHERE)
        self._link.many(RUN, [self._run(name, run) for run in thing.runs])

    def digest(self, key: str) -> str | None:
        """Of all that a person could have changed."""
        row = self._link.one(STANDS, self._tenant, key)
        if row is None:
            return None
        stands = json.dumps([*row[:-1], bool(row[-1])], ensure_ascii=False)
        return sha256(stands.encode()).hexdigest()

    def remove(self, key: str) -> None:
        """Take it away, with all its runs."""
        self._link.run("DELETE FROM slot WHERE tenant_id = ? AND schedule = ?", self._tenant, key)
        self._link.run("DELETE FROM schedule WHERE tenant_id = ? AND name = ?", self._tenant, key)

    def _run(self, name: str, run: PastRun) -> Sequence[Primitive]:
        state = STATES.get(run.status, SlotState.FAILED)
        said = clean(run.said)[:KEPT] if run.said else None
        why = None if said is None or state is SlotState.RAN else said.strip().split("\n")[0][:300]
        row = (name, run.due_at, str(state), why, ELSEWHERE, run.due_at, run.ended_at, said)
        return [self._tenant, *(bind(value, self._link.dialect) for value in row)]
