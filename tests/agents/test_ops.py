"""The ops agent on issues, projects and people whose figures are known by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from agents.nouns import Absence, Deployment, Issue, Move, Noun, Person, PullRequest
from agents.ops import AGENT
from agents.ops.staff import allocated_hours, available_hours, shares
from agents.ops.work import started_days, state_at
from agents.policy import Policy
from agents.report import Report, Status
from tests.agents.build import (
    TODAY,
    absence,
    ago,
    back,
    figure,
    issue,
    person,
    project,
    snapshot,
    sources,
)

POLICY = Policy()


def report(*records: Noun, policy: Policy = POLICY) -> Report:
    return AGENT.analyse(snapshot(*records, policy=policy))


def done(name: str, began: float, ended: float) -> Issue:
    """Started and completed so many days ago, created a day before."""
    return issue(
        name, state="completed", created_at=ago(began + 1), started_at=ago(began), completed_at=ago(ended)
    )


def miss(name: str, days: float) -> Issue:
    return issue(name, started_at=ago(20), created_at=ago(21), sla_breaches_at=ago(days))


def rules(found: Report) -> tuple[set[str], set[str]]:
    return {a.rule for a in found.alerts}, {r.rule for r in found.recommendations}


# ── flow ─────────────────────────────────────────────────────────────────────────────────────────


def test_throughput_counts_each_completion_in_one_week_only() -> None:
    metric = figure(report(done("a", 9, 1), done("b", 9, 6.9), done("c", 20, 7)), "throughput")
    assert (metric.value, metric.previous) == (2, 1)
    assert metric.evidence == ("linear:issue:a", "linear:issue:b")


def test_cycle_and_lead_time_are_medians_with_their_tails() -> None:
    found = report(*(done(f"i{n}", 10 + n, 10) for n in (2, 4, 6, 8, 30)))
    assert figure(found, "cycle_time").value == 6.0
    assert figure(found, "cycle_time").note == "p85 16.8 d, p95 25.6 d, n 5"
    assert figure(found, "lead_time").value == 7.0


def test_the_tails_of_cycle_and_lead_time_are_figures_of_their_own() -> None:
    found = report(*(done(f"i{n}", 10 + n, 10) for n in (2, 4, 6, 8, 30)))
    tails = {key: figure(found, key).value for key in ("cycle_time_p85", "cycle_time_p95", "lead_time_p85")}
    assert tails == pytest.approx({"cycle_time_p85": 16.8, "cycle_time_p95": 25.6, "lead_time_p85": 17.8})


@pytest.mark.parametrize(
    ("records", "value", "note"),
    [
        ([done("a", 20, 10), done("b", 40, 30)], 1.0, "work in progress agrees with what gets done"),
        (
            [done("a", 20, 10), done("b", 40, 30), issue("c", created_at=ago(61), started_at=ago(40))],
            3.0,
            "more is started than finished",
        ),
        ([done("a", 110, 80)], 1 / 3, "old work is finished, little is started"),
        ([done("a", 20, 10), done("old", 200, 100)], 1.0, "work in progress agrees with what gets done"),
    ],
)
def test_little_s_law_says_whether_the_flow_agrees(records: list[Issue], value: float, note: str) -> None:
    """Issue-days in progress within 90 days, over the sum of the cycle times of what was completed."""
    metric = figure(report(*records), "littles_law")
    assert metric.value == pytest.approx(value)
    assert metric.note == note


def test_work_that_went_back_is_in_progress_only_while_it_is_started() -> None:
    there = (Move("backlog", "started", ago(20)), Move("started", "backlog", ago(16)))
    again = (Move("backlog", "started", ago(12)), Move("started", "completed", ago(10)))
    moved = issue(
        "a",
        state="completed",
        created_at=ago(30),
        started_at=ago(20),
        completed_at=ago(10),
        moves=(*there, *again),
    )
    found = report(moved)
    assert figure(found, "cycle_time").value == 10.0
    assert figure(found, "littles_law").value == pytest.approx(0.6)  # 4 + 2 of 10 days


def test_work_done_the_moment_it_started_has_no_flow_to_check() -> None:
    metric = figure(report(done("a", 5, 5)), "littles_law")
    assert (metric.value, metric.absent) == (None, "n/a: completed the moment it started")


def test_work_done_without_a_start_has_a_lead_time_only() -> None:
    found = report(issue("a", state="completed", created_at=ago(9), completed_at=ago(2)))
    assert figure(found, "lead_time").value == 7.0
    assert figure(found, "cycle_time").absent == "n/a: nothing completed in 90 days"


@pytest.mark.parametrize(
    "key",
    [
        "cycle_time",
        "cycle_time_p85",
        "cycle_time_p95",
        "lead_time",
        "lead_time_p85",
        "wip_age",
        "littles_law",
    ],
)
def test_times_without_a_completed_issue_are_not_zero(key: str) -> None:
    metric = figure(report(issue("a", started_at=ago(3))), key)
    assert (metric.value, metric.absent) == (None, "n/a: nothing completed in 90 days")


def test_work_in_progress_is_rebuilt_from_moves() -> None:
    moved = issue(
        "a",
        state="completed",
        created_at=ago(30),
        started_at=ago(20),
        completed_at=ago(2),
        moves=(
            Move("backlog", "started", ago(20)),
            Move("started", "unstarted", ago(12)),
            Move("unstarted", "started", ago(9)),
            Move("started", "completed", ago(2)),
        ),
    )
    assert figure(report(moved), "wip").series == (0, 0, 0, 0, 1, 1, 0)  # 14 and 7 days ago


def test_work_in_progress_without_moves_uses_dates() -> None:
    records = (done("a", 10, 2), issue("b", started_at=ago(3)), issue("c", state="backlog"))
    metric = figure(report(*records), "wip")
    assert (metric.value, metric.previous) == (1, 1)
    assert metric.evidence == ("linear:issue:b",)


@pytest.mark.parametrize(("count", "status"), [(6, Status.OK), (7, Status.WATCH)])
def test_work_in_progress_is_watched_per_person(count: int, status: Status) -> None:
    held = [issue(f"i{n}", started_at=ago(1), assignee=("Pia", "Sam")[n % 2]) for n in range(count)]
    found = report(*held)
    assert figure(found, "wip").status is status
    assert ("wip_high" in rules(found)[0]) is ("finish_first" in rules(found)[1]) is (status is Status.WATCH)


def test_ageing_work_is_older_than_most_finished_work_was() -> None:
    finished = [done(f"d{n}", 20 + n, 20) for n in range(1, 11)]  # p85 of 1..10 days is 8.65
    metric = figure(
        report(*finished, issue("old", started_at=ago(9)), issue("new", started_at=ago(8))), "wip_age"
    )
    assert (metric.value, metric.evidence) == (1, ("linear:issue:old",))


def test_overdue_work_turns_at_midnight_of_the_company() -> None:
    late = issue("a", due_on=TODAY, started_at=ago(1))
    here = AGENT.analyse(snapshot(late))
    far = AGENT.analyse(snapshot(late, zone=ZoneInfo("Pacific/Kiritimati")))  # already the 24th there
    assert figure(here, "overdue_work").value == 0
    assert figure(far, "overdue_work").value == 1


def test_finished_and_canceled_work_is_not_overdue() -> None:
    records = (
        issue("a", state="completed", started_at=ago(9), completed_at=ago(3), due_on=back(5)),
        issue("b", state="canceled", canceled_at=ago(1), due_on=back(5)),
    )
    metric = figure(report(*records), "overdue_work")
    assert (metric.value, metric.previous) == (0, 0)
    assert metric.status is Status.OK


# ── promises ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("count", "status"), [(0, Status.OK), (1, Status.OK), (2, Status.WATCH), (3, Status.ACT), (5, Status.ACT)]
)
def test_sla_misses_against_the_limit(count: int, status: Status) -> None:
    found = report(*(miss(f"i{n}", 1) for n in range(count)))
    metric = figure(found, "sla_misses")
    assert (metric.value, metric.status, metric.note) == (count, status, "limit 3/wk")
    assert ("sla_misses" in rules(found)[0]) is (status is not Status.OK)


@pytest.mark.parametrize(("count", "status"), [(0, Status.OK), (1, Status.ACT)])
def test_a_limit_of_one_does_not_watch_a_clean_week(count: int, status: Status) -> None:
    found = report(*(miss(f"i{n}", 1) for n in range(count)), policy=Policy(sla_limit=1))
    assert figure(found, "sla_misses").status is status


@pytest.mark.parametrize(
    ("completed", "canceled", "missed"),
    [(None, None, 1), (3, None, 1), (4, None, 1), (5, None, 0), (None, 5, 0), (None, 3, 1)],
)
def test_a_promise_kept_in_time_is_not_a_miss(
    completed: float | None, canceled: float | None, missed: int
) -> None:
    """The promise broke four and a half days ago."""
    it = issue(
        "a",
        started_at=ago(9),
        completed_at=None if completed is None else ago(completed),
        canceled_at=None if canceled is None else ago(canceled),
        sla_breaches_at=ago(4.5),
    )
    assert figure(report(it), "sla_misses").value == missed


def test_misses_of_the_week_before_are_the_previous_value() -> None:
    metric = figure(report(miss("a", 1), miss("b", 8), miss("c", 9), miss("d", -1)), "sla_misses")
    assert (metric.value, metric.previous) == (1, 2)


def test_a_promise_about_to_break_is_a_recommendation() -> None:
    (found,) = report(miss("a", -1.5), miss("b", -3)).recommendations
    assert (found.rule, found.evidence) == ("save_sla", ("linear:issue:a",))
    assert (found.title, found.due_on) == ("Keep 1 promise that would break soon", back(-1))


def test_findings_about_one_customer_name_it() -> None:
    own = [
        issue(f"i{n}", account="northwind.example", started_at=ago(9), sla_breaches_at=ago(1))
        for n in range(3)
    ]
    (alert,) = report(*own).alerts
    assert (alert.account, alert.title) == ("northwind.example", "3 SLA misses in 7 days")
    (other,) = report(*own, miss("x", 1)).alerts
    assert other.account is None


# ── blocked ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("days", "raised"), [(1.9, False), (2.1, True)])
def test_blocked_work_is_raised_after_two_days(days: float, raised: bool) -> None:
    found = report(issue("a", blocked=True, started_at=ago(days)))
    assert figure(found, "blocked").value == 1
    assert figure(found, "blocked").series == ()
    assert ("blocked_long" in rules(found)[0]) is ("unblock" in rules(found)[1]) is raised


def test_blocked_work_says_how_long_nothing_happened() -> None:
    stuck = (issue("a", blocked=True, started_at=ago(1)), issue("b", blocked=True, started_at=ago(4)))
    metric = figure(report(*stuck), "blocked_time")
    assert (metric.value, metric.note, metric.series) == (2.5, "longest 4.0 d", ())
    assert figure(report(), "blocked_time").absent == "n/a: nothing is blocked"


def test_when_everything_is_blocked_all_of_it_is_told() -> None:
    found = report(*(issue(f"i{n}", blocked=True, started_at=ago(9)) for n in range(40)))
    assert (figure(found, "blocked").value, figure(found, "wip").value) == (40, 40)
    assert figure(found, "throughput").value == 0
    assert "40 issues blocked for over 2 days" in [alert.title for alert in found.alerts]


def test_finished_work_is_not_blocked() -> None:
    ended = issue("a", state="completed", blocked=True, started_at=ago(9), completed_at=ago(3))
    assert figure(report(ended), "blocked").value == 0


# ── projects ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("health", "progress", "target", "status"),
    [
        ("on_track", "0.8", back(-30), Status.OK),
        ("on_track", "0.31", back(-30), Status.OK),  # half of the time gone, 19 points behind
        ("on_track", "0.29", back(-30), Status.WATCH),
        ("at_risk", "0.8", back(-30), Status.WATCH),
        ("off_track", "0.8", back(-30), Status.ACT),
        ("on_track", "0.99", back(1), Status.ACT),
        ("on_track", "0.8", TODAY, Status.OK),
        (None, "0", None, Status.OK),
    ],
)
def test_projects_at_risk(health: str | None, progress: str, target: date | None, status: Status) -> None:
    found = report(
        project("p", "Atlas", health=health, progress=progress, target_on=target, started_at=ago(30))
    )
    assert figure(found, "projects_at_risk").status is status
    assert figure(found, "projects_at_risk").value == (0 if status is Status.OK else 1)
    assert [a.status for a in found.alerts] == ([] if status is Status.OK else [status])


def test_a_late_project_is_named() -> None:
    late = project("p", "Atlas", progress="0.62", target_on=back(4), started_at=ago(50))
    found = report(late, project("q", state="completed", target_on=back(9)))
    assert [a.title for a in found.alerts] == ["Atlas is late"]
    (todo,) = found.recommendations
    assert todo.title == "Atlas: cut scope or move the date"
    assert todo.why == "62% done; was due 2026-11-19"
    assert todo.due_on == TODAY


# ── hours ────────────────────────────────────────────────────────────────────────────────────────

NEXT = TODAY + timedelta(7)


@pytest.mark.parametrize(
    ("people", "away", "available", "allocated"),
    [
        ([person("p")], [], 40, 30),
        ([person("p")], [absence("a", "p", TODAY, back(-2))], 24, 30),
        ([person("p")], [absence("a", "p", back(3), TODAY)], 40, 30),  # back today
        ([person("p")], [absence("a", "p", back(-5), back(-7))], 40, 30),  # a weekend
        ([person("p")], [absence("a", "p", TODAY, back(-2)), absence("b", "p", back(-1), back(-3))], 16, 30),
        ([person("p")], [absence("a", "other", TODAY, NEXT)], 40, 30),
        ([person("p", left_on=back(-2))], [], 16, 12),
        ([person("p", started_on=back(-3))], [], 16, 12),
        ([person("p", left_on=TODAY)], [], 0, 0),
        ([person("p"), person("q", hours=20, allocated="7.5")], [], 60, 37.5),
    ],
)
def test_hours_of_the_week(
    people: list[Person], away: list[Absence], available: float, allocated: float
) -> None:
    found = shares(snapshot(*people, *away), TODAY, NEXT)
    assert available_hours(found).value == available
    assert allocated_hours(found).value == allocated


def test_utilisation_and_capacity() -> None:
    company = snapshot(person("p", allocated=38), person("q", hours=Decimal(40), allocated=38))
    found = AGENT.analyse(company)
    assert (figure(found, "utilisation").value, figure(found, "utilisation").status) == (0.95, Status.WATCH)
    assert figure(found, "capacity").value == 24.0
    assert figure(found, "capacity").series == ()
    assert "overload" in rules(found)[0]


def test_nobody_there_is_not_zero_utilisation() -> None:
    away = absence("a", "p", TODAY, NEXT)
    metric = figure(report(person("p"), away), "utilisation")
    assert (metric.value, metric.absent) == (None, "n/a: nobody is available")
    assert metric.evidence == ("files:person:p", "files:absence:a")


def test_hours_without_a_source_of_absences_say_so() -> None:
    company = snapshot(person("p"), sources=sources(missing=[Absence]))
    metric = figure(AGENT.analyse(company), "utilisation")
    assert (metric.value, metric.partial) == (0.75, "absences unknown")


def test_the_most_overloaded_person_is_named() -> None:
    found = report(person("p", "Pia", allocated=52), person("q", "Sam", allocated=41), person("r"))
    todo = next(r for r in found.recommendations if r.rule == "lighten_load")
    assert todo.title == "Take work off Pia and 1 more"
    assert todo.why == "52 h promised, 40 h there next week; team at 102.5%"


# ── nothing there ────────────────────────────────────────────────────────────────────────────────


def test_an_empty_tracker_has_true_zeros() -> None:
    found = report()
    zero = {"sla_misses", "throughput", "wip", "blocked", "overdue_work", "projects_at_risk"}
    assert {m.key for m in found.metrics if m.value == 0} >= zero
    assert (found.alerts, found.recommendations) == ((), ())


def test_a_tracker_never_read_has_no_data() -> None:
    unread = sources(missing=[*AGENT.needs, PullRequest, Deployment])
    found = AGENT.analyse(snapshot(person("p"), sources=unread))
    assert found.health.state == "blind"
    known = {m.key for m in found.metrics if m.absent != "no data"}
    assert known == {"utilisation", "capacity"}


def test_every_line_fits_the_brief() -> None:
    name = "An endless name " * 9
    found = report(
        project("p", name, health="off_track", target_on=back(90), started_at=ago(99), progress="0.1"),
        *(issue(f"{n}" * 20, title=name, blocked=True, started_at=ago(90), due_on=back(9)) for n in range(5)),
        *(miss(f"{n}" * 30, 1) for n in range(6)),
        *(miss(f"{n}" * 40, -1) for n in range(5)),
        *(person(f"p{n}", name, allocated=90) for n in range(12)),
    )
    assert len(found.recommendations) >= 5
    titles = [a.title for a in found.alerts] + [r.title for r in found.recommendations]
    assert max(len(title) for title in titles) <= 60
    assert max(len(r.why) for r in found.recommendations) <= 75


def test_days_in_progress_are_the_days_that_the_state_says() -> None:
    """What the walk through the moves adds up, against the state of each hour asked one by one."""
    there = (Move("triage", "started", ago(30)), Move("started", "unstarted", ago(21)))
    again = (Move("unstarted", "started", ago(12)), Move("started", "completed", ago(2)))
    for it in (
        issue("a", state="completed", created_at=ago(40), moves=(*there, *again)),
        issue("b", state="canceled", created_at=ago(40), started_at=ago(30), canceled_at=ago(3)),
        issue("c", state="started", created_at=ago(9)),
        done("d", 33, 5),
    ):
        hours = [ago(hours=n) for n in range(24 * 25, 0, -1)]
        asked = sum(state_at(it, hour) == "started" for hour in hours) / 24
        assert started_days(it, ago(25), ago(0)) == pytest.approx(asked), it.id
