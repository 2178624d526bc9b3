"""What each figure of ops is: flow, blocked and late work, broken promises, hours, projects in danger.

Due dates and SLA instants are those of today, also for earlier weeks: the tracker keeps no history of
them. The state of each issue then comes from its moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agents.figures import Figure, refs
from agents.nouns import Issue, Project
from agents.ops.staff import WEEK, absences_known, absent_in, free_hours, shares, utilisation
from agents.ops.work import DAY, alive, completed, cycle_days, in_progress, is_missed, started_at
from agents.periods import median, percentile
from agents.report import Status
from agents.snapshot import Snapshot
from agents.wording import joined

FLOW = timedelta(days=90)
"""How far cycle and lead time look back."""
BEHIND = 0.20
"""Share of a project's time that its progress may lag."""


@dataclass(frozen=True, slots=True)
class Danger:
    """A project that will not be done in time as things are, and why, worst `status` first."""

    project: Project
    status: Status
    why: str


def throughput(snapshot: Snapshot, at: datetime) -> Figure:
    """Issues completed in the last 7 days."""
    done = completed(snapshot, at - WEEK, at)
    return Figure(len(done), refs(done), note="in 7 days")


def cycle_time(snapshot: Snapshot, at: datetime) -> Figure:
    """Median days from started to completed, of issues completed in the last 90 days (Vacanti)."""
    done = [issue for issue in completed(snapshot, at - FLOW, at) if cycle_days([issue])]
    return _times(done, cycle_days(done))


def lead_time(snapshot: Snapshot, at: datetime) -> Figure:
    """Median days from created to completed, of issues completed in the last 90 days (Vacanti)."""
    done = completed(snapshot, at - FLOW, at)
    return _times(done, [(i.completed_at - i.created_at) / DAY for i in done if i.completed_at])


def wip(snapshot: Snapshot, at: datetime) -> Figure:
    """Issues started and not ended."""
    started = in_progress(snapshot, at)
    load = wip_per_person(started)
    return Figure(len(started), refs(started), "" if load is None else f"{load:.1f} per person")


def wip_per_person(started: Iterable[Issue]) -> float | None:
    """Started issues over the people who hold them; None when nobody is named."""
    issues = list(started)
    people = {issue.assignee for issue in issues if issue.assignee}
    return len(issues) / len(people) if people else None


def wip_age(snapshot: Snapshot, at: datetime) -> Figure:
    """Started issues older than 85 % of issues took from start to completion."""
    limit = percentile(cycle_days(completed(snapshot, at - FLOW, at)), 0.85)
    if limit is None:
        return Figure(None, absent="n/a: nothing completed in 90 days")
    begun = ((issue, started_at(issue)) for issue in in_progress(snapshot, at))
    old = [issue for issue, start in begun if start and (at - start) / DAY > limit]
    return Figure(len(old), refs(old), note=f"older than {limit:.1f} d")


def blocked(snapshot: Snapshot) -> list[Issue]:
    """Issues that the tracker marks as blocked now and that have not ended."""
    return [issue for issue in alive(snapshot, snapshot.as_of) if issue.blocked]


def blocked_work(snapshot: Snapshot) -> Figure:
    """How many issues are blocked now; the tracker keeps no history of that."""
    stopped = blocked(snapshot)
    return Figure(len(stopped), refs(stopped))


def overdue_work(snapshot: Snapshot, at: datetime) -> Figure:
    """Issues whose due date has passed in the company's zone and that have not ended."""
    late = overdue(snapshot, at)
    return Figure(len(late), refs(late))


def overdue(snapshot: Snapshot, at: datetime) -> list[Issue]:
    """The issues behind `overdue_work`."""
    day = snapshot.day_of(at)
    return [issue for issue in alive(snapshot, at) if issue.due_on and issue.due_on < day]


