"""Redis Streams as a mirror of the outbox: for other teams' programs to read, and for ours to be woken by.

The truth stays in the database. `Mirror` writes every event to a stream; `Carrier` reads their numbers back
and claims them in the database, which says whether they are still to be delivered. What Redis forgets
(flushed, trimmed, killed before it had written to its disk) is found in the database again.

How the commands behave: https://redis.io/docs/latest/commands/xreadgroup/, .../xautoclaim/ (it looks at ten
times `count` entries and may hand out none of them, then gives where to go on), .../xadd/ (`~` trims whole
nodes only), https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/ (up to a second lost).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from agentos_cli.clock import Clock, monotonic, sleep
from agentos_cli.errors import AgentosError, CredentialProblem, DataProblem, Temporary
from agentos_cli.events import Delivery, Event
from agentos_cli.store.event_log import EventLog
from agentos_cli.store.outbox import Outbox
from agentos_cli.telemetry import notice

MOST = 10_000
"""Entries that the stream holds, about."""
SECONDS = 5.0
"""How long Redis may take to answer, for how long it is left alone when it did not, and how often the
database is asked for what Redis does not know."""
PAGE = 1_000
LEASE = 60.0
"""Seconds for which the events that are being added are ours."""
Entry = tuple[str, Mapping[str, str] | None]
"""An entry's id and fields; none where it was trimmed."""


class Stream:
    """One tenant's stream, over one connection that is opened when it is first used.

    Methods raise Temporary where Redis is away, CredentialProblem where it refuses the password, DataProblem
    for whatever trying again does not mend.
    """

    def __init__(self, url: str, tenant: str, password: str | None = None) -> None:
        self.key = f"agentos:{tenant}:events"
        self.epoch = f"agentos:{tenant}:epoch"
        self._url = url
        self._password = password
        self._client: Any = None

    def call(self, *command: str | int) -> Any:
        """One command, and the answer as the client library parses it."""
        with _clear_errors():
            if self._client is None:
                self._client = _client(self._url, self._password)
            return self._client.execute_command(*command)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def entries(self) -> Iterator[Entry]:
        """Every entry, oldest first."""
        start = "-"
        while page := self.call("XRANGE", self.key, start, "+", "COUNT", PAGE):
            yield from page
            start = f"({page[-1][0]}"


class Mirror:
    """Writes events to the stream, for a consumer of kind `redis`. `consumer` is its name in the outbox."""

    def __init__(self, stream: Stream, log: EventLog, consumer: str, most: int = MOST) -> None:
        self._stream = stream
        self._log = log
        self._consumer = consumer
        self._most = most

    def catch_up(self, since: datetime, now: datetime) -> int:
        """Where Redis was started anew or emptied since this was last asked: put what is not older than
        `since` and is missing there on its way once more, with the ids it had. How many events that is.

        The mark of the present server is written last, so that whoever is killed here is followed by
        another who does it all.
        """
        stream = self._stream
        server = str(stream.call("INFO", "server")["run_id"])
        if stream.call("GET", stream.epoch) == server and stream.call("EXISTS", stream.key):
            return 0
        there = set(map(number_of, stream.entries()))
        wanted = self._log.numbers(since=since, limit=self._most)
        missing = [number for number in wanted if number not in there]
        count = self._log.again(self._consumer, missing, now)
        stream.call("SET", stream.epoch, server)
        return count

    def once(self, outbox: Outbox, clock: Clock, *, owner: str, limit: int = 100) -> int:
        """Add what waits for the stream, so many events at once: how many there were. Whatever Redis says,
        no event is given up: then all of them wait as if they had not been tried, and the error goes on."""
        claimed = outbox.claim(self._consumer, clock(), owner=owner, seconds=LEASE, limit=limit)
        try:
            for delivery in claimed:
                self._put(delivery.event)
        except BaseException:
            outbox.release(claimed, clock())
            raise
        if claimed:
            outbox.done(claimed, clock())
        return len(claimed)

    def _put(self, event: Event) -> None:
        told: dict[str, str | int] = {
            "id": event.id,
            "number": event.number,
            "type": event.type,
            "version": event.version,
            "aggregate": event.aggregate,
            "priority": str(event.priority),
            "at": event.at.isoformat(),
            "payload": json.dumps(dict(event.payload), ensure_ascii=False),
        }
        pairs = [each for pair in told.items() for each in pair]
        self._stream.call("XADD", self._stream.key, "MAXLEN", "~", self._most, "*", *pairs)


