"""The shape of every JSON document. Names and meanings here are a versioned contract.

Additions keep the version; a changed or removed field raises it (`agentos.brief/2`). Instants are ISO
8601 with the company's offset, days `YYYY-MM-DD`. Money is minor units plus currency; a ratio is a
fraction. Every figure also has `text`, which is what all forms for people print. `evidence` lists the
first 100 records behind a figure or finding, `records` counts all of them; `agentos explain` has each.
"""

from __future__ import annotations

import sys
from typing import Literal

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12

Number = int | float | None


class FreshnessItem(TypedDict):
    """How old the data is: `state` is fresh, stale or missing; `age` like `24h`, null if never read."""

    state: str
    sources: list[str]
    synced_at: str | None
    age: str | None
    problem: str | None
    fix: str | None


class MoneyItem(TypedDict):
    """`amount` is in minor units of `currency` (cents for USD, yen for JPY)."""

    amount: int
    currency: str
    text: str


class FactorItem(TypedDict):
    """One part of a priority: `points` is `value` (0 to 100) times `weight`."""

    name: str
    value: float
    weight: float
    points: float
    why: str


class NumberItem(TypedDict):
    """One figure. `value`, `previous` (a week earlier) and `series` (oldest first) are in `unit`; money
    is in minor units of `currency`. Without a value, `absent` says why. `direction` is up, down or
    flat, `judgement` better or worse, both null if unknown. `status` is none, ok, watch or act."""

    key: str
    title: str
    value: Number
    unit: str
    currency: str | None
    text: str
    change: str | None
    direction: str | None
    judgement: str | None
    previous: Number
    previous_text: str | None
    series: list[Number]
    trend: str
    good: str
    status: str
    note: str
    absent: str | None
    partial: str | None
    evidence: list[str]
    records: int
    as_of: str
    freshness: FreshnessItem


class RecommendationItem(TypedDict):
    """Something to do. `impact` is the yearly money at stake; `related` is what else there is to do about
    the same customer or matter."""

    id: str
    rule: str
    title: str
    why: str
    related: list[str]
    due: str | None
    due_text: str | None
    minutes: int
    impact: MoneyItem | None
    agents: list[str]
    account: str | None
    evidence: list[str]
    records: int
    as_of: str
    freshness: FreshnessItem


class DecisionItem(RecommendationItem):
    """A recommendation with its rank; `score` (0 to 100) is the sum of the factors' points."""

    rank: int
    score: float
    factors: list[FactorItem]
    command: str


class RiskItem(TypedDict):
    """A risk that no single agent can see. `chain` are the agents it runs through; `source` is where
    the `rule` comes from."""

    id: str
    rule: str
    source: str
    status: str
    title: str
    detail: str
    chain: list[str]
    evidence: list[str]
    records: int
    freshness: FreshnessItem
    command: str


class AlertItem(TypedDict):
    """Something one agent found wrong. `value` is the figure that crossed its limit."""

    id: str
    agent: str
    rule: str
    status: str
    title: str
    detail: str
    value: Number
    unit: str
    currency: str | None
    text: str
    account: str | None
    evidence: list[str]
    records: int
    as_of: str
    freshness: FreshnessItem


class BlindSpotItem(TypedDict):
    """What could not be seen: `text` names it, `why` gives the reason, `fix` the command that mends it.
    `since` is the newest data there is; null means that there never was any. `partial` counts records that
    could not be read where that is all that is wrong: what was read is fresh."""

    source: str
    agents: list[str]
    since: str | None
    age: str | None
    text: str
    why: str
    fix: str | None
    partial: int


class AgentItem(TypedDict):
    """How one agent fared: `health` is ok, degraded, blind, or failed with `error`."""

    agent: str
    health: str
    reasons: list[str]
    error: str | None
    metrics: int
    alerts: int
    recommendations: int


class RestatedFigure(TypedDict):
    """A figure that is known otherwise today than it was on the day; `text` says it in a line. Where the two
    texts are the same, the difference is smaller than anybody would write down."""

    agent: str
    key: str
    title: str
    unit: str
    currency: str | None
    then: Number
    now: Number
    then_text: str
    now_text: str
    text: str


class RestatedItem(TypedDict):
    """What later and corrected records changed of a past day; the brief around it is the one known now."""

    known_at: str
    known_text: str
    figures: list[RestatedFigure]


class MeetingItem(TypedDict):
    """One of today's meetings; `time` is `09:30` or `all day`. `account` and `name` are the customer's whose
    people are invited, `matters` what is open with them; `text` says all of it in a line."""

    title: str
    starts_at: str
    ends_at: str
    time: str
    all_day: bool
    place: str | None
    people: int
    account: str | None
    name: str | None
    matters: list[str]
    ref: str
    text: str


class BriefDocument(TypedDict):
    """`agentos brief`: the whole morning, ranked; nothing is left out here, whatever is shown. `today`
    are the day's meetings, null where no calendar is known. `notices` are sentences about this brief and
    about what was sent before it: that it is late, that the last one reached nobody."""

    schema: Literal["agentos.brief/1"]
    company: str
    tenant: str
    date: str
    as_of: str
    clock: str
    zone: str
    currency: str
    status: str
    verdict: str
    decisions: list[DecisionItem]
    numbers: list[NumberItem]
    risks: list[RiskItem]
    alerts: list[AlertItem]
    blind_spots: list[BlindSpotItem]
    reports: list[AgentItem]
    failed: list[str]
    quiet: int
    unseen: list[str]
    restated: RestatedItem | None
    today: list[MeetingItem] | None
    notices: list[str]


class ReportDocument(TypedDict):
    """`agentos finance`, `sales`, ...: one agent's answer. `health` is ok, degraded, blind or failed."""

    schema: Literal["agentos.report/1"]
    agent: str
    date: str
    as_of: str
    clock: str
    zone: str
    health: str
    reasons: list[str]
    error: str | None
    metrics: list[NumberItem]
    alerts: list[AlertItem]
    recommendations: list[RecommendationItem]


class DecisionDocument(TypedDict):
    """`agentos next`: the first decision, or null when there is none; `more` counts the others."""

    schema: Literal["agentos.next/1"]
    company: str
    tenant: str
    date: str
    as_of: str
    clock: str
    zone: str
    verdict: str
    decision: DecisionItem | None
    more: int
    blind_spots: list[BlindSpotItem]
    failed: list[str]


class FindingDocument(TypedDict):
    """`agentos show ID`: one finding in full. `kind` names the one field of the four that is set; a
    recommendation is one that has no rank of its own, since it was merged with others or put off."""

    schema: Literal["agentos.finding/1"]
    company: str
    tenant: str
    date: str
    as_of: str
    clock: str
    zone: str
    id: str
    kind: Literal["decision", "risk", "alert", "recommendation"]
    decision: DecisionItem | None
    risk: RiskItem | None
    alert: AlertItem | None
    recommendation: RecommendationItem | None
