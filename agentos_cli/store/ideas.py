"""Where the idea garden is kept: each idea with what it claims, what it is near to, and how it grew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from agentos_cli.belongings import Belonging, Idea
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.passages import Passages
from agentos_cli.store.values import READ, Kind, Primitive, Stored, clean

COLUMNS = (
    "id, title, essence, context, stage, strength, tags, connections, source, trail, claims,"
    " created_at, changed_at, origin"
)
PUT = f"""
INSERT INTO idea (tenant_id, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, id) DO UPDATE SET title = excluded.title, essence = excluded.essence,
  context = excluded.context, stage = excluded.stage, strength = excluded.strength, tags = excluded.tags,
  connections = excluded.connections, source = excluded.source, trail = excluded.trail,
  claims = excluded.claims, created_at = excluded.created_at, changed_at = excluded.changed_at,
  origin = excluded.origin
"""  # noqa: S608
GET = f"SELECT {COLUMNS} FROM idea WHERE tenant_id = ? AND id = ?"  # noqa: S608
ALL = f"SELECT {COLUMNS} FROM idea WHERE tenant_id = ?"  # noqa: S608
ARCHIVE = "UPDATE idea SET stage = 'archived', trail = ?, changed_at = ? WHERE tenant_id = ? AND id = ?"
ROOM = str(Belonging.IDEA)


@dataclass(frozen=True, slots=True)
class KeptIdea:
    """An idea as it is kept, and where it came from; `origin` None if it was added here."""

    idea: Idea
    origin: str | None


class IdeaShelf:
    """Puts ideas away within one transaction; see `store.shelves`."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant
        self._passages = Passages(link, tenant)

    def put(self, thing: Idea, origin: str | None, at: datetime) -> None:
        """Keep an idea, in place of the one of its id. One without dates is of `at`."""
        created = thing.created_at or at
        dates = (created, thing.changed_at or created)
        told = None if origin is None else clean(origin)
        self._link.run(PUT, self._tenant, *_row(thing), *dates, told)
        text = "\n\n".join(filter(None, (thing.essence, thing.context, " ".join(thing.tags), *_said(thing))))
        self._passages.put(ROOM, clean(thing.key), [(0, clean(thing.title), clean(text))])

    def digest(self, key: str) -> str | None:
        """Of all that it says."""
        row = self._link.one(GET, self._tenant, clean(key))
        return None if row is None else sha256(json.dumps(list(row[:11])).encode()).hexdigest()

    def remove(self, key: str) -> None:
        """Take away an idea and what finds it."""
        self._passages.remove(ROOM, key)
        self._link.run("DELETE FROM idea WHERE tenant_id = ? AND id = ?", self._tenant, clean(key))


class StoredIdeas:
    """The ideas of one tenant. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant
        self._instant = READ[database.dialect][Kind.INSTANT]

    def all(self) -> list[KeptIdea]:
        """Every idea, the strongest first, then the one that changed last."""
        with transaction(self._database) as link:
            found = sorted((self._idea(row) for row in link.rows(ALL, self._tenant)), key=lambda k: k.idea.id)
        found.sort(key=lambda kept: (kept.idea.strength, kept.idea.changed_at), reverse=True)
        return found

    def get(self, key: str) -> KeptIdea | None:
        """The idea of this id."""
        with transaction(self._database) as link:
            row = link.one(GET, self._tenant, clean(key))
        return None if row is None else self._idea(row)

    def add(self, idea: Idea, at: datetime) -> bool:
        """Keep an idea that somebody had here. False if there is one of this id."""
        with transaction(self._database, write=True) as link:
            if link.one(GET, self._tenant, clean(idea.id)) is not None:
                return False
            IdeaShelf(link, self._tenant).put(idea, None, at)
        return True

    def archive(self, key: str, said: str, at: datetime) -> bool:
        """Lay an idea aside; `said` goes to its trail. False if there is none of this id."""
        with transaction(self._database, write=True) as link:
            row = link.one(GET, self._tenant, clean(key))
            if row is None:
                return False
            if row[4] != "archived":
                link.run(ARCHIVE, _json([*json.loads(row[9]), said]), at, self._tenant, row[0])
        return True

    def _idea(self, row: Sequence[Stored]) -> KeptIdea:
        idea = Idea(
            id=row[0],
            title=row[1],
            essence=row[2],
            context=row[3],
            stage=row[4],
            strength=row[5],
            tags=tuple(json.loads(row[6])),
            connections=tuple(json.loads(row[7])),
            source=row[8],
            trail=tuple(json.loads(row[9])),
            claims=tuple(json.loads(row[10])),
            created_at=self._instant(row[11]),
            changed_at=self._instant(row[12]),
        )
        return KeptIdea(idea, row[13])


def _row(idea: Idea) -> tuple[Primitive, ...]:
    told = tuple(map(clean, (idea.id, idea.title, idea.essence, idea.context, idea.stage)))
    lists = (_json(list(idea.tags)), _json(list(idea.connections)))
    claims = [dict(claim) for claim in idea.claims]
    return (*told, idea.strength, *lists, clean(idea.source), _json(list(idea.trail)), _json(claims))


def _said(idea: Idea) -> list[str]:
    return [*(claim.get("text", "") for claim in idea.claims), *idea.trail]


def _json(value: list[str] | list[dict[str, str]]) -> str:
    return clean(json.dumps(value, ensure_ascii=False, sort_keys=True))
