"""Append-only rows: a change ends one version and starts the next, so any past morning reads the same.

Instants come from the caller. If its clock was wrong once and went back, the newer call is right:
versions that were recorded later than `at` lose their span and are seen by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, case, func, insert, literal, select, update
from sqlmodel import Session

from agentos_cli.store.values import FOREVER

Key = tuple[Any, ...]
Values = Mapping[str, Any]


class Versions:
    """The versions of one table for one tenant. `key` names the columns that say which thing it is."""

    def __init__(self, session: Session, table: Table, tenant: str, key: Sequence[str]) -> None:
        self._session = session
        self._table = table
        self._tenant = tenant
        self._key = tuple(key)

    def open(self, at: datetime, *, only: Sequence[str] = (), **scope: str) -> dict[Key, list[Values]]:
        """By key, the versions that hold at `at` or begin later. One that holds for good stands alone.

        With `only` just these columns beside those that name a version and its span: reading is most of a
        sync's work, and of a record that has not changed only that is asked.
        """
        columns = self._table.c
        names = ("tenant_id", *self._key, "version", "recorded_at", "superseded_at", *only)
        asked = [columns[name] for name in names] if only else list(columns)
        wanted = select(*asked).where(
            columns.tenant_id == self._tenant,
            columns.superseded_at > at,
            columns.recorded_at < columns.superseded_at,
        )
        for name, value in scope.items():
            wanted = wanted.where(columns[name] == value)
        found: dict[Key, list[Values]] = {}
        for row in self._session.connection().execute(wanted.order_by(columns.version)).mappings():
            found.setdefault(tuple(row[name] for name in self._key), []).append(dict(row))
        return found

    def current(self, at: datetime, **scope: str) -> Values | None:
        """The one version that is true at `at`, where the scope leaves one thing."""
        return next((v for vs in self.open(at, **scope).values() for v in vs if v["recorded_at"] <= at), None)

    def end(self, versions: Iterable[Values], at: datetime) -> None:
        """These versions hold until `at` and no longer."""
        keys = ("tenant_id", *self._key, "version")
        columns = self._table.c
        until = literal(at, columns.recorded_at.type)
        ended = (
            update(self._table)
            .where(*(columns[name] == bindparam(f"key_{name}") for name in keys))
            .values(superseded_at=case((columns.recorded_at > until, columns.recorded_at), else_=until))
        )
        rows = [{f"key_{name}": version[name] for name in keys} for version in versions]
        if rows:
            self._session.connection().execute(ended, rows)

    def start(self, rows: Iterable[Values], at: datetime, numbers: Mapping[Key, int]) -> None:
        """New versions from `at` on; `numbers` holds the highest number used so far of each key."""
        made = [
            {
                "tenant_id": self._tenant,
                **row,
                "version": numbers.get(tuple(row[name] for name in self._key), 0) + 1,
                "recorded_at": at,
                "superseded_at": FOREVER,
            }
            for row in rows
        ]
        if made:
            self._session.connection().execute(insert(self._table), made)

    def put(self, at: datetime, row: Values) -> None:
        """One thing as it is from `at` on."""
        scope = {name: row[name] for name in self._key}
        self.drop(at, **scope)
        self.start([row], at, self.numbers(**scope))

    def drop(self, at: datetime, **scope: str) -> bool:
        """What the scope names is no more from `at` on. False if it was not there."""
        versions = [version for group in self.open(at, **scope).values() for version in group]
        self.end(versions, at)
        return bool(versions)

    def numbers(self, **scope: str) -> dict[Key, int]:
        """The highest version number of every key in the scope, ended ones included."""
        columns = self._table.c
        key = [columns[name] for name in self._key]
        wanted = select(*key, func.max(columns.version)).where(columns.tenant_id == self._tenant)
        for name, value in scope.items():
            wanted = wanted.where(columns[name] == value)
        found = self._session.connection().execute(wanted.group_by(columns.tenant_id, *key))
        return {tuple(row[:-1]): row[-1] for row in found}
