"""Imports: what each of them made, put away and taken back in one transaction.

What an import made is known again by its natural key (kind and name within one installation), and whether
somebody changed it since by its digest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agentos_cli.belongings import Belonging, Thing
from agentos_cli.errors import Temporary
from agentos_cli.store.import_records import ImportItem, ImportRecord, Outcome
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.shelves import Shelf, shelf
from agentos_cli.store.values import READ, Kind, Primitive, Stored, bind, clean

Name = tuple[str, str]
"""A natural key: kind and name."""
RUN = "id, install, home, era, at, report, undone_at"
ITEM = "kind, name, path, outcome, reason, line, source_digest, thing, target_digest, redacted, asks"
PUT_RUN = f"INSERT INTO import_run (tenant_id, {RUN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
PUT_ITEM = f"""
INSERT INTO import_item (tenant_id, import_id, number, {ITEM})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608
KEPT = f"""
SELECT {", ".join(f"i.{name}" for name in ITEM.split(", "))} FROM import_item i
JOIN import_run r ON r.tenant_id = i.tenant_id AND r.id = i.import_id
WHERE i.tenant_id = ? AND r.install = ? AND r.undone_at IS NULL
  AND i.outcome NOT IN ('unchanged', 'conflict') AND NOT (i.thing IS NOT NULL AND i.target_digest IS NULL)
ORDER BY r.at, i.import_id, i.number
"""  # noqa: S608
FORGET = """
UPDATE import_item SET target_digest = NULL
WHERE tenant_id = ? AND kind = ? AND name = ? AND import_id IN (
  SELECT id FROM import_run WHERE tenant_id = ? AND install = ?)
"""
CHUNK = 5_000
"""Items that are written together."""


