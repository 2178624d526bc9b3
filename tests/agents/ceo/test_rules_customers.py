"""Rules about one customer: where each fires, where it is quiet, where it cannot be seen."""

from __future__ import annotations

import pytest

from agents.ceo import brief
from agents.nouns import Deal, Issue, Noun, Project, Subscription, SurveyAnswer, Ticket
from agents.report import Report
from agents.snapshot import Snapshot
from tests.agents.build import (
    ago,
    company,
    customer,
    deal,
    invoice,
    issue,
    item,
    project,
    snapshot,
    sources,
    stage,
    subscription,
    survey_answer,
    ticket,
    usage_day,
    usd,
)
from tests.agents.ceo.desk import in_days, outcome, recommendation, reports, saying, without

NORTHWIND = "northwind.com"
NAME = company("c1", NORTHWIND, "Northwind")


def renewing(days: int = 6) -> Subscription:
    """Northwind, paying $48k a year."""
    return subscription(
        "s1", account=NORTHWIND, items=(item(48_000, interval="year"),), renews_at=ago(days=-days)
    )


def severe() -> Ticket:
    return ticket("t1", account=NORTHWIND, severity=1)


def late_project(state: str = "started") -> Project:
    return project("p1", "Atlas", target_on=in_days(-3), state=state)


def its_issue(account: str = NORTHWIND) -> Issue:
    return issue("i1", project_id="p1", account=account)


def missed(days: float = 2, *, done_days: float | None = None, account: str = NORTHWIND) -> Issue:
    done = None if done_days is None else ago(days=done_days)
    return issue("i1", account=account, sla_breaches_at=ago(days=days), completed_at=done)


def yearly(name: str, amount: int) -> Subscription:
    items = (item(amount, interval="year"),)
    return subscription(name, account=f"{name}.com", items=items, renews_at=ago(days=-5))


PROPOSAL = stage("proposal", "0.5")
ITS_DEAL = deal("d1", usd(30_000), account=NORTHWIND, close_on=in_days(12))
OTHERS = tuple(subscription(f"o{n}", 4000, account=f"other{n}.com") for n in range(5))


def owing(days: int = 10, status: str = "open") -> Noun:
    return invoice("in1", usd(4_000), account=NORTHWIND, due_at=ago(days=days), status=status)


def scored(score: int, days: int = 7, identity: str = "a1") -> SurveyAnswer:
    return survey_answer(identity, score, account=NORTHWIND, answered_on=in_days(-days))


CASES: list[tuple[str, tuple[Noun, ...], str]] = [
    ("renewal_with_severe_tickets", (renewing(), severe()), "act"),
    ("renewal_with_severe_tickets", (renewing(30), severe()), "watch"),
    ("renewal_with_severe_tickets", (renewing(90), severe()), "quiet"),
    ("renewal_with_severe_tickets", (renewing(), ticket("t1", account=NORTHWIND, severity=4)), "quiet"),
    ("renewal_with_severe_tickets", (renewing(), ticket("t1", account="initech.com", severity=1)), "quiet"),
    ("sla_misses_at_renewal", (renewing(), missed()), "act"),
    ("sla_misses_at_renewal", (renewing(30), missed()), "watch"),
    ("sla_misses_at_renewal", (renewing(), missed(done_days=3)), "quiet"),
    ("sla_misses_at_renewal", (renewing(), missed(done_days=1)), "act"),
    ("sla_misses_at_renewal", (renewing(), missed(60)), "quiet"),
    ("sla_misses_at_renewal", (renewing(), missed(-1)), "quiet"),
    ("sla_misses_at_renewal", (renewing(), missed(account="initech.com")), "quiet"),
    ("late_project_at_renewal", (renewing(), late_project(), its_issue()), "act"),
    ("late_project_at_renewal", (renewing(30), late_project(), its_issue()), "watch"),
    ("late_project_at_renewal", (renewing(), late_project(state="completed"), its_issue()), "quiet"),
    ("late_project_at_renewal", (renewing(), project("p1"), its_issue()), "quiet"),
    ("late_project_at_renewal", (renewing(), project("p1", health="off_track"), its_issue()), "act"),
    ("late_project_at_renewal", (renewing(), late_project(), its_issue("initech.com")), "quiet"),
    ("overdue_at_stake", (renewing(30), owing()), "watch"),
    ("overdue_at_stake", (renewing(), owing()), "act"),
    ("overdue_at_stake", (PROPOSAL, ITS_DEAL, owing()), "watch"),
    ("overdue_at_stake", (PROPOSAL, ITS_DEAL, owing(40)), "act"),
    ("overdue_at_stake", (PROPOSAL, ITS_DEAL, owing(status="paid")), "quiet"),
    ("overdue_at_stake", (PROPOSAL, ITS_DEAL, owing(-3)), "quiet"),
    ("overdue_at_stake", (owing(40),), "quiet"),
    ("customer_concentration", (renewing(), *OTHERS[:2]), "watch"),
    ("customer_concentration", (renewing(), *OTHERS), "quiet"),
    ("customer_concentration", (), "quiet"),
    ("detractor_among_the_largest", (renewing(), scored(5)), "watch"),
    ("detractor_among_the_largest", (renewing(), scored(2)), "act"),
    ("detractor_among_the_largest", (renewing(), scored(7)), "quiet"),
    ("detractor_among_the_largest", (renewing(), scored(2, days=120)), "quiet"),
    ("detractor_among_the_largest", (renewing(), scored(2, 20), scored(9, 2, "a0")), "quiet"),
    ("detractor_among_the_largest", (*OTHERS, subscription("s9", 10, account=NORTHWIND), scored(2)), "quiet"),
]