class Carrier:
    """A `Source` for a relay: the numbers come from the stream, the claims from the database.

    `wait` is for how many seconds a claim waits for something new, and then the database is asked every few
    seconds, or at once while it has more; with 0 it is asked whenever the stream has nothing.
    """

    def __init__(
        self, stream: Stream, outbox: Outbox, *, wait: float = 0.0,
        seconds: Callable[[], float] = monotonic, pause: Callable[[float], None] = sleep,
    ) -> None:  # fmt: skip
        self._stream = stream
        self._outbox = outbox
        self._wait = wait
        self._seconds = seconds
        self._pause = pause
        self._look_at = 0.0
        self._others = True  # whether it is time to look at what others did not finish
        self._away_until: float | None = None
        self._read: dict[tuple[str, int], list[str]] = {}
        self._cursors: dict[str, str] = {}
        self._names: set[tuple[str, str]] = set()

    def claim(
        self, consumer: str, now: datetime, *, owner: str, seconds: float, limit: int = 1
    ) -> list[Delivery]:
        """As `Outbox.claim`."""
        due, numbers = self._seconds() >= self._look_at, list[int]()
        if due:
            self._look_at = self._seconds() + SECONDS
            self._others = True
        share = limit - 1 if due else limit  # some of a batch is for what Redis may not know
        if share and self._is_there():
            try:
                numbers = self._numbers(consumer, owner, seconds, share, waits=not due)
            except AgentosError as gone:
                self._leave(gone)
        claimed = self._outbox.claim_these(consumer, numbers, now, owner=owner, seconds=seconds)
        self._forget(consumer, set(numbers) - {d.event.number for d in claimed})
        more = limit - len(claimed)
        if more > 0 and (due or self._away_until is not None or not (claimed or self._wait)):
            unknown = self._outbox.claim(consumer, now, owner=owner, seconds=seconds, limit=more)
            if len(unknown) == more:
                self._look_at = self._seconds()  # there may be a whole backlog that Redis forgot
            claimed += unknown
        return sorted(claimed, key=lambda delivery: delivery.event.number)

    def finished(self, deliveries: Sequence[Delivery]) -> None:
        """The database has them as finished: now Redis may forget them. What it is not told, because it is
        away or we are killed, comes to somebody else, who finds it finished."""
        for delivery in deliveries:
            self._acknowledge(
                delivery.consumer, self._read.pop((delivery.consumer, delivery.event.number), [])
            )

    def close(self) -> None:
        """Take this worker out of the groups it read for; what it had not finished, the database knows."""
        try:
            for group, owner in self._names:
                self._stream.call("XGROUP", "DELCONSUMER", self._stream.key, group, owner)
        except AgentosError:
            pass  # a name that stays in Redis does no harm
        self._names.clear()
        self._stream.close()

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _is_there(self) -> bool:
        if self._away_until is None:
            return True
        if self._seconds() < self._away_until:
            self._pause(self._wait)
            return False
        return True

    def _leave(self, problem: AgentosError) -> None:
        if self._away_until is None:
            notice(f"{problem.what}; events come from the database alone until it is back")
        self._away_until = self._seconds() + SECONDS

    def _numbers(self, group: str, owner: str, lease: float, limit: int, *, waits: bool) -> list[int]:
        self._names.add((group, owner))
        found = self._stalled(group, owner, lease, limit) if self._others else []
        self._others = False
        if len(found) < limit:
            found += self._fresh(group, owner, limit - len(found), waits=waits and not found)
        self._away_until = None
        numbered = [(entry[0], number_of(entry)) for entry in found]
        self._acknowledge(group, [name for name, number in numbered if number is None])
        for name, number in numbered:
            if number is not None:
                self._read.setdefault((group, number), []).append(name)
        return sorted({number for _, number in numbered if number is not None})

    def _fresh(self, group: str, owner: str, count: int, *, waits: bool) -> list[Entry]:
        block = ("BLOCK", max(1, int(self._wait * 1000))) if waits and self._wait else ()
        said = self._in_group(
            group, "XREADGROUP", "GROUP", group, owner, "COUNT", count, *block, "STREAMS", self._stream.key,
            ">",
        )  # fmt: skip
        return [entry for _, entries in said or () for entry in entries]

    def _stalled(self, group: str, owner: str, lease: float, limit: int) -> list[Entry]:
        """What others read and did not finish for longer than any claim holds. One call looks at a part of
        it, so the next goes on where this one ended."""
        start = self._cursors.get(group, "0-0")
        said = self._in_group(
            group, "XAUTOCLAIM", self._stream.key, group, owner, int(lease * 1000) + 1, start, "COUNT", limit
        )
        self._cursors[group] = str(said[0])
        return list(said[1])

    def _in_group(self, group: str, *command: str | int) -> Any:
        """A command on a consumer group, which is made where it is missing: from now on, since what is older
        is found in the database."""
        try:
            return self._stream.call(*command)
        except _NoGroup:
            self._cursors.pop(group, None)
            self._stream.call("XGROUP", "CREATE", self._stream.key, group, "$", "MKSTREAM")
            return self._stream.call(*command)

    def _forget(self, consumer: str, numbers: set[int]) -> None:
        """Acknowledge those that are finished, or were never meant for this consumer. The others stay with
        the group until they are."""
        if not numbers:
            return
        still = self._outbox.unfinished(consumer, sorted(numbers))
        names = {number: self._read.pop((consumer, number), []) for number in numbers}
        self._acknowledge(consumer, [name for number in numbers - still for name in names[number]])

    def _acknowledge(self, group: str, names: Sequence[str]) -> None:
        if not names or self._away_until is not None:
            return
        try:
            self._stream.call("XACK", self._stream.key, group, *names)
        except AgentosError as gone:
            self._leave(gone)


