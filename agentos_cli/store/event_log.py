"""What was announced and how it was delivered, for people: to look at, and to decide on by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agentos_cli.events import Event
from agentos_cli.store import tally
from agentos_cli.store.link import Database, Link, marks, transaction
from agentos_cli.store.outbox import COLUMNS, MINE, PUT_DELIVERY, State, consumers, event_of
from agentos_cli.store.values import READ, Kind, Primitive, Stored, bind

BY_KEY = "d.consumer IN (SELECT name FROM consumer WHERE tenant_id = ?)"
"""Of every consumer; said so, since the key of a delivery begins with it."""
GIVE_UP = """
UPDATE delivery SET state = 'dead', finished_at = ?, lease_until = NULL,
  note = 'nobody fetched it for as long as events are kept'
WHERE tenant_id = ? AND consumer IN (SELECT name FROM consumer WHERE tenant_id = ?) AND finished_at IS NULL
  AND state <> 'claimed' AND number IN (SELECT number FROM event WHERE at < ? AND tenant_id = ?)
"""
OLD = f"""
SELECT number FROM event e WHERE tenant_id = ? AND at < ?
  AND number < (SELECT max(number) FROM event WHERE tenant_id = ?)
  AND NOT EXISTS (
    SELECT 1 FROM delivery d WHERE d.tenant_id = e.tenant_id AND d.number = e.number AND {BY_KEY}
      AND (d.finished_at IS NULL OR (d.state <> 'done' AND d.finished_at >= ?))
  )
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Status:
    """How one delivery stands, for people."""

    consumer: str
    event: Event
    state: State
    attempts: int
    due_at: datetime
    note: str | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver, and what came of it."""

    at: datetime
    outcome: str
    note: str | None


class EventLog:
    """The events of one tenant. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self.tenant = database.tenant
        self._database = database
        self._instant = READ[database.dialect][Kind.INSTANT]

    def events(
        self, *, after: int = 0, limit: int = 50, types: Sequence[str] = (), newest: bool = False
    ) -> list[Event]:
        """Events behind place `after`, oldest first; with `newest` the last so many."""
        narrow = f" AND type IN ({', '.join('?' * len(types))})" if types else ""
        order = "DESC" if newest else "ASC"
        sql = (
            f"SELECT {COLUMNS} FROM event WHERE tenant_id = ? AND number > ?{narrow}"  # noqa: S608
            f" ORDER BY number {order} LIMIT ?"
        )
        with transaction(self._database) as link:
            found = [self._read(row) for row in link.rows(sql, self.tenant, after, *types, limit)]
        return found[::-1] if newest else found

    def event(self, name: str) -> Event | None:
        """By its id, or the beginning of it where that is enough."""
        sql = f"SELECT {COLUMNS} FROM event WHERE tenant_id = ? AND"  # noqa: S608
        with transaction(self._database) as link:
            rows = link.rows(f"{sql} id = ?", self.tenant, name)
            # by its letters: a collation may see other neighbours
            rows = rows or link.rows(f"{sql} substr(id, 1, ?) = ? LIMIT 2", self.tenant, len(name), name)
        return self._read(rows[0]) if len(rows) == 1 else None

    def numbers(self, *, since: datetime, limit: int) -> list[int]:
        """The places of the newest events that are not older than `since`, rising."""
        sql = "SELECT number FROM event WHERE tenant_id = ? AND at >= ? ORDER BY number DESC LIMIT ?"
        with transaction(self._database) as link:
            return [row[0] for row in link.rows(sql, self.tenant, since, limit)][::-1]

    def first(self, *, since: datetime) -> int | None:
        """The lowest place of an event that is not older than `since`."""
        with transaction(self._database) as link:
            row = link.one(
                "SELECT min(number) FROM event WHERE tenant_id = ? AND at >= ?", self.tenant, since
            )
        return row[0] if row else None

    def deliveries(
        self, *, states: Sequence[State] = (), consumer: str | None = None, event: int | None = None,
        limit: int = 200,
    ) -> list[Status]:  # fmt: skip
        """How deliveries stand, newest first."""
        asked: dict[str, Primitive] = {"d.consumer = ?": consumer, "d.number = ?": event}
        given = {where: value for where, value in asked.items() if value is not None}
        narrow = "".join(f" AND {where}" for where in given)
        narrow += f" AND d.state IN ({', '.join('?' * len(states))})" if states else ""
        sql = (
            "SELECT d.consumer, d.state, d.attempts, d.due_at, d.note, d.finished_at,"  # noqa: S608
            f" {', '.join('e.' + name for name in COLUMNS.split(', '))} FROM delivery d"
            " JOIN event e ON e.tenant_id = d.tenant_id AND e.number = d.number"
            f" WHERE d.tenant_id = ?{narrow} AND {BY_KEY} ORDER BY d.number DESC, d.consumer LIMIT ?"
        )
        with transaction(self._database) as link:
            rows = link.rows(sql, self.tenant, *given.values(), *map(str, states), self.tenant, limit)
        return [
            Status(r[0], self._read(r[6:]), State(r[1]), r[2], self._when(r[3]), r[4], self._maybe(r[5]))
            for r in rows
        ]

    def attempts(self, consumer: str, event: int) -> list[Attempt]:
        """Every try to deliver it, oldest first."""
        sql = f"SELECT at, outcome, note FROM attempt WHERE {MINE} AND number = ? ORDER BY attempt"  # noqa: S608
        with transaction(self._database) as link:
            return [
                Attempt(self._when(r[0]), r[1], r[2]) for r in link.rows(sql, self.tenant, consumer, event)
            ]

    def counts(self) -> dict[str, Counter[str]]:
        """By consumer, how many deliveries stand how."""
        sql = "SELECT consumer, state, count(*) FROM delivery WHERE tenant_id = ? GROUP BY consumer, state"
        with transaction(self._database) as link:
            found: dict[str, Counter[str]] = {c.name: Counter() for c in consumers(link, self.tenant)}
            for name, state, count in link.rows(sql, self.tenant):
                found.setdefault(name, Counter())[state] = count
        return found

    def oldest(self) -> dict[str, datetime]:
        """By consumer, since when the oldest delivery that is not held has been due."""
        sql = (
            "SELECT consumer, min(due_at) FROM delivery WHERE tenant_id = ? AND finished_at IS NULL"
            " AND state <> 'held' GROUP BY consumer"
        )
        with transaction(self._database) as link:
            return {row[0]: self._when(row[1]) for row in link.rows(sql, self.tenant)}

    def again(self, consumer: str, numbers: Sequence[int], now: datetime) -> int:
        """Deliver these once more, as if they had never been tried: those that are finished, and those that
        never were on their way to this consumer. How many that is; none to one that is not there."""
        sql = "SELECT number, aggregate FROM event WHERE tenant_id = ? AND number IN"
        count = 0
        with transaction(self._database, write=True) as link:
            if consumer not in {each.name for each in consumers(link, self.tenant)}:
                return 0
            due = bind(now, link.dialect)
            for some in _slices(numbers):
                rows = link.rows(f"{sql} ({marks(some)})", self.tenant, *some)
                count += link.many(PUT_DELIVERY, [(self.tenant, consumer, *row, due) for row in rows])
        return count

    def settle(self, consumer: str, event: int, at: datetime) -> bool:
        """A person says of a parked delivery that it arrived, or need not. False if it is not parked."""
        sql = (
            "UPDATE delivery SET state = 'done', finished_at = ?, note = 'settled by hand'"  # noqa: S608
            f" WHERE {MINE} AND number = ? AND state IN ('dead', 'in_doubt')"
        )
        with transaction(self._database, write=True) as link:
            return bool(link.run(sql, at, self.tenant, consumer, event))

    def purge(self, before: datetime, now: datetime | None = None) -> int:
        """Forget the events older than that: how many. What nobody fetched in all that time is given up, and
        shown as dead; what is dead or in doubt goes once it has been shown for as long again. The newest
        event stays, since the next number follows from it."""
        with transaction(self._database, write=True) as link:
            link.run(GIVE_UP, now or before, self.tenant, self.tenant, before, self.tenant)
        with transaction(self._database) as link:
            own = (self.tenant, before, self.tenant, self.tenant)
            numbers = [row[0] for row in link.rows(OLD, *own, before)]
        gone = 0
        for some in _slices(numbers):  # nobody waits for long
            with transaction(self._database, write=True) as link:
                # somebody may have asked for them again meanwhile
                sql = f"{OLD} AND number IN ({marks(some)})"
                still = [row[0] for row in link.rows(sql, *own, before, *some)]
                gone += self._forget(link, still)
        return gone

    def _forget(self, link: Link, numbers: Sequence[int]) -> int:
        if not numbers:
            return 0
        which = f"tenant_id = ? AND number IN ({marks(numbers)})"
        failed = f"SELECT consumer FROM attempt WHERE {which} AND outcome <> 'done'"  # noqa: S608
        counts = Counter(row[0] for row in link.rows(failed, self.tenant, *numbers))
        tally.add(link, self.tenant, tally.FAILED, counts)
        for table in ("attempt", "delivery"):
            sql = f"DELETE FROM {table} WHERE {which} AND {BY_KEY}".replace("d.consumer", "consumer")  # noqa: S608
            link.run(sql, self.tenant, *numbers, self.tenant)
        return link.run(f"DELETE FROM event WHERE {which}", self.tenant, *numbers)  # noqa: S608

    def _read(self, row: Sequence[Stored]) -> Event:
        return event_of(row, self._database.dialect)

    def _when(self, value: Stored) -> datetime:
        found: datetime = self._instant(value)
        return found

    def _maybe(self, value: Stored) -> datetime | None:
        return None if value is None else self._when(value)


def _slices(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """So many as one statement takes."""
    return (numbers[start : start + 500] for start in range(0, len(numbers), 500))
