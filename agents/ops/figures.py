"""What each figure of ops is beside flow: blocked and late work, broken promises, hours, projects in danger.

Due dates and SLA instants are those of today, also for earlier weeks: the tracker keeps no history of
them. The state of each issue then comes from its moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from agents.figures import Figure, made, number
from agents.formula import Part, Term, added, counted, leaf, statistic
from agents.nouns import Issue, Project
from agents.ops.staff import WEEK, absences_known, allocated_hours, available_hours, shares
from agents.ops.work import DAY, alive, is_missed, last_moved
from agents.periods import median
from agents.report import Status
from agents.snapshot import Snapshot
from agents.unit import Unit
from agents.wording import joined

BEHIND = 0.20
"""Share of a project's time that its progress may lag."""


@dataclass(frozen=True, slots=True)
class Danger:
    """A project that will not be done in time as things are, and why, worst `status` first."""

    project: Project
    status: Status
    why: str


def blocked(snapshot: Snapshot) -> list[Issue]:
    """Issues that the tracker marks as blocked now and that have not ended."""
    return [issue for issue in alive(snapshot, snapshot.as_of) if issue.blocked]


def blocked_work(snapshot: Snapshot) -> Figure:
    """How many issues are blocked now; the tracker keeps no history of that."""
    return number(counted("issues marked as blocked", blocked(snapshot)))


def blocked_time(snapshot: Snapshot) -> Figure:
    """Median days since the last move of what is blocked now. The tracker keeps no history of blocks, so
    how long each of them really lasts cannot be said; this is how long nothing has happened."""
    still = [(i, (snapshot.as_of - last_moved(i, snapshot.as_of)) / DAY) for i in blocked(snapshot)]
    days = statistic("days since the last move", "median", still, Unit.DAYS, lambda d: median(map(float, d)))
    longest = max((days for _, days in still), default=0)
    return made(days, f"longest {longest:.1f} d", absent="n/a: nothing is blocked")


def overdue_work(snapshot: Snapshot, at: datetime) -> Figure:
    """Issues whose due date has passed in the company's zone and that have not ended."""
    return number(counted("issues past their due day", overdue(snapshot, at)))


def overdue(snapshot: Snapshot, at: datetime) -> list[Issue]:
    """The issues behind `overdue_work`."""
    day = snapshot.day_of(at)
    return [issue for issue in alive(snapshot, at) if issue.due_on and issue.due_on < day]


def sla_misses(snapshot: Snapshot, at: datetime) -> Figure:
    """Promises whose due instant passed unmet in the last 7 days."""
    missed = counted("promises broken", sla_missed(snapshot, at))
    return number(missed, f"limit {snapshot.policy.sla_limit}/wk")


def sla_missed(snapshot: Snapshot, at: datetime) -> list[Issue]:
    """The issues behind `sla_misses`."""
    return [issue for issue in snapshot.all(Issue) if is_missed(issue, at - WEEK, at)]


def utilised(snapshot: Snapshot) -> Figure:
    """Allocated over available hours of the next 7 days."""
    today, limit = snapshot.today, snapshot.policy.utilisation_limit
    found = shares(snapshot, today, today + WEEK)
    return made(
        allocated_hours(found) / available_hours(found),
        f"limit {limit:.0%}, next 7 days",
        absent="n/a: nobody is available",
        partial=_unknown_absences(snapshot),
    )


def capacity(snapshot: Snapshot) -> Figure:
    """Available minus allocated hours of the weeks that the policy plans ahead; negative when too much is
    promised."""
    weeks = snapshot.policy.capacity_weeks
    found = shares(snapshot, snapshot.today, snapshot.today + weeks * WEEK)
    free = available_hours(found) - allocated_hours(found)
    return made(free, f"free over {weeks} weeks", partial=_unknown_absences(snapshot))


def projects_at_risk(snapshot: Snapshot) -> Figure:
    """How many `dangers` there are, and how many projects run."""
    found = dangers(snapshot)
    running = sum(project.state == "started" for project in snapshot.all(Project))
    term = Term(
        "projects in danger",
        Unit.COUNT,
        Fraction(len(found)),
        how="count",
        read=lambda: (Part((danger.project.ref,), 1, danger.why) for danger in found),
    )
    return number(leaf(term), f"{running} running")


def progress(project: Project) -> Figure:
    """How much of a project is done, in the tracker's own words."""
    return made(added("progress", [(project, Fraction(project.progress))], Unit.RATIO))


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


def _unknown_absences(snapshot: Snapshot) -> str | None:
    return None if absences_known(snapshot) else "absences unknown"
