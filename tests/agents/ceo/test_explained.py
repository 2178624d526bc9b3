"""The morning's own numbers: what there is to decide and at risk is named, every stake is made of records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agentos_cli.app import App
from agents import catalogue
from agents.briefing import Briefing
from agents.ceo import AGENT, brief
from agents.ceo.compose import judge_all
from agents.ceo.view import View
from agents.formula import Formula
from agents.money import Money
from agents.nouns import NOUNS, Deal, Invoice, Noun
from agents.report import Metric
from agents.snapshot import Snapshot
from agents.success import analyse
from tests.agents.build import (
    ago,
    cash_balance,
    company,
    deal,
    figure,
    fx_rate,
    invoice,
    item,
    payment,
    role,
    snapshot,
    sources,
    stage,
    subscription,
    survey_answer,
    task,
    ticket,
    usd,
)
from tests.agents.ceo.desk import in_days, metric, reports
from tests.agents.explained import assert_explained, assert_says

NORTHWIND: tuple[Noun, ...] = (
    company("c", "n.com", "Northwind"),
    subscription("n1", account="n.com", items=(item(48_000, interval="year"),), renews_at=ago(-6)),
    subscription("n2", 10, account="n.com", currency="EUR"),
    subscription("o", 4000, account="o.com"),
    fx_rate("EUR", "1.5"),
    ticket("t1", account="n.com", severity=1),
    survey_answer("a", 2, account="n.com"),
    invoice("i", usd(70_000), account="n.com", due_at=ago(40), created_at=ago(60)),
    stage("proposal", "0.5"),
    deal("d", usd(9000), account="n.com", close_on=in_days(10)),
)


def morning(shown: Snapshot) -> Briefing:
    return brief(shown, {name: catalogue.load(name).analyse(shown) for name in catalogue.CATALOGUE})


def risk_of(found: Briefing, rule: str) -> Formula:
    (formula,) = [risk.formula for risk in found.risks if risk.rule == rule]
    assert formula is not None
    return formula


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG", "STATE", "CACHE", "DATA"):
            patch.setenv(f"XDG_{name}_HOME", str(tmp_path_factory.getbasetemp() / "xdg" / name))
        return App.demo("2026-11-23T07:00").snapshot(set(NOUNS))


def test_every_number_of_the_demo_morning_is_made_of_records(demo: Snapshot) -> None:
    assert_explained(analyse(demo))
    assert_explained(AGENT.analyse(demo))
    found = morning(demo)
    assert found.unseen == ()
    assert len(found.risks) > 10 and all(risk.formula for risk in found.risks)
    for risk in found.risks:
        assert_formula(risk.formula)
    for one in (decision.recommendation for decision in found.decisions):
        assert (one.formula is None) == (one.impact is None), one.title
        if one.formula is not None:
            assert_says(one.title, one.formula, one.impact)


def assert_formula(formula: Formula | None) -> None:
    assert formula is not None and formula.value is not None
    value = formula.money() if formula.currency else float(formula.value)
    assert_says(formula.text, formula, value)


# ── stakes ───────────────────────────────────────────────────────────────────────────────────────


def test_what_a_risk_is_about_comes_with_how_it_was_made() -> None:
    found = morning(snapshot(*NORTHWIND))
    for risk in found.risks:
        assert_formula(risk.formula)
    assert risk_of(found, "renewal_with_severe_tickets").text == "12 x MRR of the customer"
    assert risk_of(found, "renewal_with_severe_tickets").refs == ("stripe:subscription:n1",)
    assert risk_of(found, "detractor_among_the_largest").money() == usd(48_000 + 180)
    assert risk_of(found, "overdue_at_stake").refs == ("stripe:invoice:i",)
    shares = [r for r in found.risks if r.rule == "customer_concentration"]
    assert [risk.title for risk in shares] == ["Northwind pays 50% of MRR", "o.com pays 50% of MRR"]
    assert all(risk.formula and risk.formula.text == "MRR of the customer / MRR" for risk in shares)


def test_a_decision_of_several_is_made_as_its_largest_stake_is() -> None:
    (decided,) = [
        d.recommendation
        for d in morning(snapshot(*NORTHWIND)).decisions
        if d.recommendation.account == "n.com"
    ]
    assert decided.impact == usd(70_000)
    assert decided.formula is not None and decided.formula.refs == ("stripe:invoice:i",)
    assert_says(decided.title, decided.formula, decided.impact)


def test_a_risk_that_is_the_larger_stake_lends_its_making_to_the_agents_decision() -> None:
    calm = [one for one in NORTHWIND if not isinstance(one, Invoice | Deal)]
    shaky = (ticket("t2", account="n.com", severity=2), payment("p", account="n.com", status="failed"))
    (decided,) = [
        d.recommendation
        for d in morning(snapshot(*calm, *shaky)).decisions
        if d.recommendation.account == "n.com"
    ]
    assert (decided.agent, decided.rule, decided.impact) == ("success", "renewal", usd(48_000 + 180))
    assert decided.formula is not None
    assert_says(decided.title, decided.formula, decided.impact)


def test_the_runway_after_hiring_is_written_as_it_is_worked_out() -> None:
    shown = snapshot(
        role("r1", monthly_cost=usd(10_000)), role("r2", monthly_cost=Money(1, "CHF")), cash_balance(usd(1))
    )
    made = reports(
        finance=[
            metric("cash", usd(300_000), evidence=("files:cash_balance:main",)),
            metric("net_burn", usd(20_000), evidence=("files:bank_transaction:b",)),
        ]
    )
    (found,) = [
        one for rule, one in judge_all(View(shown, made)).fired if rule.name == "hiring_against_runway"
    ]
    assert found.said is not None and found.stake is not None
    assert found.said.text == "cash / (net_burn + monthly cost of hires)"
    assert found.said.value == 10
    assert found.stake.money() == usd(120_000)
    (cost,) = found.stake.terms
    assert [(left.refs, left.why) for left in cost.left_out()] == [
        (("files:role:r2",), "no cost, or no rate for it")
    ]


# ── the CEO's own figures ────────────────────────────────────────────────────────────────────────


def own(shown: Snapshot, key: str) -> Metric:
    return figure(AGENT.analyse(shown), key)


def assert_named(shown: Snapshot, key: str) -> None:
    found = AGENT.analyse(shown)
    assert_explained(replace(found, metrics=(figure(found, key),)))


def test_priorities_are_counted_by_who_asks_for_them() -> None:
    shown = snapshot(*NORTHWIND, tasks=(task("T1", "Write the letter"),))
    assert_named(shown, "priorities")
    found = own(shown, "priorities")
    assert found.formula is not None and found.value == len(found.evidence)
    assert found.formula.text == "recommendations + your open tasks + risks to decide on"
    assert [term.value for term in found.formula.terms][1] == 1
    assert "agentos:task:T1" in found.evidence


def test_what_is_put_off_is_left_out_by_name() -> None:
    shown = snapshot(*NORTHWIND)
    risk = morning(shown).risks[0].id
    muted = replace(shown, muted=frozenset({risk}))
    assert_named(muted, "put_off")
    before, after = own(shown, "risks"), own(muted, "risks")
    assert isinstance(before.value, int) and after.value == before.value - 1
    assert after.formula is not None
    left = {out.refs[0]: out.why for out in after.formula.terms[0].left_out()}
    assert left[f"agentos:snooze:{risk}"] == "put off"
    assert own(muted, "put_off").evidence == (f"agentos:snooze:{risk}",)


def test_a_rule_that_could_not_be_judged_is_left_out_of_the_risks() -> None:
    found = own(snapshot(*NORTHWIND, sources=sources(missing=(type(NORTHWIND[5]),))), "risks")
    assert found.formula is not None
    left = {out.refs[0]: out.why for out in found.formula.terms[0].left_out()}
    assert left["agentos:rule:renewal_with_severe_tickets"] == "lacks data to be judged"
    assert found.partial is not None and found.partial.endswith("could not be judged")


def test_every_blind_spot_is_named_with_what_is_wrong() -> None:
    shown = snapshot(sources=sources(stale=(type(NORTHWIND[1]),)))
    assert_named(shown, "blind_spots")
    found = own(shown, "blind_spots")
    assert found.formula is not None
    (part,) = found.formula.terms[0].parts()
    assert (part.refs, part.note) == (("agentos:source:subscription",), "key expired")


def test_what_nobody_ever_read_has_neither_a_count_nor_a_formula() -> None:
    shown = snapshot(sources=())
    for key in ("priorities", "risks"):
        found = own(shown, key)
        assert (found.value, found.absent, found.formula, found.evidence) == (None, "no data", None, ())
    assert own(shown, "put_off").value == 0
