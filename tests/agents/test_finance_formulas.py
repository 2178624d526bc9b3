"""Every number of finance can be taken apart down to the records that made it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from agents.finance import AGENT
from agents.formula import Part, Term
from agents.nouns import NOUNS, Noun, Subscription
from agents.policy import Policy
from agents.report import Metric, Report
from agents.snapshot import Snapshot
from tests.agents import build
from tests.agents.build import ago, usd
from tests.agents.explained import assert_explained


def company() -> Iterator[Noun]:
    """A company of which every figure is known: two currencies and one without a rate, every movement, a
    trial, a pause, an end that is set; cash in two banks, a round of capital; debts of every age."""
    plan = build.subscription
    yield from (plan(f"kept{n}", 100 + n, account=f"kept{n}.com") for n in range(8))
    yield plan("euro", 40, account="kept1.com", currency="EUR")
    yield plan("franc", 30, account="franc.com", currency="CHF", cancel_at=ago(-40))
    yield plan("free", 50, discounts=(build.discount(percent=100),))
    yield plan("trial", 60, status="trialing")
    yield plan("paused", 60, status="paused")
    yield plan("late", 20, status="past_due", account="late.com")
    yield plan("going", 80, account="going.com", cancel_at=ago(-9))
    yield plan("autumn", 60, valid_from=ago(75))
    yield plan("new", 35, account="new.com", valid_from=ago(9))
    yield from (plan("gone", 90, valid_to=ago(9)), plan("left", 15, valid_to=ago(70)))
    for name, before, after in (("up", 50, 70), ("down", 70, 45), ("back", 20, 25)):
        until = ago(60) if name == "back" else ago(9)
        yield plan(f"{name}1", before, account=f"{name}.com", valid_to=until)
        yield plan(f"{name}2", after, account=f"{name}.com", valid_from=ago(9))
    yield from (build.fx_rate("EUR", "1.10"), build.fx_rate("EUR", "1.05", date(2026, 10, 24)))
    yield build.cash_balance(usd(4000), build.back(2))
    yield build.cash_balance(usd(500), build.back(20), holder="savings")
    for month in (7, 8, 9, 10):
        first = date(2026, month, 1)
        yield build.bank_transaction(f"out{month}", -usd(900 + month), first)
        yield build.bank_transaction(f"in{month}", usd(300), first, category="revenue")
        yield build.bank_transaction(f"round{month}", usd(5000), first, category="Funding")
    yield build.bank_transaction("now", -usd(10), build.back(3))
    for days in (5, 40, 70, 100):
        yield build.invoice(f"i{days}", usd(days), account=f"kept{days % 7}.com", due_at=ago(days))
    yield build.invoice("paid", status="paid", due_at=ago(20), paid_at=ago(1))
    yield build.invoice("undated")
    yield build.invoice("void", status="void", due_at=ago(20))
    yield build.payment("p1", usd(20), account="late.com", status="failed")
    yield build.payment("p2", usd(20), account="kept1.com", status="failed", invoice_id="paid")
    yield build.payment("p3", usd(70), account="kept2.com", disputed=True)


SNAPSHOT = build.snapshot(*company(), policy=Policy(gross_margin=0.8))


@pytest.fixture(scope="module")
def report() -> Report:
    return AGENT.analyse(SNAPSHOT)


def term(metric: Metric, name: str) -> Term:
    assert metric.formula is not None
    return next(term for term in metric.formula.terms if term.name == name)


def test_every_figure_alert_and_recommendation_is_explained(report: Report) -> None:
    assert [metric.key for metric in report.metrics if metric.value is None] == []
    assert {alert.rule for alert in report.alerts if alert.formula is not None} == {
        "runway", "churn", "overdue", "failed_payment", "dispute", "cancelling",
    }  # fmt: skip
    assert all(one.formula is not None for one in report.alerts)
    assert {one.title for one in report.recommendations if one.formula is None} == {
        "franc.com cancels: win back or let go"  # no rate, so no impact
    }
    assert_explained(report)


@pytest.mark.parametrize("records", [(), (build.subscription("s", 10, valid_from=ago(1)),)])
def test_a_company_of_nothing_or_of_one_day_is_explained_too(records: tuple[Noun, ...]) -> None:
    assert_explained(AGENT.analyse(build.snapshot(*records)))


def test_the_formulas_as_people_read_them(report: Report) -> None:
    texts = {metric.key: metric.formula.text for metric in report.metrics if metric.formula is not None}
    assert texts["nrr"] == "(MRR 365 days ago + expansion - contraction - churn) / MRR 365 days ago"
    assert texts["quick_ratio"] == "(new + expansion + reactivation) / (contraction + churn)"
    assert texts["runway"] == "account balances x full months / (paid out - came in)"
    assert texts["rule_of_40"] == "MRR / MRR 365 days ago - 1 + (came in - paid out) / came in"
    churned = "customers lost in 90 days / customers 90 days ago x 30 / 90"
    assert texts["ltv"] == f"MRR / paying customers x gross margin / ({churned})"


def test_the_records_of_a_figure_are_all_of_its_own_and_no_others(report: Report) -> None:
    def ids(key: str, name: str) -> set[str]:
        parts = term(build.figure(report, key), name).parts()
        return {ref.split(":")[2] for part in parts for ref in part.refs}

    assert ids("gross_burn", "paid out") == {"out8", "out9", "out10"}
    assert ids("cash_in", "came in") == {"in8", "in9", "in10"}
    assert ids("spend_growth", "paid out before") == {"out7", "out8", "out9"}
    assert ids("logo_churn_rate", "customers lost in 30 days") == {"gone"}
    assert ids("mrr_expansion", "expansion") == {"up1", "up2"}
    assert ids("concentration", "MRR of the largest customer") == {"euro", "kept1"}
    assert ids("overdue_31_60", "invoices overdue 31-60 d") == {"i40"}
    assert ids("cash", "account balances") == {f"main-{build.back(2)}", f"savings-{build.back(20)}"}


def test_what_was_left_out_is_named_with_its_reason(report: Report) -> None:
    def why(key: str, name: str) -> dict[str, str]:
        left = term(build.figure(report, key), name).left_out()
        return {ref.split(":")[2]: one.why for one in left for ref in one.refs}

    assert why("mrr", "MRR").items() >= {
        "franc": "CHF 30.00: no rate for CHF", "trial": "trialing", "paused": "paused",
    }.items()  # fmt: skip
    assert why("scheduled_churn", "MRR set to end") == {"franc": "CHF 30.00: no rate for CHF"}
    assert why("nrr", "expansion") == {
        "new": "new.com: new customer",
        "autumn": "stripe:customer:cus_autumn: new customer",
    }
    assert why("net_burn", "came in") == {
        f"round{month}": "funding: neither income nor spend" for month in (8, 9, 10)
    }
    assert why("overdue", "overdue invoices") == {"undated": "open, no due day", "void": "voided"}
    assert why("failed_payments", "failed payments") == {"p2": "recovered: paid after all"}


def test_a_foreign_part_shows_what_it_was_before_it_was_converted(report: Report) -> None:
    (part,) = [
        p for p in term(build.figure(report, "mrr"), "MRR").parts() if "stripe:subscription:euro" in p.refs
    ]
    assert (part.amount, part.note, part.about) == (4400, "€40.00 converted", "kept1.com")


def test_the_four_ages_make_up_what_is_overdue(report: Report) -> None:
    keys = ("overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_over_90")
    values = [build.figure(report, key).value for key in keys]
    assert values == [usd(5), usd(40), usd(70), usd(100)]
    assert build.figure(report, "overdue").value == usd(215)


def test_a_figure_that_says_more_than_its_records_is_caught(report: Report) -> None:
    """The check that all agents are held to must itself be able to fail."""
    mrr = build.figure(report, "mrr")
    assert mrr.formula is not None
    short = replace(mrr.formula.terms[0], read=lambda: [Part(("stripe:subscription:new",), 3500)])
    wrong = {
        "has no formula": replace(mrr, formula=None),
        "but MRR": replace(mrr, value=usd(1)),
        "its parts are": replace(mrr, formula=replace(mrr.formula, terms=(short,))),
        "other evidence": replace(mrr, evidence=("stripe:subscription:else",)),
        "a week ago": replace(mrr, previous=usd(1)),
    }
    for said, metric in wrong.items():
        with pytest.raises(AssertionError, match=said):
            assert_explained(replace(report, metrics=(metric,), alerts=(), recommendations=()))
    alert = replace(report.alerts[0], value=1.5)
    with pytest.raises(AssertionError, match=r"= 1\.5, but"):
        assert_explained(replace(report, metrics=(), alerts=(alert,)))


def test_all_sources_old_or_never_read(report: Report) -> None:
    def of(snapshot: Snapshot) -> dict[str, str | None]:
        return {metric.key: metric.absent for metric in AGENT.analyse(snapshot).metrics}

    never = of(replace(SNAPSHOT, sources=build.sources(missing=NOUNS)))
    assert set(never.values()) == {"no data"}
    stale = AGENT.analyse(replace(SNAPSHOT, sources=build.sources(stale=(Subscription,))))
    assert [metric.value for metric in stale.metrics] == [metric.value for metric in report.metrics]