@pytest.mark.parametrize(("rule", "records", "expected"), CASES)
def test_rules_on_one_customer(rule: str, records: tuple[Noun, ...], expected: str) -> None:
    assert outcome(rule, snapshot(NAME, *records), reports()) == expected


@pytest.mark.parametrize(
    ("rule", "missing", "agent"),
    [
        ("renewal_with_severe_tickets", Ticket, "success"),
        ("sla_misses_at_renewal", Issue, "ops"),
        ("late_project_at_renewal", Project, "ops"),
        ("expansion_on_shaky_ground", Deal, "sales"),
        ("overdue_at_stake", Subscription, "finance"),
        ("customer_concentration", Subscription, "finance"),
        ("detractor_among_the_largest", SurveyAnswer, "success"),
    ],
)
def test_rules_on_one_customer_are_unseen_without_a_source_or_an_agent(
    rule: str, missing: type[Noun], agent: str
) -> None:
    blind = snapshot(NAME, renewing(), severe(), sources=sources(missing=[missing]))
    assert outcome(rule, blind, reports()) == "unseen"
    assert outcome(rule, snapshot(NAME, renewing(), severe()), without(reports(), agent)) == "unseen"


def fading() -> tuple[Noun, ...]:
    """Northwind in trouble on every count: usage gone, severe tickets, an angry answer, a failed payment."""
    usage = [usage_day(NORTHWIND, in_days(-day), 100) for day in range(29, 57)]
    few = [usage_day(NORTHWIND, in_days(-day), 5) for day in range(1, 29)]
    trouble = [ticket(f"t{n}", account=NORTHWIND, severity=1) for n in range(4)]
    return (NAME, renewing(), owing(40), scored(0), *usage, *few, *trouble)


def shaky(*more: Noun) -> Snapshot:
    return snapshot(PROPOSAL, *fading(), *more)


def test_a_deal_with_a_customer_who_may_leave() -> None:
    found = brief(shaky(ITS_DEAL), reports())
    (risk,) = [r for r in found.risks if r.rule == "expansion_on_shaky_ground"]
    assert risk.title == "Northwind: selling to a customer who may leave"
    assert "1 deal worth $30k in the pipeline" in risk.detail
    assert "hubspot:deal:d1" in risk.evidence
    assert outcome("expansion_on_shaky_ground", shaky(), reports()) == "quiet"
    calm = snapshot(PROPOSAL, NAME, renewing(200), ITS_DEAL)
    assert outcome("expansion_on_shaky_ground", calm, reports()) == "quiet"


def test_a_renewal_risk_names_customer_money_date_and_records() -> None:
    (risk,) = [
        r
        for r in brief(snapshot(NAME, renewing(), severe()), reports()).risks
        if r.rule == "renewal_with_severe_tickets"
    ]
    assert risk.title == "Northwind renews with severe tickets open"
    assert risk.detail == "1 severe ticket open; $48k a year renews in 6 days"
    assert {"hubspot:ticket:t1", "stripe:subscription:s1"} <= set(risk.evidence)


def test_all_risks_of_one_customer_come_to_one_decision() -> None:
    found = brief(snapshot(NAME, renewing(), severe(), missed(), owing()), reports())
    assert {"renewal_with_severe_tickets", "sla_misses_at_renewal", "overdue_at_stake"} <= {
        risk.rule for risk in found.risks
    }
    (decision,) = found.decisions
    assert decision.recommendation.account == NORTHWIND
    assert set(decision.recommendation.agents) == {"success", "finance", "ops", "sales"}
    assert decision.recommendation.impact == usd(48_000)


def test_an_agent_s_own_advice_words_the_decision_even_if_the_risk_names_more_money() -> None:
    advice = recommendation("R1", "success", title="Call Northwind", impact=usd(1), account=NORTHWIND)
    (decision,) = brief(snapshot(NAME, renewing(), severe()), saying(advice)).decisions
    assert (decision.recommendation.title, decision.recommendation.impact) == ("Call Northwind", usd(48_000))


def test_titles_hold_the_longest_names() -> None:
    longest = company("c1", NORTHWIND, "N" * 300)
    found = brief(
        snapshot(PROPOSAL, longest, *fading()[1:], late_project(), its_issue(), missed(), ITS_DEAL), reports()
    )
    assert len({risk.rule for risk in found.risks}) >= 6
    assert all(len(risk.title) <= 60 and "\n" not in risk.detail for risk in found.risks)
    assert all(len(d.recommendation.title) <= 60 for d in found.decisions)


def test_the_gravest_come_first_and_no_rule_crowds_out_the_others() -> None:
    others = [yearly(f"x{n}", 60_000 + n) for n in range(3)]
    tickets = [ticket(f"t{n}", account=f"x{n}.com", severity=1) for n in range(3)]
    found = brief(snapshot(*others, *tickets, survey_answer("a", 1, account="x0.com")), reports())
    assert [risk.rule for risk in found.risks][:3] == [
        "renewal_with_severe_tickets",
        "detractor_among_the_largest",
        "renewal_with_severe_tickets",
    ]
    statuses = [risk.status.value for risk in found.risks]
    assert statuses == sorted(statuses)


def test_a_customer_without_a_crm_name_is_called_by_the_payer_s() -> None:
    payer = customer("cu", NORTHWIND, "Northwind Ltd")
    found = brief(snapshot(payer, renewing(), severe()), reports())
    assert any(risk.title.startswith("Northwind Ltd renews") for risk in found.risks)
    assert isinstance(found.reports[0], Report)
