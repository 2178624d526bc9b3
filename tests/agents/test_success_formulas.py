"""Every figure of success is made of records that come to it, and says what it left out."""

from __future__ import annotations

import pytest

from agents.formula import Formula
from agents.nouns import Noun
from agents.policy import Policy
from agents.report import Metric, Report
from agents.success import analyse
from tests.agents import build
from tests.agents.build import ago, back, usd
from tests.agents.explained import assert_explained


def used(account: str, before: int, now: int) -> list[Noun]:
    """So many events a day in the 28 days before the last 28, and in the last 28."""
    return [build.usage_day(account, back(d), now if d <= 28 else before) for d in range(1, 57)]


COMPANY: tuple[Noun, ...] = (
    build.subscription("a1", 1000, account="a.com"),
    build.subscription("a2", 50, account="a.com", currency="EUR"),
    build.subscription("b", items=(build.item(4800, interval="year"),), account="b.com", renews_at=ago(-9)),
    build.subscription(
        "e",
        items=(build.item(1200, interval="year", currency="EUR"),),
        account="e.com",
        renews_at=ago(-12),
        currency="EUR",
    ),
    build.subscription(
        "f",
        items=(build.item(900, interval="year", currency="CHF"),),
        account="f.com",
        renews_at=ago(-12),
        currency="CHF",
    ),
    build.subscription(
        "q",
        items=(build.item(600, interval="year"),),
        account="q.com",
        renews_at=ago(-20),
        cancel_at=ago(-20),
    ),
    build.subscription("g", 70, account="gone.com", valid_to=ago(50)),
    build.fx_rate("EUR", "1.10"),
    build.fx_rate("EUR", "1.20", back(14)),
    build.company("1", "a.com", "Northwind"),
    build.ticket("t1", account="a.com", severity=1, created_at=ago(5), first_response_at=ago(4)),
    build.ticket("t2", account="a.com", severity=2),
    build.ticket("t3", account="b.com", severity=4, created_at=ago(9)),
    build.ticket(
        "t4", account="b.com", created_at=ago(12), closed_at=ago(3), first_response_at=ago(11), open=False
    ),
    build.survey_answer("n1", 3, account="a.com"),
    build.survey_answer("n2", 8, account="b.com"),
    build.survey_answer("n3", 10, account="e.com", answered_on=back(20)),
    build.survey_answer("n4", 9, answered_on=back(3)),
    build.survey_answer("c1", 5, survey="csat", account="a.com"),
    build.survey_answer("c2", 2, survey="csat", account="b.com", answered_on=back(1)),
    build.payment("p", account="q.com", status="failed"),
    build.invoice("i", usd(300), account="b.com", due_at=ago(40), created_at=ago(70)),
    *used("a.com", 100, 42),
    *used("b.com", 50, 53),
)


def report(*records: Noun, policy: Policy = build.POLICY) -> Report:
    return analyse(build.snapshot(*records, policy=policy))


def metric(key: str, *records: Noun) -> Metric:
    return build.figure(report(*records), key)


def made(key: str, *records: Noun) -> Formula:
    formula = metric(key, *records).formula
    assert formula is not None
    return formula


@pytest.mark.parametrize("policy", [build.POLICY, Policy(churn_risk_act=0.05, health_limit=99)])
def test_every_figure_is_made_of_its_records(policy: Policy) -> None:
    found = report(*COMPANY, policy=policy)
    assert_explained(found)
    assert {metric.key for metric in found.metrics if metric.formula is None} == set()
    assert all(alert.formula is not None for alert in found.alerts)
    assert all(one.formula is not None for one in found.recommendations if one.impact is not None)


def test_nothing_of_a_company_without_records_is_made_up() -> None:
    found = report()
    assert_explained(found)
    without = {m.key for m in found.metrics if m.value is None}
    assert without == {"nps", "csat", "first_response", "resolution_time", "usage_trend", "accounts_fading"}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("nps", "round(100 x (promoters - detractors) / answers)"),
        ("csat", "satisfied / answers"),
        ("open_tickets", "open tickets"),
        ("severe_tickets", "severe tickets"),
        ("first_response", "business hours to the first answer"),
        ("resolution_time", "business hours to the close"),
        ("usage_trend", "events now / events before - 1"),
        ("accounts_fading", "fading customers"),
        ("churn_risk", "customers at risk"),
        ("health_low", "unwell customers"),
        ("renewals_due", "12 x MRR of renewing contracts"),
    ],
)
def test_how_it_is_made_is_written_as_it_is_worked_out(key: str, text: str) -> None:
    assert made(key, *COMPANY).text == text


