"""What a figure usually is: robust, by weekday, with a floor, and nothing said with too little history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from agentos_cli.heartbeat import measured
from agentos_cli.heartbeat.seen import FigureSeen, Usual
from agents.figures import Figure
from agents.money import Money
from agents.report import Agent, Metric, Report
from agents.snapshot import Age, Freshness
from agents.unit import Unit
from tests.agents.build import snapshot

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FRESH = Freshness(Age.FRESH, ("stripe",), MONDAY)


def seen(value: Money | float, at: Callable[[datetime], Money | float | None], unit: Unit) -> FigureSeen:
    """A figure of an agent that has just this one."""
    past = lambda instant: Figure(at(instant), absent="no data")  # noqa: E731
    metric = Metric("odd", "Odd", unit, value, MONDAY, FRESH, at=past)
    report = Report(
        "odd", MONDAY, Agent("odd", "Odd", (), (), lambda s: report).health(snapshot()), (metric,)
    )
    world = replace(snapshot(), as_of=MONDAY)
    (found,) = measured._of(Agent("odd", "Odd", (), (), lambda s: report), world)
    return found


def usual(at: Callable[[datetime], Money | float | None], value: Money | float = 10) -> Usual | None:
    return seen(value, at, Unit.COUNT if not isinstance(value, Money) else Unit.MONEY).usual


def weeks_back(instant: datetime) -> float:
    return (MONDAY - instant) / timedelta(weeks=1)


def test_a_weekday_is_set_against_its_own_kind() -> None:
    found = usual(lambda instant: 10 if instant.weekday() == 0 else 1_000)
    assert found is not None
    assert (found.median, found.points, found.days) == (10.0, 12, "Mondays of 12 weeks")


def test_one_wild_week_moves_neither_median_nor_spread() -> None:
    tame = usual(lambda instant: 100 + round(weeks_back(instant)) % 3)
    wild = usual(
        lambda instant: 9_999 if round(weeks_back(instant)) == 4 else 100 + round(weeks_back(instant)) % 3
    )
    assert tame is not None and wild is not None
    assert abs(tame.median - wild.median) <= 1
    assert wild.spread == tame.spread


def test_the_spread_is_the_median_deviation_as_a_standard_deviation() -> None:
    found = measured.usual([Fraction(n) for n in (1, 2, 3, 4, 100)], Unit.COUNT, 1, "")
    assert (found.median, found.spread, found.steady) == (3.0, 1.4826, False)


def test_a_figure_that_never_moves_has_a_least_spread() -> None:
    found = measured.usual([Fraction(1_000)] * 6, Unit.COUNT, 1, "")
    assert (found.spread, found.steady, found.low, found.high) == (50.0, True, 1_000.0, 1_000.0)
    money = measured.usual([Fraction(500)] * 6, Unit.MONEY, Money(500, "USD"), "")
    assert money.spread == 100.0, "a dollar at least"


@pytest.mark.parametrize(("weeks", "days"), [(6.5, "Mondays of 6 weeks"), (4.5, "28 days"), (2.2, "15 days")])
def test_where_there_are_too_few_of_the_weekday_all_days_count(weeks: float, days: str) -> None:
    found = usual(lambda instant: 10 if weeks_back(instant) < weeks else None)
    assert found is not None
    assert found.days == days


def test_too_little_history_says_nothing() -> None:
    assert usual(lambda instant: 10 if weeks_back(instant) < 1.9 else None) is None
    assert usual(lambda instant: None) is None


def test_the_zeros_before_the_first_value_are_no_history() -> None:
    assert usual(lambda instant: 0) is None
    assert usual(lambda instant: 10 if weeks_back(instant) < 1.9 else 0) is None
    found = usual(lambda instant: 10 if round(weeks_back(instant)) in {1, 8} else 0)
    assert found is not None and (found.points, found.median) == (8, 0.0)


def test_money_is_counted_in_minor_units() -> None:
    found = seen(Money(123_456, "USD"), lambda instant: Money(100_000, "USD"), Unit.MONEY)
    assert (found.value, found.major, found.currency) == (123_456, 1234.56, "USD")
    assert found.usual is not None and (found.usual.median, found.usual.spread) == (100_000.0, 5_000.0)


def test_figures_come_back_from_json_as_they_were() -> None:
    one = seen(Money(123_456, "USD"), lambda instant: Money(100_000, "USD"), Unit.MONEY)
    bare = replace(one, usual=None, value=None, major=None, synced_at=None, absent="no data")
    assert measured.from_json(measured.to_json([one, bare])) == [one, bare]
