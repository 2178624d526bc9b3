"""The ops agent: how work flows, what hangs or is late, and whether there are hours for more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from agents.figures import Figure, Grade, above, below, fine, metric
from agents.nouns import Absence, Issue, Person, Project
from agents.ops_figures import (
    blocked,
    cycle_time,
    dangers,
    lead_time,
    overdue_work,
    sla_misses,
    throughput,
    wip,
    wip_age,
    wip_per_person,
)
from agents.ops_findings import alerts, recommendations
from agents.periods import ratio
from agents.report import Agent, Good, Metric, Report, Status, Unit, Value, health
from agents.snapshot import Snapshot
from agents.staff import absences_known, absent_in, shares, staff_kinds
from agents.undated import undated_metric
from agents.work import in_progress

READS = (Issue, Project, Person, Absence)
NEEDS = (Issue, Project)
WEEK = timedelta(days=7)


def available_hours(snapshot: Snapshot, start: date, end: date) -> float:
    """Contracted hours minus absence of everybody who is here, in `[start, end)`."""
    return float(sum(share.available for share in shares(snapshot, start, end)))


def allocated_hours(snapshot: Snapshot, start: date, end: date) -> float:
    """Hours promised to work in `[start, end)`, by today's allocation."""
    return float(sum(share.allocated for share in shares(snapshot, start, end)))


def free_hours(snapshot: Snapshot, start: date, end: date) -> float:
    """Available minus allocated hours in `[start, end)`; negative when too much is promised."""
    return available_hours(snapshot, start, end) - allocated_hours(snapshot, start, end)


def utilisation(snapshot: Snapshot, day: date) -> float | None:
    """Allocated over available hours of the 7 days from `day` on; None when nobody is available."""
    available = available_hours(snapshot, day, day + WEEK)
    return ratio(allocated_hours(snapshot, day, day + WEEK), available)


def analyse(snapshot: Snapshot) -> Report:
    """What delivery looks like at `as_of`."""
    figures = (*_flow(snapshot), *_people(snapshot), _projects(snapshot))
    by_key = {m.key: m for m in figures}
    return Report(
        "ops",
        snapshot.as_of,
        health(snapshot, READS, NEEDS),
        figures,
        alerts(snapshot, by_key),
        recommendations(snapshot, by_key),
    )


AGENT = Agent("ops", "Operations", READS, NEEDS, analyse)


def _flow(snapshot: Snapshot) -> tuple[Metric, ...]:
    def one(
        key: str,
        title: str,
        unit: Unit,
        figure: Callable[[Snapshot, datetime], Figure],
        grade: Grade = fine,
        good: Good = Good.DOWN,
    ) -> Metric:
        return metric(
            snapshot,
            key,
            title,
            unit,
            lambda at: figure(snapshot, at),
            reads=(Issue,),
            good=good,
            grade=grade,
        )

    stopped = blocked(snapshot)
    blocked_now = Figure(len(stopped), tuple(issue.ref for issue in stopped))
    return (
        one("sla_misses", "SLA misses", Unit.COUNT, sla_misses, _sla_grade(snapshot.policy.sla_limit)),
        one("throughput", "Throughput", Unit.COUNT, throughput, good=Good.UP),
        one("cycle_time", "Cycle time", Unit.DAYS, cycle_time),
        one("lead_time", "Lead time", Unit.DAYS, lead_time),
        one("wip", "Work in progress", Unit.COUNT, wip, _wip_grade(snapshot)),
        one("wip_age", "Ageing work", Unit.COUNT, wip_age, _watch_any),
        undated_metric(
            snapshot,
            "blocked",
            "Blocked work",
            Unit.COUNT,
            blocked_now,
            reads=(Issue,),
            good=Good.DOWN,
            grade=_watch_any,
        ),
        one("overdue_work", "Overdue work", Unit.COUNT, overdue_work, _watch_any),
    )


def _people(snapshot: Snapshot) -> tuple[Metric, Metric]:
    """Hours now: the records keep no history of what was promised, so there is no past."""
    limit, weeks = snapshot.policy.utilisation_limit, snapshot.policy.capacity_weeks
    today, end = snapshot.today, snapshot.today + weeks * WEEK
    partial = None if absences_known(snapshot) else "absences unknown"
    reads = staff_kinds(snapshot)
    share = utilisation(snapshot, today)
    used = Figure(
        share,
        _staff_refs(snapshot, today, today + WEEK),
        f"limit {limit:.0%}, next 7 days",
        absent="n/a: nobody is available" if share is None else None,
        partial=partial,
    )
    free = Figure(
        free_hours(snapshot, today, end),
        _staff_refs(snapshot, today, end),
        f"free over {weeks} weeks",
        partial=partial,
    )
    over = above(limit, max(limit, 1.0))
    return (
        undated_metric(
            snapshot, "utilisation", "Utilisation", Unit.RATIO, used, reads=reads, good=Good.DOWN, grade=over
        ),
        undated_metric(
            snapshot, "capacity", "Free capacity", Unit.HOURS, free, reads=reads, grade=below(0, 0)
        ),
    )


def _projects(snapshot: Snapshot) -> Metric:
    """Projects in danger now: progress and the lead's word have no history."""
    found = dangers(snapshot)
    worst = Status.ACT if any(d.status is Status.ACT for d in found) else Status.WATCH
    running = sum(p.state == "started" for p in snapshot.all(Project))
    return undated_metric(
        snapshot,
        "projects_at_risk",
        "Projects at risk",
        Unit.COUNT,
        Figure(len(found), tuple(d.project.ref for d in found), f"{running} running"),
        reads=(Project,),
        good=Good.DOWN,
        grade=lambda value: worst if value else Status.OK,
    )


def _staff_refs(snapshot: Snapshot, start: date, end: date) -> tuple[str, ...]:
    people = (share.person.ref for share in shares(snapshot, start, end))
    return (*people, *(absence.ref for absence in absent_in(snapshot, start, end)))


def _sla_grade(limit: int) -> Grade:
    def grade(value: Value) -> Status:
        assert isinstance(value, int)
        if value >= limit:
            return Status.ACT
        return Status.WATCH if value and value >= limit - 1 else Status.OK

    return grade


def _wip_grade(snapshot: Snapshot) -> Grade:
    load = wip_per_person(in_progress(snapshot, snapshot.as_of))
    high = load is not None and load > snapshot.policy.wip_per_person
    return lambda value: Status.WATCH if high else Status.OK


def _watch_any(value: Value) -> Status:
    return Status.WATCH if value else Status.OK
