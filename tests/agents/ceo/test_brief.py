"""The whole briefing: five numbers, broken agents, what is quiet and unseen, the CEO's own report."""

from __future__ import annotations

import pytest

from agents import catalogue
from agents.ceo import AGENT, brief
from agents.nouns import NOUNS, Noun
from agents.report import Agent, Report, Status
from agents.snapshot import Age, Snapshot
from tests.agents.build import (
    cash_balance,
    deal,
    issue,
    snapshot,
    sources,
    stage,
    subscription,
    task,
    ticket,
    usd,
)
from tests.agents.ceo.desk import NAMES, healthy, in_days, metric, report, reports, without

FIVE = ["cash", "mrr", "pipeline", "mrr_churn_rate", "sla_misses"]
RULES = 18


def test_the_same_five_numbers_in_the_same_order_whatever_happened() -> None:
    assert [m.key for m in brief(snapshot(), healthy()).numbers] == FIVE
    broken = brief(snapshot(), without(without(healthy(), "sales"), "ops"))
    assert [m.key for m in broken.numbers] == FIVE
    assert [m.key for m in brief(snapshot(), {}).numbers] == FIVE


def test_a_number_of_a_failed_agent_keeps_its_row_and_says_why() -> None:
    pipeline = brief(snapshot(), without(healthy(), "sales")).numbers[2]
    assert (pipeline.title, pipeline.value, pipeline.status) == ("Pipeline", None, Status.NONE)
    assert (pipeline.absent, pipeline.freshness.age) == ("sales failed", Age.MISSING)
    assert brief(snapshot(), {}).numbers[2].absent == "no data"


def test_a_broken_agent_is_named_and_costs_only_its_own_part() -> None:
    made = healthy() | {"hr": Report.broken("hr", snapshot().as_of, "KeyError: 'x'")}
    found = brief(snapshot(), made)
    assert found.failed == ("hr",)
    assert found.reports[NAMES.index("hr")].error == "KeyError: 'x'"
    assert found.numbers[0].value == usd(1000)
    assert "overload_with_open_roles" in found.unseen


def test_reports_come_in_the_catalogue_s_order_then_others_by_name() -> None:
    extra = {"zoo": report("zoo"), "legal": report("legal"), **reports()}
    assert [r.agent for r in brief(snapshot(), extra).reports] == [*NAMES, "legal", "zoo"]


def test_every_rule_is_fired_quiet_or_unseen_and_quiet_figures_count_too() -> None:
    nothing = brief(snapshot(sources=sources(missing=NOUNS)), reports())
    assert (len(nothing.unseen), nothing.quiet) == (RULES, 0)
    some = brief(
        snapshot(), reports(finance=[metric("mrr", usd(1)), metric("cash", usd(1), status=Status.ACT)])
    )
    assert some.quiet == (RULES - len(some.unseen)) + 1
    assert not some.risks


def test_the_same_company_has_the_same_ids_and_bytes_every_time() -> None:
    company = snapshot(ticket("t1", account="x.com", severity=1), subscription("s1", account="x.com"))
    assert repr(brief(company, healthy())) == repr(brief(company, healthy()))


def company(**more: tuple[Noun, ...]) -> Snapshot:
    return snapshot(
        subscription("s1", 4000, account="northwind.com"),
        stage("proposal"),
        deal("d1", usd(9000), account="northwind.com", close_on=in_days(4)),
        issue("i1", account="northwind.com"),
        cash_balance(usd(500_000)),
        tasks=(task("T1", "Sign the lease", due_on=in_days(0)),),
    )


def test_the_ceo_is_an_agent_like_any_other() -> None:
    made = AGENT.analyse(company())
    assert (AGENT.name, AGENT.reads, AGENT.needs, made.agent) == ("ceo", NOUNS, (), "ceo")
    assert [m.key for m in made.metrics] == [*FIVE, "priorities", "risks", "blind_spots", "put_off"]
    assert made.metrics[1].value == usd(4000)
    assert any(r.title == "Sign the lease" for r in made.recommendations)
    assert made.error is None


def test_the_ceo_s_report_holds_the_risks_as_alerts_and_the_decisions_in_order() -> None:
    trouble = snapshot(
        *company().all(type(subscription("s"))), ticket("t1", account="northwind.com", severity=1)
    )
    briefing = brief(trouble, {name: catalogue.load(name).analyse(trouble) for name in catalogue.CATALOGUE})
    made = AGENT.analyse(trouble)
    assert [a.id for a in made.alerts] == [risk.id for risk in briefing.risks] != []
    assert [r.id for r in made.recommendations] == [d.recommendation.id for d in briefing.decisions]


def test_the_ceo_lives_through_an_agent_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = catalogue.load

    def analyse(snapshot: Snapshot) -> Report:
        raise ValueError("planted\nsecond line")

    def load(name: str) -> Agent:
        return Agent("hr", "People", (), (), analyse) if name == "hr" else whole(name)

    monkeypatch.setattr(catalogue, "load", load)
    made = AGENT.analyse(company())
    assert made.health.state == "degraded"
    assert "hr failed" in made.health.reasons


def test_the_real_agents_on_an_empty_company_make_a_briefing_that_says_so() -> None:
    empty = snapshot(sources=sources(missing=NOUNS))
    found = brief(empty, {name: catalogue.load(name).analyse(empty) for name in catalogue.CATALOGUE})
    assert [m.value for m in found.numbers] == [None] * 5
    assert found.status is Status.WATCH
    assert found.verdict == f"No decision is waiting. {len(NOUNS)} blind spots."
    assert (found.quiet, found.risks) == (0, ())


def test_the_ceo_who_sees_nothing_counts_no_risks_rather_than_none() -> None:
    made = AGENT.analyse(snapshot(sources=sources(missing=NOUNS)))
    assert made.health.state == "blind"
    told = {m.key: (m.value, m.absent) for m in made.metrics}
    assert told["risks"] == told["priorities"] == (None, "no data")
    assert told["blind_spots"] == (len(NOUNS), None)
