"""The pipeline weighted by our own win rate at each stage, beside that of the CRM."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.nouns import Deal, StageEntry
from tests.agents.build import deal, figure, stage, usd
from tests.agents.explained import assert_explained
from tests.agents.test_sales import SOON, closed, left_out, report


def decided(won: int, lost: int) -> list[Deal]:
    """Deals that were at the proposal and then decided."""
    gained = [closed(f"w{n}", usd(1), "won", 40, 9) for n in range(won)]
    return gained + [closed(f"l{n}", usd(1), "lost", 40, 9) for n in range(lost)]


def test_the_pipeline_by_our_own_win_rate_stands_beside_that_of_the_crm() -> None:
    found = report(*decided(3, 9), deal("a", usd(1000), close_on=SOON), deal("b", usd(600), close_on=SOON))
    metric = figure(found, "weighted_measured")
    assert metric.value == usd(400)
    assert metric.note == "by our own win rates; $800 by the CRM's"
    assert metric.formula is not None
    assert metric.formula.text == (
        "open at Proposal x won from Proposal / (won from Proposal + lost from Proposal)"
    )
    assert len(metric.evidence) == 14
    assert_explained(found)


@pytest.mark.parametrize(
    ("lost", "absent"), [(6, "n/a: under 10 deals decided per stage in 180 days"), (7, None)]
)
def test_too_few_decided_deals_measure_nothing(lost: int, absent: str | None) -> None:
    metric = figure(report(*decided(3, lost), deal("a", usd(1000), close_on=SOON)), "weighted_measured")
    assert (metric.absent, metric.value) == (absent, None if absent else usd(300))


def test_deals_at_a_stage_that_is_not_measured_are_left_out_and_told() -> None:
    found = report(
        *decided(5, 5),
        deal("a", usd(1000), close_on=SOON),
        deal("b", usd(9), close_on=SOON, stage_id="talk"),
        deal("c", usd(9), close_on=SOON, stage_id="gone"),
        deal("d", None, close_on=SOON),
    )
    metric = figure(found, "weighted_measured")
    assert metric.value == usd(500)
    assert metric.partial == "1 deal without amount; 2 deals at a stage with few decided deals"
    young = "at a stage that fewer than 10 decided deals had been at"
    assert left_out(found, "weighted_measured") == {
        "hubspot:deal:b": young, "hubspot:deal:c": young, "hubspot:deal:d": "without an amount",
    }  # fmt: skip


def test_an_empty_pipeline_is_worth_nothing_by_any_measure() -> None:
    assert figure(report(), "weighted_measured").value == usd(0)


def test_stages_of_one_name_are_told_apart_in_the_formula() -> None:
    twin = stage("p2", "0.5", name="Proposal", pipeline_id="x", pipeline="Partners")
    theirs = [
        replace(one, id=f"x{one.id}", stages=(StageEntry("p2", one.created_at), one.stages[-1]))
        for one in decided(10, 0)
    ]
    open_ones = deal("a", usd(100), close_on=SOON), deal("b", usd(7), close_on=SOON, stage_id="p2")
    metric = figure(report(twin, *decided(5, 5), *theirs, *open_ones), "weighted_measured")
    assert metric.value == usd(57)
    assert metric.formula is not None
    assert {t.name for t in metric.formula.terms if t.how == "sum"} == {
        "open at Proposal",
        "open at Sales Proposal",
    }
