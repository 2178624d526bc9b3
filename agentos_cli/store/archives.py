"""What was brought from elsewhere and has no place here: kept, redacted, to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from agentos_cli.belongings import Archive
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.values import Stored, clean

PUT = """
INSERT INTO archive (tenant_id, name, text, origin, created_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, name) DO UPDATE SET text = excluded.text, origin = excluded.origin
"""
ALL = "SELECT name, text, origin FROM archive WHERE tenant_id = ?"


@dataclass(frozen=True, slots=True)
class KeptArchive:
    """An archive as it is kept, and where it came from."""

    archive: Archive
    origin: str | None


class ArchiveShelf:
    """Puts archives away within one transaction; see `store.shelves`."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant

    def put(self, thing: Archive, origin: str | None, at: datetime) -> None:
        """Keep an archive, in place of the one of its name."""
        told = None if origin is None else clean(origin)
        self._link.run(PUT, self._tenant, clean(thing.name), clean(thing.text), told, at)

    def digest(self, key: str) -> str | None:
        """Of its text."""
        row = self._link.one(f"{ALL} AND name = ?", self._tenant, clean(key))
        return None if row is None else sha256(row[1].encode()).hexdigest()

    def remove(self, key: str) -> None:
        """Take an archive away."""
        self._link.run("DELETE FROM archive WHERE tenant_id = ? AND name = ?", self._tenant, clean(key))


class StoredArchives:
    """The archives of one tenant. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant

    def all(self) -> list[KeptArchive]:
        """Every archive, by name."""
        with transaction(self._database) as link:
            return sorted(map(_kept, link.rows(ALL, self._tenant)), key=lambda kept: kept.archive.name)

    def get(self, name: str) -> KeptArchive | None:
        """The archive of this name."""
        with transaction(self._database) as link:
            row = link.one(f"{ALL} AND name = ?", self._tenant, clean(name))
        return None if row is None else _kept(row)


def _kept(row: Sequence[Stored]) -> KeptArchive:
    return KeptArchive(Archive(row[0], row[1]), row[2])
