"""What is announced: typed, versioned events, each written in the transaction of the change it tells of.

    work.events.append(SourceSynced("stripe", records=220, changed=3, skipped=0).event(now))

An event type is a dataclass below; its fields are the payload. A field is never renamed or given another
meaning: a new `version` is a new shape, and what reads events of the old one goes on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import ClassVar


class Priority(StrEnum):
    """How much an event wants attention. Quiet hours hold all but the critical."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical."""
        return list(Priority).index(self)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is stored and delivered. `id` is what a receiver knows it by; `number` its place in
    the tenant's stream, 0 until it has one; events of one `aggregate` are delivered in order."""

    type: str
    aggregate: str
    at: datetime
    payload: Mapping[str, object]
    priority: Priority = Priority.NORMAL
    version: int = 1
    id: str = field(default_factory=lambda: f"evt_{os.urandom(10).hex()}")
    number: int = 0


@dataclass(frozen=True, slots=True)
class Consumer:
    """A consumer group: who gets every event of some `types` (none: all) from `least` priority on.

    `kind` says how it is reached: a kind of channel, `redis`, `script`. `confirms`: it honours our key (event
    and consumer), so what is sent twice counts once; of any other what may have arrived is never sent again.
    `credential` is a reference to a secret, never the secret.
    """

    name: str
    kind: str
    types: tuple[str, ...] = ()
    least: Priority = Priority.LOW
    confirms: bool = False
    credential: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def wants(self, event: Event) -> bool:
        """Whether it gets this event."""
        chosen = not self.types or event.type in self.types
        unsent = event.type == BriefingReady.__name__ and not event.payload.get("send")
        return chosen and event.priority.rank >= self.least.rank and not (unsent and self.is_channel)

    @property
    def is_channel(self) -> bool:
        """Whether people read it, who want no brief that was made only to be looked at."""
        return self.kind not in MACHINES


MACHINES = frozenset({"redis", "script"})
"""The kinds of consumers that programs are behind."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event that a consumer holds now, for the `attempts`-th time. `fence` proves that it still does."""

    consumer: str
    event: Event
    attempts: int
    fence: int

    @property
    def key(self) -> str:
        """The idempotency key: the same for every attempt."""
        return f"{self.event.id}:{self.consumer}"


@dataclass(frozen=True, slots=True)
class _Announced:
    """What the types below share."""

    version: ClassVar[int] = 1

    @property
    def aggregate(self) -> str:
        """What it happened to; its first field by default."""
        first = fields(self)[0]
        return f"{first.name}:{getattr(self, first.name)}"

    @property
    def urgency(self) -> Priority:
        return Priority.NORMAL

    def event(self, at: datetime) -> Event:
        """As it is stored. `at`: when it happened, aware."""
        return Event(type(self).__name__, self.aggregate, at, asdict(self), self.urgency, self.version)


@dataclass(frozen=True, slots=True)
class SourceSynced(_Announced):
    """A source was read and stored: how many records it holds, how many of them changed, how many could not
    be read."""

    source: str
    records: int
    changed: int
    skipped: int

    @property
    def urgency(self) -> Priority:
        return Priority.LOW


@dataclass(frozen=True, slots=True)
class SourceFailed(_Announced):
    """A source could not be read; what was known stays."""

    source: str
    problem: str
    fix: str | None


@dataclass(frozen=True, slots=True)
class BriefingReady(_Announced):
    """A briefing was made: its run, its verdict line. `send`: it is meant for the channels."""

    briefing: str
    as_of: str
    verdict: str
    send: bool


@dataclass(frozen=True, slots=True)
class AlertRaised(_Announced):
    """A check is beyond its limit and was not before. `evidence`: what was read, when, value and limit."""

    alert: str
    check: str
    title: str
    priority: str
    evidence: Mapping[str, object]

    @property
    def urgency(self) -> Priority:
        return Priority(self.priority)


@dataclass(frozen=True, slots=True)
class AlertResolved(_Announced):
    """What an alert was raised for is over, `minutes` after it began."""

    alert: str
    check: str
    title: str
    priority: str
    minutes: int

    @property
    def urgency(self) -> Priority:
        return Priority(self.priority)


@dataclass(frozen=True, slots=True)
class ScheduleMissed(_Announced):
    """What was due was not done, and why."""

    schedule: str
    due_at: str
    why: str

    @property
    def urgency(self) -> Priority:
        return Priority.HIGH


@dataclass(frozen=True, slots=True)
class ScheduleFailed(_Announced):
    """What was due was done and failed."""

    schedule: str
    due_at: str
    exit_code: int | None
    problem: str

    @property
    def urgency(self) -> Priority:
        return Priority.HIGH


@dataclass(frozen=True, slots=True)
class DigestReady(_Announced):
    """What quiet hours held for one consumer, in one: the ids of the events, oldest first."""

    consumer: str
    events: tuple[str, ...]


TYPES: dict[str, type[_Announced]] = {
    kind.__name__: kind
    for kind in (
        SourceSynced,
        SourceFailed,
        BriefingReady,
        AlertRaised,
        AlertResolved,
        ScheduleMissed,
        ScheduleFailed,
        DigestReady,
    )
}
"""Every type of event by its name."""
