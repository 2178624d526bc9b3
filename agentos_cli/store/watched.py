"""What the heartbeat looks at in the store beside records: breakers, schedules, deliveries, the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agentos_cli.resilience.state import BreakerState
from agentos_cli.store.link import Database, Link, size, transaction
from agentos_cli.store.schema import SchemaState
from agentos_cli.store.slots import ELSEWHERE
from agentos_cli.store.sqlite import SqliteFile
from agentos_cli.store.values import READ, Dialect, Kind, Stored

ENDED = f"""
SELECT state, due_at, why FROM slot WHERE tenant_id = ? AND schedule = ? AND ended_at IS NOT NULL
  AND state <> 'skipped' AND (owner IS NULL OR owner <> '{ELSEWHERE}') ORDER BY due_at DESC LIMIT ?
"""  # noqa: S608
PARKED = """
SELECT consumer, state, count(*), max(note) FROM delivery
WHERE tenant_id = ? AND state IN ('dead', 'in_doubt') GROUP BY consumer, state ORDER BY consumer, state
"""
WAITING = """
SELECT consumer, count(*), min(due_at) FROM delivery
WHERE tenant_id = ? AND finished_at IS NULL AND state <> 'held' GROUP BY consumer
"""
LOOKED_AT = 5
"""How many of the last due times of a schedule are read."""


@dataclass(frozen=True, slots=True)
class SlotSeen:
    """What came of one due time."""

    state: str
    due_at: datetime
    why: str | None


@dataclass(frozen=True, slots=True)
class ScheduleSeen:
    """A schedule that is not paused, and what came of its last due times, newest first."""

    name: str
    created_at: datetime
    ended: Sequence[SlotSeen]


@dataclass(frozen=True, slots=True)
class ConsumerSeen:
    """What is on its way to one consumer: parked ones with a note of one of them, waiting ones, and since
    when the oldest of these has been due."""

    name: str
    dead: int = 0
    in_doubt: int = 0
    note: str | None = None
    waiting: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class WakerSeen:
    """Who woke the house, and when."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DatabaseSeen:
    """The database itself. `sound` is what a quick check of all its pages says, None where none was made."""

    schema: SchemaState
    megabytes: int
    sound: str | None = None


@dataclass(frozen=True, slots=True)
class Machinery:
    """All of it, read at one moment."""

    breakers: dict[str, BreakerState] = field(default_factory=dict)
    schedules: tuple[ScheduleSeen, ...] = ()
    wakers: tuple[WakerSeen, ...] = ()
    consumers: tuple[ConsumerSeen, ...] = ()


class Watched:
    """Reads for one tenant. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant
        self._instant = READ[database.dialect][Kind.INSTANT]

    @property
    def folder(self) -> Path | None:
        """Where the database's file lies; None where it is not on this machine."""
        return self._database.path.parent if isinstance(self._database, SqliteFile) else None

    def machinery(self) -> Machinery:
        """Breakers, schedules, wakers and deliveries."""
        with transaction(self._database) as link:
            breakers = link.rows("SELECT source, state FROM breaker WHERE tenant_id = ?", self._tenant)
            wakers = link.rows("SELECT name, at FROM waker WHERE tenant_id = ? ORDER BY name", self._tenant)
            return Machinery(
                {row[0]: BreakerState.from_json(row[1]) for row in breakers},
                tuple(self._schedules(link)),
                tuple(WakerSeen(row[0], self._when(row[1])) for row in wakers),
                tuple(self._consumers(link)),
            )

    def database(self, *, thorough: bool) -> DatabaseSeen:
        """Schema and size; `thorough` reads every page of a SQLite file, which takes a second per GB or so.

        https://www.sqlite.org/pragma.html#pragma_quick_check
        """
        schema = self._database.state()
        with transaction(self._database) as link:
            megabytes = size(link) // 1024**2
            if not thorough:
                return DatabaseSeen(schema, megabytes)
            if link.dialect is Dialect.POSTGRES:
                return DatabaseSeen(schema, megabytes, "ok")
            damage = [str(row[0]) for row in link.rows("PRAGMA quick_check(3)")]
            return DatabaseSeen(schema, megabytes, "; ".join(damage) or None)

    def _schedules(self, link: Link) -> list[ScheduleSeen]:
        sql = "SELECT name, created_at FROM schedule WHERE tenant_id = ? AND paused = ? ORDER BY name"
        return [
            ScheduleSeen(
                row[0],
                self._when(row[1]),
                [
                    SlotSeen(slot[0], self._when(slot[1]), slot[2])
                    for slot in link.rows(ENDED, self._tenant, row[0], LOOKED_AT)
                ],
            )
            for row in link.rows(sql, self._tenant, False)
        ]

    def _consumers(self, link: Link) -> list[ConsumerSeen]:
        names = link.rows("SELECT name FROM consumer WHERE tenant_id = ? ORDER BY name", self._tenant)
        parked = {(row[0], row[1]): (row[2], row[3]) for row in link.rows(PARKED, self._tenant)}
        waiting = {row[0]: (row[1], self._when(row[2])) for row in link.rows(WAITING, self._tenant)}
        found = []
        for (name,) in names:
            dead, in_doubt = (parked.get((name, state), (0, None)) for state in ("dead", "in_doubt"))
            count, oldest = waiting.get(name, (0, None))
            found.append(ConsumerSeen(name, dead[0], in_doubt[0], dead[1] or in_doubt[1], count, oldest))
        return found

    def _when(self, value: Stored) -> datetime:
        found: datetime = self._instant(value)
        return found
