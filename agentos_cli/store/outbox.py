"""The outbox: events, who is to get them, and how each delivery stands. The truth, whatever carries them.

Appending happens in the transaction of what an event tells of. Delivering is three steps, each a transaction:
`claim` with a lease, do it, then `done`. Who is killed in between leaves a claim that runs out: `sweep` makes
it waiting again where the receiver honours our key, else `in_doubt`, which is shown and never sent again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import TracebackType

from agentos_cli.errors import LeaseHeld
from agentos_cli.events import Consumer, Delivery, DigestReady, Event, Priority
from agentos_cli.store.link import Database, Line, Link, marks
from agentos_cli.store.values import READ, Dialect, Kind, Primitive, Stored, bind, clean


class State(StrEnum):
    """How a delivery stands. The last three are ends; `dead` and `in_doubt` wait for a person."""

    WAITING = "waiting"
    HELD = "held"
    CLAIMED = "claimed"
    DONE = "done"
    DEAD = "dead"
    IN_DOUBT = "in_doubt"


MINE = "tenant_id = ? AND consumer = ?"
COLUMNS = "number, id, type, version, aggregate, priority, at, payload"
PUT_EVENT = f"INSERT INTO event (tenant_id, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
PUT_DELIVERY = """
INSERT INTO delivery (tenant_id, consumer, number, aggregate, state, attempts, fence, due_at)
VALUES (?, ?, ?, ?, 'waiting', 0, 0, ?)
ON CONFLICT (tenant_id, consumer, number) DO UPDATE
SET state = 'waiting', attempts = 0, due_at = excluded.due_at, note = NULL, finished_at = NULL,
  lease_until = NULL
WHERE delivery.finished_at IS NOT NULL
"""
PUT_CONSUMER = """
INSERT INTO consumer (tenant_id, name, kind, types, least, confirms, credential, options, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, name) DO UPDATE SET kind = excluded.kind, types = excluded.types,
  least = excluded.least, confirms = excluded.confirms, credential = excluded.credential,
  options = excluded.options
"""
PUT_ATTEMPT = """
INSERT INTO attempt (tenant_id, consumer, number, attempt, at, outcome, note)
SELECT tenant_id, consumer, number, coalesce((
  SELECT max(attempt) FROM attempt a
  WHERE a.tenant_id = delivery.tenant_id AND a.consumer = delivery.consumer AND a.number = delivery.number
), 0) + 1, ?, ?, ? FROM delivery WHERE tenant_id = ? AND consumer = ? AND number = ?
"""
PICK = f"""
WITH ahead AS MATERIALIZED (
  SELECT aggregate, number FROM delivery
  WHERE {MINE} AND finished_at IS NULL AND attempts > 0 AND state IN ('claimed', 'waiting')
    AND (state = 'claimed' OR due_at > ?)
)
SELECT number, aggregate FROM delivery d
WHERE {MINE} AND finished_at IS NULL AND state = 'waiting' AND (due_at <= ? OR attempts = 0)
  AND NOT EXISTS (SELECT 1 FROM ahead WHERE ahead.aggregate = d.aggregate AND ahead.number < d.number)
ORDER BY number LIMIT ?
"""  # noqa: S608
"""What has never been tried is due, whatever the clocks of those who announced it said. Those that hold up
others are few and have an index of their own: they are looked for once, not for each that is due."""
BEFORE = f"""
SELECT aggregate, min(number) FROM delivery
WHERE {MINE} AND finished_at IS NULL AND state <> 'held' AND aggregate IN ({{aggregates}})
  AND number < ? AND number NOT IN ({{numbers}}) GROUP BY aggregate
