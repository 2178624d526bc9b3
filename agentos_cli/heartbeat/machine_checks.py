"""Checks of what the house stands on: room on the disk, and a database that is whole."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from agentos_cli.events import Priority
from agentos_cli.heartbeat.check import Check, Result, alert, ok, seen, warn
from agentos_cli.heartbeat.seen import Seen
from agentos_cli.store.schema import SchemaState

ALL_BUT_FULL = 5
"""A fifth of the limit is critical: soon nothing can be written any more."""
LARGE_MB = 20_000
"""A database beyond this is worth a look at what is kept in it."""


def disk(seen: Seen) -> Iterator[Check]:
    """Whether the disk of the store has room."""
    if seen.free_mb is not None:
        yield Check("disk", "disk", partial(_disk, seen, seen.free_mb))


def database(seen: Seen) -> Iterator[Check]:
    """Whether the database is whole, its schema this program's, its size in bounds. Its pages are read once a
    day; in between how it stood is how it stands."""
    yield Check("database", "database", partial(_database, seen))


def _disk(now: Seen, free: int) -> Result:
    limit = now.bounds.disk_mb
    shown = free if free < 10 * limit else free // 1000 * 1000  # what is plenty need not be exact
    says = f"{_size(shown)} free on the disk of the store"
    evidence = seen("free space on the disk of the store", None, shown, limit, says, "free some space")
    if free >= limit:
        return ok(evidence)
    return alert(evidence, Priority.CRITICAL if free < limit / ALL_BUT_FULL else Priority.HIGH)


def _database(now: Seen) -> Result | None:
    found = now.database
    if found is None:
        return None
    read = "every page of the database, its schema and its size"
    if found.sound not in {None, "ok"}:
        says = f"the database is damaged: {found.sound}"
        return alert(seen(read, now.at, "damaged", "ok", says, "agentos db restore FILE"), Priority.CRITICAL)
    if found.schema is not SchemaState.CURRENT:
        says = f"the schema of the database is {found.schema}"
        return alert(seen(read, now.at, str(found.schema), "current", says, "agentos db upgrade"))
    size = f"the database is sound, {_size(max(1, found.megabytes))}"
    evidence = seen(read, now.at, found.megabytes, LARGE_MB, size, "agentos config show: events.keep")
    return warn(evidence, Priority.LOW) if found.megabytes > LARGE_MB else ok(evidence)


def _size(megabytes: int) -> str:
    return f"{megabytes} MB" if megabytes < 10_000 else f"{megabytes // 1000} GB"
