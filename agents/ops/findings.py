"""What ops raises and proposes: broken promises, blocked work, late projects, overload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agents.figures import RAISED, WHY, Figure, Finding, clip, number, refs
from agents.formula import counted
from agents.limits import Limit
from agents.nouns import Issue, Project
from agents.ops.figures import Danger, blocked, dangers, overdue, overdue_work, progress, sla_missed
from agents.ops.flow import wip_per_person
from agents.ops.staff import WEEK, Share, shares, staff_kinds
from agents.ops.work import DAY, alive, in_progress, last_moved
from agents.quantity import text
from agents.report import Alert, Metric, Recommendation, Status
from agents.snapshot import Snapshot
from agents.unit import Unit
from agents.wording import day_name, plural

PATIENCE = 2
"""Days after which a blocked issue is raised."""


def alerts(snapshot: Snapshot, figures: Mapping[str, Metric]) -> tuple[Alert, ...]:
    """Everything wrong in delivery, in the order of the rules."""
    return (
        *_sla_alert(snapshot, figures["sla_misses"]),
        *_blocked_alert(snapshot),
        *(_project_alert(snapshot, danger) for danger in dangers(snapshot)),
        *_overdue_alert(snapshot),
        *_overload_alert(snapshot, figures["utilisation"]),
        *_wip_alert(snapshot, figures["wip"]),
    )


def recommendations(snapshot: Snapshot, figures: Mapping[str, Metric]) -> tuple[Recommendation, ...]:
    """What to do about it."""
    return (
        *_mend_sla(snapshot, figures["sla_misses"]),
        *_save_sla(snapshot),
        *_unblock(snapshot),
        *(_replan(snapshot, danger) for danger in dangers(snapshot)),
        *_lighten(snapshot, figures["utilisation"]),
        *_finish_first(snapshot, figures["wip"]),
    )


def stopped_long(snapshot: Snapshot) -> list[Issue]:
    """Blocked issues that have not moved for more than two days, longest first."""
    at = snapshot.as_of
    waiting = ((last_moved(issue, at), issue.ref, issue) for issue in blocked(snapshot))
    return [issue for moved, _, issue in sorted(waiting, key=lambda w: w[:2]) if at - moved > PATIENCE * DAY]


def _finding(snapshot: Snapshot, rule: str, issues: list[Issue]) -> Finding:
    """About these issues; about one customer when they all are."""
    accounts = {issue.account for issue in issues}
    account = accounts.pop() if len(accounts) == 1 else None
    return Finding(snapshot, "ops", rule, (Issue,), refs(issues), account=account, subject=rule)


def _sla_alert(snapshot: Snapshot, misses: Metric) -> Iterator[Alert]:
    if misses.status not in RAISED:
        return
    missed = sla_missed(snapshot, snapshot.as_of)
    before = text(misses.previous, Unit.COUNT)
    yield _finding(snapshot, "sla_misses", missed).alert(
        misses.status,
        f"{plural(len(missed), 'SLA miss', 'SLA misses')} in 7 days",
        f"limit {snapshot.policy.sla_limit} a week; {before} the week before",
        Figure(misses.value, formula=misses.formula),
        Unit.COUNT,
    )


def _mend_sla(snapshot: Snapshot, misses: Metric) -> Iterator[Recommendation]:
    if misses.status not in RAISED:
        return
    missed = sla_missed(snapshot, snapshot.as_of)
    living = {issue.ref for issue in alive(snapshot, snapshot.as_of)}
    waiting = [issue for issue in missed if issue.ref in living]
    count = f"{plural(len(missed), 'miss', 'misses')} in 7 d, limit {snapshot.policy.sla_limit}"
    yield _finding(snapshot, "mend_sla", waiting or missed).recommend(
        f"Answer {plural(len(waiting), 'promise')} already broken" if waiting else "Find why SLAs are missed",
        clip(f"{count}; {len(waiting)} still open: {_keys(waiting)}" if waiting else count, WHY),
        impact=None,
        due_on=snapshot.today,
        minutes=30,
        demand=60,
        tags=("delivery", "retention"),
    )


def _save_sla(snapshot: Snapshot) -> Iterator[Recommendation]:
    """Promises that break within two days and can still be kept."""
    at = snapshot.as_of
    due = [
        (issue.sla_breaches_at, issue.ref, issue)
        for issue in alive(snapshot, at)
        if issue.sla_breaches_at and at < issue.sla_breaches_at <= at + PATIENCE * DAY
    ]
    if not due:
        return
    issues = [issue for _, _, issue in sorted(due, key=lambda row: row[:2])]
    first = snapshot.day_of(min(instant for instant, _, _ in due))
    yield _finding(snapshot, "save_sla", issues).recommend(
        f"Keep {plural(len(issues), 'promise')} that would break soon",
        clip(f"first breaks {day_name(first, snapshot.today)}: {_keys(issues)}", WHY),
        impact=None,
        due_on=first,
        minutes=20,
        demand=50,
        tags=("delivery", "retention"),
    )


def _blocked_alert(snapshot: Snapshot) -> Iterator[Alert]:
    if stopped := stopped_long(snapshot):
        yield _finding(snapshot, "blocked_long", stopped).alert(
            Status.WATCH,
            f"{plural(len(stopped), 'issue')} blocked for over {PATIENCE} days",
            f"longest {_waiting(snapshot, stopped[0])}",
            number(counted("issues blocked without a move", stopped)),
            Unit.COUNT,
        )


def _unblock(snapshot: Snapshot) -> Iterator[Recommendation]:
    if stopped := stopped_long(snapshot):
        yield _finding(snapshot, "unblock", stopped).recommend(
            f"Unblock {plural(len(stopped), 'issue')}: {_keys(stopped, 2)}",
            clip(f"{_waiting(snapshot, stopped[0])} without a move: {stopped[0].title}", WHY),
            impact=None,
            due_on=None,
            minutes=min(45, 15 * len(stopped)),
            demand=40,
            tags=("delivery",),
        )


def _project_alert(snapshot: Snapshot, danger: Danger) -> Alert:
    late = danger.project.target_on is not None and danger.project.target_on < snapshot.today
    name = clip(danger.project.name, 40)
    return _about(snapshot, "project_at_risk", danger.project).alert(
        danger.status,
        f"{name} is {'late' if late else 'at risk'}",
        danger.why,
        progress(danger.project),
        Unit.RATIO,
    )


def _replan(snapshot: Snapshot, danger: Danger) -> Recommendation:
    target, today = danger.project.target_on, snapshot.today
    return _about(snapshot, "replan_project", danger.project).recommend(
        f"{clip(danger.project.name, 32)}: cut scope or move the date",
        clip(danger.why, WHY),
        impact=None,
        due_on=max(target, today) if target else None,
        minutes=30,
        demand=70,
        tags=("delivery",),
    )


def _about(snapshot: Snapshot, rule: str, project: Project) -> Finding:
    return Finding(snapshot, "ops", rule, (Project,), (project.ref,), subject=project.ref)


def _overdue_alert(snapshot: Snapshot) -> Iterator[Alert]:
    late = sorted(overdue(snapshot, snapshot.as_of), key=lambda issue: (issue.due_on, issue.ref))
    if late:
        yield _finding(snapshot, "overdue_work", late).alert(
            Status.WATCH,
            f"{plural(len(late), 'issue')} past the due date",
            f"oldest {late[0].key}, due {late[0].due_on}",
            overdue_work(snapshot, snapshot.as_of),
            Unit.COUNT,
        )


def _overload_alert(snapshot: Snapshot, used: Metric) -> Iterator[Alert]:
    if used.status in RAISED:
        finding = Finding(snapshot, "ops", "overload", staff_kinds(snapshot), used.evidence)
        limit = snapshot.policy.utilisation_limit
        title = f"Team at {text(used.value, Unit.RATIO)} of its hours next week"
        share = Figure(used.value, formula=used.formula)
        yield finding.alert(used.status, title, f"limit {limit:.0%}", share, Unit.RATIO)


def _lighten(snapshot: Snapshot, used: Metric) -> Iterator[Recommendation]:
    """For people who promised more hours than they are there in the coming week."""
    heavy = _overloaded(snapshot)
    if not heavy:
        return
    worst = heavy[0]
    others = f" and {len(heavy) - 1} more" if len(heavy) > 1 else ""
    refs = tuple(share.person.ref for share in heavy)
    finding = Finding(snapshot, "ops", "lighten_load", staff_kinds(snapshot), refs)
    load = f"{worst.allocated:.0f} h promised, {worst.available:.0f} h there next week"
    yield finding.recommend(
        f"Take work off {clip(worst.person.name, 30)}{others}",
        clip(f"{load}; team at {text(used.value, Unit.RATIO)}", WHY),
        impact=None,
        due_on=None,
        minutes=25,
        demand=50,
        tags=("delivery",),
    )


def _overloaded(snapshot: Snapshot) -> list[Share]:
    """People with more hours promised than there are in the coming week, most first."""
    found = [s for s in shares(snapshot, snapshot.today, snapshot.today + WEEK) if s.allocated > s.available]
    return sorted(found, key=lambda s: (s.available - s.allocated, s.person.ref))


def _wip_alert(snapshot: Snapshot, wip: Metric) -> Iterator[Alert]:
    load = wip_per_person(in_progress(snapshot, snapshot.as_of))
    if wip.status in RAISED and isinstance(load.value, float):
        limit = f"limit {_wip_limit(snapshot)}"
        finding = Finding(snapshot, "ops", "wip_high", (Issue,), wip.evidence)
        yield finding.alert(
            wip.status, f"{load.value:.1f} started issues per person", limit, load, Unit.COUNT
        )


def _finish_first(snapshot: Snapshot, wip: Metric) -> Iterator[Recommendation]:
    if wip.status in RAISED:
        finding = Finding(snapshot, "ops", "finish_first", (Issue,), wip.evidence)
        limit = f"limit {_wip_limit(snapshot)}"
        yield finding.recommend(
            "Finish work before starting more",
            clip(f"{text(wip.value, Unit.COUNT)} started, {wip.note}, {limit}", WHY),
            impact=None,
            due_on=None,
            minutes=15,
            demand=30,
            tags=("delivery", "efficiency"),
        )


def _wip_limit(snapshot: Snapshot) -> str:
    """The owner's limit on all work in progress, else the policy's for each person."""
    own = snapshot.limits.get("wip", Limit())
    whole = own.watch if own.watch is not None else own.act
    return f"{snapshot.policy.wip_per_person:g} per person" if whole is None else f"{whole:g}"


def _keys(issues: list[Issue], most: int = 3) -> str:
    more = f" +{len(issues) - most}" if len(issues) > most else ""
    return ", ".join(clip(issue.key, 12) for issue in issues[:most]) + more


def _waiting(snapshot: Snapshot, issue: Issue) -> str:
    days = (snapshot.as_of - last_moved(issue, snapshot.as_of)) / DAY
    return f"{clip(issue.key, 12)}, {days:.0f} d"
