"""Rules about what people can deliver: where each fires, where it is quiet, where it cannot be seen."""

from __future__ import annotations

from decimal import Decimal

import pytest

from agents.ceo import brief
from agents.nouns import Absence, Deal
from agents.policy import Policy
from agents.report import Report
from agents.snapshot import Snapshot
from tests.agents.build import absence, deal, person, project, role, snapshot, sources, stage, usd
from tests.agents.ceo.desk import in_days, metric, outcome, reports, without

Reports = dict[str, Report]
HALF = stage("proposal", "0.5")


def closing(*hours: int, days: int = 20, **more: object) -> Snapshot:
    deals = [
        deal(f"d{n}", usd(10_000), close_on=in_days(days), effort_hours=Decimal(each))
        for n, each in enumerate(hours)
    ]
    return snapshot(HALF, stage("won", 1, closed=True, won=True), *deals)


def free(hours: float | None = 400.0) -> Reports:
    return reports(ops=[metric("capacity", hours)])


@pytest.mark.parametrize(
    ("company", "made", "expected"),
    [
        (closing(500, 400), free(), "act"),
        (closing(400, 400), free(), "watch"),
        (closing(300, 200), free(), "quiet"),
        (closing(500, 400, days=60), free(), "quiet"),
        (closing(500, 400, days=-1), free(), "quiet"),
        (closing(), free(0), "quiet"),
        (closing(10), free(-5), "act"),
        (closing(500, 400), free(None), "unseen"),
        (closing(500, 400), without(free(), "sales"), "unseen"),
        (snapshot(sources=sources(missing=[Deal])), free(), "unseen"),
    ],
)
def test_pipeline_exceeds_capacity(company: Snapshot, made: Reports, expected: str) -> None:
    assert outcome("pipeline_exceeds_capacity", company, made) == expected


def test_deals_without_an_effort_are_taken_at_the_policy_s_hours_and_closed_ones_not_at_all() -> None:
    won = stage("won", 1, closed=True, won=True)
    company = snapshot(
        HALF,
        won,
        deal("d1", usd(9_000), close_on=in_days(3)),
        deal("d2", usd(9_000), close_on=in_days(9)),
        deal("d3", usd(9_000), close_on=in_days(5), stage_id="won"),
        policy=Policy(hours_per_deal=100),
    )
    (risk,) = brief(company, free(50)).risks
    assert risk.detail == "2 deals closing within 6 weeks bring 100 h weighted; 50 h are free"
    assert (risk.chain, risk.evidence) == (("sales", "ops"), ("hubspot:deal:d1", "hubspot:deal:d2"))
    (decision,) = brief(company, free(50)).decisions
    assert (decision.recommendation.impact, decision.recommendation.due_on) == (usd(9_000), in_days(3))


def team(
    used: float | None = 0.95,
    roles: int = 3,
    offers: int = 1,
    misses: int = 0,
    enps: int | None = 10,
    wip: int = 15,
) -> Reports:
    return reports(
        ops=[
            metric("utilisation", used),
            metric("sla_misses", misses),
            metric("wip", wip, before=12),
        ],
        hr=[
            metric("open_roles", roles),
            metric("offers_expiring", offers),
            metric("enps", enps, before=None if enps is None else 30),
        ],
    )


@pytest.mark.parametrize(
    ("rule", "made", "expected"),
    [
        ("overload_with_open_roles", team(), "act"),
        ("overload_with_open_roles", team(used=0.9), "quiet"),
        ("overload_with_open_roles", team(roles=0), "quiet"),
        ("overload_with_open_roles", team(used=None), "unseen"),
        ("overload_with_open_roles", without(team(), "hr"), "unseen"),
        ("offers_lapse_while_short", team(), "act"),
        ("offers_lapse_while_short", team(used=0.5, misses=3), "act"),
        ("offers_lapse_while_short", team(used=0.5, misses=2), "quiet"),
        ("offers_lapse_while_short", team(offers=0), "quiet"),
        ("offers_lapse_while_short", team(used=None, misses=4), "act"),
        ("offers_lapse_while_short", team(used=None, misses=0), "unseen"),
        ("offers_lapse_while_short", without(team(), "ops"), "unseen"),
        ("morale_falls_under_load", team(), "watch"),
        ("morale_falls_under_load", team(enps=-10), "act"),
        ("morale_falls_under_load", team(enps=28), "quiet"),
        ("morale_falls_under_load", team(wip=12), "quiet"),
        ("morale_falls_under_load", team(enps=None), "unseen"),
    ],
)
def test_rules_on_the_load_of_the_team(rule: str, made: Reports, expected: str) -> None:
    assert outcome(rule, snapshot(role("r1")), made) == expected


def holidays(days: int, *, target: int = 14, state: str = "started") -> Snapshot:
    """Two people, one of them away for so many days of the week before the target, a Monday."""
    return snapshot(
        person("p1"),
        person("p2"),
        absence("a1", "p1", in_days(target - 7), in_days(target - 7 + days)),
        project("pr1", target_on=in_days(target), state=state),
    )


@pytest.mark.parametrize(
    ("company", "expected"),
    [
        (holidays(2), "watch"),  # 2 of 10 working days
        (holidays(5), "act"),
        (holidays(1), "quiet"),
        (holidays(5, target=70), "quiet"),
        (holidays(5, state="completed"), "quiet"),
        (snapshot(project("pr1", target_on=in_days(7)), sources=sources(missing=[Absence])), "unseen"),
    ],
)
def test_absence_at_deadline(company: Snapshot, expected: str) -> None:
    assert outcome("absence_at_deadline", company, reports()) == expected


def test_overlapping_absences_of_one_person_count_once() -> None:
    twice = snapshot(
        person("p1"),
        person("p2"),
        absence("a1", "p1", in_days(7), in_days(9)),
        absence("a2", "p1", in_days(7), in_days(9)),
        project("pr1", "Atlas", target_on=in_days(14), progress="0.4"),
    )
    (risk,) = brief(twice, reports()).risks
    assert risk.title == "Atlas: people away before the target date"
    assert risk.detail == "20% of the hours of the week before 2026-12-07 are away, limit 15%; 40% done"
