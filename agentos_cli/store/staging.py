"""What the pages of one source left behind: its raw records by group, its cursors, and how far it has come.

Written page by page in short transactions while the source is read, by whoever holds the lease; read again,
some groups at a time, to make nouns of it. Standard library only, and one connection for the whole of a read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from agentos_cli.contract import Skipped
from agentos_cli.errors import LeaseHeld
from agentos_cli.store.lease import Lease
from agentos_cli.store.link import Database, Link
from agentos_cli.store.problems import clear_errors
from agentos_cli.store.values import READ, Kind, Primitive, Stored, clean

SHARED = ""
"""The part of the records of shared streams. Where it has changed, everything is made anew."""
NOWHERE = "?"
"""The part that a record which cannot be kept at all is told under."""
BATCH = 500
"""How many records are asked for by id at once; databases limit how many values a statement has."""
CHUNK = 1_500
"""How many records are handed out at once, more only where one group has more."""

MINE = "tenant_id = ? AND source = ?"
WRITE = """
INSERT INTO staged (tenant_id, source, stream, id, part, round, body) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, source, stream, id)
DO UPDATE SET part = excluded.part, round = excluded.round, body = excluded.body
"""
SEEN = f"UPDATE staged SET round = ? WHERE {MINE} AND stream = ? AND id = ?"  # noqa: S608
REMOVE = f"DELETE FROM staged WHERE {MINE} AND stream = ? AND id = ?"  # noqa: S608
MARK = """
INSERT INTO part (tenant_id, source, part, changed, made) VALUES (?, ?, ?, ?, '{}')
ON CONFLICT (tenant_id, source, part) DO UPDATE SET changed = excluded.changed
"""
MARK_OLD = """
INSERT INTO part (tenant_id, source, part, changed, made)
SELECT DISTINCT tenant_id, source, part, {yes}, '{{}}' FROM staged
WHERE tenant_id = ? AND source = ? AND round <> ?
ON CONFLICT (tenant_id, source, part) DO UPDATE SET changed = excluded.changed
"""
CURSOR = """
INSERT INTO sync_cursor (tenant_id, source, name, value, lasting) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, source, name) DO UPDATE SET value = excluded.value, lasting = excluded.lasting
"""
PROGRESS = """
INSERT INTO sync_progress (tenant_id, source, round, reading, began_at, done_at, declared, counts)
VALUES (?, ?, ?, ?, ?, ?, ?, '{}')
ON CONFLICT (tenant_id, source) DO UPDATE SET round = excluded.round, reading = excluded.reading,
  began_at = excluded.began_at, done_at = excluded.done_at, declared = excluded.declared
"""
SKIP = """
INSERT INTO skipped_record (tenant_id, source, kind, number, place, why, part, aside)
SELECT ?, ?, ?, coalesce(max(number), -1) + 1, ?, ?, ?, ? FROM skipped_record
WHERE tenant_id = ? AND source = ? AND kind = ?
"""


class Raw(NamedTuple):
    """One record as it is kept; `body` is the JSON of its declared fields."""

    part: str
    stream: str
    id: str
    body: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading of a source has come: its whole read number `round` (`reading`: under way since
    `began_at`), and when the last one was `done_at`. `declared` stands for what it kept of a record."""

    round: int = 0
    reading: bool = False
    began_at: datetime | None = None
    done_at: datetime | None = None
    declared: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pages:
    """What some pages brought, all of which is kept or nothing: by stream and id a record's part and body, or
    None where it is gone; the cursors of this read, and those that outlive it."""

    records: Mapping[tuple[str, str], tuple[str, str] | None]
    cursors: Mapping[str, str] = field(default_factory=dict)
    lasting: Mapping[str, str] = field(default_factory=dict)
    skipped: Sequence[Skipped] = ()


