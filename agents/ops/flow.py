"""How work flows: how much gets done, how long it takes, how much is under way, and whether that agrees.

Definitions: the Kanban Guide and Vacanti, see `definitions`. Days are calendar days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from agents.figures import Figure, made, number
from agents.formula import Combine, Formula, LeftOut, Number, Part, Term, added, counted, leaf, statistic
from agents.nouns import Issue
from agents.ops.staff import WEEK
from agents.ops.work import DAY, completed, cycle_days, in_progress, started_at, started_days, state_at
from agents.periods import median, percentile
from agents.snapshot import Snapshot
from agents.unit import Unit

FLOW = timedelta(days=90)
"""How far times and Little's law look back."""
NOTHING = "n/a: nothing completed in 90 days"
STEADY = (0.75, 1.33)
"""Between these, what is under way agrees with what gets done and how long it takes."""

Timed = Sequence[tuple[Issue, float]]
"""Issues, each with its days."""


def throughput(snapshot: Snapshot, at: datetime) -> Figure:
    """Issues completed in the last 7 days."""
    return number(counted("issues completed", completed(snapshot, at - WEEK, at)), "in 7 days")


# ── how long it takes ────────────────────────────────────────────────────────────────────────────


def cycle_time(snapshot: Snapshot, at: datetime) -> Figure:
    """Median days from started to completed, of issues completed in the last 90 days (Vacanti)."""
    return made(_cycle(snapshot, at, "median", _median), _tails(cycle_times(snapshot, at)), absent=NOTHING)


def cycle_time_at(snapshot: Snapshot, share: int, at: datetime) -> Figure:
    """The days that `share` % of those issues took at most from started to completed."""
    return made(_cycle(snapshot, at, _name(share), _at_share(share)), absent=NOTHING)


def lead_time(snapshot: Snapshot, at: datetime) -> Figure:
    """Median days from created to completed, of issues completed in the last 90 days (Vacanti)."""
    times = lead_times(snapshot, at)
    return made(_lead(times, "median", _median), _tails(times), absent=NOTHING)


def lead_time_at(snapshot: Snapshot, share: int, at: datetime) -> Figure:
    """The days that `share` % of those issues took at most from created to completed."""
    return made(_lead(lead_times(snapshot, at), _name(share), _at_share(share)), absent=NOTHING)


def cycle_times(snapshot: Snapshot, at: datetime) -> Timed:
    """Issues completed in the last 90 days whose start is known, with their days."""
    found = ((issue, cycle_days(issue)) for issue in completed(snapshot, at - FLOW, at))
    return [(issue, days) for issue, days in found if days is not None]


def lead_times(snapshot: Snapshot, at: datetime) -> Timed:
    """Issues completed in the last 90 days, with the days since they were created."""
    done = completed(snapshot, at - FLOW, at)
    return [(i, (i.completed_at - i.created_at) / DAY) for i in done if i.completed_at]


def _cycle(snapshot: Snapshot, at: datetime, how: str, combine: Combine) -> Formula:
    unknown = [
        LeftOut((issue.ref,), "completed, but no start on record")
        for issue in completed(snapshot, at - FLOW, at)
        if cycle_days(issue) is None
    ]
    times = cycle_times(snapshot, at)
    return statistic("days from start to completion", how, times, Unit.DAYS, combine, unknown)


def _lead(times: Timed, how: str, combine: Combine) -> Formula:
    return statistic("days from creation to completion", how, times, Unit.DAYS, combine)


def _tails(times: Timed) -> str:
    days = [number for _, number in times]
    p85, p95 = percentile(days, 0.85), percentile(days, 0.95)
    return "" if p85 is None or p95 is None else f"p85 {p85:.1f} d, p95 {p95:.1f} d, n {len(days)}"


def _name(share: int) -> str:
    return f"{share}th percentile"


def _median(days: Sequence[Number]) -> float | None:
    return median(map(float, days))


def _at_share(share: int) -> Combine:
    return lambda days: percentile(map(float, days), share / 100)


# ── what is under way ────────────────────────────────────────────────────────────────────────────


def wip(snapshot: Snapshot, at: datetime) -> Figure:
    """Issues started and not ended."""
    started = in_progress(snapshot, at)
    load = wip_per_person(started).value
    return number(counted("issues in progress", started), "" if load is None else f"{load:.1f} per person")


def wip_per_person(started: Sequence[Issue]) -> Figure:
    """Started issues over the people who hold them; None when nobody is named."""
    return made(counted("issues in progress", started) / _holders(started), absent="n/a: nobody is named")


def wip_age(snapshot: Snapshot, at: datetime) -> Figure:
    """Started issues older than 85 % of issues took from start to completion."""
    limit = percentile((days for _, days in cycle_times(snapshot, at)), 0.85)
    if limit is None:
        return Figure(None, absent=NOTHING)
    old, young = [], []
    for issue in in_progress(snapshot, at):
        start = started_at(issue)
        if start is None:
            young.append(LeftOut((issue.ref,), "no start on record"))
        elif (at - start) / DAY > limit:
            old.append(issue)
        else:
            young.append(LeftOut((issue.ref,), f"started {(at - start) / DAY:.1f} d ago"))
    return number(counted("issues older than 85 % of cycle times", old, young), f"older than {limit:.1f} d")


def littles_law(snapshot: Snapshot, at: datetime) -> Figure:
    """Average work in progress over throughput x average cycle time, all of 90 days; 1 when work flows."""
    since, times = at - FLOW, cycle_times(snapshot, at)
    under_way = [(issue, started_days(issue, since, at)) for issue in _living(snapshot, since, at)]
    spent = added("issue-days in progress", [(i, days) for i, days in under_way if days], Unit.DAYS)
    done = counted("issues completed", [issue for issue, _ in times])
    took = statistic("cycle time", "average", times, Unit.DAYS, _average)
    ratio = (spent / FLOW.days) / (done / FLOW.days * took)
    absent = "n/a: completed the moment it started" if times else NOTHING
    return made(ratio, _agreement(ratio.value), absent=absent)


def _living(snapshot: Snapshot, since: datetime, at: datetime) -> Iterable[Issue]:
    """Issues that were there at some time of the period and not over before it."""
    for issue in snapshot.all(Issue):
        ended = issue.completed_at or issue.canceled_at
        if issue.created_at <= at and (ended is None or ended > since or state_at(issue, since) == "started"):
            yield issue


def _agreement(ratio: Fraction | None) -> str:
    if ratio is None or STEADY[0] <= ratio <= STEADY[1]:
        return "work in progress agrees with what gets done"
    return "more is started than finished" if ratio > 1 else "old work is finished, little is started"


def _average(days: Sequence[Number]) -> Fraction | None:
    return sum((Fraction(day) for day in days), Fraction(0)) / len(days) if days else None


def _holders(started: Sequence[Issue]) -> Formula:
    held: dict[str, list[str]] = {}
    for issue in started:
        if issue.assignee:
            held.setdefault(issue.assignee, []).append(issue.ref)
    nobody = [LeftOut((issue.ref,), "nobody is named") for issue in started if not issue.assignee]
    return leaf(
        Term(
            "people who hold them",
            Unit.COUNT,
            Fraction(len(held)),
            how="count",
            read=lambda: (Part(tuple(refs), 1, name) for name, refs in held.items()),
            omitted=lambda: nobody,
        )
    )
