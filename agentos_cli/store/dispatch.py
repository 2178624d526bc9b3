"""What is sent, as the store sees it: a brief is announced once, and what did not arrive is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agentos_cli.events import BriefingReady, Event
from agentos_cli.store.link import Database, transaction
from agentos_cli.store.outbox import Appender, State
from agentos_cli.store.values import READ, Kind

SHOWN = 200
"""The most of them that are looked at, newest first."""
UNARRIVED = """
WITH missed AS (
  SELECT tenant_id, consumer, number, state, note FROM delivery
  WHERE tenant_id = ? AND state IN ('dead', 'in_doubt')
  UNION ALL
  SELECT tenant_id, consumer, number, state, note FROM delivery
  WHERE tenant_id = ? AND finished_at IS NULL AND attempts > 0 AND state = 'waiting'
)
SELECT d.consumer, d.number, d.state, d.note, e.type, e.at, CASE WHEN e.type = ? THEN (
  SELECT count(*) FROM consumer c JOIN delivery o
    ON o.tenant_id = c.tenant_id AND o.consumer = c.name AND o.number = d.number
  WHERE c.tenant_id = d.tenant_id AND o.state IN ('done', 'in_doubt', 'held', 'claimed')
) ELSE 1 END
FROM missed d JOIN event e ON e.tenant_id = d.tenant_id AND e.number = d.number
WHERE d.state <> 'waiting' OR e.type = ? ORDER BY d.number DESC, d.consumer LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Unarrived:
    """A delivery that was given up, that nobody can say of whether it arrived, or of a brief that waits for
    another try. `elsewhere`: the same brief reached somebody, may have, or is on its way to another."""

    consumer: str
    number: int
    state: State
    note: str | None
    type: str
    at: datetime
    elsewhere: bool


def unarrived(database: Database) -> list[Unarrived]:
    """What a person ought to know did not arrive, newest first."""
    instant, brief = READ[database.dialect][Kind.INSTANT], BriefingReady.__name__
    tenant = database.tenant
    with transaction(database) as link:
        rows = link.rows(UNARRIVED, tenant, tenant, brief, brief, SHOWN)
    return [Unarrived(r[0], r[1], State(r[2]), r[3], r[4], instant(r[5]), bool(r[6])) for r in rows]


def announce_once(database: Database, event: Event, only: str | None) -> bool:
    """Announce an event, to `only` this consumer if one is named, unless one of its id was before. Whether
    it was new."""
    with transaction(database, write=True) as link:
        known = "SELECT 1 FROM event WHERE tenant_id = ? AND id = ?"
        if link.one(known, database.tenant, event.id) is not None:
            return False
        Appender(link, database.tenant).append(event, only=only)
    return True
