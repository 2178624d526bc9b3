"""What each issue was at any instant, from its moves or, without them, from its dates."""

from __future__ import annotations

from datetime import datetime, timedelta

from agents.nouns import Issue
from agents.snapshot import Snapshot

DAY = timedelta(days=1)
OVER = frozenset({"completed", "canceled"})


def state_at(issue: Issue, at: datetime) -> str | None:
    """The state type of `issue` at `at`; None before it was created."""
    if issue.created_at > at:
        return None
    if issue.moves:
        made = [move for move in issue.moves if move.at <= at]
        return made[-1].to_state if made else issue.moves[0].from_state or "backlog"
    stamps = {
        "canceled": issue.canceled_at,
        "completed": issue.completed_at,
        "started": issue.started_at,
    }
    if not any(stamps.values()):
        return issue.state
    return next((state for state, when in stamps.items() if when and when <= at), "unstarted")


def started_at(issue: Issue) -> datetime | None:
    """When work on it began first."""
    if issue.started_at:
        return issue.started_at
    return next((move.at for move in issue.moves if move.to_state == "started"), None)


def last_moved(issue: Issue, at: datetime) -> datetime:
    """When it last changed its state by `at`, or was created."""
    return max([m.at for m in issue.moves if m.at <= at], default=started_at(issue) or issue.created_at)


def in_progress(snapshot: Snapshot, at: datetime) -> list[Issue]:
    """Started and neither completed nor canceled."""
    return [i for i in snapshot.all(Issue) if state_at(i, at) == "started"]


def alive(snapshot: Snapshot, at: datetime) -> list[Issue]:
    """Created, and neither completed nor canceled."""
    return [i for i in snapshot.all(Issue) if state_at(i, at) not in (None, *OVER)]


def completed(snapshot: Snapshot, since: datetime, at: datetime) -> list[Issue]:
    """Completed after `since` and by `at`."""
    return [i for i in snapshot.all(Issue) if i.completed_at and since < i.completed_at <= at]


def is_missed(issue: Issue, since: datetime, at: datetime) -> bool:
    """Whether its SLA broke after `since` and by `at` while it was neither completed nor canceled."""
    breach = issue.sla_breaches_at
    if breach is None or not since < breach <= at:
        return False
    ended = [when for when in (issue.completed_at, issue.canceled_at) if when]
    return not ended or min(ended) > breach


def cycle_days(issue: Issue) -> float | None:
    """Days from started to completed; None without either, or where the dates contradict each other."""
    began, done = started_at(issue), issue.completed_at
    return (done - began) / DAY if began and done and done >= began else None


def started_days(issue: Issue, since: datetime, at: datetime) -> float:
    """Days within `(since, at]` that it was in a started state; of one that went back, only those."""
    changes, first = _changes(issue), max(since, issue.created_at)
    ends = [when for when, _ in changes[1:]]
    spans = (
        min(end, at) - max(begin, first)
        for (begin, state), end in zip(changes, [*ends, at], strict=True)
        if state == "started" and min(end, at) > max(begin, first)
    )
    return sum(spans, timedelta(0)) / DAY


def _changes(issue: Issue) -> list[tuple[datetime, str | None]]:
    """Its states and since when it was in each, oldest first; between them it is as `state_at` says."""
    if issue.moves:
        before = issue.moves[0].from_state or "backlog"
        return [(issue.created_at, before), *((move.at, move.to_state) for move in issue.moves)]
    stamps = (issue.started_at, issue.completed_at, issue.canceled_at)
    instants = sorted({issue.created_at, *(when for when in stamps if when)})
    return [(when, state_at(issue, when)) for when in instants]
