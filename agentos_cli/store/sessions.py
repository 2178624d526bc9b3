"""Conversations that were had elsewhere: read-only, with their tree, their tokens and the cost told there.

The text of an entry is a passage, so that it is kept once and can be found; everything else of it is a row of
`session_entry`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from agentos_cli.belongings import Belonging, Entry, Session, SessionCounts, Tokens
from agentos_cli.store.link import Database, Link, marks, transaction
from agentos_cli.store.passages import Part, Passages
from agentos_cli.store.values import READ, Kind, Primitive, Stored, bind, clean

ROOM = str(Belonging.SESSION)
ROWS = 1_000
"""Entries that are written at once."""
SESSION = (
    "id, agent, name, title, channel, model, file, began_at, ended_at, parent, label, task, counts, digest,"
    " origin, created_at"
)
ENTRY = (
    "seq, type, id, parent, role, at, provider, model, tool, input, output, cache_read, cache_write,"
    " reported_cost, stop, mirror, live"
)
PUT = f"INSERT INTO session (tenant_id, {SESSION}) VALUES ({marks('.' * 17)})"  # noqa: S608
PUT_ENTRY = f"INSERT INTO session_entry (tenant_id, session, {ENTRY}) VALUES ({marks('.' * 19)})"  # noqa: S608
TURNS = """
SELECT s.agent, e.session, e.id, e.provider, e.model, e.at, e.input, e.output, e.cache_read, e.cache_write,
  e.reported_cost
FROM session_entry e JOIN session s ON s.tenant_id = e.tenant_id AND s.id = e.session
WHERE e.tenant_id = ? AND e.role = 'assistant' AND e.mirror = ?
  AND e.input + e.output + e.cache_read + e.cache_write > 0
"""


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session as it is kept, without its entries; see `belongings.Session`."""

    key: str
    agent: str
    name: str | None
    title: str | None
    channel: str | None
    model: str | None
    file: str
    began_at: datetime | None
    ended_at: datetime | None
    parent: str | None
    label: str | None
    task: str | None
    counts: SessionCounts
    digest: str
    origin: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A reply of a model, with what it read and wrote; one of an abandoned branch was paid for as well."""

    agent: str
    session: str
    provider: str | None
    model: str | None
    at: datetime | None
    tokens: Tokens


class SessionShelf:
    """Where sessions are put away, within one transaction; see `store.shelves`."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant
        self._passages = Passages(link, tenant)

    def put(self, thing: Session, origin: str, at: datetime) -> None:
        """Add a session with all of its entries, in place of the one of its key. They are written as they are
        read: there may be hundreds of megabytes. Raises DataProblem if the source changed meanwhile."""
        key = clean(thing.key)
        self.remove(key)
        told = (thing.agent, thing.name, thing.title, thing.channel, thing.model, thing.file)
        sent = (thing.parent, thing.label, thing.task)
        self._link.run(
            PUT,
            self._tenant,
            key,
            *map(_clean, told),
            thing.began_at,
            thing.ended_at,
            *map(_clean, sent),
            _counts_text(thing.counts),
            thing.digest,
            clean(origin),
            at,
        )
        self._passages.put(ROOM, key, self._written(key, thing.entries()))

    def digest(self, key: str) -> str | None:
        """Of its source: nobody can change a session here."""
        sql = "SELECT digest FROM session WHERE tenant_id = ? AND id = ?"
        row = self._link.one(sql, self._tenant, clean(key))
        return None if row is None else str(row[0])

    def remove(self, key: str) -> None:
        """Forget a session, its entries and what was found by their words."""
        of = (self._tenant, clean(key))
        if self._link.run("DELETE FROM session WHERE tenant_id = ? AND id = ?", *of):
            self._link.run("DELETE FROM session_entry WHERE tenant_id = ? AND session = ?", *of)
            self._passages.remove(ROOM, key)

    def _written(self, key: str, entries: Iterator[Entry]) -> Iterator[Part]:
        """Writes the entries, and gives the texts that they have."""
        rows: list[Sequence[Primitive]] = []
        for entry in entries:
            rows.append(self._row(key, entry))
            if len(rows) == ROWS:
                self._link.many(PUT_ENTRY, rows)
                rows = []
            if entry.text:
                yield entry.seq, entry.tool or entry.role or entry.type, entry.text
        self._link.many(PUT_ENTRY, rows)

    def _row(self, key: str, entry: Entry) -> Sequence[Primitive]:
        told, dialect = entry.tokens, self._link.dialect
        cost = None if told is None or told.reported_cost is None else str(told.reported_cost)
        counts = (told.input, told.output, told.cache_read, told.cache_write) if told else (None,) * 4
        return (
            self._tenant,
            key,
            entry.seq,
            _clean(entry.type),
            _clean(entry.id),
            entry.parent,
            entry.role,
            bind(entry.at, dialect),
            _clean(entry.provider),
            _clean(entry.model),
            _clean(entry.tool),
            *counts,
            cost,
            _clean(entry.stop),
            bind(entry.mirror, dialect),
            bind(entry.live, dialect),
        )


