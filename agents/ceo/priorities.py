"""What comes first: score = revenue impact x .40 + urgency x .25 + energy x .15 + strategy x .20.

The weights are the policy's; each factor is 0 to 100 and says in words, with its figures, why it has
that value. The formula is the founder's own; see the worked example 14 in the metric definitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum

from agents.briefing import Decision, Factor
from agents.ceo.candidates import OWNER
from agents.money import Money
from agents.periods import quarter_name
from agents.report import Recommendation
from agents.snapshot import Energy, Goal, Snapshot
from agents.wording import plural

FULL_SHARE = 0.05
"""The share of ARR from which the money at stake counts 100."""
NO_DUE_DATE = 20.0
"""Urgency of what has no due date: below anything due within four weeks."""
FAR_DAYS = 30
"""Days from which on a due date counts 10, the least that a date can count."""
NO_GOALS = 50.0
NO_MATCH = 20.0


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What the day's decisions are measured against. `arr` None: against `largest`, the largest of them."""

    snapshot: Snapshot
    arr: Money | None
    largest: Money | None


def score(factors: Iterable[Factor]) -> float:
    """The weighted sum of the factors: 95, 80, 70, 90 at .40 .25 .15 .20 is 86.5."""
    return round(fsum(factor.value * factor.weight for factor in factors), 6)


def rank(snapshot: Snapshot, candidates: Sequence[Recommendation], arr: Money | None) -> tuple[Decision, ...]:
    """All candidates as decisions, the highest score first; ties by due date, money and id.

    `arr` is the yearly recurring revenue in the company currency, None if it is not known.
    """
    amounts = [m for c in candidates if (m := _at_stake(snapshot, c.impact)) is not None]
    yard = Yardstick(
        snapshot, arr if arr is not None and arr.amount > 0 else None, max(amounts, default=None)
    )
    scored = [(candidate, factors(yard, candidate)) for candidate in candidates]
    scored.sort(key=lambda pair: _order(snapshot, *pair))
    return tuple(
        Decision(place, score(parts), parts, candidate, _command(candidate))
        for place, (candidate, parts) in enumerate(scored, start=1)
    )


def factors(yard: Yardstick, candidate: Recommendation) -> tuple[Factor, ...]:
    """The four factors of one candidate, in the order of the formula."""
    snapshot = yard.snapshot
    weights = snapshot.policy.weights
    return (
        _factor("revenue impact", weights.revenue_impact, _impact(yard, candidate.impact)),
        _factor("urgency", weights.urgency, _urgency(snapshot.today, candidate.due_on)),
        _factor("energy alignment", weights.energy_alignment, _energy(snapshot.energy, candidate.demand)),
        _factor("strategic alignment", weights.strategic_alignment, _strategy(snapshot, candidate.tags)),
    )


def _factor(name: str, weight: float, judged: tuple[float, str]) -> Factor:
    value, why = judged
    return Factor(name, value, weight, why)


def _impact(yard: Yardstick, impact: Money | None) -> tuple[float, str]:
    if impact is None:
        return 0.0, "no money named"
    amount = _at_stake(yard.snapshot, impact)
    if amount is None:
        return 0.0, f"no rate for {impact.currency}, so {impact.short()} is not weighed"
    if yard.arr is not None:
        share = amount.amount / yard.arr.amount
        value = min(100.0, share / FULL_SHARE * 100)
        return value, f"{amount.short()} is {share * 100:.1f}% of ARR {yard.arr.short()}"
    if yard.largest is None or yard.largest.amount <= 0:
        return 0.0, f"{amount.short()} at stake; ARR is not known"
    value = amount.amount / yard.largest.amount * 100
    return value, f"{amount.short()} of {yard.largest.short()}, the largest today; ARR is not known"


def _urgency(today: date, due_on: date | None) -> tuple[float, str]:
    if due_on is None:
        return NO_DUE_DATE, "no due date"
    days = (due_on - today).days
    if days < 0:
        return 100.0, f"{plural(-days, 'day')} overdue"
    if days == 0:
        return 100.0, "due today"
    value = max(10.0, 100.0 - 90.0 * days / FAR_DAYS)
    return value, f"due in {plural(days, 'day')}"


def _energy(energy: Energy, demand: int) -> tuple[float, str]:
    value = 100.0 - abs(energy.level - demand)
    return max(0.0, value), f"takes {demand}, you have {energy.level} ({energy.origin})"


def _strategy(snapshot: Snapshot, tags: Iterable[str]) -> tuple[float, str]:
    quarter = quarter_name(snapshot.today)
    goals = [goal for goal in snapshot.goals if goal.open and goal.quarter == quarter]
    if not goals:
        return NO_GOALS, "no goals set: agentos goals add"
    wanted = {tag.casefold() for tag in tags}
    served = [goal for goal in goals if wanted & {tag.casefold() for tag in goal.tags}]
    if not served:
        return NO_MATCH, f"serves none of the {plural(len(goals), 'open goal')} of {quarter}"
    best, heaviest = _heaviest(served), _heaviest(goals).weight
    value = 100.0 * max(0.0, best.weight) / heaviest if heaviest > 0 else 100.0
    return value, f"serves “{best.title}”, weight {best.weight:g} of at most {heaviest:g}"


def _heaviest(goals: Sequence[Goal]) -> Goal:
    return min(goals, key=lambda goal: (-goal.weight, goal.id))


def _at_stake(snapshot: Snapshot, impact: Money | None) -> Money | None:
    """The impact in the company currency, whichever way the money moves."""
    converted = None if impact is None else snapshot.convert(impact, snapshot.today)
    return None if converted is None else Money(abs(converted.amount), converted.currency)


def _order(
    snapshot: Snapshot, candidate: Recommendation, parts: Sequence[Factor]
) -> tuple[float, date, int, str]:
    amount = _at_stake(snapshot, candidate.impact)
    money = amount.amount if amount else 0
    return (-score(parts), candidate.due_on or date.max, -money, candidate.id)


def _command(candidate: Recommendation) -> str:
    if candidate.agent == OWNER:
        return f"agentos tasks done {candidate.id}"
    return f"agentos show {candidate.id}"
