"""What an agent answers: metrics, alerts and recommendations, each with its evidence and its age."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from agents.formula import Formula
from agents.money import Money
from agents.nouns import Noun
from agents.snapshot import Age, Freshness, Snapshot
from agents.unit import Unit

if TYPE_CHECKING:
    from agents.figures import Figure

Value = Money | int | float | None
"""A figure. None means that there is none: `Metric.absent` says why ("no data" or "n/a: ...")."""


class Status(StrEnum):
    """What a figure asks of the reader, in rising order. `none` is a figure that has no value."""

    NONE = "none"
    OK = "ok"
    WATCH = "watch"
    ACT = "act"


class Good(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


BLANK = re.compile(r"<\w+>")
"""The blank in the key and the title of a family of metrics: `<channel>`."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a metric means: the one place for its title, its unit and its direction, and what is published.

    A blank in `key` and `title`, as in `cac_<channel>`, makes it a family: one metric for every channel.
    `sentence` says what the figure is, `formula` how it is worked out, `edge_cases` what else to know;
    `policy.runway_act (6)` in them names a setting and its default. `inputs` are the nouns it is made
    from, or words for what is not a record. `source` names the published definition that it follows,
    with its address where there is one; "agentos" where it is our own.
    """

    key: str
    title: str
    unit: Unit
    good: Good
    agent: str
    sentence: str
    formula: str
    inputs: tuple[type[Noun] | str, ...]
    source: str
    edge_cases: tuple[str, ...] = ()

    def covers(self, key: str) -> bool:
        """Whether it is the definition of the metric with this key."""
        head, blank, _ = self.key.partition("<")
        return key == self.key or (blank != "" and key.startswith(head) and key != head)

    def titled(self, word: str) -> str:
        """The title, with `word` for its blank."""
        return BLANK.sub(lambda _: word, self.title)


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure at one instant.

    `previous` is the same figure a week earlier and `series` the last seven weeks, oldest first,
    `value` last; both are recomputed from records, never guessed. `evidence` lists the refs of the
    records behind it (all of them). `note` is a few words for the reader, `partial` says what could
    not be counted. `formula` is how the value was made and `before` how the one of a week earlier was.
    `at` says what it was at any earlier instant; None where the records keep no past of it.
    """

    key: str
    title: str
    unit: Unit
    value: Value
    as_of: datetime
    freshness: Freshness
    evidence: Sequence[str] = ()
    status: Status = Status.OK
    good: Good = Good.UP
    previous: Value = None
    series: tuple[Value, ...] = ()
    note: str = ""
    absent: str | None = None
    partial: str | None = None
    formula: Formula | None = None
    before: Formula | None = None
    at: Callable[[datetime], Figure] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that is wrong or about to be. `status` is WATCH or ACT; `value` is the figure that
    crossed its limit, in `unit`, and `formula` how it was made. `account` names the customer it is about,
    so that agents can be joined."""

    id: str
    agent: str
    rule: str
    status: Status
    title: str
    detail: str
    unit: Unit
    value: Value
    as_of: datetime
    freshness: Freshness
    evidence: tuple[str, ...]
    account: str | None = None
    formula: Formula | None = None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Something to do or decide. `impact` is the yearly money at stake, made by `formula`; `demand` the
    energy it takes (0 to 100); `tags` are matched with the tags of the quarter's goals; `unit` is that of
    `impact`. `related` are the titles of what else there is to do about the same customer or matter."""

    id: str
    agent: str
    rule: str
    title: str
    why: str
    impact: Money | None
    due_on: date | None
    minutes: int
    demand: int
    tags: tuple[str, ...]
    as_of: datetime
    freshness: Freshness
    evidence: tuple[str, ...]
    account: str | None = None
    unit: Unit = Unit.MONEY
    agents: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    formula: Formula | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Whether an agent could do its work: `ok`, `degraded` (on stale or partial data) or `blind`."""

    state: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One agent's answer. `error` is set, and all else empty, when the agent itself failed."""

    agent: str
    as_of: datetime
    health: Health
    metrics: tuple[Metric, ...] = ()
    alerts: tuple[Alert, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    error: str | None = None

    @classmethod
    def broken(cls, agent: str, as_of: datetime, error: str) -> Report:
        """The report of an agent that broke; `error` is one line saying how."""
        return cls(agent, as_of, Health("blind", (error,)), error=error)

    def metric(self, key: str) -> Metric | None:
        """The metric with this key, or None."""
        return next((m for m in self.metrics if m.key == key), None)


@dataclass(frozen=True, slots=True)
class Agent:
    """The one contract: a name, what it reads, and a pure function from snapshot to report.

    `needs` are the nouns without which it is blind; `reads` all that it looks at, `needs` included.
    """

    name: str
    title: str
    reads: tuple[type[Noun], ...]
    needs: tuple[type[Noun], ...]
    analyse: Callable[[Snapshot], Report]

    def health(self, snapshot: Snapshot) -> Health:
        """Whether what it needs is there and fresh; decided from the snapshot alone."""
        return health(snapshot, self.reads, self.needs)


def health(snapshot: Snapshot, reads: tuple[type[Noun], ...], needs: tuple[type[Noun], ...]) -> Health:
    """`blind` if everything needed is missing, `degraded` if any part read is missing or stale."""
    ages = {noun: snapshot.freshness(noun) for noun in reads}
    reasons = []
    for noun, fresh in ages.items():
        if fresh.age is not Age.FRESH and (noun in needs or fresh.age is Age.STALE):
            reasons.append(f"{noun.kind.replace('_', ' ')} {fresh.age}: {fresh.problem or 'no newer sync'}")
    if needs and all(ages[noun].age is Age.MISSING for noun in needs):
        return Health("blind", tuple(reasons))
    return Health("degraded" if reasons else "ok", tuple(reasons))


def short_id(letter: str, *parts: str) -> str:
    """A stable short id such as `R7KQ2`, made from what the finding is about, so that the same finding
    has the same id every morning. `letter`: R recommendation, A alert, X cross-team risk, T task."""
    digest = hashlib.blake2b("\x1f".join(parts).encode(), digest_size=5).digest()
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    number = int.from_bytes(digest)
    return letter + "".join(alphabet[number >> shift & 31] for shift in (15, 10, 5, 0))