class StoredSessions:
    """The sessions of one tenant, to look at. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant
        self._instant = READ[database.dialect][Kind.INSTANT]

    def all(
        self, limit: int = 50, *, agent: str | None = None, since: datetime | None = None,
        parent: str | None = None,
    ) -> list[KeptSession]:  # fmt: skip
        """The newest sessions first, those without any time last: of one agent, that ended since an instant,
        or that another session spawned."""
        where, values = self._narrow(agent, since, parent)
        order = "ORDER BY began_at IS NULL, began_at DESC, id LIMIT ?"
        sql = f"SELECT {SESSION} FROM session WHERE {where} {order}"  # noqa: S608
        with transaction(self._database) as link:
            return [self._session(row) for row in link.rows(sql, *values, limit)]

    def count(self, *, agent: str | None = None, since: datetime | None = None) -> int:
        """How many of those there are."""
        where, values = self._narrow(agent, since)
        with transaction(self._database) as link:
            row = link.one(f"SELECT count(*) FROM session WHERE {where}", *values)  # noqa: S608
        return int(row[0]) if row else 0

    def keys(self) -> list[tuple[str, str | None]]:
        """The key of every session, and what it was called where it was had."""
        with transaction(self._database) as link:
            rows = link.rows("SELECT id, name FROM session WHERE tenant_id = ? ORDER BY id", self._tenant)
        return [(row[0], row[1]) for row in rows]

    def get(self, key: str) -> KeptSession | None:
        """The session of this key."""
        return next(iter(self.of([key])), None)

    def of(self, keys: Collection[str]) -> list[KeptSession]:
        """The sessions of these keys, as far as there are any; some hundred keys at most."""
        wanted = sorted(set(map(clean, keys)))
        if not wanted:
            return []
        sql = f"SELECT {SESSION} FROM session WHERE tenant_id = ? AND id IN ({marks(wanted)})"  # noqa: S608
        with transaction(self._database) as link:
            return [self._session(row) for row in link.rows(sql, self._tenant, *wanted)]

    def entries(
        self, key: str, *, live_only: bool = True, roles: Collection[str] = (), newest: int | None = None
    ) -> list[Entry]:
        """The entries of a session in the order they came, with their texts: of the main line, or of the
        branches too; of these roles or types; the newest so many."""
        where = "tenant_id = ? AND session = ?"
        values: list[Primitive] = [self._tenant, clean(key)]
        with transaction(self._database) as link:
            if live_only:
                where += " AND live = ?"
                values.append(True)
            if roles:
                wanted = sorted(set(roles))
                where += f" AND coalesce(role, type) IN ({marks(wanted)})"
                values += wanted
            sql = f"SELECT {ENTRY} FROM session_entry WHERE {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608
            rows = link.rows(sql, *values, 2**62 if newest is None else newest)[::-1]
            texts = Passages(link, self._tenant).texts(ROOM, key, [row[0] for row in rows])
        return [self._entry(row, texts.get(row[0], "")) for row in rows]

    def turns(
        self, *, key: str | None = None, agent: str | None = None, since: datetime | None = None
    ) -> list[KeptTurn]:
        """Every reply of a model that read or wrote tokens, once each, mirrors left out: of one session, of
        one agent, since an instant."""
        narrow: dict[str, Primitive] = {"e.session = ?": key, "s.agent = ?": agent, "e.at >= ?": since}
        given = {sql: value for sql, value in narrow.items() if value is not None}
        sql = " AND ".join([TURNS, *given]) + " ORDER BY e.session, e.seq"
        with transaction(self._database) as link:
            rows = link.rows(sql, self._tenant, False, *given.values())
        seen: set[tuple[str, str]] = set()
        found = []
        for row in rows:
            if row[2] is None or (row[1], row[2]) not in seen:
                seen.add((row[1], row[2] or ""))
                found.append(self._turn(row))
        return found

    def _narrow(
        self, agent: str | None, since: datetime | None, parent: str | None = None
    ) -> tuple[str, list[Primitive]]:
        narrow: dict[str, Primitive] = {"agent = ?": agent, "ended_at >= ?": since, "parent = ?": parent}
        given = {sql: value for sql, value in narrow.items() if value is not None}
        return " AND ".join(["tenant_id = ?", *given]), [self._tenant, *given.values()]

    def _session(self, row: Sequence[Stored]) -> KeptSession:
        began, ended = (None if each is None else self._instant(each) for each in row[7:9])
        counts, at = _counts(json.loads(row[12])), self._instant(row[15])
        told: list[Any] = [*row[:7], began, ended, *row[9:12], counts, *row[13:15], at]
        return KeptSession(*told)

    def _entry(self, row: Sequence[Stored], text: str) -> Entry:
        at = None if row[5] is None else self._instant(row[5])
        flags = bool(row[15]), bool(row[16])
        told: list[Any] = [*row[:5], at, *row[6:9], _tokens(row[9:14]), row[14], *flags, text]
        return Entry(*told)

    def _turn(self, row: Sequence[Stored]) -> KeptTurn:
        at = None if row[5] is None else self._instant(row[5])
        return KeptTurn(row[0], row[1], row[3], row[4], at, _tokens(row[6:11]) or Tokens())


def _tokens(row: Sequence[Stored]) -> Tokens | None:
    if row[0] is None:
        return None
    cost = None if row[4] is None else Decimal(row[4])
    return Tokens(row[0], row[1], row[2], row[3], cost)


def _counts_text(counts: SessionCounts) -> str:
    return json.dumps(asdict(counts), default=str)


def _counts(told: Mapping[str, Any]) -> SessionCounts:
    tokens = dict(told["tokens"])
    cost = tokens.pop("reported_cost")
    both = Tokens(**tokens, reported_cost=None if cost is None else Decimal(cost))
    return SessionCounts(**{**told, "tokens": both})


def _clean(text: str | None) -> str | None:
    return None if text is None else clean(text)
