"""A figure against its own past, on series whose answers are known by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.comparisons import (
    FEWEST,
    REACH,
    UNUSUAL,
    Baseline,
    Points,
    Verdict,
    baseline,
    compare,
    history,
    month_before,
)
from agents.figures import Figure
from agents.money import Money
from agents.report import Value
from agents.unit import Unit
from tests.agents.build import usd

SATURDAY = date(2026, 11, 21)


def days(*values: Value, last: date = SATURDAY) -> Points:
    """A point for each of the days that end with `last`."""
    first = last - timedelta(days=len(values) - 1)
    return [(first + timedelta(days=n), value) for n, value in enumerate(values)]


def saturdays(*values: Value) -> Points:
    """Saturdays, the last one today; every other day is wild, and must not matter."""
    found: list[tuple[date, Value]] = []
    for weeks, value in enumerate(reversed(values)):
        day = SATURDAY - timedelta(weeks=weeks)
        found = [*((day - timedelta(days=n), 9999) for n in range(6, 0, -1)), (day, value), *found]
    return found


def usual(points: Points, unit: Unit = Unit.COUNT) -> Baseline:
    return baseline(points, unit)


# ── comparisons ──────────────────────────────────────────────────────────────────────────────────


def test_last_week_last_month_and_the_average_of_the_weekday() -> None:
    points = days(*range(100))  # 99 today, one less for every day back
    week, month, weekday = compare(points, Unit.COUNT)
    assert (week.label, week.value, week.previous, week.change) == ("a week ago", 99, 92, "+7")
    assert (month.label, month.previous, month.change) == ("a month ago", 68, "+31")
    assert (weekday.label, weekday.previous) == ("average Saturday of 8 weeks", 67.5)


def test_what_is_not_known_is_not_compared() -> None:
    week, month, weekday = compare(days(5), Unit.COUNT)
    assert [one.previous for one in (week, month, weekday)] == [None, None, None]
    assert [one.change for one in (week, month, weekday)] == [None, None, None]
    gaps = compare(days(None, 1, 2, 3, 4, 5, 6, None), Unit.COUNT)
    assert {one.change for one in gaps} == {None}


def test_the_average_is_of_the_days_that_are_known() -> None:
    *_, weekday = compare(saturdays(None, 10, None, 20, 40), Unit.COUNT)
    assert (weekday.previous, weekday.change) == (15, "+25")


def test_money_is_compared_as_money() -> None:
    *_, weekday = compare(saturdays(usd(100), usd(101), usd("100.01"), usd(110)), Unit.MONEY)
    assert (weekday.previous, weekday.change) == (usd("100.34"), "+9.6%")
    week, *_ = compare(saturdays(usd(100), usd(100)), Unit.MONEY)
    assert week.change == "0.0%"


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 3, 31), date(2026, 2, 28)),
        (date(2028, 3, 30), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2026, 11, 30)),
        (date(2026, 1, 31), date(2025, 12, 31)),
        (date(2026, 3, 1), date(2026, 2, 1)),
    ],
)
def test_a_month_before_is_the_same_day_or_the_last_one(day: date, before: date) -> None:
    assert month_before(day) == before


# ── what is usual ────────────────────────────────────────────────────────────────────────────────


def test_what_is_usual_is_said_of_the_same_weekday_alone() -> None:
    found = usual(saturdays(34, 46, 40, 38, 42, 40, 39, 41, 36, 44, 41))
    assert found.sentence == "usually 40 on a Saturday (34 to 46 over 10 weeks)"
    assert (found.median, found.points, found.verdict) == (40, 10, Verdict.USUAL)
    assert found.spread == pytest.approx(2 * 1.4826)
    assert found.score == pytest.approx(1 / (2 * 1.4826))


@pytest.mark.parametrize(
    ("today", "verdict"),
    [(50, Verdict.USUAL), (51, Verdict.HIGH), (30, Verdict.USUAL), (29, Verdict.LOW), (None, Verdict.NONE)],
)
def test_beyond_three_and_a_half_spreads_is_unusual(today: Value, verdict: Verdict) -> None:
    """Median 40, MAD 2: the limit is 10.4 away."""
    found = usual(saturdays(34, 46, 40, 38, 42, 40, 39, 41, 36, 44, today))
    assert found.verdict is verdict
    assert (found.score is None) is (today is None)


def test_one_wild_day_of_the_past_hides_nothing() -> None:
    calm, wild = (usual(saturdays(40, 41, 39, 40, 42, past, 38, 40, 60)) for past in (41, 4000))
    assert (calm.verdict, wild.verdict) == (Verdict.HIGH, Verdict.HIGH)
    assert wild.score is not None and wild.score > UNUSUAL


@pytest.mark.parametrize("known", range(FEWEST))
def test_too_little_history_is_said(known: int) -> None:
    found = usual(saturdays(*[7] * known, 500))
    assert (found.verdict, found.score, found.points) == (Verdict.YOUNG, None, known)
    assert found.sentence.endswith("on record, 5 are needed to say what is usual")


def test_more_than_twelve_weeks_are_not_looked_at() -> None:
    found = usual(saturdays(*[900] * 20, *[5] * 12, 5))
    assert (found.median, found.points) == (5, 12)
    assert found.sentence == "usually 5 on a Saturday (always 5 over 12 weeks)"
    assert len(saturdays(*[5] * 13)) >= REACH


@pytest.mark.parametrize(
    ("flat", "near", "far", "unit"),
    [
        (0, 3, 4, Unit.COUNT),
        (1000, 1035, 1036, Unit.COUNT),
        (0.5, 0.535, 0.536, Unit.RATIO),
        (0.0, 0.035, 0.036, Unit.RATIO),
        (4.0, 4.35, 4.36, Unit.TIMES),
        (usd(10_000), usd(10_350), usd(10_351), Unit.MONEY),
        (usd(0), usd("3.50"), usd("3.51"), Unit.MONEY),
        (Money.of(0, "JPY"), Money.of(3, "JPY"), Money.of(4, "JPY"), Unit.MONEY),
    ],
)
def test_a_flat_series_does_not_cry_at_one_unit(flat: Value, near: Value, far: Value, unit: Unit) -> None:
    assert usual(saturdays(*[flat] * 8, near), unit).verdict is Verdict.USUAL
    assert usual(saturdays(*[flat] * 8, far), unit).verdict is Verdict.HIGH


@given(st.lists(st.integers(-(10**6), 10**6), min_size=FEWEST, max_size=12), st.integers(-(10**6), 10**6))
def test_the_score_turns_with_the_sign(past: list[int], today: int) -> None:
    found = usual(saturdays(*past, today))
    mirrored = usual(saturdays(*(-value for value in past), -today))
    assert found.score is not None and mirrored.score is not None
    assert found.score == pytest.approx(-mirrored.score)
    assert min(past) <= (found.median if isinstance(found.median, int | float) else 0) <= max(past)


@given(st.lists(st.integers(0, 50), min_size=8, max_size=12), st.integers(0, 50), st.permutations(range(8)))
def test_the_order_of_the_weeks_changes_nothing(past: list[int], today: int, order: list[int]) -> None:
    assume(len(past) >= len(order))
    mixed = [*(past[place] for place in order), *past[len(order) :]]
    assert usual(saturdays(*mixed, today)) == usual(saturdays(*past, today))


# ── daily points ─────────────────────────────────────────────────────────────────────────────────


def test_the_days_are_those_of_the_company_at_its_own_hour() -> None:
    """The clocks of Berlin went back on 25 October 2026; 07:00 there stays 07:00."""
    zone, asked = ZoneInfo("Europe/Berlin"), []

    def at(instant: datetime) -> Figure:
        asked.append(instant)
        return Figure(len(asked))

    as_of = datetime(2026, 10, 26, 7, 0, 30, tzinfo=zone).astimezone(UTC)
    points = history(at, as_of, zone, 3)
    assert points == [(date(2026, 10, 24), 1), (date(2026, 10, 25), 2), (date(2026, 10, 26), 3)]
    assert [instant.astimezone(zone).hour for instant in asked] == [7, 7, 7]
    assert [instant.astimezone(UTC).hour for instant in asked] == [5, 6, 6]
    assert asked[-1] == as_of


def test_the_last_point_is_the_instant_itself() -> None:
    as_of = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)
    assert history(lambda at: Figure(at.second), as_of, UTC, 1) == [(date(2026, 11, 23), 59)]