"""  # noqa: S608
TAKE = f"""
UPDATE delivery SET state = 'claimed', attempts = attempts + 1, fence = fence + 1, owner = ?, lease_until = ?
WHERE {MINE} AND number IN ({{numbers}}) RETURNING number, attempts, fence
"""  # noqa: S608
THESE = "number IN ({numbers}) AND (number, fence) IN (VALUES {pairs})"
"""Numbers by themselves lead to the rows by the key; with the pairs alone every row that was ever done is
looked at."""
FINISH = f"""
UPDATE delivery SET state = ?, finished_at = ?, note = ?, lease_until = NULL
WHERE {MINE} AND {THESE} AND state = 'claimed' RETURNING number
"""  # noqa: S608
PUT_BACK = f"""
UPDATE delivery SET state = ?, due_at = ?, note = ?, lease_until = NULL, attempts = attempts - ?
WHERE {MINE} AND {THESE} AND state = 'claimed' RETURNING number
"""  # noqa: S608
SAID = f"SELECT number FROM delivery WHERE {MINE} AND {THESE} AND state = ?"  # noqa: S608


class Appender:
    """Puts events into the outbox over one open transaction of a writer."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link = link
        self._tenant = tenant

    def append(self, *events: Event, only: str | None = None) -> None:
        """Announce these: they are there, and on their way to whoever wants them (or to `only` this
        consumer), if and when the transaction is committed."""
        if not events:
            return
        link = self._link
        last = link.one("SELECT coalesce(max(number), 0) FROM event WHERE tenant_id = ?", self._tenant)
        numbered = [replace(event, number=n) for n, event in enumerate(events, (last[0] if last else 0) + 1)]
        link.many(PUT_EVENT, [self._row(event) for event in numbered])
        everyone = [c for c in consumers(link, self._tenant) if only in {None, c.name}]
        link.many(
            PUT_DELIVERY,
            [
                (self._tenant, c.name, e.number, e.aggregate, bind(e.at, link.dialect))
                for c in everyone
                for e in numbered
                if only or c.wants(e)
            ],
        )

    def _row(self, event: Event) -> Sequence[Primitive]:
        payload = clean(json.dumps(dict(event.payload), ensure_ascii=False, default=str))
        told = (event.type, event.version, clean(event.aggregate), str(event.priority))
        at = bind(event.at, self._link.dialect)
        return (self._tenant, event.number, event.id, *told, at, payload)


def consumers(link: Link, tenant: str) -> list[Consumer]:
    """Every consumer group, by name."""
    rows = link.rows(
        "SELECT name, kind, types, least, confirms, credential, options FROM consumer"
        " WHERE tenant_id = ? ORDER BY name",
        tenant,
    )
    return [
        Consumer(r[0], r[1], tuple(json.loads(r[2])), Priority(r[3]), bool(r[4]), r[5], json.loads(r[6]))
        for r in rows
    ]


