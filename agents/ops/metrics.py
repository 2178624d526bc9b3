"""What ops shows, in its order: for each figure its key, title, unit and limits."""

from __future__ import annotations

from functools import partial

from agents.figures import ANY, Grade, above, below, metric, undated_metric
from agents.nouns import Issue, Project
from agents.ops import figures
from agents.ops.staff import staff_kinds
from agents.ops.work import in_progress
from agents.report import Good, Metric, Status, Unit, Value
from agents.snapshot import Snapshot


def metrics(snapshot: Snapshot) -> tuple[Metric, ...]:
    """All figures of ops."""
    return (*_flow(snapshot), *_people(snapshot), _projects(snapshot))


def _flow(snapshot: Snapshot) -> tuple[Metric, ...]:
    show = partial(metric, snapshot, reads=(Issue,))
    fewer = partial(show, good=Good.DOWN)
    stopped = partial(undated_metric, snapshot, reads=(Issue,), good=Good.DOWN, grade=ANY)
    misses, late = partial(figures.sla_misses, snapshot), partial(figures.overdue_work, snapshot)
    broken, high = _sla_grade(snapshot.policy.sla_limit), _wip_grade(snapshot)
    return (
        fewer("sla_misses", "SLA misses", Unit.COUNT, misses, grade=broken),
        show("throughput", "Throughput", Unit.COUNT, partial(figures.throughput, snapshot)),
        fewer("cycle_time", "Cycle time", Unit.DAYS, partial(figures.cycle_time, snapshot)),
        fewer("lead_time", "Lead time", Unit.DAYS, partial(figures.lead_time, snapshot)),
        fewer("wip", "Work in progress", Unit.COUNT, partial(figures.wip, snapshot), grade=high),
        fewer("wip_age", "Ageing work", Unit.COUNT, partial(figures.wip_age, snapshot), grade=ANY),
        stopped("blocked", "Blocked work", Unit.COUNT, figures.blocked_work(snapshot)),
        fewer("overdue_work", "Overdue work", Unit.COUNT, late, grade=ANY),
    )


def _people(snapshot: Snapshot) -> tuple[Metric, ...]:
    """Hours now: the records keep no history of what was promised, so there is no past."""
    show = partial(undated_metric, snapshot, reads=staff_kinds(snapshot))
    limit = snapshot.policy.utilisation_limit
    used, free = figures.utilised(snapshot), figures.capacity(snapshot)
    over = above(limit, max(limit, 1.0))
    return (
        show("utilisation", "Utilisation", Unit.RATIO, used, good=Good.DOWN, grade=over),
        show("capacity", "Free capacity", Unit.HOURS, free, grade=below(0, 0)),
    )


def _projects(snapshot: Snapshot) -> Metric:
    """Projects in danger now: progress and the lead's word have no history."""
    show = partial(undated_metric, snapshot, reads=(Project,), good=Good.DOWN)
    worst = next((danger.status for danger in figures.dangers(snapshot)), Status.OK)
    found = figures.projects_at_risk(snapshot)
    return show("projects_at_risk", "Projects at risk", Unit.COUNT, found, grade=lambda value: worst)


def _sla_grade(limit: int) -> Grade:
    def grade(value: Value) -> Status:
        assert isinstance(value, int)
        if value >= limit:
            return Status.ACT
        return Status.WATCH if value and value >= limit - 1 else Status.OK

    return grade


def _wip_grade(snapshot: Snapshot) -> Grade:
    load = figures.wip_per_person(in_progress(snapshot, snapshot.as_of))
    high = load is not None and load > snapshot.policy.wip_per_person
    return lambda value: Status.WATCH if high else Status.OK
