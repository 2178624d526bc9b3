"""Where one source's circuit breaker keeps its state between processes: the `BreakerCell` of this store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from agentos_cli.resilience.state import BreakerState, Turn, turned
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.values import READ, Kind, clean

T = TypeVar("T")
KEPT = 50
"""How many changes of a source's state are remembered: the newest."""
PUT = """
INSERT INTO breaker (tenant_id, source, state) VALUES (?, ?, ?)
ON CONFLICT (tenant_id, source) DO UPDATE SET state = excluded.state
"""
LAST = "SELECT coalesce(max(number), 0) FROM breaker_event WHERE tenant_id = ? AND source = ?"
PUT_EVENT = """
INSERT INTO breaker_event (tenant_id, source, number, at, state, reason) VALUES (?, ?, ?, {now}, ?, ?)
"""
HISTORY = """
SELECT at, state, reason FROM breaker_event WHERE tenant_id = ? AND source = ?
ORDER BY number DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class BreakerEvent:
    """The breaker of a source changed its state: when, to what, and what for."""

    at: datetime
    state: str
    reason: str


class StoredBreaker:
    """The breaker of one source. Every change is one transaction, so of many processes one gets the probe.
    Each change of state leaves a line in the history, in the same transaction and by the database's clock.
    """

    def __init__(self, database: Database, source: str) -> None:
        self._database = database
        self._source = source

    def update(self, change: Callable[[BreakerState | None], tuple[BreakerState, T]]) -> T:
        """Read, change and write while nobody else can; gives what `change` gives besides the state."""
        with transaction(self._database, write=True) as link:
            before = self._read(link)
            after, result = change(before)
            if after != before:
                link.run(PUT, self._database.tenant, self._source, after.to_json())
            turn = turned(before, after)
            if turn is not None:
                self._remember(link, turn)
        return result

    def peek(self) -> BreakerState | None:
        """The state as it is, for showing. None if the source was never called."""
        with transaction(self._database) as link:
            return self._read(link)

    def history(self, limit: int = KEPT) -> tuple[BreakerEvent, ...]:
        """The newest changes of its state, newest first."""
        instant = READ[self._database.dialect][Kind.INSTANT]
        with transaction(self._database) as link:
            rows = link.rows(HISTORY, self._database.tenant, self._source, limit)
        return tuple(BreakerEvent(instant(row[0]), row[1], row[2]) for row in rows)

    def clear(self) -> None:
        """Forget all of it but the history, which has a line for this too."""
        with transaction(self._database, write=True) as link:
            before = self._read(link)
            link.run(
                "DELETE FROM breaker WHERE tenant_id = ? AND source = ?", self._database.tenant, self._source
            )
            if before is not None and turned(before, BreakerState()) is not None:
                self._remember(link, Turn("closed", "reset by you"))

    def _remember(self, link: Link, turn: Turn) -> None:
        mine = (self._database.tenant, self._source)
        row = link.one(LAST, *mine)
        number = (row[0] if row else 0) + 1
        sql = PUT_EVENT.format(now=self._database.now())
        link.run(sql, *mine, number, turn.state, clean(turn.reason))
        link.run(
            "DELETE FROM breaker_event WHERE tenant_id = ? AND source = ? AND number <= ?",
            *(*mine, number - KEPT),
        )

    def _read(self, link: Link) -> BreakerState | None:
        row = link.one(
            "SELECT state FROM breaker WHERE tenant_id = ? AND source = ?",
            self._database.tenant,
            self._source,
        )
        return None if row is None else BreakerState.from_json(row[0])
