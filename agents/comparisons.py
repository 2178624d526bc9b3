"""A figure against its own past: last week, last month, the same weekday, and what is usual on that day.

Nothing here is worked out for a morning: `history` asks a figure function for its daily points when
someone wants to see them. What is usual is a robust baseline: the median of the same weekday over up
to 12 weeks, and as spread the median absolute deviation (MAD) x 1.4826, which estimates a standard
deviation and which one wild day does not move. A value is unusual when its modified z-score, its
distance from the median in spreads, is beyond 3.5: Boris Iglewicz and David Hoaglin, How to Detect and
Handle Outliers, ASQC Basic References in Quality Control 16, 1993; also NIST/SEMATECH e-Handbook of
Statistical Methods, https://www.itl.nist.gov/div898/handbook/eda/section3/eda35h.htm.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from fractions import Fraction

from agents import quantity
from agents.figures import Figure
from agents.formula import half_up
from agents.money import Money, exponent
from agents.periods import month_start
from agents.report import Value
from agents.unit import Unit

Points = Sequence[tuple[date, Value]]
"""One value a day, oldest first; the last is the one that is compared."""

WEEK = timedelta(days=7)
AVERAGED, LOOKED_BACK = 8, 12
"""Weeks that the average of a weekday takes in, and weeks that the baseline does."""
REACH = LOOKED_BACK * WEEK.days + 1
"""Daily points from which everything here can be said."""
FEWEST = 5
"""Points from fewer than which nothing is called usual."""
UNUSUAL = 3.5
"""The score beyond which a value is unusual (Iglewicz and Hoaglin)."""
DEVIATION = Fraction("1.4826")
"""MAD to standard deviation, for values that scatter normally."""
LEAST_SHARE = Fraction(1, 100)
"""The spread is never taken for less than this share of the median, nor than one `STEP`: a series that
never moved must not cry at its first unit."""
STEP = {Unit.RATIO: Fraction(1, 100), Unit.TIMES: Fraction(1, 10)}
"""The least spread by unit; one of any other unit, for money one major unit."""


class Verdict(StrEnum):
    """How a value stands to what is usual on its weekday."""

    USUAL = "as usual"
    HIGH = "unusually high"
    LOW = "unusually low"
    YOUNG = "too little history"
    NONE = "no value"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The value beside an earlier one. `change` as people say it (`+3`, `-1.8%`); None if unknown."""

    label: str
    value: Value
    previous: Value
    change: str | None


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual on the weekday of the value. `spread` is what the score was divided by, the floor
    included; `points` how many earlier days it is made from; `sentence` says it in words."""

    median: Value
    spread: Value
    points: int
    score: float | None
    verdict: Verdict
    sentence: str


def history(at: Callable[[datetime], Figure], as_of: datetime, zone: tzinfo, days: int) -> Points:
    """What a figure was on each of `days` days up to `as_of`, at its wall time in `zone`, as the records
    tell it now."""
    local = as_of.astimezone(zone)
    earlier = (local.date() - timedelta(days=back) for back in range(days - 1, 0, -1))
    instants = [(day, datetime.combine(day, local.time(), zone).astimezone(UTC)) for day in earlier]
    return [(day, at(instant).value) for day, instant in (*instants, (local.date(), as_of))]


def compare(points: Points, unit: Unit) -> tuple[Comparison, ...]:
    """The last point against a week before, a month before, and the average of its weekday."""
    today, value = points[-1]
    known = dict(points)
    average = _average([known.get(today - n * WEEK) for n in range(1, AVERAGED + 1)])
    earlier = (
        ("a week ago", known.get(today - WEEK)),
        ("a month ago", known.get(month_before(today))),
        (f"average {today:%A} of {AVERAGED} weeks", average),
    )
    return tuple(Comparison(label, value, then, changed(value, then, unit)) for label, then in earlier)


def month_before(day: date) -> date:
    """The same day of the month before, or its last one: 28 February before 31 March."""
    first = month_start(day, 1)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def changed(now: Value, before: Value, unit: Unit) -> str | None:
    """The change in words; one that rounds to nothing has no sign."""
    said = quantity.change(now, before, unit)
    return said if said is None or any(digit in said for digit in "123456789") else said.lstrip("+-")


def baseline(points: Points, unit: Unit) -> Baseline:
    """What is usual on the weekday of the last point, and how that point stands to it."""
    today, value = points[-1]
    known = dict(points)
    past = [then for n in range(1, LOOKED_BACK + 1) if (then := known.get(today - n * WEEK)) is not None]
    if len(past) < FEWEST:
        days = f"{today:%A}" if len(past) == 1 else f"{today:%A}s"
        sentence = f"{len(past)} {days} on record, {FEWEST} are needed to say what is usual"
        return Baseline(None, None, len(past), None, Verdict.YOUNG, sentence)
    numbers = [_number(then) for then in past]
    middle = _median(numbers)
    spread = max(_median([abs(n - middle) for n in numbers]) * DEVIATION, floor(middle, unit, past[0]))
    low, high = (quantity.text(_like(past[0], n), unit) for n in (min(numbers), max(numbers)))
    usual = quantity.text(_like(past[0], middle), unit)
    ranged = f"always {usual}" if low == high else f"{low} to {high}"
    sentence = f"usually {usual} on a {today:%A} ({ranged} over {len(past)} weeks)"
    score = None if value is None else float((_number(value) - middle) / spread)
    return Baseline(
        _like(past[0], middle), _like(past[0], spread), len(past), score, _verdict(score), sentence
    )


def floor(median: Fraction, unit: Unit, sample: Value) -> Fraction:
    """The least that the spread is taken for: 1 % of the median, and at least one step of the unit."""
    step = STEP.get(unit, Fraction(1))
    if isinstance(sample, Money):
        step = Fraction(10 ** exponent(sample.currency))
    return max(abs(median) * LEAST_SHARE, step)


def _verdict(score: float | None) -> Verdict:
    if score is None:
        return Verdict.NONE
    if abs(score) <= UNUSUAL:
        return Verdict.USUAL
    return Verdict.HIGH if score > 0 else Verdict.LOW


def _average(values: Sequence[Value]) -> Value:
    known = [value for value in values if value is not None]
    return _like(known[0], sum(map(_number, known), Fraction(0)) / len(known)) if known else None


def _median(numbers: Sequence[Fraction]) -> Fraction:
    ordered = sorted(numbers)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return (low + high) / 2


def _number(value: Value) -> Fraction:
    """Exactly as it is written: 0.035 is 35 thousandths, so that 3.5 spreads of 0.01 are not beyond it."""
    assert value is not None
    if isinstance(value, Money):
        return Fraction(value.amount)
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def _like(sample: Value, number: Fraction) -> Value:
    """A number as `sample` is one: money in its currency, else a plain number, whole where it is."""
    if isinstance(sample, Money):
        return Money(half_up(number), sample.currency)
    return int(number) if number.denominator == 1 and isinstance(sample, int) else float(number)