def sla_misses(snapshot: Snapshot, at: datetime) -> Figure:
    """Promises whose due instant passed unmet in the last 7 days."""
    missed = sla_missed(snapshot, at)
    return Figure(len(missed), refs(missed), note=f"limit {snapshot.policy.sla_limit}/wk")


def sla_missed(snapshot: Snapshot, at: datetime) -> list[Issue]:
    """The issues behind `sla_misses`."""
    return [issue for issue in snapshot.all(Issue) if is_missed(issue, at - WEEK, at)]


def utilised(snapshot: Snapshot) -> Figure:
    """Utilisation of the next 7 days, see `staff.utilisation`."""
    today, limit = snapshot.today, snapshot.policy.utilisation_limit
    share = utilisation(snapshot, today)
    return Figure(
        share,
        _staff_refs(snapshot, today, today + WEEK),
        f"limit {limit:.0%}, next 7 days",
        absent="n/a: nobody is available" if share is None else None,
        partial=_unknown_absences(snapshot),
    )


def capacity(snapshot: Snapshot) -> Figure:
    """Hours free over the weeks that the policy plans ahead."""
    weeks = snapshot.policy.capacity_weeks
    today, end = snapshot.today, snapshot.today + weeks * WEEK
    return Figure(
        free_hours(snapshot, today, end),
        _staff_refs(snapshot, today, end),
        f"free over {weeks} weeks",
        partial=_unknown_absences(snapshot),
    )


def projects_at_risk(snapshot: Snapshot) -> Figure:
    """How many `dangers` there are, and how many projects run."""
    found = dangers(snapshot)
    running = sum(project.state == "started" for project in snapshot.all(Project))
    return Figure(len(found), tuple(danger.project.ref for danger in found), f"{running} running")


def dangers(snapshot: Snapshot) -> list[Danger]:
    """Projects in danger now: late, behind their time, or so in the lead's own word; worst first."""
    found = [danger for p in snapshot.all(Project) if (danger := _danger(snapshot, p))]
    return sorted(found, key=lambda d: (d.status is not Status.ACT, d.project.target_on or date.max))


def _danger(snapshot: Snapshot, project: Project) -> Danger | None:
    if project.state not in ("planned", "started", "paused"):
        return None
    late = project.target_on is not None and project.target_on < snapshot.today
    spent = _time_spent(snapshot, project)
    behind = spent is not None and spent - float(project.progress) > BEHIND
    said = project.health if project.health in ("at_risk", "off_track") else ""
    if not (late or behind or said):
        return None
    why = joined(
        f"{project.progress:.0%} done",
        f"{spent:.0%} of its time gone" if behind and not late else "",
        f"{'was' if late else 'is'} due {project.target_on}" if project.target_on else "no target date",
        f"lead says {said.replace('_', ' ')}" if said else "",
    )
    status = Status.ACT if late or said == "off_track" else Status.WATCH
    return Danger(project, status, why or "")


def _time_spent(snapshot: Snapshot, project: Project) -> float | None:
    """Share of the time between start and target that is over, at most 1."""
    if project.started_at is None or project.target_on is None:
        return None
    start = snapshot.day_of(project.started_at)
    whole = (project.target_on - start).days
    return min(1.0, (snapshot.today - start).days / whole) if whole > 0 else None


def _times(done: list[Issue], days: list[float]) -> Figure:
    middle, p85, p95 = median(days), percentile(days, 0.85), percentile(days, 0.95)
    if middle is None:
        return Figure(None, absent="n/a: nothing completed in 90 days")
    return Figure(middle, refs(done), note=f"p85 {p85:.1f} d, p95 {p95:.1f} d, n {len(days)}")


def _staff_refs(snapshot: Snapshot, start: date, end: date) -> tuple[str, ...]:
    people = (share.person.ref for share in shares(snapshot, start, end))
    return (*people, *(absence.ref for absence in absent_in(snapshot, start, end)))


def _unknown_absences(snapshot: Snapshot) -> str | None:
    return None if absences_known(snapshot) else "absences unknown"
