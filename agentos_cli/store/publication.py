"""Nouns made of groups of records: compared with what is known some at a time, then published all at once.

A `Draft` looks at what is stored and notes what is to change, in a file where that is much; it takes no lock.
`publish` writes it all in one transaction. A noun is made of one group, and of each group is kept which ones
it made: so those are found that it makes no more.
"""

from __future__ import annotations

import json
import pickle
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any

from agentos_cli.contract import Skipped
from agentos_cli.recurring.layout import Entry
from agentos_cli.store.columns import columns, digest, encode
from agentos_cli.store.history import Began, Place, RevenueHistory, begun, over
from agentos_cli.store.link import Link, marks
from agentos_cli.store.problems import clear_errors
from agentos_cli.store.records import Changes
from agentos_cli.store.staging import BATCH, MINE, NOWHERE, Staging
from agentos_cli.store.values import FOREVER, READ, Kind, Primitive, bind, clean
from agents.nouns import NOUNS, Noun, Subscription

IN_MEMORY = 8_000_000
"""Bytes of a draft from which on it is kept in a file."""
NOTHING = "{}"
"""What is kept of a group that made nothing."""

PART = """
INSERT INTO part (tenant_id, source, part, changed, made) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, source, part) DO UPDATE SET changed = excluded.changed, made = excluded.made
"""
FORGET = f"DELETE FROM part WHERE {MINE} AND part = ?"  # noqa: S608
EMPTY = f"""
SELECT part, made FROM part WHERE {MINE} AND part <> '' AND NOT EXISTS (
  SELECT 1 FROM staged
  WHERE staged.tenant_id = part.tenant_id AND staged.source = part.source AND staged.part = part.part
)
"""  # noqa: S608
SKIP = """
INSERT INTO skipped_record (tenant_id, source, kind, number, place, why, part, aside)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

Ids = Mapping[str, Sequence[str]]
"""The ids of nouns by their kind."""


@dataclass(frozen=True, slots=True)
class Made:
    """What some whole groups came to: the nouns, which of them each group made, and what could not be read
    of which group."""

    nouns: Mapping[type[Noun], Sequence[Noun]]
    parts: Mapping[str, Ids]
    skipped: Sequence[tuple[str, Skipped]] = ()


@dataclass(slots=True)
class _Step:
    """What is to be written of some groups. Rows are as the driver takes them."""

    ended: list[tuple[str, list[tuple[str, int]]]] = field(default_factory=list)
    new: list[tuple[str, list[Sequence[Primitive]]]] = field(default_factory=list)
    over: Mapping[Place, Collection[Began]] = field(default_factory=dict)
    begun: Mapping[Place, list[Entry]] = field(default_factory=dict)
    parts: list[tuple[str, str]] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    seen: tuple[str, ...] = ()
    skipped: Sequence[tuple[str, Skipped]] = ()


class Draft:
    """What publishing will change, at `at`, where these `parts` are made anew, or all of them (None).

    `with Draft(...) as draft: draft.add(...); ...; draft.close_up()`, then `publish`.
    """

    def __init__(
        self, staging: Staging, kinds: Iterable[str], at: datetime, parts: Iterable[str] | None
    ) -> None:
        self.source = staging.source
        self.at = at
        self.everything = parts is None
        self._left = set(parts or ())
        self.added = self.changed = self.removed = 0
        self._staging = staging
        self._steps = 0
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed by `close`
        self._arrived: set[tuple[str, str]] = set()
        self.counts = staging.counts()
        with staging.transaction() as link:
            mine = (staging.tenant, staging.source)
            sql = f"SELECT 1 FROM part WHERE {MINE} AND made <> ? LIMIT 1"  # noqa: S608
            self._first = link.one(sql, *mine, NOTHING) is None
            nouns = {noun.kind: noun for noun in NOUNS if noun.kind in kinds}
            self._tables = {n: _Table(n, link, staging.tenant, self.source, at) for n in nouns.values()}
            open_ids = (t.open_ids(link) for t in self._tables.values()) if self._first else ()
            self._lost: set[tuple[str, str]] = {key for keys in open_ids for key in keys}
        self._follow = bool(self._lost) or not self._first
        if self._first:
            self.counts = Counter(kind for kind, _ in self._lost)

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, made: Made) -> None:
        """Note what some groups come to now."""
        step = _Step(skipped=made.skipped)
        if not self.everything:
            self._left -= made.parts.keys()
            step.seen = tuple(made.parts)
        with self._staging.transaction() as link:
            before = {} if self._first else self._before(link, made.parts)
            self._parts(step, made.parts, before)
            for noun, found in made.nouns.items():
                self._nouns(link, step, noun, found)
        self._keep(step)

    def close_up(self) -> None:
        """Note what is over: groups of which nothing is left, and nouns that no group makes any more."""
        step = _Step()
        with self._staging.transaction() as link:
            before = self._before(link, sorted(self._left))
            if self.everything:
                before = {row[0]: row[1] for row in link.rows(EMPTY, self._staging.tenant, self.source)}
            step.seen = tuple(self._left)
            self._parts(step, {part: {} for part in before}, before)
            lost: dict[str, list[str]] = defaultdict(list)
            for kind, name in sorted(self._lost - self._arrived):
                lost[kind].append(name)
            for noun, table in self._tables.items():
                ended = table.known(link, lost.get(noun.kind, ()))
                self.removed += len(ended)
                self.counts[noun.kind] -= len(ended)
                self._end(step, noun, [version for versions in ended.values() for version in versions])
        self._keep(step)

    def steps(self) -> Iterator[_Step]:
        """What is to be written, in order."""
        self._file.seek(0)
        for _ in range(self._steps):
            yield pickle.load(self._file)  # noqa: S301  what this very process wrote

    def _keep(self, step: _Step) -> None:
        if step == _Step():
            return
        with clear_errors("the folder for temporary files"):
            pickle.dump(step, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        self._steps += 1

    def _before(self, link: Link, parts: Iterable[str]) -> dict[str, str]:
        """What each of these groups made until now, as it is kept."""
        found: dict[str, str] = {}
        for some in batches(list(parts)):
            sql = f"SELECT part, made FROM part WHERE {MINE} AND part IN ({marks(some)})"  # noqa: S608
            found |= {row[0]: row[1] for row in link.rows(sql, self._staging.tenant, self.source, *some)}
        return found

    def _parts(self, step: _Step, now: Mapping[str, Ids], before: Mapping[str, str]) -> None:
        for part, ids in now.items():
            text = _text(ids)
            old = before.get(part)
            if text == NOTHING:
                step.emptied += [] if old is None else [part]
            elif text != old:
                step.parts.append((part, text))
            if self._follow and text != old:
                made, had = set(_keys(ids)), set(_keys(json.loads(old or NOTHING)))
                self._lost |= had - made
                self._arrived |= made - had

    def _nouns(self, link: Link, step: _Step, noun: type[Noun], found: Sequence[Noun]) -> None:
        table = self._tables[noun]
        records = {clean(record.id): record for record in found}
        rows = {name: encode(record) for name, record in records.items()}
        digests = {name: digest(row) for name, row in rows.items()}
        known = table.known(link, records)
        fresh = [name for name in rows if not table.stands(known.get(name, ()), digests[name])]
        if not fresh:
            return
        numbers = table.numbers(link, fresh)
        step.new.append((noun.kind, [table.row(rows[n], numbers.get(n, 0) + 1, digests[n]) for n in fresh]))
        self._end(step, noun, [version for name in fresh for version in known.get(name, ())])
        if noun is Subscription:
            step.begun = begun((_subscription(records[name]) for name in fresh), self.at)
        changed = sum(name in known for name in fresh)
        self.changed += changed
        self.added += len(fresh) - changed
        self.counts[noun.kind] += len(fresh) - changed

    def _end(self, step: _Step, noun: type[Noun], versions: Sequence[Mapping[str, Any]]) -> None:
        if versions:
            step.ended.append((noun.kind, [(v["id"], v["version"]) for v in versions]))
            if noun is Subscription:
                step.over = over(versions)


def publish(link: Link, tenant: str, draft: Draft) -> Changes:
    """Write it all. Raises nothing but what the database does."""
    mine, history = (tenant, draft.source), RevenueHistory(link, tenant)
    if Subscription.kind in draft.counts:
        history.ready(draft.source)
    skips = _Skips(link, mine, everything=draft.everything)
    for step in draft.steps():
        for kind, ended in step.ended:
            _end(link, mine, kind, ended, draft.at)
        for kind, rows in step.new:
            link.many(_insert(kind), rows)
        history.apply(draft.source, step.over, step.begun, draft.at)
        no = bind(False, link.dialect)
        link.many(PART, [(*mine, part, no, made) for part, made in step.parts])
        link.many(FORGET, [(*mine, part) for part in step.emptied])
        skips.replace(step.seen, step.skipped)
    link.run(f"UPDATE part SET changed = ? WHERE {MINE} AND changed", False, *mine)  # noqa: S608
    counts = json.dumps(draft.counts, sort_keys=True)
    link.run(f"UPDATE sync_progress SET counts = ? WHERE {MINE}", counts, *mine)  # noqa: S608
    return Changes(draft.added, draft.changed, draft.removed, 0)


class _Skips:
    """What could not be read of each group."""

    def __init__(self, link: Link, mine: tuple[str, str], *, everything: bool) -> None:
        self._link, self._mine = link, mine
        if everything:
            link.run(f"DELETE FROM skipped_record WHERE {MINE} AND part <> ?", *mine, NOWHERE)  # noqa: S608
        rows = link.rows(
            f"SELECT kind, max(number), count(*) FROM skipped_record WHERE {MINE} GROUP BY kind",  # noqa: S608
            *mine,
        )
        self._next = {row[0]: row[1] + 1 for row in rows}
        self._look = bool(rows) and not everything

    def replace(self, parts: Sequence[str], skipped: Sequence[tuple[str, Skipped]]) -> None:
        for some in batches(parts if self._look else ()):
            sql = f"DELETE FROM skipped_record WHERE {MINE} AND part IN ({marks(some)})"  # noqa: S608
            self._link.run(sql, *self._mine, *some)
        rows = []
        for part, one in skipped:
            number = self._next.get(one.kind, 0)
            self._next[one.kind] = number + 1
            told = clean(one.where), clean(one.why), part, bind(one.aside, self._link.dialect)
            rows.append((*self._mine, one.kind, number, *told))
        self._link.many(SKIP, rows)


class _Table:
    """One kind of noun from one source, looked at by id."""

    def __init__(self, noun: type[Noun], link: Link, tenant: str, source: str, at: datetime) -> None:
        self._noun, self._at, self._mine = noun, at, (tenant, source)
        described = columns(noun)
        self._dialect, self._instant = link.dialect, READ[link.dialect][Kind.INSTANT]
        self._odd = [place for place, column in enumerate(described) if column.kind in _ODD]
        self._since, self._until = (bind(instant, link.dialect) for instant in (at, FOREVER))
        whose = ("account", "customer_id", "currency") if noun is Subscription else ()
        self._names = ("id", "version", "recorded_at", "superseded_at", "digest", "source", *whose)
        sql = f'SELECT 1 FROM "{noun.kind}" WHERE {MINE} LIMIT 1'  # noqa: S608
        self._bare = link.one(sql, *self._mine) is None
        """Nothing of this source was ever known: no use in looking for it."""

    def open_ids(self, link: Link) -> Iterator[tuple[str, str]]:
        """The kind and id of all that is known."""
        sql = f'SELECT DISTINCT id FROM "{self._noun.kind}" WHERE {MINE} AND superseded_at > ?'  # noqa: S608
        return ((self._noun.kind, row[0]) for row in link.rows(sql, *self._mine, self._at))

    def known(self, link: Link, ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """By id, the versions that hold now or begin later."""
        found: dict[str, list[dict[str, Any]]] = {}
        for some in batches(() if self._bare else list(ids)):
            sql = (
                f'SELECT {", ".join(self._names)} FROM "{self._noun.kind}"'  # noqa: S608
                f" WHERE {MINE} AND id IN ({marks(some)})"
                " AND superseded_at > ? AND recorded_at < superseded_at"
            )
            for row in link.rows(sql, *self._mine, *some, self._at):
                version = dict(zip(self._names, row, strict=True))
                version |= {name: self._instant(version[name]) for name in ("recorded_at", "superseded_at")}
                found.setdefault(row[0], []).append(version)
        return found

    def numbers(self, link: Link, ids: Sequence[str]) -> dict[str, int]:
        """The highest version number of each, ended ones included."""
        found: dict[str, int] = {}
        for some in batches(() if self._bare else ids):
            sql = (
                f'SELECT id, max(version) FROM "{self._noun.kind}"'  # noqa: S608
                f" WHERE {MINE} AND id IN ({marks(some)}) GROUP BY id"
            )
            found |= {row[0]: row[1] for row in link.rows(sql, *self._mine, *some)}
        return found

    def stands(self, known: Sequence[Mapping[str, Any]], wanted: str) -> bool:
        """Whether a record already is what it should be, now and for good."""
        return (
            len(known) == 1
            and known[0]["digest"] == wanted
            and bool(known[0]["recorded_at"] <= self._at)
            and bool(known[0]["superseded_at"] == FOREVER)
        )

    def row(self, encoded: Mapping[str, Primitive], version: int, mark: str) -> Sequence[Primitive]:
        """As `_insert` takes it."""
        values = list(encoded.values())
        for place in self._odd:
            values[place] = bind(values[place], self._dialect)
        return (self._mine[0], *values, version, self._since, self._until, mark)


_ODD = frozenset({Kind.FLAG, Kind.DAY, Kind.INSTANT})
"""The kinds of columns whose values the databases take in spellings of their own."""


def _insert(kind: str) -> str:
    """A version; of two with one number, since two groups made one noun, the later one counts."""
    noun = next(noun for noun in NOUNS if noun.kind == kind)
    names = [column.name for column in columns(noun)]
    rest = [
        *(name for name in names if name not in {"source", "id"}),
        "recorded_at",
        "superseded_at",
        "digest",
    ]
    every = ["tenant_id", *names, "version", "recorded_at", "superseded_at", "digest"]
    return (
        f'INSERT INTO "{kind}" ({", ".join(_quoted(every))}) VALUES ({marks(every)})'  # noqa: S608
        " ON CONFLICT (tenant_id, source, id, version) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in _quoted(rest))
    )


def _end(
    link: Link, mine: tuple[str, str], kind: str, versions: Iterable[tuple[str, int]], at: datetime
) -> None:
    until = bind(at, link.dialect)
    sql = (
        f'UPDATE "{kind}" SET superseded_at = CASE WHEN recorded_at > ? THEN recorded_at ELSE ? END'  # noqa: S608
        f" WHERE {MINE} AND id = ? AND version = ?"
    )
    link.many(sql, [(until, until, *mine, name, version) for name, version in versions])


def batches(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Some at a time: databases limit how many values a statement has."""
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]


def _text(ids: Ids) -> str:
    """The same for the same ids."""
    kept = {kind: sorted(set(names)) for kind, names in sorted(ids.items()) if names}
    return json.dumps(kept, separators=(",", ":"))


def _keys(ids: Ids) -> Iterator[tuple[str, str]]:
    return ((kind, name) for kind, names in ids.items() for name in names)


def _subscription(record: Noun) -> Subscription:
    assert isinstance(record, Subscription)
    return record