class Staging:
    """`with store.staging(source, lease) as staging:`. Every method is one transaction; those that write
    raise LeaseHeld once the lease has gone to another."""

    def __init__(self, database: Database, source: str, lease: Lease | None) -> None:
        self.source = source
        self.tenant = database.tenant
        self._database = database
        self._lease = lease
        self._mine = (database.tenant, source)
        with clear_errors(database.label):
            self._connection = database.open(write=True)

    def close(self) -> None:
        self._connection.close()

    # ── while the source is read ─────────────────────────────────────────────────────────────────

    def progress(self) -> Progress:
        sql = f"SELECT round, reading, began_at, done_at, declared, counts FROM sync_progress WHERE {MINE}"  # noqa: S608
        with self.transaction() as link:
            row = link.one(sql, *self._mine)
        if row is None:
            return Progress()
        return Progress(
            row[0], bool(row[1]), self._when(row[2]), self._when(row[3]), row[4], json.loads(row[5])
        )

    def cursors(self) -> dict[str, str]:
        """By name, where the source goes on being read."""
        sql = f"SELECT name, value FROM sync_cursor WHERE {MINE}"  # noqa: S608
        with self.transaction() as link:
            return {row[0]: row[1] for row in link.rows(sql, *self._mine)}

    def begin(self, known: Progress, at: datetime) -> Progress:
        """A new whole read: nothing is left of how far earlier ones had come."""
        now = replace(known, round=known.round + 1, reading=True, began_at=at)
        with self.transaction(write=True) as link:
            link.run(f"DELETE FROM sync_cursor WHERE {MINE}", *self._mine)  # noqa: S608
            link.run(
                f"DELETE FROM skipped_record WHERE {MINE} AND part = ?",  # noqa: S608
                *self._mine,
                NOWHERE,
            )
            self._put(link, now)
        return now

    def keep(self, pages: Pages, progress: Progress) -> None:
        """Keep what pages brought and note which parts are other than they were; in the first whole read,
        after which everything is made, the parts are not looked at."""
        with self.transaction(write=True) as link:
            if progress.done_at is None:
                self._write(link, pages.records, progress.round)
            else:
                self._compare(link, pages.records, progress)
            for lasting, cursors in ((False, pages.cursors), (True, pages.lasting)):
                rows = [(*self._mine, name, value, self._flag(lasting)) for name, value in cursors.items()]
                link.many(CURSOR, rows)
            link.many(SKIP, [self._skip(one) for one in pages.skipped])

    def finish(self, progress: Progress, at: datetime) -> Progress:
        """The read is over, and so are its cursors. A record that did not come in a whole read is gone."""
        done = replace(progress, reading=False, done_at=at if progress.reading else progress.done_at)
        with self.transaction(write=True) as link:
            link.run(f"DELETE FROM sync_cursor WHERE {MINE} AND lasting = ?", *self._mine, False)  # noqa: S608
            if not progress.reading:
                return done
            link.run(MARK_OLD.format(yes=self._flag(True)), *self._mine, progress.round)
            link.run(f"DELETE FROM staged WHERE {MINE} AND round <> ?", *self._mine, progress.round)  # noqa: S608
            if progress.done_at is None:
                link.many(MARK, [(*self._mine, SHARED, self._flag(True))])
            self._put(link, done)
        return done

    # ── what nouns are made from ─────────────────────────────────────────────────────────────────

    def counts(self) -> Counter[str]:
        """By kind, how many nouns were made of it when it was last published."""
        return Counter(self.progress().counts)

    def count(self, number: int) -> int:
        """How many records came in that whole read so far."""
        sql = f"SELECT count(*) FROM staged WHERE {MINE} AND round = ?"  # noqa: S608
        with self.transaction() as link:
            row = link.one(sql, *self._mine, number)
        return int(row[0]) if row else 0

    def changed(self) -> list[str] | None:
        """The parts that have changed since nouns were made of them; None for all of them."""
        sql = f"SELECT part FROM part WHERE {MINE} AND changed ORDER BY part"  # noqa: S608
        with self.transaction() as link:
            if link.one(f"{sql.partition(' ORDER')[0]} AND part = ?", *self._mine, SHARED):
                return None
            return [row[0] for row in link.rows(sql, *self._mine)]

    def shared(self) -> list[Raw]:
        """All records of the shared streams."""
        return list(self._of([SHARED]))

    def chunks(self, parts: Sequence[str] | None) -> Iterator[list[Raw]]:
        """Whole groups, some at a time and each in one piece: of the parts named, or of all but the shared
        one."""
        return self._everything() if parts is None else self._chunks_of(parts)

    def _everything(self) -> Iterator[list[Raw]]:
        sql = (
            f"SELECT part, stream, id, body FROM staged WHERE {MINE} AND part > ?"  # noqa: S608
            " ORDER BY part LIMIT ?"
        )
        last, limit = SHARED, CHUNK
        while True:
            with self.transaction() as link:
                found = [Raw._make(row) for row in link.rows(sql, *self._mine, last, limit)]
            if len(found) == limit:  # the last group may go on
                whole = [raw for raw in found if raw.part != found[-1].part]
                if not whole:
                    limit *= 2
                    continue
                found = whole
            if not found:
                return
            yield found
            last, limit = found[-1].part, CHUNK

    def _chunks_of(self, parts: Sequence[str]) -> Iterator[list[Raw]]:
        for start in range(0, len(parts), BATCH):
            waiting: list[Raw] = []
            for _, group in groupby(self._of(parts[start : start + BATCH]), key=lambda raw: raw.part):
                waiting += group
                if len(waiting) >= CHUNK:
                    yield waiting
                    waiting = []
            if waiting:
                yield waiting

    def _of(self, parts: Sequence[str]) -> list[Raw]:
        sql = (
            f"SELECT part, stream, id, body FROM staged WHERE {MINE}"  # noqa: S608
            f" AND part IN ({', '.join('?' * len(parts))}) ORDER BY part"
        )
        with self.transaction() as link:
            return [Raw._make(row) for row in link.rows(sql, *self._mine, *parts)]

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def transaction(self, *, write: bool = False) -> Iterator[Link]:
        """One transaction on the connection of this read."""
        turn = self._database.turn if write else nullcontext()
        with clear_errors(self._database.label), turn:
            try:
                self._database.begin(self._connection, write=write)
                link = Link(self._connection, self._database.dialect)
                if write:
                    self._still_held(link)
                yield link
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise

    def _still_held(self, link: Link) -> None:
        sql = "SELECT 1 FROM lease WHERE tenant_id = ? AND name = ? AND fence = ?"
        lease = self._lease
        if lease is not None and link.one(sql, self._database.tenant, lease.name, lease.fence) is None:
            raise LeaseHeld(f"another run took over {lease.name}", fix="run it again")

    def _write(
        self, link: Link, records: Mapping[tuple[str, str], tuple[str, str] | None], number: int
    ) -> None:
        tenant, source = self._mine
        rows = [
            (tenant, source, stream, name, found[0], number, found[1])
            for (stream, name), found in records.items()
            if found is not None
        ]
        link.many(WRITE, rows)
        link.many(REMOVE, [(*self._mine, *key) for key, found in records.items() if found is None])

    def _compare(
        self, link: Link, records: Mapping[tuple[str, str], tuple[str, str] | None], progress: Progress
    ) -> None:
        """Write what is other than it was, and mark its part and, where it moved, the one it was in."""
        known = self._known(link, records)
        other = {key: found for key, found in records.items() if known.get(key) != found}
        parts = {found[0] for found in other.values() if found is not None}
        parts |= {known[key][0] for key in other if key in known}
        self._write(link, other, progress.round)
        if progress.reading:
            same = [key for key, found in records.items() if found is not None and key not in other]
            link.many(SEEN, [(progress.round, *self._mine, *key) for key in same])
        link.many(MARK, [(*self._mine, part, self._flag(True)) for part in sorted(parts)])

    def _known(self, link: Link, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
        found: dict[tuple[str, str], tuple[str, str]] = {}
        for stream, group in groupby(sorted(keys), key=lambda key: key[0]):
            names = [name for _, name in group]
            for start in range(0, len(names), BATCH):
                some = names[start : start + BATCH]
                sql = (
                    f"SELECT id, part, body FROM staged WHERE {MINE} AND stream = ?"  # noqa: S608
                    f" AND id IN ({', '.join('?' * len(some))})"
                )
                rows = link.rows(sql, *self._mine, stream, *some)
                found |= {(stream, row[0]): (row[1], row[2]) for row in rows}
        return found

    def _skip(self, one: Skipped) -> Sequence[Primitive]:
        told = (one.kind, clean(one.where), clean(one.why), NOWHERE, self._flag(one.aside))
        return (*self._mine, *told, *self._mine, one.kind)

    def _put(self, link: Link, now: Progress) -> None:
        told = (now.round, now.reading, now.began_at, now.done_at, now.declared)
        link.run(PROGRESS, *self._mine, *told)

    def _flag(self, value: bool) -> bool | int:
        return value if self._database.dialect == "postgresql" else int(value)

    def _when(self, value: Stored) -> datetime | None:
        return None if value is None else READ[self._database.dialect][Kind.INSTANT](value)


def start_over(link: Link, tenant: str, source: str) -> None:
    """Read everything next time: who knows what another key or folder leads to."""
    link.run(f"DELETE FROM sync_cursor WHERE {MINE}", tenant, source)  # noqa: S608
    sql = f"UPDATE sync_progress SET reading = ?, began_at = NULL, done_at = NULL WHERE {MINE}"  # noqa: S608
    link.run(sql, False, tenant, source)


def forget(link: Link, tenant: str, source: str) -> None:
    """Nothing is left of the raw records of a source. The nouns that were made of them stay."""
    for table in ("sync_cursor", "sync_progress", "part", "staged"):
        link.run(f"DELETE FROM {table} WHERE {MINE}", tenant, source)  # noqa: S608
