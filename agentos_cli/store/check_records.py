"""What is kept of checks and their alerts: plain frozen records, no table class among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from agentos_cli.events import Event, Priority

Evidence = Mapping[str, object]
"""What was read (`read`), when that was true (`at`), the `value` and the `limit`, and in words: `says`."""


class Standing(StrEnum):
    """Where a check is in its life. The last three are results."""

    REGISTERED = "registered"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    OK = "ok"
    WARN = "warn"
    ALERT = "alert"


FLAPPING = "flapping"
"""The state of an alert whose check changes too often to be told of each time."""


@dataclass(frozen=True, slots=True)
class CheckState:
    """How one check stands. `state` is its last result, `registered` before the first, since `since`;
    `pending_since`: since when it is beyond its limit, though not for as long as it has to be. `at` is when
    this was written, which happens when something changed; `beats` how often it turned, of the heartbeat
    itself how often it beat; `flaps` are its newest changes, oldest first."""

    name: str
    state: Standing
    since: datetime
    at: datetime
    pending_since: datetime | None = None
    beats: int = 0
    evidence: Evidence = field(default_factory=dict)
    flaps: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """What a check raised, from `raised_at` until `resolved_at`. `state` is warn, alert or flapping;
    `told` how often it was announced; `acked_at` when somebody said that they know."""

    id: str
    check: str
    priority: Priority
    state: str
    title: str
    evidence: Evidence
    raised_at: datetime
    changed_at: datetime
    resolved_at: datetime | None = None
    acked_at: datetime | None = None
    snoozed_until: datetime | None = None
    told: int = 0


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A result that was other than the one before it."""

    name: str
    at: datetime
    state: Standing
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class CheckDraft:
    """A check that was brought from elsewhere: the `text` it was there, and what it could be understood as
    (`definition`: the fields of a check of the settings), None for not at all. `decision`: approved or
    rejected, None while it waits."""

    name: str
    text: str
    definition: Mapping[str, object] | None
    origin: str
    created_at: datetime
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """How every check stands, by name, and the open alert of each that has one."""

    states: Mapping[str, CheckState]
    alerts: Mapping[str, Alert]


@dataclass(frozen=True, slots=True)
class Entries:
    """What one beat writes, together: states that changed, results other than before, checks that are gone,
    alerts that are new or changed, and what is announced of them."""

    states: Sequence[CheckState] = ()
    results: Sequence[CheckResult] = ()
    gone: Sequence[str] = ()
    alerts: Sequence[Alert] = ()
    events: Sequence[Event] = ()
