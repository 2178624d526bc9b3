"""The net promoter score, worked out in one way for customers (NPS) and for employees (eNPS)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from agents.figures import Figure, number
from agents.formula import counted
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
    """The score of these `answers`, with their number and its 95 % interval in the note.

    The interval is the normal approximation: 1.96 standard errors of the mean of +1 for a promoter, -1 for
    a detractor and 0 for the others, in points, either way. Under `FEW_ANSWERS` there is none to speak of.
    """
    heard = answers(snapshot, survey, days, at)
    found = nps(Counter(answer.score for answer in heard))
    if found is None:
        return Figure(None, absent=f"n/a: no answer in {days} days")
    promoters = counted("promoters", [answer for answer in heard if answer.score >= 9])
    detractors = counted("detractors", [answer for answer in heard if answer.score <= 6])
    points = 100 * (promoters - detractors) / counted("answers", heard)
    sure = "few answers" if found.count < FEW_ANSWERS else f"±{found.margin}"
    return number(points.rounded(), f"n={found.count}, {sure}")
