"""What the store hands out: plain frozen records, no table class among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentos_cli.recurring.layout import Packed
    from agents.nouns import Noun
    from agents.snapshot import Goal, Task


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What one source last said about one kind of record.

    `synced_at` None: it never came. `problem` is set while the last attempt failed, at `problem_at`; without
    that instant it came and is not to be trusted all the same.
    `partial` counts the records that the last good sync could not read.
    """

    source: str
    kind: str
    synced_at: datetime | None
    problem: str | None
    fix: str | None
    problem_at: datetime | None
    partial: int


@dataclass(frozen=True, slots=True)
class EnergyRow:
    """The level the user gave, 0 to 100, and when."""

    level: int
    set_at: datetime


@dataclass(frozen=True, slots=True)
class SavedBriefing:
    """A briefing as it was given: `body` is its JSON text."""

    run_id: str
    as_of: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A document that was made once: the question's `name`, the `key` of all that went into it, `as_of`
    when, and its JSON text."""

    name: str
    key: str
    as_of: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that was known at one instant, in an order that no database decides.

    `records` has a key for every noun that was asked for; `goals` and `tasks` include closed ones;
    `connected` are the sources that were connected then. `packed` is set, and subscriptions are not among
    the records, where there are too many of them.
    """

    records: Mapping[type[Noun], tuple[Noun, ...]]
    sources: tuple[SourceRow, ...]
    goals: tuple[Goal, ...]
    tasks: tuple[Task, ...]
    energy: EnergyRow | None
    muted: frozenset[str]
    connected: frozenset[str] = frozenset()
    packed: tuple[Packed, ...] | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """A record as it was known at an instant, and when that was learned."""

    record: Noun
    learned_at: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """How many records of one kind a sync added, changed, removed and found as they were."""

    added: int
    changed: int
    removed: int
    same: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a source said of one kind beside its records: when it was last changed there, and why it is not to
    be trusted though it came."""

    observed_at: datetime | None
    caution: str | None