def number_of(entry: Entry) -> int | None:
    """The number of an entry's event; None for one that was trimmed or is not ours."""
    text = (entry[1] or {}).get("number", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class _NoGroup(DataProblem):
    """The consumer group, or the whole stream, is not there."""


def _client(url: str, password: str | None) -> Any:
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as error:
        raise DataProblem("Redis needs an extra package", fix="pipx inject agentos-cli redis") from error
    return Redis.from_url(
        url,
        password=password,
        decode_responses=True,
        protocol=2,
        socket_timeout=SECONDS,
        socket_connect_timeout=SECONDS,
        retry=Retry(NoBackoff(), 1),
        client_name="agentos",
    )


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Whatever the client library raises leaves as an `AgentosError` that holds no address and no secret."""
    try:
        yield
    except AgentosError:
        raise
    except Exception as error:
        if not _ancestry(error) & {"RedisError", "OSError"}:
            raise
        raise _problem(_ancestry(error), str(error)) from error


def _ancestry(error: Exception) -> set[str]:
    """By name, since the library need not be there."""
    return {base.__name__ for base in type(error).__mro__}


def _problem(kinds: set[str], text: str) -> AgentosError:
    if text.startswith("NOGROUP"):
        return _NoGroup("the consumer group is not there", fix="repeat the command")
    if kinds & REFUSED or text.startswith(("NOAUTH", "WRONGPASS", "NOPERM")):
        return CredentialProblem("Redis refuses the password or user", fix="check events.redis_password")
    if kinds & AWAY or text.startswith(("OOM", "READONLY", "LOADING", "MASTERDOWN", "MISCONF")):
        return Temporary("Redis cannot be reached", fix="check events.redis, and that the server runs")
    refused = text.split(" ", 1)[0]
    return DataProblem(f"Redis refused: {refused}", fix="events.redis must lead to Redis 6.2 or later")


REFUSED = {"AuthenticationError", "AuthorizationError", "NoPermissionError"}
AWAY = {"ConnectionError", "TimeoutError", "OSError", "ReadOnlyError", "OutOfMemoryError"}
