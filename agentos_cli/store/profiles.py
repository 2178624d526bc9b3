"""Agents as they were set up elsewhere: who each was, and how it was to work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from agentos_cli.belongings import Profile
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.values import Stored, clean

COLUMNS = "id, name, identity, settings, is_default, role, origin"
PUT = f"""
INSERT INTO profile (tenant_id, {COLUMNS}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, identity = excluded.identity,
  settings = excluded.settings, is_default = excluded.is_default, role = excluded.role,
  origin = excluded.origin
"""  # noqa: S608
ALL = f"SELECT {COLUMNS} FROM profile WHERE tenant_id = ?"  # noqa: S608


@dataclass(frozen=True, slots=True)
class KeptProfile:
    """A profile as it is kept, and where it came from."""

    profile: Profile
    origin: str | None


class ProfileShelf:
    """Puts profiles away within one transaction; see `store.shelves`."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant

    def put(self, thing: Profile, origin: str | None, at: datetime) -> None:
        """Keep a profile, in place of the one of its id."""
        told = (clean(thing.id), clean(thing.name), _json(thing.identity), _json(thing.settings))
        role = None if thing.role is None else clean(thing.role)
        whence = None if origin is None else clean(origin)
        self._link.run(PUT, self._tenant, *told, thing.is_default, role, whence, at)

    def digest(self, key: str) -> str | None:
        """Of all that it says."""
        row = self._link.one(f"{ALL} AND id = ?", self._tenant, clean(key))
        if row is None:
            return None
        said = [*row[:4], bool(row[4]), row[5]]
        return sha256(json.dumps(said).encode()).hexdigest()

    def remove(self, key: str) -> None:
        """Take a profile away."""
        self._link.run("DELETE FROM profile WHERE tenant_id = ? AND id = ?", self._tenant, clean(key))


class StoredProfiles:
    """The profiles of one tenant. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant

    def all(self) -> list[KeptProfile]:
        """Every profile, the default agent's first, then by id."""
        with transaction(self._database) as link:
            found = [_kept(row) for row in link.rows(ALL, self._tenant)]
        return sorted(found, key=lambda kept: (not kept.profile.is_default, kept.profile.id))

    def get(self, agent: str) -> KeptProfile | None:
        """The profile of the agent of this id."""
        with transaction(self._database) as link:
            row = link.one(f"{ALL} AND id = ?", self._tenant, clean(agent))
        return None if row is None else _kept(row)


def _kept(row: Sequence[Stored]) -> KeptProfile:
    profile = Profile(row[0], row[1], json.loads(row[2]), json.loads(row[3]), bool(row[4]), row[5])
    return KeptProfile(profile, row[6])


def _json(value: object) -> str:
    return clean(json.dumps(value, ensure_ascii=False, sort_keys=True, default=dict))
