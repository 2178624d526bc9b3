"""The briefing: what one morning comes to. Renderers turn it into text; it decides nothing about looks.

It always holds everything, ranked; how much is shown is a matter of display.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from agents.formula import Formula
from agents.nouns import Meeting
from agents.report import Metric, Recommendation, Report, Status
from agents.snapshot import Freshness


@dataclass(frozen=True, slots=True)
class Factor:
    """One of the four parts of a priority: `value` 0 to 100, its `weight`, and why it has that value."""

    name: str
    value: float
    weight: float
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A recommendation with its rank. `score` is the weighted sum of `factors`, 0 to 100."""

    rank: int
    score: float
    factors: tuple[Factor, ...]
    recommendation: Recommendation
    command: str


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that no single agent can see. `chain` names the agents it runs through, in order;
    `rule` and `source` say which rule found it and where that rule comes from. `formula` is how the number
    was made that its title leads with, else the yearly money that it concerns."""

    id: str
    rule: str
    source: str
    status: Status
    title: str
    detail: str
    chain: tuple[str, ...]
    evidence: tuple[str, ...]
    freshness: Freshness
    command: str
    formula: Formula | None = None


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """What could not be seen, since when, why, and the command that mends it. `partial` counts the
    records that could not be read where that is all that is wrong: what was read is fresh."""

    source: str
    agents: tuple[str, ...]
    since: datetime | None
    why: str
    fix: str | None
    partial: int = 0


@dataclass(frozen=True, slots=True)
class Appointment:
    """One of today's meetings. `name` is what the customer is called whose people come, `matters` what is
    open with them, the gravest first."""

    meeting: Meeting
    name: str | None = None
    matters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Briefing:
    """One morning. `quiet` counts the checks that were made and found nothing; `failed` names agents
    that broke; `unseen` names rules that could not be judged for want of data; `agenda` is None where no
    calendar is known."""

    tenant: str
    company: str
    as_of: datetime
    zone: tzinfo
    currency: str
    verdict: str
    status: Status
    blind_spots: tuple[BlindSpot, ...]
    decisions: tuple[Decision, ...]
    numbers: tuple[Metric, ...]
    risks: tuple[Risk, ...]
    reports: tuple[Report, ...]
    failed: tuple[str, ...]
    quiet: int
    unseen: tuple[str, ...]
    agenda: tuple[Appointment, ...] | None = None