@dataclass(frozen=True, slots=True)
class Step:
    """One item that an import is to record and, where `thing` is given, put away. `expected` is the digest of
    what stood in its place when that was decided, None for nothing; `former` is the key by which an earlier
    import put it away, where it has another one now."""

    item: ImportItem
    thing: Thing | None = None
    expected: str | None = None
    former: str | None = None


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking an import back came to: `gone` was taken away here before; `kept` was changed since."""

    removed: tuple[ImportItem, ...]
    kept: tuple[ImportItem, ...]
    gone: tuple[ImportItem, ...]


class StoredImports:
    """The imports of one tenant. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant

    # ── looking ──────────────────────────────────────────────────────────────────────────────────

    def all(self) -> list[ImportRecord]:
        """Every import, newest first."""
        sql = f"SELECT {RUN} FROM import_run WHERE tenant_id = ? ORDER BY at DESC, id DESC"  # noqa: S608
        with transaction(self._database) as link:
            return [self._record(row) for row in link.rows(sql, self._tenant)]

    def items(self, import_id: str) -> list[ImportItem]:
        """What became of every item of its source, in the order they were found."""
        sql = f"SELECT {ITEM} FROM import_item WHERE tenant_id = ? AND import_id = ? ORDER BY number"  # noqa: S608
        with transaction(self._database) as link:
            return [_item(row) for row in link.rows(sql, self._tenant, import_id)]

    def kept(self, install: str) -> dict[Name, ImportItem]:
        """By natural key, what the newest import that did anything about it made of it."""
        with transaction(self._database) as link:
            return {
                (item.kind, item.name): item for item in map(_item, link.rows(KEPT, self._tenant, install))
            }

    def standing(self, wanted: Iterable[Name]) -> dict[Name, str]:
        """The digests of the things of these kinds and keys that there are now."""
        found: dict[Name, str] = {}
        with transaction(self._database) as link:
            shelves = _Shelves(link, self._tenant)
            for kind, key in wanted:
                digest = shelves.of(kind).digest(key)
                if digest is not None:
                    found[kind, key] = digest
        return found

    # ── doing ────────────────────────────────────────────────────────────────────────────────────

    def apply(
        self, record: ImportRecord, steps: Sequence[Step], told: Callable[[Step], None] = lambda step: None
    ) -> list[ImportItem]:
        """Put away everything and record it, or nothing at all. `told` hears of each step once it is done.

        Raises Temporary if something that was looked at was changed by somebody else meanwhile.
        """
        with transaction(self._database, write=True) as link:
            shelves, items = _Shelves(link, self._tenant), []
            for step in steps:
                items.append(self._put(shelves, step, record))
                told(step)
            report = clean(json.dumps(dict(record.report), ensure_ascii=False))
            known = (record.id, record.install, clean(record.home), record.era, record.at, report)
            link.run(PUT_RUN, self._tenant, *known, record.undone_at)
            for start in range(0, len(items), CHUNK):
                rows = [
                    [self._tenant, record.id, number, *(bind(value, link.dialect) for value in _row(item))]
                    for number, item in enumerate(items[start : start + CHUNK], start)
                ]
                link.many(PUT_ITEM, rows)
        return items

    def undo(self, record: ImportRecord, at: datetime) -> Undone:
        """Take away what an import made and nobody changed since; the import stays on record as undone."""
        removed: list[ImportItem] = []
        kept: list[ImportItem] = []
        gone: list[ImportItem] = []
        with transaction(self._database, write=True) as link:
            shelves = _Shelves(link, self._tenant)
            for item in self._made(link, record.id):
                place, thing = shelves.of(item.kind), item.thing or ""
                now = place.digest(thing)
                (gone if now is None else removed if now == item.target_digest else kept).append(item)
                if now == item.target_digest:
                    place.remove(thing)
                    link.run(FORGET, self._tenant, item.kind, item.name, self._tenant, record.install)
            sql = "UPDATE import_run SET undone_at = ? WHERE tenant_id = ? AND id = ?"
            link.run(sql, at, self._tenant, record.id)
        return Undone(tuple(removed), tuple(kept), tuple(gone))

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _put(self, shelves: _Shelves, step: Step, record: ImportRecord) -> ImportItem:
        item, thing = step.item, step.thing
        if thing is None:
            return item
        place = shelves.of(item.kind)
        if place.digest(thing.key) != step.expected:
            raise Temporary(
                f"{item.kind} {clean(thing.key)[:80]} was changed while the import was prepared;"
                " nothing was imported",
                fix="the same command again",
            )
        if step.former is not None:
            place.remove(step.former)
        place.put(thing, clean(f"clawdbot:{record.install}/{item.path}"), record.at)
        return replace(item, thing=thing.key, target_digest=place.digest(thing.key))

    def _made(self, link: Link, import_id: str) -> list[ImportItem]:
        sql = (
            f"SELECT {ITEM} FROM import_item WHERE tenant_id = ? AND import_id = ?"  # noqa: S608
            " AND target_digest IS NOT NULL AND outcome NOT IN ('unchanged', 'conflict') ORDER BY number DESC"
        )
        return [_item(row) for row in link.rows(sql, self._tenant, import_id)]

    def _record(self, row: Sequence[Stored]) -> ImportRecord:
        instant = READ[self._database.dialect][Kind.INSTANT]
        undone = None if row[6] is None else instant(row[6])
        return ImportRecord(row[0], row[1], row[2], row[3], instant(row[4]), json.loads(row[5]), undone)


class _Shelves:
    """Each shelf once in a transaction."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant
        self._shelves: dict[str, Shelf] = {}

    def of(self, kind: str) -> Shelf:
        if kind not in self._shelves:
            self._shelves[kind] = shelf(Belonging(kind), self._link, self._tenant)
        return self._shelves[kind]


def _item(row: Sequence[Stored]) -> ImportItem:
    kind, name, path, outcome, reason, line, source, thing, target, redacted, asks = row
    told: Mapping[str, int] = json.loads(redacted)
    return ImportItem(
        kind, name, path, Outcome(outcome), reason, line, source, thing, target, told, tuple(json.loads(asks))
    )


def _row(item: ImportItem) -> tuple[Primitive, ...]:
    asks = clean(json.dumps(list(item.asks), ensure_ascii=False))
    return (
        item.kind,
        clean(item.name),
        clean(item.path),
        str(item.outcome),
        None if item.reason is None else clean(item.reason),
        item.line,
        item.source_digest,
        item.thing,
        item.target_digest,
        json.dumps(dict(item.redacted)),
        asks,
    )
