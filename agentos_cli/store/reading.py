"""The read path: what was known at an instant, by plain SQL in one snapshot and without an ORM."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agentos_cli.contract import Skipped
from agentos_cli.store.columns import columns, decoder
from agentos_cli.store.link import Link, marks
from agentos_cli.store.records import EnergyRow, Known, Origin, SourceRow
from agentos_cli.store.values import READ, Kind, Stored
from agents.money import Money
from agents.nouns import NOUNS, Noun, Subscription
from agents.snapshot import Goal, Task

if TYPE_CHECKING:
    from agentos_cli.recurring.layout import Packed

Row = Sequence[Stored]
BATCH = 500
"""How many records are asked for by id at once; databases limit how many values a statement has."""
THEN = "tenant_id = ? AND recorded_at <= ? AND superseded_at > ?"
"""What was true for a tenant at an instant; every versioned table answers to it."""

CONNECTED = f"""
SELECT source FROM connected WHERE {THEN}
UNION SELECT source FROM connection WHERE tenant_id = ? AND NOT EXISTS (
  SELECT 1 FROM connected
  WHERE connected.tenant_id = connection.tenant_id AND connected.source = connection.source
)
"""  # noqa: S608
"""The sources connected at an instant; of one without versions nothing is known but that it is there."""


class Reader:
    """Reads for one tenant over one open transaction."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link = link
        self._tenant = tenant
        self._instant = READ[link.dialect][Kind.INSTANT]
        self._day = READ[link.dialect].get(Kind.DAY, _as_is)

    def known(self, at: datetime, nouns: Collection[type[Noun]], many: int | None = None) -> Known:
        packed = self._packed(many) if many is not None and Subscription in nouns else None
        return Known(
            records={
                noun: self.records(noun, at) for noun in nouns if packed is None or noun is not Subscription
            },
            sources=self.sources(at),
            goals=self.goals(at),
            tasks=self.tasks(at),
            energy=self.energy(at),
            muted=self.muted(at),
            connected=self.connected(at),
            packed=packed,
        )

    def _packed(self, many: int) -> tuple[Packed, ...] | None:
        """The packed history, all of it, if there are so many versions of subscriptions and it is whole."""
        sql = "SELECT 1 FROM subscription WHERE tenant_id = ? LIMIT 1 OFFSET ?"
        if self._link.one(sql, self._tenant, max(0, many - 1)) is None:
            return None
        from agentos_cli.store.history import RevenueHistory

        history = RevenueHistory(self._link, self._tenant)
        return history.all() if history.is_whole() else None

    def records(self, noun: type[Noun], at: datetime) -> tuple[Noun, ...]:
        names = [column.name for column in columns(noun)]
        rows = self._then(noun.kind, names, at)
        decode = decoder(noun, self._link.dialect)
        return tuple(decode(row) for row in _ordered(rows, 2))

    def origins(self, refs: Iterable[str], at: datetime) -> dict[str, Origin]:
        """The records behind these evidence ids as they were known at `at`, with when that was learned."""
        wanted: dict[tuple[str, str], list[str]] = {}
        for ref in refs:
            source, _, rest = ref.partition(":")
            kind, _, record_id = rest.partition(":")
            wanted.setdefault((source, kind), []).append(record_id)
        nouns = {noun.kind: noun for noun in NOUNS}
        return {
            origin.record.ref: origin
            for (source, kind), ids in wanted.items()
            if kind in nouns
            for start in range(0, len(ids), BATCH)
            for origin in self._origins(nouns[kind], source, ids[start : start + BATCH], at)
        }

    def _origins(self, noun: type[Noun], source: str, ids: Sequence[str], at: datetime) -> Iterator[Origin]:
        names = ", ".join(f'"{column.name}"' for column in columns(noun))
        sql = (
            f'SELECT {names}, recorded_at FROM "{noun.kind}"'  # noqa: S608  names are ours
            f" WHERE {THEN} AND source = ? AND id IN ({marks(ids)})"
        )
        decode = decoder(noun, self._link.dialect)
        for row in self._link.rows(sql, self._tenant, at, at, source, *ids):
            yield Origin(decode(row[:-1]), self._instant(row[-1]))

    def sources(self, at: datetime) -> tuple[SourceRow, ...]:
        names = ("source", "kind", "synced_at", "problem", "fix", "problem_at", "partial")
        rows = self._then("source_state", names, at)
        return tuple(
            SourceRow(row[0], row[1], self._when(row[2]), row[3], row[4], self._when(row[5]), row[6])
            for row in _ordered(rows, 2)
        )

    def goals(self, at: datetime) -> tuple[Goal, ...]:
        rows = self._then("goal", ("id", "title", "quarter", "weight", "tags", "open"), at)
        return tuple(
            Goal(row[0], row[1], row[2], row[3], tuple(json.loads(row[4])), bool(row[5]))
            for row in _ordered(rows, 1)
        )

    def tasks(self, at: datetime) -> tuple[Task, ...]:
        names = ("id", "title", "impact_amount", "impact_currency", "due_on", "minutes", "demand")
        rows = self._then("task", (*names, "tags", "done", "created_at"), at)
        return tuple(self._task(row) for row in _ordered(rows, 1))

    def energy(self, at: datetime) -> EnergyRow | None:
        rows = self._then("energy", ("level", "recorded_at"), at)
        return EnergyRow(rows[0][0], self._instant(rows[0][1])) if rows else None

    def muted(self, at: datetime) -> frozenset[str]:
        sql = f"SELECT id FROM mute WHERE {THEN} AND (until IS NULL OR until > ?)"  # noqa: S608
        return frozenset(row[0] for row in self._link.rows(sql, self._tenant, at, at, at))

    def connected(self, at: datetime) -> frozenset[str]:
        rows = self._link.rows(CONNECTED, self._tenant, at, at, self._tenant)
        return frozenset(row[0] for row in rows)

    def since(self) -> datetime | None:
        row = self._link.one("SELECT min(recorded_at) FROM source_state WHERE tenant_id = ?", self._tenant)
        return self._when(row[0]) if row else None

    def skipped(self) -> tuple[tuple[str, Skipped], ...]:
        rows = self._link.rows(
            "SELECT source, kind, number, place, why FROM skipped_record WHERE tenant_id = ?", self._tenant
        )
        return tuple((r[0], Skipped(r[1], r[3], r[4])) for r in _ordered(rows, 3))

    def _then(self, table: str, names: Iterable[str], at: datetime) -> list[Row]:
        wanted = ", ".join(f'"{name}"' for name in names)
        sql = f'SELECT {wanted} FROM "{table}" WHERE {THEN}'  # noqa: S608  names are ours
        return self._link.rows(sql, self._tenant, at, at)

    def _when(self, value: Stored) -> datetime | None:
        return None if value is None else self._instant(value)

    def _task(self, row: Row) -> Task:
        return Task(
            id=row[0],
            title=row[1],
            impact=None if row[2] is None else Money(row[2], row[3]),
            due_on=None if row[4] is None else self._day(row[4]),
            minutes=row[5],
            demand=row[6],
            tags=tuple(json.loads(row[7])),
            done=bool(row[8]),
            created_at=self._instant(row[9]),
        )


def _as_is(value: Any) -> Any:
    return value


def _ordered(rows: list[Row], keys: int) -> list[Row]:
    """By the first columns and by code point, which a PostgreSQL collation need not do."""
    return sorted(rows, key=lambda row: tuple(row[:keys]))
