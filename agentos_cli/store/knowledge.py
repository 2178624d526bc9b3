"""Dated knowledge: what is remembered, entry by entry, each with the file and the line it came from."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from agentos_cli.belongings import Belonging, Knowledge
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.passages import Passages
from agentos_cli.store.values import READ, Kind, Primitive, Stored, bind, clean

ROOM = str(Belonging.KNOWLEDGE)
OWN = "own"
"""Whose entries those are that a person writes here: in a file for each day, `own/2026-11-23.md`."""
OF_FILE = "tenant_id = ? AND agent = ? AND path = ?"
COLUMNS = "agent, path, line, title, text, day, scope, session, origin, created_at"
PUT = f"INSERT INTO knowledge (tenant_id, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
GET = f"SELECT {COLUMNS} FROM knowledge WHERE {OF_FILE}"  # noqa: S608
SAID = f"SELECT line, title, text, day, scope, session, origin FROM knowledge WHERE {OF_FILE} ORDER BY line"  # noqa: S608


@dataclass(frozen=True, slots=True)
class KeptNote:
    """An entry as it is kept; `origin` None if a person wrote it here. Its `key` is what people type."""

    agent: str
    path: str
    line: int
    title: str
    text: str
    day: date | None
    scope: str
    session: str | None
    origin: str | None
    at: datetime

    @property
    def key(self) -> str:
        return f"{self.agent}/{self.path}:{self.line}"


class KnowledgeShelf:
    """Puts files of knowledge away within one transaction; see `store.shelves`."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant
        self._passages = Passages(link, tenant)

    def put(self, thing: Knowledge, origin: str | None, at: datetime) -> None:
        """Keep a file's entries, in place of those it had. `origin` None: a person wrote them."""
        key = clean(thing.key)
        self.remove(key)
        session = None if thing.session is None else clean(thing.session)
        known = (clean(thing.scope), session, None if origin is None else clean(origin), at)
        of = (self._tenant, clean(thing.agent), clean(thing.path))
        rows = [
            (*of, note.line, clean(note.title), clean(note.text), note.day, *known) for note in thing.notes
        ]
        self._link.many(PUT, [[bind(value, self._link.dialect) for value in row] for row in rows])
        self._passages.put(ROOM, key, ((note.line, note.title, note.text) for note in thing.notes))

    def digest(self, key: str) -> str | None:
        """Of everything that its entries say, and of who wrote them."""
        rows = self._link.rows(SAID, *_of(self._tenant, key))
        if not rows:
            return None
        told = [[*row[:3], None if row[3] is None else str(row[3]), *row[4:6], bool(row[6])] for row in rows]
        return sha256(json.dumps(told).encode()).hexdigest()

    def remove(self, key: str) -> None:
        """Take away a file's entries, and what finds them."""
        self._passages.remove(ROOM, clean(key))
        self._link.run(f"DELETE FROM knowledge WHERE {OF_FILE}", *_of(self._tenant, key))  # noqa: S608


