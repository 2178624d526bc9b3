"""The documents of agents' workspaces: every version that an import brought or a person wrote is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from agentos_cli.belongings import Belonging, Document
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.passages import Passages
from agentos_cli.store.values import READ, Kind, Stored, clean

ROOM = str(Belonging.DOCUMENT)
ROLES = {
    "agents.md": "instructions",
    "soul.md": "persona",
    "identity.md": "profile",
    "user.md": "owner",
    "tools.md": "notes",
    "boot.md": "startup",
    "heartbeat.md": "checklist",
}
"""What the documents at the top of a workspace are for, by name in small letters."""
PUT = (
    "INSERT INTO document (tenant_id, agent, name, version, role, text, digest, origin, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
OF_ONE = "tenant_id = ? AND agent = ? AND name = ?"
ABOUT = "agent, name, version, role, length(text), origin, created_at"
NEWEST = f"SELECT version, role, digest, origin FROM document WHERE {OF_ONE} ORDER BY version DESC LIMIT 1"  # noqa: S608
ALL = f"""
SELECT {ABOUT} FROM document d WHERE tenant_id = ? AND version = (
  SELECT max(version) FROM document e
  WHERE e.tenant_id = d.tenant_id AND e.agent = d.agent AND e.name = d.name)
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a document without its text: `size` in characters, `origin` None if a person wrote it
    here."""

    agent: str
    name: str
    version: int
    role: str
    size: int
    origin: str | None
    at: datetime

    @property
    def key(self) -> str:
        return f"{self.agent}/{self.name}"


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """One version with its text."""

    about: Version
    text: str


def role_of(name: str) -> str:
    """What a document of this name is for; one in a folder is notes, whatever its name."""
    return ROLES.get(name.lower(), "notes")


class DocumentShelf:
    """Puts documents away within one transaction; see `store.shelves`."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant
        self._passages = Passages(link, tenant)

    def put(self, thing: Document, origin: str | None, at: datetime) -> int:
        """A new version, unless the newest says the same and was imported too, or written; gives its number.
        `origin` None: a person wrote it."""
        of, text = (self._tenant, clean(thing.agent), clean(thing.name)), clean(thing.text)
        digest = sha256(text.encode()).hexdigest()
        whence = None if origin is None else clean(origin)
        newest = self._link.one(NEWEST, *of)
        if newest and (newest[2], newest[3] is None) == (digest, whence is None):
            return int(newest[0])
        version = int(newest[0]) + 1 if newest else 1
        self._link.run(PUT, *of, version, clean(thing.role), text, digest, whence, at)
        self._passages.put(ROOM, clean(thing.key), [(version, of[2], text)])
        return version

    def digest(self, key: str) -> str | None:
        """Of the newest text, and of whether a person wrote it."""
        newest = self._link.one(NEWEST, *self._of(key))
        if newest is None:
            return None
        return sha256(f"{newest[2]} {'imported' if newest[3] else 'written'}".encode()).hexdigest()

    def remove(self, key: str) -> None:
        """Take away what was imported since a person last wrote it; all versions, if nobody did."""
        of = self._of(key)
        written = f"SELECT coalesce(max(version), 0) FROM document WHERE {OF_ONE} AND origin IS NULL"  # noqa: S608
        last = self._link.rows(written, *of)[0][0]
        self._link.run(f"DELETE FROM document WHERE {OF_ONE} AND version > ?", *of, last)  # noqa: S608
        self._passages.remove(ROOM, clean(key))
        if last:
            text = f"SELECT text FROM document WHERE {OF_ONE} AND version = ?"  # noqa: S608
            told = self._link.rows(text, *of, last)[0][0]
            self._passages.put(ROOM, clean(key), [(last, of[2], told)])

    def _of(self, key: str) -> tuple[str, str, str]:
        agent, _, name = clean(key).partition("/")
        return self._tenant, agent, name


class StoredDocuments:
    """The documents of one tenant. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant

    def all(self) -> list[Version]:
        """The newest version of every document, by agent and name."""
        with transaction(self._database) as link:
            found = map(self._version, link.rows(ALL, self._tenant))
            return sorted(found, key=lambda version: (version.agent, version.name))

    def versions(self, agent: str, name: str) -> list[Version]:
        """Every version of a document, newest first."""
        sql = f"SELECT {ABOUT} FROM document WHERE {OF_ONE} ORDER BY version DESC"  # noqa: S608
        with transaction(self._database) as link:
            return [self._version(row) for row in link.rows(sql, self._tenant, clean(agent), clean(name))]

    def get(self, agent: str, name: str, version: int | None = None) -> KeptDocument | None:
        """The newest version of a document, or this one."""
        of = (self._tenant, clean(agent), clean(name))
        sql = f"SELECT {ABOUT}, text FROM document WHERE {OF_ONE}"  # noqa: S608
        with transaction(self._database) as link:
            if version is None:
                row = link.one(f"{sql} ORDER BY version DESC LIMIT 1", *of)
            else:
                row = link.one(f"{sql} AND version = ?", *of, version)
        return None if row is None else KeptDocument(self._version(row), row[7])

    def put(self, agent: str, name: str, text: str, at: datetime) -> int:
        """What a person wrote, as a new version unless the newest says the same; gives its number."""
        of = (self._tenant, clean(agent), clean(name))
        with transaction(self._database, write=True) as link:
            newest = link.one(NEWEST, *of)
            if newest and newest[2] == sha256(clean(text).encode()).hexdigest():
                return int(newest[0])
            role = newest[1] if newest else role_of(name)
            return DocumentShelf(link, self._tenant).put(Document(agent, name, role, text), None, at)

    def remove(self, agent: str, name: str) -> int:
        """Take away all versions of a document; how many there were."""
        with transaction(self._database, write=True) as link:
            Passages(link, self._tenant).remove(ROOM, clean(f"{agent}/{name}"))
            sql = f"DELETE FROM document WHERE {OF_ONE}"  # noqa: S608
            return link.run(sql, self._tenant, clean(agent), clean(name))

    def _version(self, row: Sequence[Stored]) -> Version:
        at = READ[self._database.dialect][Kind.INSTANT](row[6])
        return Version(row[0], row[1], int(row[2]), row[3], int(row[4]), row[5], at)
