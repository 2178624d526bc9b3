"""The verdict: computed from statuses, and never all well over anything that is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.briefing import Briefing
from agents.ceo import brief
from agents.nouns import Invoice
from agents.report import Metric, Report, Status
from tests.agents.build import role, snapshot, sources, task, usd
from tests.agents.ceo.desk import HEADLINES, NAMES, alert, in_days, metric, recommendation, report, reports

Reports = dict[str, Report]
TITLES = {
    "cash": "Cash",
    "mrr": "MRR",
    "pipeline": "Pipeline",
    "mrr_churn_rate": "Churn (30d)",
    "sla_misses": "SLA misses",
}


def morning(*, extra: tuple[Metric, ...] = (), **statuses: Status) -> Reports:
    """Six agents with the five numbers at these statuses, ok where none is given."""

    def one(key: str) -> Metric:
        status = statuses.get(key, Status.OK)
        return metric(key, None if status is Status.NONE else usd(9), title=TITLES[key], status=status)

    made = {name: [one(key) for key in keys] for name, keys in HEADLINES.items()}
    made.setdefault("hr", []).extend(extra)
    return reports(**made)


def deciding(*due_in: int | None, title: str = "Northwind renewal: approve 8% discount?") -> Reports:
    made = [
        recommendation(f"R{n}", title=title, due_on=None if days is None else in_days(days))
        for n, days in enumerate(due_in)
    ]
    return morning() | {"sales": replace(morning()["sales"], recommendations=tuple(made))}


RUNWAY = metric("runway", 9, title="Cash runway", status=Status.WATCH)
USED = metric("utilisation", 1, title="Utilisation", status=Status.ACT)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (morning(), "Nothing needs you today."),
        (deciding(0), "One decision today: Northwind renewal."),
        (deciding(-4), "One decision today: Northwind renewal."),
        (deciding(0, 0, 3), "2 decisions today."),
        (deciding(3), "One decision this week, not due today: Northwind renewal."),
        (deciding(2, 3, 6), "3 decisions this week, none due today."),
        (deciding(7), "One decision open, not due this week: Northwind renewal."),
        (deciding(9, None), "2 decisions open, none due this week."),
        (morning(sla_misses=Status.ACT), "No decision is waiting. SLA misses are past their limit."),
        (morning(cash=Status.ACT), "No decision is waiting. Cash is past its limit."),
        (morning(mrr_churn_rate=Status.WATCH), "No decision is waiting. Churn is watched."),
        (morning(extra=(RUNWAY,)), "No decision is waiting. Cash runway is watched."),
        (
            morning(extra=(RUNWAY, USED), sla_misses=Status.ACT),
            "No decision is waiting. SLA misses and Utilisation are past their limits.",
        ),
        (
            morning(pipeline=Status.ACT, cash=Status.ACT, sla_misses=Status.ACT),
            "No decision is waiting. Cash and 2 more are past their limits.",
        ),
        (
            morning(pipeline=Status.NONE, cash=Status.NONE),
            "No decision is waiting. No figure for Cash and Pipeline.",
        ),
    ],
)
def test_the_sentence(made: Reports, expected: str) -> None:
    assert brief(snapshot(), made).verdict == expected


def test_decisions_and_the_worst_of_the_rest_share_the_line() -> None:
    company = snapshot(tasks=(task("T1", "Sign the lease", due_on=in_days(0)),))
    said = brief(company, morning(sla_misses=Status.ACT, cash=Status.WATCH)).verdict
    assert said == "One decision today: Sign the lease. SLA misses are past their limit."


def test_what_was_not_seen_is_counted_and_who_failed_is_named() -> None:
    blind = snapshot(sources=sources(stale=[Invoice]))
    made = morning() | {"hr": report("hr", error="ValueError: planted")}
    found = brief(blind, made)
    assert found.verdict == "No decision is waiting. Hr failed; 1 blind spot."
    assert found.status is Status.WATCH


def test_alerts_are_told_when_no_figure_says_it() -> None:
    made = morning() | {"finance": replace(morning()["finance"], alerts=(alert("A1", Status.ACT),))}
    assert brief(snapshot(), made).verdict == "No decision is waiting. One alert needs action."
    muted = brief(snapshot(muted=frozenset({"A1"})), made)
    assert (muted.verdict, muted.status) == ("Nothing needs you today.", Status.OK)


def test_a_risk_across_teams_is_told_when_no_figure_says_it() -> None:
    extra = (metric("enps", 10, before=30), metric("open_roles", 1))
    made = morning(extra=extra)
    made["ops"] = replace(made["ops"], metrics=(*made["ops"].metrics, metric("wip", 20, before=10)))
    found = brief(snapshot(role("r1")), made)
    assert found.verdict == "No decision is waiting. One cross-team risk is watched."
    assert found.status is Status.WATCH


STATUSES = st.sampled_from(list(Status))
MORNINGS = st.fixed_dictionaries(
    {
        "numbers": st.fixed_dictionaries(dict.fromkeys(TITLES, STATUSES)),
        "others": st.lists(STATUSES, max_size=3),
        "alerts": st.lists(st.sampled_from([Status.WATCH, Status.ACT]), max_size=2),
        "failed": st.sets(st.sampled_from(NAMES), max_size=2),
        "stale": st.booleans(),
        "tasks": st.integers(0, 2),
    }
)


def _compose(drawn: dict[str, object]) -> Briefing:
    numbers, others, alerts = drawn["numbers"], drawn["others"], drawn["alerts"]
    assert isinstance(numbers, dict) and isinstance(others, list) and isinstance(alerts, list)
    extra = tuple(metric(f"m{n}", 1, title="Some figure", status=s) for n, s in enumerate(others))
    made = morning(extra=extra, **numbers)
    made["success"] = replace(made["success"], alerts=tuple(alert(f"A{n}", s) for n, s in enumerate(alerts)))
    failed = drawn["failed"]
    assert isinstance(failed, set)
    made |= {name: report(name, error="broken") for name in failed}
    tasks = tuple(task(f"T{n}", due_on=in_days(n)) for n in range(int(str(drawn["tasks"]))))
    return brief(snapshot(tasks=tasks, sources=sources(stale=[Invoice]) if drawn["stale"] else None), made)


@given(MORNINGS)
def test_it_never_says_that_all_is_well_over_anything_that_is_not(drawn: dict[str, object]) -> None:
    found = _compose(drawn)
    rows = {m.status for m in found.numbers} | {m.status for r in found.reports for m in r.metrics if m.value}
    rows |= {a.status for r in found.reports for a in r.alerts} | {risk.status for risk in found.risks}
    seen = not found.blind_spots and not found.failed
    well = rows <= {Status.OK} and seen
    assert (found.verdict == "Nothing needs you today.") == (well and not found.decisions)
    assert (found.status is Status.OK) == well
    if Status.ACT in rows:
        assert found.status is Status.ACT
        assert "past" in found.verdict or "need" in found.verdict
