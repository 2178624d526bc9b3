"""Where one source's circuit breaker keeps its state between processes: the `BreakerCell` of this store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from agentos_cli.resilience.state import BreakerState
from agentos_cli.store.link import Database, Link, transaction

T = TypeVar("T")
PUT = """
INSERT INTO breaker (tenant_id, source, state) VALUES (?, ?, ?)
ON CONFLICT (tenant_id, source) DO UPDATE SET state = excluded.state
"""


class StoredBreaker:
    """The breaker of one source. Every change is one transaction, so of many processes one gets the probe."""

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
        return result

    def peek(self) -> BreakerState | None:
        """The state as it is, for showing. None if the source was never called."""
        with transaction(self._database) as link:
            return self._read(link)

    def clear(self) -> None:
        """Forget all of it."""
        with transaction(self._database, write=True) as link:
            link.run(
                "DELETE FROM breaker WHERE tenant_id = ? AND source = ?", self._database.tenant, self._source
            )

    def _read(self, link: Link) -> BreakerState | None:
        row = link.one(
            "SELECT state FROM breaker WHERE tenant_id = ? AND source = ?",
            self._database.tenant,
            self._source,
        )
        return None if row is None else BreakerState.from_json(row[0])