class StoredKnowledge:
    """What one tenant knows. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant

    def all(
        self, since: date | None = None, agent: str | None = None, limit: int | None = None
    ) -> list[KeptNote]:
        """Entries of days from `since` on, of one agent or of all; newest day first, those without a day
        last."""
        where, values = self._which(since, agent)
        order = "ORDER BY CASE WHEN day IS NULL THEN 1 ELSE 0 END, day DESC, agent, path, line"
        some = "" if limit is None else " LIMIT ?"
        sql = f"SELECT {COLUMNS} FROM knowledge WHERE {where} {order}{some}"  # noqa: S608
        with transaction(self._database) as link:
            rows = link.rows(sql, *values, *([] if limit is None else [limit]))
        return [self._note(row) for row in rows]

    def count(self, since: date | None = None, agent: str | None = None) -> int:
        """How many entries that would be without a limit."""
        where, values = self._which(since, agent)
        with transaction(self._database) as link:
            return int(link.rows(f"SELECT count(*) FROM knowledge WHERE {where}", *values)[0][0])  # noqa: S608

    def days(self, places: Collection[tuple[str, int]]) -> dict[tuple[str, int], date]:
        """The days of entries, by key of their file and line; of those that have one."""
        with transaction(self._database) as link:
            rows = [
                (place, link.one(f"{GET} AND line = ?", *_of(self._tenant, place[0]), place[1]))
                for place in places
            ]
        notes = ((place, self._note(row)) for place, row in rows if row is not None)
        return {place: note.day for place, note in notes if note.day is not None}

    def files(self) -> list[tuple[str, str, int]]:
        """Agent, path and number of entries of every file."""
        sql = "SELECT agent, path, count(*) FROM knowledge WHERE tenant_id = ? GROUP BY agent, path"
        with transaction(self._database) as link:
            return sorted((row[0], row[1], int(row[2])) for row in link.rows(sql, self._tenant))

    def get(self, agent: str, path: str, line: int | None = None) -> list[KeptNote]:
        """The entries of a file in their order; or the one in which a line is."""
        of = (self._tenant, clean(agent), clean(path))
        with transaction(self._database) as link:
            if line is None:
                rows = link.rows(f"{GET} ORDER BY line", *of)
            else:
                rows = link.rows(f"{GET} AND line <= ? ORDER BY line DESC LIMIT 1", *of, line)
        return [self._note(row) for row in rows]

    def add(self, text: str, title: str, day: date, at: datetime) -> KeptNote:
        """Keep what a person wrote, behind what they wrote that day before."""
        path, body = f"{day.isoformat()}.md", clean(text if text.endswith("\n") else f"{text}\n")
        with transaction(self._database, write=True) as link:
            last = link.one(f"{GET} ORDER BY line DESC LIMIT 1", self._tenant, OWN, path)
            line = int(last[2]) + max(1, str(last[4]).count("\n")) if last else 1
            row = (OWN, path, line, clean(title), body, day, "private", None, None, at)
            link.run(PUT, self._tenant, *row)
            passages, thing = Passages(link, self._tenant), f"{OWN}/{path}"
            kept = link.rows(f"{GET} ORDER BY line", self._tenant, OWN, path)
            passages.put(ROOM, thing, ((int(r[2]), r[3], r[4]) for r in kept))
        return KeptNote(*row)

    def remove(self, agent: str, path: str, line: int | None = None) -> int:
        """Take away the entries of a file, or the one that begins at this line; how many there were."""
        of = (self._tenant, clean(agent), clean(path))
        sql = f"DELETE FROM knowledge WHERE {OF_FILE}"  # noqa: S608
        with transaction(self._database, write=True) as link:
            gone = link.run(sql, *of) if line is None else link.run(f"{sql} AND line = ?", *of, line)
            left = link.rows(f"{GET} ORDER BY line", *of)
            parts = ((int(row[2]), row[3], row[4]) for row in left)
            Passages(link, self._tenant).put(ROOM, clean(f"{agent}/{path}"), parts)
        return gone

    def _which(self, since: date | None, agent: str | None) -> tuple[str, list[Primitive]]:
        asked = [("tenant_id = ?", self._tenant), ("day >= ?", since), ("agent = ?", agent)]
        kept = [(sql, value) for sql, value in asked if value is not None]
        return " AND ".join(sql for sql, _ in kept), [value for _, value in kept]

    def _note(self, row: Sequence[Stored]) -> KeptNote:
        read = READ[self._database.dialect]
        day = row[5] if row[5] is None else read.get(Kind.DAY, lambda value: value)(row[5])
        at = read[Kind.INSTANT](row[9])
        return KeptNote(row[0], row[1], int(row[2]), row[3], row[4], day, row[6], row[7], row[8], at)


def _of(tenant: str, key: str) -> tuple[str, str, str]:
    agent, _, path = clean(key).partition("/")
    return tenant, agent, path
