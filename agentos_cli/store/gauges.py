"""How the house stands, as figures for monitoring: runs, sources' breakers, alerts, deliveries, schedules."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agentos_cli.store import tally
from agentos_cli.store.link import Database, Link, size, transaction
from agentos_cli.store.values import READ, Kind, Stored
from agentos_cli.telemetry import Figure

NEWEST = """
SELECT work, name, started_at, duration_ms, metrics FROM (
  SELECT work, name, started_at, duration_ms, metrics,
    row_number() OVER (PARTITION BY work, name ORDER BY started_at DESC, number DESC) AS place
  FROM run WHERE tenant_id = ?{narrow}
) AS newest WHERE place = 1 ORDER BY work, name
"""
SYNCED = """
SELECT max(started_at), max(duration_ms) FROM run WHERE tenant_id = ? AND work = 'source'
GROUP BY run_id{narrow} ORDER BY 1 DESC LIMIT 1
"""
BRIEFED = """
SELECT max(started_at),
  coalesce(max(CASE WHEN name <> 'ceo' THEN duration_ms END), 0)
  + coalesce(max(CASE WHEN name = 'ceo' THEN duration_ms END), 0)
FROM run WHERE tenant_id = ? AND work = 'agent'
  AND run_id IN (SELECT run_id FROM briefing WHERE tenant_id = ?)
GROUP BY run_id{narrow} ORDER BY 1 DESC LIMIT 1
"""
WHOLE = " HAVING sum(CASE WHEN success THEN 0 ELSE 1 END) = 0"
TICKED = "SELECT max(at) FROM waker WHERE tenant_id = ?"
BEATEN = "SELECT at FROM check_state WHERE tenant_id = ? AND name = 'heartbeat' AND state <> 'running'"
SCHEDULES = """
SELECT s.name, s.last_due, (
  SELECT count(*) FROM slot t WHERE t.tenant_id = s.tenant_id AND t.schedule = s.name AND t.state = 'missed'
) FROM schedule s WHERE s.tenant_id = ? ORDER BY s.name
"""
FAILURES = """
SELECT consumer, count(*) FROM attempt WHERE tenant_id = ? AND outcome <> 'done' GROUP BY consumer
"""
ALERTS = "SELECT priority, count(*) FROM alert WHERE tenant_id = ? AND resolved_at IS NULL GROUP BY priority"
DELIVERIES = "SELECT consumer, state, count(*) FROM delivery WHERE tenant_id = ? GROUP BY consumer, state"


@dataclass(frozen=True, slots=True)
class JobSeen:
    """Something that is done again and again: when it was last begun and came to a good end, and how long it
    took the last time, however that ended."""

    succeeded_at: datetime | None
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class FiguresSeen:
    """What one agent worked out the last time it could, money as `AMOUNT CUR` in minor units."""

    as_of: datetime
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class DueTimesSeen:
    """When a schedule was last due, and how many of its due times are known to have been missed."""

    last_due: datetime
    missed: int


@dataclass(frozen=True, slots=True)
class Gauges:
    """All of it, read at one moment; by name, and deliveries by consumer and state."""

    jobs: Mapping[str, JobSeen]
    figures: Sequence[FiguresSeen]
    breakers: Mapping[str, str]
    alerts: Mapping[str, int]
    consumers: Sequence[str]
    deliveries: Mapping[tuple[str, str], int]
    failures: Mapping[str, int]
    schedules: Mapping[str, DueTimesSeen]
    size: int | None = field(default=None)


def gauges(database: Database) -> Gauges:
    """One transaction."""
    with transaction(database) as link:
        return _Reading(link, database.tenant).all()


class _Reading:
    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant
        self._instant = READ[link.dialect][Kind.INSTANT]

    def all(self) -> Gauges:
        breakers = self._rows("SELECT source, state FROM breaker WHERE tenant_id = ?")
        consumers = self._rows("SELECT name FROM consumer WHERE tenant_id = ?")
        return Gauges(
            jobs=self._jobs(),
            figures=[
                FiguresSeen(self._instant(row[2]), json.loads(row[4]))
                for row in self._rows(NEWEST.format(narrow=" AND success"))
                if row[0] == "agent" and row[1] != "ceo"
            ],
            breakers={row[0]: json.loads(row[1])["state"] for row in breakers},
            alerts=dict(self._pairs(ALERTS)),
            consumers=sorted(row[0] for row in consumers),
            deliveries={(row[0], row[1]): row[2] for row in self._rows(DELIVERIES)},
            failures=Counter(dict(self._pairs(FAILURES))) + self._forgotten(tally.FAILED),
            schedules=self._schedules(),
            size=size(self._link),
        )

    def _jobs(self) -> dict[str, JobSeen]:
        """Each agent and source, what is made of them, and what wakes the house."""
        good = {(r[0], r[1]): self._instant(r[2]) for r in self._rows(NEWEST.format(narrow=" AND success"))}
        last = {(r[0], r[1]): r[3] for r in self._rows(NEWEST.format(narrow=""))}
        jobs = {f"{work}:{name}": JobSeen(good.get((work, name)), ms) for (work, name), ms in last.items()}
        for name, sql, values in (("sync", SYNCED, 1), ("brief", BRIEFED, 2)):
            mine = (self._tenant,) * values
            whole, newest = (self._link.one(sql.format(narrow=n), *mine) for n in (WHOLE, ""))
            if newest is not None:
                jobs[name] = JobSeen(self._instant(whole[0]) if whole else None, newest[1])
        for name, sql in (("tick", TICKED), ("heartbeat", BEATEN)):
            row = self._link.one(sql, self._tenant)
            if row is not None and row[0] is not None:
                jobs[name] = JobSeen(self._instant(row[0]), None)
        return jobs

    def _schedules(self) -> dict[str, DueTimesSeen]:
        before = self._forgotten(tally.MISSED)
        rows = self._rows(SCHEDULES)
        return {row[0]: DueTimesSeen(self._instant(row[1]), row[2] + before[row[0]]) for row in rows}

    def _forgotten(self, what: str) -> Counter[str]:
        return tally.forgotten(self._link, self._tenant, what)

    def _rows(self, sql: str) -> list[Sequence[Stored]]:
        return self._link.rows(sql, self._tenant)

    def _pairs(self, sql: str) -> list[tuple[str, int]]:
        return [(row[0], row[1]) for row in self._rows(sql)]
