"""Rules about money: where each fires, where it is quiet, where it cannot be seen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agents.ceo import brief
from agents.money import Money
from agents.nouns import CashBalance, MarketingSpend
from agents.report import Report
from agents.snapshot import Snapshot
from tests.agents.build import back, offer, role, snapshot, sources, usd
from tests.agents.ceo.desk import in_days, metric, outcome, reports, without

Reports = dict[str, Report]
NO_SPEND = snapshot(sources=sources(missing=[MarketingSpend]))
NEW_QUARTER = snapshot(as_of=datetime(2026, 10, 28, 12, tzinfo=UTC))
"""Four weeks earlier, on 30 September, the pipeline was that of another quarter."""
NO_CASH = snapshot(role("r1", monthly_cost=usd(20_000)), sources=sources(missing=[CashBalance]))


def acquisition(cac: int = 412, ltv: int = 900, *, was: tuple[int, int] = (300, 1200)) -> Reports:
    return reports(
        marketing=[metric("cac", usd(cac), before=usd(was[0]))],
        finance=[metric("ltv", usd(ltv), before=usd(was[1]))],
    )


def spending(spend: int = 9000, pipeline: int = 80_000) -> Reports:
    return reports(
        marketing=[metric("spend", usd(spend), before=usd(6000))],
        sales=[metric("pipeline", usd(pipeline), before=usd(100_000))],
    )


def filling(leads: int = 30, coverage: float | None = 2.0) -> Reports:
    return reports(marketing=[metric("leads", leads, before=40)], sales=[metric("coverage", coverage)])


def lasting(cash: int = 900_000, burn: int = 100_000, coverage: float = 1.5) -> Reports:
    return reports(
        finance=[metric("cash", usd(cash)), metric("net_burn", usd(burn))],
        sales=[metric("coverage", coverage)],
    )


def recommended(mrr: int = 11_000, nps: int | None = 20, *, nps_was: int | None = 40) -> Reports:
    return reports(
        finance=[metric("mrr", usd(mrr), before=usd(10_000))],
        success=[metric("nps", nps, before=nps_was)],
    )


@pytest.mark.parametrize(
    ("rule", "company", "made", "expected"),
    [
        ("cac_up_ltv_down", snapshot(), acquisition(), "act"),
        ("cac_up_ltv_down", snapshot(), acquisition(ltv=1140, was=(300, 2000), cac=310), "quiet"),
        ("cac_up_ltv_down", snapshot(), acquisition(cac=330, ltv=1140, was=(300, 2000)), "watch"),
        ("cac_up_ltv_down", snapshot(), acquisition(cac=250), "quiet"),
        ("cac_up_ltv_down", snapshot(), acquisition(ltv=1300), "quiet"),
        ("cac_up_ltv_down", snapshot(), reports(marketing=[metric("cac", usd(9))]), "unseen"),
        ("cac_up_ltv_down", snapshot(), without(acquisition(), "finance"), "unseen"),
        ("cac_up_ltv_down", NO_SPEND, acquisition(), "unseen"),
        ("spend_up_pipeline_down", snapshot(), spending(), "watch"),
        ("spend_up_pipeline_down", snapshot(), spending(pipeline=70_000), "act"),
        ("spend_up_pipeline_down", snapshot(), spending(spend=6100), "quiet"),
        ("spend_up_pipeline_down", snapshot(), spending(pipeline=99_000), "quiet"),
        ("spend_up_pipeline_down", snapshot(), without(spending(), "sales"), "unseen"),
        ("spend_up_pipeline_down", NEW_QUARTER, spending(), "unseen"),
        ("target_without_leads", snapshot(), filling(), "watch"),
        ("target_without_leads", snapshot(), filling(coverage=0.6), "act"),
        ("target_without_leads", snapshot(), filling(coverage=3.4), "quiet"),
        ("target_without_leads", snapshot(), filling(leads=41), "quiet"),
        ("target_without_leads", snapshot(), filling(coverage=None), "unseen"),
        ("thin_pipeline_on_short_runway", snapshot(), lasting(), "watch"),
        ("thin_pipeline_on_short_runway", snapshot(), lasting(cash=500_000), "act"),
        ("thin_pipeline_on_short_runway", snapshot(), lasting(cash=1_300_000), "quiet"),
        ("thin_pipeline_on_short_runway", snapshot(), lasting(coverage=3.0), "quiet"),
        ("thin_pipeline_on_short_runway", snapshot(), lasting(burn=-5), "quiet"),
        ("thin_pipeline_on_short_runway", snapshot(), reports(), "unseen"),
        ("growth_with_falling_nps", snapshot(), recommended(), "watch"),
        ("growth_with_falling_nps", snapshot(), recommended(nps=-5), "act"),
        ("growth_with_falling_nps", snapshot(), recommended(mrr=10_000), "quiet"),
        ("growth_with_falling_nps", snapshot(), recommended(nps=38), "quiet"),
        ("growth_with_falling_nps", snapshot(), recommended(nps_was=None), "unseen"),
    ],
)
def test_rules_on_metrics(rule: str, company: Snapshot, made: Reports, expected: str) -> None:
    assert outcome(rule, company, made) == expected


def treasury(cash: int | None = 1_260_000, burn: int = 90_000) -> Reports:
    held = None if cash is None else usd(cash)
    return reports(finance=[metric("cash", held), metric("net_burn", usd(burn))])


COSTLY = role("r1", monthly_cost=usd(20_000))


@pytest.mark.parametrize(
    ("company", "made", "expected"),
    [
        (snapshot(COSTLY), treasury(), "watch"),
        (snapshot(COSTLY), treasury(cash=600_000), "act"),
        (snapshot(COSTLY), treasury(cash=1_400_000), "quiet"),
        (snapshot(COSTLY), treasury(burn=-50_000), "quiet"),
        (snapshot(), treasury(), "quiet"),
        (snapshot(role("r1", monthly_cost=usd(20_000), filled_on=back(1))), treasury(), "quiet"),
        (snapshot(role("r1", monthly_cost=usd(20_000), closed_on=back(1))), treasury(), "quiet"),
        (snapshot(offer("o1", monthly_cost=usd(20_000))), treasury(), "watch"),
        (snapshot(offer("o1", monthly_cost=usd(20_000), status="declined")), treasury(), "quiet"),
        (snapshot(offer("o1", monthly_cost=usd(20_000), sent_on=back(-1))), treasury(), "quiet"),
        (snapshot(role("r1")), treasury(), "unseen"),
        (snapshot(role("r1", monthly_cost=Money(9, "EUR"))), treasury(), "unseen"),
        (snapshot(COSTLY), treasury(cash=None), "unseen"),
        (NO_CASH, treasury(), "unseen"),
    ],
)
def test_hiring_against_runway(company: Snapshot, made: Reports, expected: str) -> None:
    assert outcome("hiring_against_runway", company, made) == expected


def test_hiring_counts_a_role_with_an_offer_once_and_says_what_has_no_cost() -> None:
    company = snapshot(
        COSTLY,
        role("r2"),
        offer("o1", role_id="r1", monthly_cost=usd(30_000), expires_on=in_days(4)),
    )
    (risk,) = brief(company, treasury()).risks
    assert risk.title == "Hiring as planned leaves 10.5 months of runway"
    assert risk.detail == (
        "2 open roles and 1 offer cost $30k a month: from 14.0 months to 10.5, wanted 12; "
        "1 role without a cost"
    )
    assert risk.chain == ("hr", "finance")
    assert set(risk.evidence) == {"files:role:r1", "files:role:r2", "files:offer:o1"}


def test_a_risk_says_its_figures_and_carries_the_records_of_both_metrics() -> None:
    made = reports(
        marketing=[metric("cac", usd(412), before=usd(280), evidence=("m:1", "m:2"))],
        finance=[metric("ltv", usd(900), before=usd(1200), evidence=("m:2", "f:1"))],
    )
    (risk,) = brief(snapshot(), made).risks
    assert risk.detail == "CAC $412 (+47%), LTV $900 (-25%) in four weeks: 2.2x"
    assert risk.evidence == ("m:1", "m:2", "f:1")
    assert risk.source.startswith("David Skok")
    assert risk.command == f"agentos show {risk.id}"
