"""What ops shows, in its order: for each figure its key, what it needs, and its limits."""

from __future__ import annotations

from functools import partial

from agents.figures import ANY, Grade, above, below, is_brought, metric, undated_metric
from agents.nouns import Deployment, Issue, Project, PullRequest
from agents.ops import code, figures, flow
from agents.ops.definitions import DEFINITIONS
from agents.ops.staff import staff_kinds
from agents.ops.work import in_progress
from agents.report import Metric, Status, Value
from agents.snapshot import Snapshot


def metrics(snapshot: Snapshot) -> tuple[Metric, ...]:
    """All figures of ops."""
    return (*_flow(snapshot), *_people(snapshot), _projects(snapshot), *_code(snapshot))


def _flow(snapshot: Snapshot) -> tuple[Metric, ...]:
    show = partial(metric, snapshot, DEFINITIONS, reads=(Issue,))
    now = partial(undated_metric, snapshot, DEFINITIONS, reads=(Issue,))
    broken = _sla_grade(snapshot.policy.sla_limit)
    return (
        show("sla_misses", partial(figures.sla_misses, snapshot), grade=broken),
        show("throughput", partial(flow.throughput, snapshot)),
        *_times(snapshot),
        show("wip", partial(flow.wip, snapshot), grade=_wip_grade(snapshot)),
        show("wip_age", partial(flow.wip_age, snapshot), grade=ANY),
        show("littles_law", partial(flow.littles_law, snapshot)),
        now("blocked", figures.blocked_work(snapshot), grade=ANY),
        now("blocked_time", figures.blocked_time(snapshot)),
        show("overdue_work", partial(figures.overdue_work, snapshot), grade=ANY),
    )


def _times(snapshot: Snapshot) -> tuple[Metric, ...]:
    show = partial(metric, snapshot, DEFINITIONS, reads=(Issue,))
    return (
        show("cycle_time", partial(flow.cycle_time, snapshot)),
        show("cycle_time_p85", partial(flow.cycle_time_at, snapshot, 85)),
        show("cycle_time_p95", partial(flow.cycle_time_at, snapshot, 95)),
        show("lead_time", partial(flow.lead_time, snapshot)),
        show("lead_time_p85", partial(flow.lead_time_at, snapshot, 85)),
    )


def _people(snapshot: Snapshot) -> tuple[Metric, ...]:
    """Hours now: the records keep no history of what was promised, so there is no past."""
    show = partial(undated_metric, snapshot, DEFINITIONS, reads=staff_kinds(snapshot))
    limit = snapshot.policy.utilisation_limit
    return (
        show("utilisation", figures.utilised(snapshot), grade=above(limit, max(limit, 1.0))),
        show("capacity", figures.capacity(snapshot), grade=below(0, 0)),
    )


def _projects(snapshot: Snapshot) -> Metric:
    """Projects in danger now: progress and the lead's word have no history."""
    show = partial(undated_metric, snapshot, DEFINITIONS, reads=(Project,))
    worst = next((danger.status for danger in figures.dangers(snapshot)), Status.OK)
    return show("projects_at_risk", figures.projects_at_risk(snapshot), grade=lambda value: worst)


def _code(snapshot: Snapshot) -> tuple[Metric, ...]:
    """How code gets to customers. Few companies have a source of that, and none misses it without one."""
    return (*_rolled_out(snapshot), *_reviewed(snapshot))


def _rolled_out(snapshot: Snapshot) -> tuple[Metric, ...]:
    if not is_brought(snapshot, Deployment):
        return ()
    show = partial(metric, snapshot, DEFINITIONS, reads=(Deployment,))
    return (
        show("deployments", partial(code.deployments, snapshot)),
        show("deployments_failed", partial(code.deployments_failed, snapshot)),
    )


def _reviewed(snapshot: Snapshot) -> tuple[Metric, ...]:
    if not is_brought(snapshot, PullRequest):
        return ()
    show = partial(metric, snapshot, DEFINITIONS, reads=(PullRequest,))
    return (
        show("pull_request_time", partial(code.pull_request_time, snapshot)),
        show("pull_requests_open", partial(code.pull_requests_open, snapshot)),
    )


def _sla_grade(limit: int) -> Grade:
    def grade(value: Value) -> Status:
        assert isinstance(value, int)
        if value >= limit:
            return Status.ACT
        return Status.WATCH if value and value >= limit - 1 else Status.OK

    return grade


def _wip_grade(snapshot: Snapshot) -> Grade:
    load = flow.wip_per_person(in_progress(snapshot, snapshot.as_of)).value
    high = isinstance(load, float) and load > snapshot.policy.wip_per_person
    return lambda value: Status.WATCH if high else Status.OK