def test_the_score_of_a_hundred_answers() -> None:  # worked example 13
    scores = [*[9, 10] * 30, *[7, 8] * 12, 7, *[0, 3, 6] * 5]
    answers = [build.survey_answer(f"{n:03}", score) for n, score in enumerate(scores)]
    formula = made("nps", *answers)
    assert formula.value == 45
    assert {term.name: term.value for term in formula.terms} == {
        "promoters": 60,
        "detractors": 15,
        "answers": 100,
    }


def test_what_was_looked_at_and_not_counted_is_named() -> None:
    left = {
        key: [(out.refs[0].split(":")[2], out.why) for out in made(key, *COMPANY).terms[0].left_out()]
        for key in ("severe_tickets", "first_response", "renewals_due")
    }
    assert left["severe_tickets"] == [("t3", "severity 4")]
    assert left["first_response"] == [("t2", "no answer yet"), ("t3", "no answer yet")]
    assert left["renewals_due"] == [("f", "CHF 75.00: no rate for CHF"), ("q", "set to cancel")]


def test_renewals_are_worth_what_each_contract_is_at_todays_rate() -> None:
    due = metric("renewals_due", *COMPANY)
    assert (due.value, due.note, due.partial) == (
        usd(4800 + 1320),
        "3 contracts",
        "not converted: 1 contract",
    )
    (term,) = made("renewals_due", *COMPANY).terms
    assert [(part.about, part.amount, part.note) for part in term.parts()] == [
        ("b.com", 40000, ""),
        ("e.com", 11000, "€100.00 converted"),
    ]


def test_a_customer_who_is_counted_comes_with_what_they_pay_for_and_why() -> None:
    (part,) = made("accounts_fading", *COMPANY).terms[0].parts()
    assert (part.about, part.note) == ("a.com", "usage -58%")
    assert {"stripe:subscription:a1", "stripe:subscription:a2"} < set(part.refs)
    risks = {part.about: part.note for part in made("churn_risk", *COMPANY).terms[0].parts()}
    assert set(risks) == {"a.com", "q.com"}
    assert risks["a.com"].endswith("within a year, usage -58%, 2 severe tickets, detractor")


# ── satisfaction ─────────────────────────────────────────────────────────────────────────────────


def satisfied(*scores: int, days: int = 7, survey: str = "csat") -> list[Noun]:
    return [
        build.survey_answer(f"{survey}{n}", score, survey=survey, answered_on=back(days))
        for n, score in enumerate(scores)
    ]


def test_satisfaction_is_the_share_of_fours_and_fives() -> None:
    found = metric("csat", *satisfied(5, 4, 4, 3, 1, 5, 5, 5, 4, 2))
    assert (found.value, found.note) == (0.7, "n=10")
    few = metric("csat", *satisfied(5, 3), *satisfied(10, 0, survey="nps"))
    assert (few.value, few.note) == (0.5, "n=2, few answers")
    assert metric("csat", *satisfied(5, days=90)).absent == "n/a: no answer in 90 days"
    assert metric("nps", *satisfied(5, 4)).absent == "n/a: no answer in 90 days"


# ── business hours ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("start", "end", "hours"), [(9, 17, 8), (8.5, 18, 9.5), (0, 24, 24)])
def test_the_business_day_is_a_setting(start: float, end: float, hours: float) -> None:
    day = build.AS_OF.replace(day=18, hour=5)  # midnight in New York
    ticket = build.ticket("t", created_at=day, first_response_at=day.replace(day=19))
    found = report(ticket, policy=Policy(workday_start=start, workday_end=end))
    assert build.figure(found, "first_response").value == pytest.approx(hours)
