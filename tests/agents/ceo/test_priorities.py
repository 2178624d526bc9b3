"""How decisions are scored: the worked example, each factor and its words, and the order of ties."""

from __future__ import annotations

import pytest

from agents.briefing import Decision, Factor
from agents.ceo import brief
from agents.ceo.priorities import score
from agents.money import Money
from agents.policy import Policy, PriorityWeights
from agents.report import Recommendation
from agents.snapshot import Energy, Goal, Snapshot
from tests.agents.build import goal, snapshot, task, usd
from tests.agents.ceo.desk import in_days, metric, recommendation, saying


def only(made: Recommendation, company: Snapshot, arr: Money | None = None) -> Decision:
    (decision,) = brief(company, saying(made, finance=[metric("arr", arr)])).decisions
    return decision


def factor(decision: Decision, name: str) -> tuple[float, str]:
    (found,) = [f for f in decision.factors if f.name == name]
    return round(found.value, 6), found.why


def test_the_worked_example_comes_out_exactly() -> None:
    weights = (0.40, 0.25, 0.15, 0.20)
    factors = [Factor("", value, weight, "") for value, weight in zip((95, 80, 70, 90), weights, strict=True)]
    assert score(factors) == 86.5


@pytest.mark.parametrize(
    ("impact", "arr", "value", "why"),
    [
        (usd(48_000), usd(1_040_000), 92.307692, "$48k is 4.6% of ARR $1.04M"),
        (usd(80_000), usd(1_040_000), 100, "$80k is 7.7% of ARR $1.04M"),
        (usd(50_000), usd(1_000_000), 100, "$50k is 5.0% of ARR $1M"),
        (usd(5_000), None, 100, "$5k of $5k, the largest today; ARR is not known"),
        (usd(5_000), usd(0), 100, "$5k of $5k, the largest today; ARR is not known"),
        (None, usd(1_000_000), 0, "no money named"),
        (Money(100, "EUR"), usd(1_000_000), 0, "no rate for EUR, so €1 is not weighed"),
    ],
)
def test_revenue_impact(impact: Money | None, arr: Money | None, value: float, why: str) -> None:
    assert factor(only(recommendation("R1", impact=impact), snapshot(), arr), "revenue impact") == (
        value,
        why,
    )


def test_without_arr_impact_is_relative_to_the_largest_of_the_day() -> None:
    made = saying(recommendation("R1", impact=usd(4000)), recommendation("R2", impact=usd(1000)))
    found = {d.recommendation.id: factor(d, "revenue impact") for d in brief(snapshot(), made).decisions}
    assert found["R1"][0] == 100
    assert found["R2"] == (25, "$1k of $4k, the largest today; ARR is not known")


@pytest.mark.parametrize(
    ("days", "value", "why"),
    [
        (-3, 100, "3 days overdue"),
        (0, 100, "due today"),
        (1, 97, "due in 1 day"),
        (10, 70, "due in 10 days"),
        (30, 10, "due in 30 days"),
        (300, 10, "due in 300 days"),
        (None, 20, "no due date"),
    ],
)
def test_urgency(days: int | None, value: float, why: str) -> None:
    due_on = None if days is None else in_days(days)
    assert factor(only(recommendation("R1", due_on=due_on), snapshot()), "urgency") == (value, why)


def test_energy_is_the_distance_between_what_it_takes_and_what_there_is() -> None:
    company = snapshot(energy=Energy(30, "set by you at 06:30"))
    found = factor(only(recommendation("R1", demand=80), company), "energy alignment")
    assert found == (50, "takes 80, you have 30 (set by you at 06:30)")


KEEP = goal("g1", "Keep our customers", weight=3, tags=("Retention",))
GROW = goal("g2", "Grow abroad", weight=1.5, tags=("growth", "retention"))
PAST = goal("g3", "Old", quarter="2026-Q3", weight=9, tags=("growth",))
SHUT = goal("g4", "Shut", weight=9, tags=("growth",), open=False)


@pytest.mark.parametrize(
    ("goals", "tags", "value", "why"),
    [
        ((), ("growth",), 50, "no goals set: agentos goals add"),
        ((PAST, SHUT), ("growth",), 50, "no goals set: agentos goals add"),
        ((KEEP, GROW), ("retention",), 100, "serves “Keep our customers”, weight 3 of at most 3"),
        ((KEEP, GROW, PAST), ("growth",), 50, "serves “Grow abroad”, weight 1.5 of at most 3"),
        ((KEEP, GROW), ("cash",), 20, "serves none of the 2 open goals of 2026-Q4"),
    ],
)
def test_strategy(goals: tuple[Goal, ...], tags: tuple[str, ...], value: float, why: str) -> None:
    decision = only(recommendation("R1", tags=tags), snapshot(goals=goals))
    assert factor(decision, "strategic alignment") == (value, why)


def test_the_policy_s_weights_are_used() -> None:
    company = snapshot(policy=Policy(weights=PriorityWeights(0, 1, 0, 0)))
    assert only(recommendation("R1", due_on=in_days(0), impact=usd(9)), company).score == 100


def test_the_highest_score_comes_first_and_ranks_count_from_one() -> None:
    made = saying(recommendation("R1", due_on=in_days(20)), recommendation("R2", due_on=in_days(0)))
    ranked = [(d.rank, d.recommendation.id) for d in brief(snapshot(), made).decisions]
    assert ranked == [(1, "R2"), (2, "R1")]


def test_ties_go_to_the_earlier_date_then_to_the_id_whatever_the_order_of_arrival() -> None:
    late, early = recommendation("R1", due_on=in_days(-1)), recommendation("R9", due_on=in_days(-2))
    twin = recommendation("R0", "ops", due_on=in_days(-1))
    for made in (saying(late, early, twin), saying(twin, early, late)):
        assert [d.recommendation.id for d in brief(snapshot(), made).decisions] == ["R9", "R0", "R1"]


def test_each_decision_prints_the_command_that_deals_with_it() -> None:
    company = snapshot(tasks=(task("T1234"),))
    made = brief(company, saying(recommendation("R1"))).decisions
    assert {d.recommendation.id: d.command for d in made} == {
        "R1": "agentos show R1",
        "T1234": "agentos tasks done T1234",
    }
