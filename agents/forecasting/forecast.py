"""What a forecast is, and what a method has to say of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from agents.figures import Kinds
from agents.forecasting.scene import Scene
from agents.formula import half_up
from agents.unit import Unit

PROMISED = 0.8
"""Of how many outcomes a method's interval should hold: four in five."""
Z = 1.2815515655446004
"""The 90th percentile of the normal distribution: 80 % lie between -Z and Z."""
Basis = Mapping[str, str | int | float]
"""What a forecast was made from, by name. `name` is what people call its subject, `why` a line for them."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one method expects of one `subject`, made on one day for the end of the day `due_on`.

    A probability is 0 to 1 (unit ratio) that something happens; money is whole minor units of
    `currency`, in a float as the store keeps it (exact up to 2**53). `low` to `high` is the interval, None
    where the method has none; `baseline` what the simplest method says of the same.
    """

    method: str
    subject: str
    made_on: date
    due_on: date
    unit: Unit
    currency: str | None
    value: float
    low: float | None
    high: float | None
    baseline: float
    basis: Basis


@dataclass(frozen=True, slots=True)
class Method:
    """One way of forecasting, in words and as two functions.

    `chance` says that it gives the probability of something that happens or not, scored by Brier; else
    it gives a value, scored by its error and by how often the interval held the outcome. `event` says what
    comes true with outcome 1, or what the value is. `outcome` answers None while it is not known, or where
    it cannot be; `early` says that it may be known before the day.
    """

    key: str
    title: str
    unit: Unit
    chance: bool
    event: str
    sentence: str
    formula: str
    horizon: str
    interval: str
    baseline: str
    source: str
    limits: tuple[str, ...]
    reads: Kinds
    predict: Callable[[Scene], Iterable[Forecast]]
    outcome: Callable[[Scene, Forecast], float | None]
    early: bool = False


def whole(amount: float | Fraction) -> float:
    """An amount of money in whole minor units, rounded half up."""
    return float(half_up(Fraction(amount)))
