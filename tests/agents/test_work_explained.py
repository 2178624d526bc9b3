"""Ops and hr on a company with everything in it: every number explains itself, in whatever order it came."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.hr import AGENT as HR
from agents.money import Money
from agents.nouns import Move, Noun
from agents.ops import AGENT as OPS
from agents.report import Agent, Report
from agents.snapshot import Snapshot
from tests.agents.build import (
    TODAY,
    absence,
    ago,
    back,
    candidate,
    deployment,
    figure,
    fx_rate,
    issue,
    offer,
    person,
    project,
    pull_request,
    role,
    snapshot,
    survey_answer,
    usd,
)
from tests.agents.explained import assert_explained

DONE = [
    issue(
        f"d{n}",
        state="completed",
        assignee=("Pia", "Sam")[n % 2],
        created_at=ago(60 - n),
        started_at=None if n == 4 else ago(50 - n * 1.7),
        completed_at=ago(40 - n * 3.1),
    )
    for n in range(12)
]
BACK_AND_FORTH = issue(
    "b",
    assignee="Sam",
    created_at=ago(40),
    started_at=ago(30),
    moves=(
        Move("unstarted", "started", ago(30)),
        Move("started", "backlog", ago(20)),
        Move("backlog", "started", ago(4)),
    ),
)
COMPANY: tuple[Noun, ...] = (
    *DONE,
    BACK_AND_FORTH,
    issue("old", started_at=ago(80), created_at=ago(81), due_on=back(3), blocked=True),
    *(issue(f"w{n}", started_at=ago(n / 3), assignee="Pia", sla_breaches_at=ago(n)) for n in range(1, 9)),
    *(pull_request(f"m{n}", created_at=ago(20 + n), merged_at=ago(3 * n)) for n in range(1, 6)),
    *(pull_request(f"o{n}", created_at=ago(n / 7)) for n in range(3)),
    *(deployment(f"s{n}", created_at=ago(n), finished_at=ago(n - 0.01)) for n in range(1, 20)),
    *(deployment(f"f{n}", state="failed", created_at=ago(n * 1.7)) for n in range(1, 8)),
    project("p", health="off_track", progress="0.37", target_on=back(-9), started_at=ago(70)),
    project("q", state="started", progress="0.9", target_on=back(-90)),
    person("a", hours=Decimal("37.5"), allocated=39, monthly_cost=usd("5012.37")),
    person("b", hours=20, allocated="19.3", monthly_cost=Money.of(4100, "EUR")),
    person("c", started_on=back(40), monthly_cost=Money.of(9, "CHF")),
    person("d", left_on=back(30)),
    person("e", left_on=back(200), monthly_cost=usd(1)),
    fx_rate("EUR", "1.1"),
    absence("x", "a", TODAY, back(-3), reason="holiday"),
    absence("y", "a", back(-2), back(-9)),
    absence("z", "b", back(-4), back(-5)),
    role("r1", opened_on=back(90), monthly_cost=Money.of(6200, "EUR")),
    role("r2", opened_on=back(71), target_on=back(5)),
    role("r3", opened_on=back(190), filled_on=back(120)),
    role("r4", opened_on=back(90), filled_on=back(52)),
    role("r5", opened_on=back(10), filled_on=back(20)),
    candidate("c1", stage="offer"),
    candidate("c2", stage="hired", applied_on=back(80), stage_since=back(41)),
    candidate("c3", stage="hired", applied_on=back(70), stage_since=back(9)),
    candidate("c4", stage="rejected", reached="screen"),
    candidate("c5", stage="withdrawn", reached="offer"),
    offer("o1"),
    offer("o2", candidate_id="c2", status="accepted", decided_on=back(44)),
    offer("o3", candidate_id="c5", status="declined", decided_on=back(4)),
    offer("o4", candidate_id="c6", expires_on=back(2), sent_on=back(9)),
    *(survey_answer(f"s{n}", n % 11, survey="enps", answered_on=back(n * 9)) for n in range(15)),
)


@pytest.mark.parametrize("agent", [OPS, HR], ids=lambda agent: agent.name)
@pytest.mark.parametrize("records", [COMPANY, (), (DONE[0], person("a"))], ids=["rich", "empty", "small"])
def test_every_number_is_made_of_the_records_that_it_lists(agent: Agent, records: tuple[Noun, ...]) -> None:
    report = agent.analyse(snapshot(*records))
    assert_explained(report)
    assert all(alert.formula is not None for alert in report.alerts)


def test_the_rich_company_has_every_number_and_raises_every_alert() -> None:
    ops, hr = OPS.analyse(snapshot(*COMPANY)), HR.analyse(snapshot(*COMPANY))
    assert {m.key for m in (*ops.metrics, *hr.metrics) if m.value is None} <= {
        f"pass_through_{stage}" for stage in ("interview", "final")
    }
    raised = {alert.rule for alert in (*ops.alerts, *hr.alerts)}
    assert raised >= {"sla_misses", "blocked_long", "project_at_risk", "overdue_work", "overload", "wip_high"}
    assert raised >= {"offers_expiring", "roles_open_long", "absence_high", "enps_negative"}


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_no_figure(random: Random) -> None:
    company = snapshot(*COMPANY)
    for agent in (OPS, HR):
        assert said(agent.analyse(shuffled(company, random))) == said(agent.analyse(company))


def shuffled(company: Snapshot, random: Random) -> Snapshot:
    mixed = {noun: tuple(random.sample(rows, len(rows))) for noun, rows in company.records.items()}
    return replace(company, records=mixed)


def said(report: Report) -> list[object]:
    metrics = [
        (m.key, m.value, m.series, m.note, m.status, m.partial, set(m.evidence)) for m in report.metrics
    ]
    return [*metrics, *((a.title, a.value, a.status) for a in report.alerts)]


# ── what is left out ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("agent", "key", "told"),
    [
        (OPS, "cycle_time", {"linear:issue:d4": "completed, but no start on record"}),
        (HR, "time_to_fill", {"files:role:r5": "filled before it was opened"}),
        (HR, "offer_acceptance", {"files:offer:o4": f"lapsed {back(2)}, no outcome on record"}),
    ],
)
def test_what_was_looked_at_and_not_counted_is_told(agent: Agent, key: str, told: dict[str, str]) -> None:
    formula = figure(agent.analyse(snapshot(*COMPANY)), key).formula
    assert formula is not None
    assert {left.refs[0]: left.why for term in formula.terms for left in term.left_out()} == told


def test_pay_that_cannot_be_counted_is_told() -> None:
    nobody = person("n")
    formula = figure(HR.analyse(snapshot(*COMPANY, nobody)), "payroll").formula
    assert formula is not None
    (term,) = formula.terms
    assert [(left.refs, left.why) for left in term.left_out()] == [
        (("files:person:c",), "CHF 9.00: no rate for CHF"),
        (("files:person:n",), "no cost on record"),
    ]
    assert [part.note for part in term.parts()] == ["", "€4,100.00 converted"]


def test_hours_away_name_the_person_and_every_absence() -> None:
    formula = figure(OPS.analyse(snapshot(*COMPANY)), "utilisation").formula
    assert formula is not None
    assert formula.text == "allocated hours / (contracted hours - hours away)"
    (away,) = (term for term in formula.terms if term.name == "hours away")
    assert [(part.refs, float(part.amount), part.note) for part in away.parts()] == [
        (("files:person:a", "files:absence:x", "files:absence:y"), 37.5, "5 days"),
        (("files:person:b", "files:absence:z"), 4.0, "1 day"),
    ]


# ── time ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_figure_can_be_asked_for_any_day() -> None:
    metric = figure(HR.analyse(snapshot(*COMPANY)), "headcount")
    assert metric.at is not None
    assert [metric.at(ago(days)).value for days in (0, 29, 30, 31, 41, 201)] == [3, 3, 3, 4, 3, 4]
    assert figure(HR.analyse(snapshot(*COMPANY)), "payroll").at is None


def test_the_past_stays_as_it_was_when_nothing_but_time_passes() -> None:
    now = HR.analyse(snapshot(*COMPANY))
    later = HR.analyse(snapshot(*COMPANY, as_of=ago(-7)))
    for key in ("headcount", "attrition", "open_roles", "time_to_fill", "offers_expiring"):
        assert figure(later, key).previous == figure(now, key).value, key
    assert figure(now, "headcount").as_of + timedelta(7) == figure(later, "headcount").as_of
