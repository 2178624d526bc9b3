"""How well forecasts came out, beside what their baseline would have said of the same.

Probabilities: Brier (1950), Verification of forecasts expressed in terms of probability,
https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2. Values and skill: Hyndman, Athanasopoulos,
Forecasting: Principles and Practice, 3rd ed., 5.8 and 5.9, https://otexts.com/fpp3/accuracy.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from agents.forecasting.forecast import PROMISED, Forecast, Method
from agents.wording import plural

ENOUGH = 10
"""Scored forecasts below which nothing is said of a method."""
ALIKE = 0.01
"""Skill that is no difference: within 1 % of the baseline's error."""

Scored = tuple[Forecast, float]
"""A forecast and its outcome."""


class Standing(StrEnum):
    """How a method stands beside its baseline."""

    NONE = "none"
    FEW = "few"
    BETTER = "better"
    ALIKE = "alike"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Score:
    """The record of one method.

    `forecasts` were scored, made on `mornings` mornings; `outcomes` is how many of them can speak for
    themselves (see `separate`). `error` is the Brier score of probabilities, else the mean absolute error in
    the unit of the value, and `baseline_error` that of the baseline; `skill` = 1 - error / baseline_error.
    `relative` is the mean absolute error as a share of the outcomes; `inside` the share of intervals
    that held their outcome; `expected` and `happened` the mean forecast and outcome. All None if not known.
    """

    method: str
    forecasts: int
    mornings: int
    outcomes: int
    error: float | None
    baseline_error: float | None
    skill: float | None
    relative: float | None
    inside: float | None
    promised: float | None
    expected: float | None
    happened: float | None
    standing: Standing
    verdict: str


def score(method: Method, scored: Iterable[Scored]) -> Score:
    """The record of a method from its scored forecasts; those of other methods are passed over."""
    mine = [(forecast, came) for forecast, came in scored if forecast.method == method.key]
    count = len(mine)
    error = _error(method, [(f.value, came) for f, came in mine])
    naive = _error(method, [(f.baseline, came) for f, came in mine])
    skill = None if error is None or not naive else 1 - error / naive
    standing = _standing(count, error, naive, skill)
    held = [f.low <= came <= f.high for f, came in mine if f.low is not None and f.high is not None]
    bands = not method.chance
    return Score(
        method=method.key,
        forecasts=count,
        mornings=len({forecast.made_on for forecast, _ in mine}),
        outcomes=separate(forecast for forecast, _ in mine),
        error=error,
        baseline_error=naive,
        skill=skill,
        relative=_relative(mine) if bands else None,
        inside=sum(held) / len(held) if held and bands else None,
        promised=PROMISED if bands else None,
        expected=_mean([f.value for f, _ in mine]),
        happened=_mean([came for _, came in mine]),
        standing=standing,
        verdict=_verdict(method, standing, count, skill),
    )


def separate(forecasts: Iterable[Forecast]) -> int:
    """How many forecasts of the same subject do not overlap, summed over the subjects: the most that can be
    chosen with every one made after the day on which the one before was due. Thirty mornings that foretell
    one month end are one outcome and not thirty."""
    windows: dict[str, list[tuple[date, date]]] = {}
    for forecast in forecasts:
        windows.setdefault(forecast.subject, []).append((forecast.due_on, forecast.made_on))
    return sum(_apart(found) for found in windows.values())


def _apart(windows: list[tuple[date, date]]) -> int:
    """Earliest end first: the classic greedy choice, which is the largest there is."""
    count, free = 0, date.min
    for due, made in sorted(windows):
        if made > free:
            count, free = count + 1, due
    return count


def _error(method: Method, pairs: Sequence[tuple[float, float]]) -> float | None:
    """Brier: the mean squared distance of probability and outcome; else the mean absolute one."""
    return _mean([(said - came) ** 2 if method.chance else abs(said - came) for said, came in pairs])


def _relative(scored: Sequence[Scored]) -> float | None:
    """None where an outcome is nothing: there is no share of it."""
    if any(came == 0 for _, came in scored):
        return None
    return _mean([abs(forecast.value - came) / abs(came) for forecast, came in scored])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _standing(count: int, error: float | None, naive: float | None, skill: float | None) -> Standing:
    if not count:
        return Standing.NONE
    if count < ENOUGH:
        return Standing.FEW
    if skill is None:  # the baseline was exact
        return Standing.WORSE if error else Standing.ALIKE
    return Standing.BETTER if skill >= ALIKE else Standing.WORSE if skill <= -ALIKE else Standing.ALIKE


def _verdict(method: Method, standing: Standing, count: int, skill: float | None) -> str:
    match standing:
        case Standing.NONE:
            return "nothing scored yet"
        case Standing.FEW:
            return f"too few to judge ({plural(count, 'forecast')} scored)"
        case Standing.BETTER:
            return f"beats its baseline by {abs(skill or 0):.0%}"
        case Standing.ALIKE:
            return "no better than its baseline"
        case _:
            by = "" if skill is None else f" by {abs(skill):.0%}"
            return f"WORSE than its baseline{by}: prefer `{method.baseline}`"