class Outbox:
    """Delivers the events of one tenant, on a connection of its own; one thread at a time. Every method is
    one transaction. Instants come from the caller; the fence, not the time, decides who may finish one."""

    def __init__(self, database: Database) -> None:
        self.tenant = database.tenant
        self._line = Line(database)
        self._skip_locked = " FOR UPDATE SKIP LOCKED" if database.dialect is Dialect.POSTGRES else ""

    def __enter__(self) -> Outbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._line.close()

    # ── consumers ────────────────────────────────────────────────────────────────────────────────

    def consumers(self) -> list[Consumer]:
        """Every consumer group, by name."""
        with self._line.transaction() as link:
            return consumers(link, self.tenant)

    def subscribe(self, consumer: Consumer, at: datetime) -> None:
        """Add a consumer, or change the one of this name. It gets what is announced from now on."""
        told = (json.dumps(list(consumer.types)), str(consumer.least), consumer.confirms)
        rest = (consumer.credential, json.dumps(dict(consumer.options), sort_keys=True), at)
        with self._line.transaction(write=True) as link:
            link.run(PUT_CONSUMER, self.tenant, consumer.name, consumer.kind, *told, *rest)

    def unsubscribe(self, name: str) -> bool:
        """Remove a consumer with all that was on its way to it. False if there was none."""
        with self._line.transaction(write=True) as link:
            for table in ("attempt", "delivery"):
                link.run(f"DELETE FROM {table} WHERE {MINE}", self.tenant, name)  # noqa: S608
            return bool(link.run("DELETE FROM consumer WHERE tenant_id = ? AND name = ?", self.tenant, name))

    # ── announcing, where nothing else changes ───────────────────────────────────────────────────

    def announce(self, *events: Event) -> None:
        """Append events in a transaction of their own."""
        with self._line.transaction(write=True) as link:
            Appender(link, self.tenant).append(*events)

    # ── delivering ───────────────────────────────────────────────────────────────────────────────

    def claim(
        self, consumer: str, now: datetime, *, owner: str, seconds: float, limit: int = 1
    ) -> list[Delivery]:
        """Take up to `limit` events that are due, for so many seconds. Of one aggregate the oldest comes
        first, and none while an older one is with somebody else or waits for its next try."""
        with self._line.transaction(write=True, beside=True) as link:
            sql = PICK + self._skip_locked
            mine = (self.tenant, consumer, now)
            picked = {row[0]: row[1] for row in link.rows(sql, *mine, *mine, limit)}
            # two who pick at once pass over each other's rows, so that of one aggregate each may get a part
            free = self._in_order(link, consumer, picked) if self._skip_locked else list(picked)
            return self._take(link, consumer, free, owner, now + timedelta(seconds=seconds))

    def claim_these(
        self, consumer: str, numbers: Sequence[int], now: datetime, *, owner: str, seconds: float
    ) -> list[Delivery]:
        """The same of these events only, for a carrier that hands out their numbers; those left out are not
        due, with somebody else, or done."""
        if not numbers:
            return []
        sql = PICK.replace("ORDER BY", f"AND number IN ({marks(numbers)}) ORDER BY") + self._skip_locked
        with self._line.transaction(write=True, beside=True) as link:
            mine = (self.tenant, consumer, now)
            picked = link.rows(sql, *mine, *mine, *numbers, len(numbers))
            free = self._in_order(link, consumer, {row[0]: row[1] for row in picked})
            return self._take(link, consumer, free, owner, now + timedelta(seconds=seconds))

    def unfinished(self, consumer: str, numbers: Sequence[int]) -> set[int]:
        """Those of these events that still are on their way to this consumer."""
        if not numbers:
            return set()
        sql = (
            f"SELECT number FROM delivery WHERE {MINE} AND number IN ({marks(numbers)})"  # noqa: S608
            " AND finished_at IS NULL"
        )
        with self._line.transaction() as link:
            return {row[0] for row in link.rows(sql, self.tenant, consumer, *numbers)}

    def done(self, deliveries: Sequence[Delivery], at: datetime, receipt: str | None = None) -> None:
        """They arrived. Raises LeaseHeld for those whose claim has run out and gone to another; the rest is
        done all the same."""
        self._finish(deliveries, State.DONE, at, receipt)

    def park(self, delivery: Delivery, state: State, why: str, at: datetime) -> None:
        """Stop trying: `dead` or `in_doubt`. It is shown until somebody decides. Raises LeaseHeld."""
        self._finish([delivery], state, at, why)

    def retry(self, delivery: Delivery, due_at: datetime, why: str, at: datetime) -> None:
        """It did not arrive: try again from `due_at` on. Raises LeaseHeld."""
        self._put_back([delivery], State.WAITING, due_at, why, counted=True, at=at)

    def release(self, deliveries: Sequence[Delivery], at: datetime) -> None:
        """Give back what was claimed and not begun, as if it had not been. Raises LeaseHeld."""
        self._put_back(deliveries, State.WAITING, at, None, counted=False, at=None)

    def hold(self, deliveries: Sequence[Delivery], until: datetime) -> None:
        """Keep these back until then: quiet hours. Raises LeaseHeld."""
        self._put_back(deliveries, State.HELD, until, "quiet hours", counted=False, at=None)

    def sweep(self, now: datetime) -> Counter[str]:
        """End the claims that ran out, and the holds. Gives how many deliveries are now waiting, in_doubt, or
        one digest."""
        found: Counter[str] = Counter()
        with self._line.transaction(write=True) as link:
            for consumer in consumers(link, self.tenant):
                mine = (self.tenant, consumer.name)
                if consumer.confirms:
                    sql = (
                        "UPDATE delivery SET state = 'waiting', lease_until = NULL,"  # noqa: S608
                        f" due_at = CASE WHEN due_at > ? THEN ? ELSE due_at END WHERE {MINE}"
                    )
                    values: tuple[Primitive, ...] = (now, now)
                else:
                    why = "whoever was sending it was gone before it could say that it arrived"
                    sql = (
                        "UPDATE delivery SET state = 'in_doubt', finished_at = ?, note = ?,"  # noqa: S608
                        f" lease_until = NULL WHERE {MINE}"
                    )
                    values = (now, why)
                out = " AND finished_at IS NULL AND attempts > 0 AND state = 'claimed' AND lease_until <= ?"
                ended = link.run(sql + out, *values, *mine, now)
                found["waiting" if consumer.confirms else "in_doubt"] += ended
                found["digest"] += self._end_holds(link, consumer.name, now)
        return +found

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _in_order(self, link: Link, consumer: str, picked: Mapping[int, str]) -> list[int]:
        """Those of them before which no event of their aggregate is left to somebody else."""
        if not picked:
            return []
        aggregates = sorted(set(picked.values()))
        sql = BEFORE.format(aggregates=marks(aggregates), numbers=marks(picked))
        rows = link.rows(sql, self.tenant, consumer, *aggregates, max(picked), *picked)
        first = {row[0]: row[1] for row in rows}
        return [number for number, aggregate in picked.items() if number < first.get(aggregate, number + 1)]

    def _take(
        self, link: Link, consumer: str, numbers: Sequence[int], owner: str, until: datetime
    ) -> list[Delivery]:
        if not numbers:
            return []
        taken = link.rows(
            TAKE.format(numbers=marks(numbers)), clean(owner), until, self.tenant, consumer, *numbers
        )
        sql = f"SELECT {COLUMNS} FROM event WHERE tenant_id = ? AND number IN ({marks(numbers)})"  # noqa: S608
        events = {row[0]: event_of(row, link.dialect) for row in link.rows(sql, self.tenant, *numbers)}
        return [
            Delivery(consumer, events[n], attempts, fence) for n, attempts, fence in sorted(map(tuple, taken))
        ]

    def _finish(self, deliveries: Sequence[Delivery], state: State, at: datetime, note: str | None) -> None:
        told = None if note is None else clean(note)
        with self._line.transaction(write=True, beside=True) as link:
            values = (str(state), at, told)
            gone = self._move(link, FINISH, values, deliveries)
            self._note(link, [d for d in deliveries if d not in gone], at, str(state), told)
            # what was said before, and the answer lost with the connection, is no claim that has run out
            late = self._move(link, SAID, (), gone, str(state)) if gone else []
        _refuse(late)

    def _put_back(
        self, deliveries: Sequence[Delivery], state: State, due_at: datetime, note: str | None, *,
        counted: bool, at: datetime | None,
    ) -> None:  # fmt: skip
        told = None if note is None else clean(note)
        with self._line.transaction(write=True, beside=True) as link:
            values = (str(state), due_at, told, 0 if counted else 1)
            gone = self._move(link, PUT_BACK, values, deliveries)
            if at is not None:
                self._note(link, [d for d in deliveries if d not in gone], at, "retry", told)
        _refuse(gone)

    def _move(
        self, link: Link, sql: str, values: Sequence[Primitive], deliveries: Sequence[Delivery],
        *more: Primitive,
    ) -> list[Delivery]:  # fmt: skip
        """Run a statement over claims; those whose row is not as it asks: not claimed, or not by us."""
        gone: list[Delivery] = []
        for start in range(0, len(deliveries), 200):
            some = deliveries[start : start + 200]
            numbers = [d.event.number for d in some]
            held = [value for d in some for value in (d.event.number, d.fence)]
            shaped = sql.format(numbers=marks(numbers), pairs=", ".join("(?, ?)" for _ in some))
            rows = link.rows(shaped, *values, self.tenant, some[0].consumer, *numbers, *held, *more)
            moved = {row[0] for row in rows}
            gone += [d for d in some if d.event.number not in moved]
        return gone

    def _note(
        self, link: Link, deliveries: Sequence[Delivery], at: datetime, outcome: str, note: str | None
    ) -> None:
        """Keep the tries that tell something: not the many that went well at once and gave no receipt."""
        if outcome == State.DONE and note is None:
            deliveries = [d for d in deliveries if d.attempts > 1]
        told = (bind(at, link.dialect), outcome, note)
        link.many(PUT_ATTEMPT, [(*told, self.tenant, d.consumer, d.event.number) for d in deliveries])

    def _end_holds(self, link: Link, consumer: str, now: datetime) -> int:
        """What was held for this consumer until now: one event goes out as it is, several as one digest."""
        sql = (
            "SELECT d.number, e.id FROM delivery d JOIN event e"
            " ON e.tenant_id = d.tenant_id AND e.number = d.number"
            " WHERE d.tenant_id = ? AND d.consumer = ? AND d.finished_at IS NULL AND d.state = 'held'"
            " AND d.due_at <= ? ORDER BY d.number"
        )
        held = link.rows(sql, self.tenant, consumer, now)
        if not held:
            return 0
        numbers = [row[0] for row in held]
        which = f"WHERE {MINE} AND number IN ({marks(numbers)})"
        if len(held) == 1:
            link.run(f"UPDATE delivery SET state = 'waiting' {which}", self.tenant, consumer, *numbers)  # noqa: S608
            return 0
        digest = DigestReady(consumer, tuple(row[1] for row in held)).event(now)
        done = f"UPDATE delivery SET state = 'done', finished_at = ?, note = ? {which}"  # noqa: S608
        link.run(done, now, f"in the digest {digest.id}", self.tenant, consumer, *numbers)
        Appender(link, self.tenant).append(digest, only=consumer)
        return 1


def event_of(row: Sequence[Stored], dialect: Dialect) -> Event:
    """From a row of COLUMNS."""
    number, name, kind, version, aggregate, priority, at, payload = row
    when = READ[dialect][Kind.INSTANT](at)
    return Event(
        kind, aggregate, when, json.loads(payload), Priority(priority), version, id=name, number=number
    )


def _refuse(gone: Sequence[Delivery]) -> None:
    if gone:
        names = ", ".join(d.event.id for d in gone[:3])
        raise LeaseHeld(f"the claim on {names} has run out", fix="whoever has it now finishes it")
