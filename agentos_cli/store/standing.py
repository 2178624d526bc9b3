"""How one source stands: since when it is connected, how far it was read, and what its breaker remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agentos_cli.resilience.state import BreakerState
from agentos_cli.store.breakers import BreakerEvent, StoredBreaker
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.pace import StoredPace
from agentos_cli.store.values import FOREVER, READ, Kind, Stored

CONNECTED = "SELECT recorded_at FROM connected WHERE tenant_id = ? AND source = ? AND superseded_at = ?"
PROGRESS = "SELECT reading, began_at, done_at FROM sync_progress WHERE tenant_id = ? AND source = ?"
CURSORS = "SELECT name, value, lasting FROM sync_cursor WHERE tenant_id = ? AND source = ?"


@dataclass(frozen=True, slots=True)
class Standing:
    """`whole_at` is when the source was last read whole, `reading_since` when the whole read that is not
    over began. `lasting` cursors say from where changes are asked for, `passing` ones where a read goes on.
    `spoken_for`: for how many seconds from now the rate limit of its key is."""

    connected_at: datetime | None
    whole_at: datetime | None
    reading_since: datetime | None
    lasting: Mapping[str, str]
    passing: Mapping[str, str]
    breaker: BreakerState | None
    history: tuple[BreakerEvent, ...]
    spoken_for: float


def standing(database: Database, source: str) -> Standing:
    """What is kept of one source besides its records; all of it may be missing."""
    cell = StoredBreaker(database, source)
    state = cell.peek()
    credential = (state.fingerprint if state else "") or source
    with transaction(database) as link:
        mine = (database.tenant, source)
        connected = link.one(CONNECTED, *mine, FOREVER)
        progress = link.one(PROGRESS, *mine) or (False, None, None)
        cursors = sorted(link.rows(CURSORS, *mine), key=lambda row: str(row[0]))
        return Standing(
            connected_at=_when(link, connected[0] if connected else None),
            whole_at=_when(link, progress[2]),
            reading_since=_when(link, progress[1]) if progress[0] else None,
            lasting={row[0]: row[1] for row in cursors if row[2]},
            passing={row[0]: row[1] for row in cursors if not row[2]},
            breaker=state,
            history=cell.history(),
            spoken_for=StoredPace(database, credential).ahead(),
        )


def _when(link: Link, value: Stored) -> datetime | None:
    found: datetime | None = None if value is None else READ[link.dialect][Kind.INSTANT](value)
    return found
