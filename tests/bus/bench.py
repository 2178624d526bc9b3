"""What the tests of the bus work on: a store, a way that its events are carried, and a clock in the hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agentos_cli.bus.redis import Carrier, Mirror, Stream
from agentos_cli.bus.relay import Relay, Source
from agentos_cli.events import Consumer, Delivery, Event, Priority
from agentos_cli.store.outbox import Outbox
from agentos_cli.store.store import Store
from tests.bus.valkey import Valkey
from tests.store.samples import NOW

LOG = Consumer("log", "script", confirms=True)
SLACK = Consumer("slack", "slack")
MIRROR = Consumer("redis", "redis", confirms=True)
LEASE = 60.0


@dataclass
class Hand:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def happened(about: str, number: int = 0, priority: Priority = Priority.NORMAL, at: datetime = NOW) -> Event:
    return Event("Happened", about, at, {"number": number}, priority)


def numbers(deliveries: list[Delivery]) -> list[object]:
    return [d.event.payload["number"] for d in deliveries]


@dataclass
class Bench:
    """A store with consumers `log` (which confirms) and `slack` (which does not). With a `valkey` its events
    are carried by that."""

    store: Store
    outbox: Outbox
    valkey: Valkey | None
    clock: Hand = field(default_factory=Hand)
    stream: Stream | None = None
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        for consumer in (LOG, SLACK):
            self.outbox.subscribe(consumer, NOW)
        if self.valkey is not None:
            self.stream = Stream(self.valkey.url, self.store.tenant)
            self.outbox.subscribe(MIRROR, NOW)

    def announce(self, *events: Event) -> None:
        """Announce these, and let Redis know of them where there is one."""
        self.outbox.announce(*events)
        self.mirror()

    def mirror(self, most: int = 10_000) -> int:
        """What a tick does for Redis; how many events had to be put there once more."""
        if self.stream is None:
            return 0
        mirror = Mirror(self.stream, self.store.event_log(), MIRROR.name, most)
        count = mirror.catch_up(NOW - timedelta(days=90), self.clock())
        while mirror.once(self.outbox, self.clock, owner="mirror"):
            pass
        return count

    def source(self, outbox: Outbox | None = None, **options: object) -> Source | None:
        """The way of a new worker to its events; None for the database alone."""
        if self.valkey is None:
            return None
        stream = Stream(self.valkey.url, self.store.tenant)
        return Carrier(stream, outbox or self.outbox, **options)  # type: ignore[arg-type]

    def claim(
        self, limit: int = 10, consumer: str = "log", owner: str = "me", source: Source | Outbox | None = None
    ) -> list[Delivery]:
        way = source or self.source() or self.outbox
        return way.claim(consumer, self.clock(), owner=owner, seconds=LEASE, limit=limit)

    def relay(
        self, handle: Callable[[Delivery], str | None], consumer: Consumer = LOG, batch: int = 1,
        jitter: float = 0.5, outbox: Outbox | None = None, owner: str = "me",
    ) -> Relay:  # fmt: skip
        return Relay(
            outbox or self.outbox, consumer, handle, self.clock, owner, self.source(outbox), lease=LEASE,
            batch=batch, jitter=lambda: jitter, pause=self.waits.append,
        )  # fmt: skip
