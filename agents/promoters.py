"""The net promoter score, worked out in one way for customers (NPS) and for employees (eNPS)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from agents.figures import Figure, refs
from agents.nouns import SurveyAnswer
from agents.snapshot import Snapshot

FEW_ANSWERS = 10
"""From fewer than so many, a score says little, and says so."""


@dataclass(frozen=True, slots=True)
class Nps:
    """A net promoter score, -100 to 100, from `count` answers; `margin` is half its 95 % interval."""

    score: int
    count: int
    margin: int


def nps(scores: Counter[int]) -> Nps | None:
    """% of 9 and 10 minus % of 0 to 6, rounded to whole, half away from zero; None without answers."""
    count = scores.total()
    if not count:
        return None
    promoters = sum(n for score, n in scores.items() if score >= 9)
    detractors = sum(n for score, n in scores.items() if score <= 6)
    mean = (promoters - detractors) / count
    variance = (promoters + detractors) / count - mean**2
    margin = round(196 * (max(0.0, variance) / count) ** 0.5)
    doubled = 200 * (promoters - detractors)
    size = (abs(doubled) + count) // (2 * count)
    return Nps(size if doubled >= 0 else -size, count, margin)


def answers(snapshot: Snapshot, survey: str, days: int, at: datetime) -> tuple[SurveyAnswer, ...]:
    """The answers to `survey` (`nps` or `enps`) of so many days, that of `at` included."""
    today = snapshot.day_of(at)
    return tuple(
        answer
        for answer in snapshot.all(SurveyAnswer)
        if answer.survey == survey and 0 <= (today - answer.answered_on).days < days
    )


def score(snapshot: Snapshot, survey: str, days: int, at: datetime) -> Figure:
    """The score of these `answers`, with their number and its 95 % interval in the note."""
    heard = answers(snapshot, survey, days, at)
    found = nps(Counter(answer.score for answer in heard))
    if found is None:
        return Figure(None, absent=f"n/a: no answer in {days} days")
    sure = "few answers" if found.count < FEW_ANSWERS else f"±{found.margin}"
    return Figure(found.score, refs(heard), f"n={found.count}, {sure}")
