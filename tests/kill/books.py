"""Compares what the store says with what was acknowledged and with what the receiver has done."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.kill.board import Place

CHANGES = "SELECT rowid, id FROM task WHERE rowid > ? ORDER BY rowid"
EVENTS = "SELECT number, payload FROM event WHERE number > ? ORDER BY number"
STRAYS = """
SELECT d.number FROM delivery d LEFT JOIN event e ON e.tenant_id = d.tenant_id AND e.number = d.number
WHERE d.number > ? AND e.number IS NULL
"""
UNSENT = """
SELECT e.id FROM delivery d JOIN event e ON e.tenant_id = d.tenant_id AND e.number = d.number
WHERE d.number > ? AND d.state = 'done' AND NOT EXISTS (SELECT 1 FROM remote.effect WHERE event = e.id)
"""
UNADDRESSED = """
SELECT e.id FROM event e LEFT JOIN delivery d ON e.tenant_id = d.tenant_id AND e.number = d.number
WHERE e.number > ? AND d.number IS NULL
"""
FINAL = """
SELECT coalesce(
  (SELECT min(number) - 1 FROM delivery WHERE finished_at IS NULL), (SELECT max(number) FROM event), 0)
"""
CALLS = """
SELECT number, event, EXISTS (SELECT 1 FROM remote.call b WHERE b.key = a.key AND b.number < a.number)
FROM remote.call a WHERE number > ? ORDER BY number
"""
EFFECTS = """
SELECT number, event, aggregate, place,
  EXISTS (SELECT 1 FROM remote.effect b WHERE b.event = a.event AND b.number < a.number)
FROM remote.effect a WHERE number > ? ORDER BY number
"""


class Tail:
    """The whole lines that came to a file since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0

    def lines(self) -> list[str]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._seen)
            whole = file.read().rpartition(b"\n")
        self._seen += len(whole[0]) + len(whole[1])
        return whole[0].decode().split("\n") if whole[0] else []


class Books:
    """`look` tells what is wrong with what has come since the last look; a new one looks at everything."""

    def __init__(self, place: Place, *, confirms: bool) -> None:
        self._place = place
        self._confirms = confirms
        self._acknowledged, self._history = Tail(place.acknowledged), Tail(place.history)
        self._seen = {"change": 0, "event": 0, "call": 0, "effect": 0, "final": 0}
        self._places: dict[str, int] = {}
        self._newest: dict[str, int] = {}
        self.changes = self.acknowledged = self.calls = self.effects = self.redelivered = self.refused = 0

    def look(self, allowed: int) -> list[str]:
        """Sentences, none if all is well. `allowed`: how many redeliveries there may be by now."""
        with self._open() as link:
            found = [
                *self._changes_and_events(link),
                *self._acknowledged_changes(link),
                *self._deliveries(link),
                *self._calls(link, allowed),
                *self._effects(link),
            ]
        return [*found, *self._completions()]

    def whole(self) -> list[str]:
        """What SQLite itself finds wrong."""
        with self._open() as link:
            found = [row[0] for row in link.execute("PRAGMA main.integrity_check") if row[0] != "ok"]
            strays = link.execute("PRAGMA main.foreign_key_check").fetchall()
        return [*(f"integrity: {line}" for line in found), *(f"foreign key: {row}" for row in strays)]

    def states(self) -> dict[str, int]:
        """How many deliveries stand how."""
        with self._open() as link:
            return dict(link.execute("SELECT state, count(*) FROM delivery GROUP BY state").fetchall())

    # ── the rules ────────────────────────────────────────────────────────────────────────────────

    def _changes_and_events(self, link: sqlite3.Connection) -> Iterator[str]:
        changed = self._new(link, "change", CHANGES)
        told = self._new(link, "event", EVENTS)
        self.changes += len(changed)
        changes, events = {row[1] for row in changed}, {json.loads(row[1])["task"] for row in told}
        yield from (f"change {name} has no event" for name in sorted(changes - events))
        yield from (f"event of {name} has no change" for name in sorted(events - changes))

    def _acknowledged_changes(self, link: sqlite3.Connection) -> Iterator[str]:
        names = self._acknowledged.lines()
        self.acknowledged += len(names)
        for name in names:
            if (
                link.execute("SELECT 1 FROM task WHERE tenant_id = 'alice' AND id = ?", (name,)).fetchone()
                is None
            ):
                yield f"change {name} was acknowledged and is lost"

    def _deliveries(self, link: sqlite3.Connection) -> Iterator[str]:
        final = (self._seen["final"],)
        yield from (f"delivery {row[0]} has no event" for row in link.execute(STRAYS, final))
        yield from (f"event {row[0]} has no delivery" for row in link.execute(UNADDRESSED, final))
        yield from (f"event {row[0]} is done and was never sent" for row in link.execute(UNSENT, final))
        (self._seen["final"],) = link.execute(FINAL).fetchone()

    def _calls(self, link: sqlite3.Connection, allowed: int) -> Iterator[str]:
        for _, event, again in self._new(link, "call", CALLS):
            self.calls += 1
            self.redelivered += again
            if again and not self._confirms:
                yield f"event {event} was sent twice to who does not confirm"
        if self.redelivered > allowed:
            yield f"{self.redelivered} redeliveries after {allowed} interruptions"

    def _effects(self, link: sqlite3.Connection) -> Iterator[str]:
        for _, event, aggregate, place, again in self._new(link, "effect", EFFECTS):
            self.effects += 1
            if again:
                yield f"event {event} took effect twice"
            elif place <= self._places.get(aggregate, 0):
                yield f"event {event} came after a later one of {aggregate}"
            self._places[aggregate] = max(place, self._places.get(aggregate, 0))

    def _completions(self) -> Iterator[str]:
        for line in self._history.lines():
            what, key, fence = line.split()
            newest = self._newest.get(key, 0)
            self._newest[key] = max(newest, int(fence))
            self.refused += what == "refused"
            if what == "done" and int(fence) < newest:
                yield f"claim {fence} on {key} had run out for claim {newest}, and finished it"

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _new(self, link: sqlite3.Connection, what: str, sql: str) -> list[tuple[Any, ...]]:
        rows = link.execute(sql, (self._seen[what],)).fetchall()
        if rows:
            self._seen[what] = rows[-1][0]
        return rows

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Both databases, for one look: nothing stays open over a fork."""
        link = sqlite3.connect(f"file:{self._place.store}?mode=rw", uri=True, isolation_level=None)
        with closing(link):
            link.execute("PRAGMA busy_timeout=10000")
            link.execute("ATTACH ? AS remote", (str(self._place.remote),))
            yield link
