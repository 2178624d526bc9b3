"""The one line on top of the briefing, computed from statuses and counts and from nothing else.

It says "Nothing needs you today." only when no decision waits, every figure is ok and all was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from agents.briefing import Briefing, Decision
from agents.figures import clip
from agents.report import Metric, Status
from agents.wording import in_words, plural

ALL_WELL = "Nothing needs you today."
SUBJECT_WIDTH = 40


def verdict(briefing: Briefing) -> str:
    """Decisions, then the worst state of anything, then what was not seen: at most three short sentences."""
    troubles = [text for text in (_limits(briefing), _unseen(briefing) or _blanks(briefing)) if text]
    if briefing.decisions:
        return " ".join([_decisions(briefing), *troubles])
    return " ".join(["No decision is waiting.", *troubles]) if troubles else ALL_WELL


def worst(briefing: Briefing) -> Status:
    """The worst status of any figure, alert or risk; at least watched while anything was not seen."""
    statuses = {metric.status for metric in _metrics(briefing)}
    statuses |= {alert.status for report in briefing.reports for alert in report.alerts}
    statuses |= {risk.status for risk in briefing.risks}
    if Status.ACT in statuses:
        return Status.ACT
    unsure = briefing.blind_spots or briefing.failed or any(m.status is Status.NONE for m in briefing.numbers)
    return Status.WATCH if Status.WATCH in statuses or unsure else Status.OK


def _decisions(briefing: Briefing) -> str:
    today = briefing.as_of.astimezone(briefing.zone).date()
    now = [d for d in briefing.decisions if _due_by(d, today)]
    if now:
        return f"{_count(now)} today{_named(now)}."
    week = [d for d in briefing.decisions if _due_by(d, today + timedelta(days=6))]
    if week:
        rest = "not due today" if len(week) == 1 else "none due today"
        return f"{_count(week)} this week, {rest}{_named(week)}."
    rest = "not due this week" if len(briefing.decisions) == 1 else "none due this week"
    return f"{_count(briefing.decisions)} open, {rest}{_named(briefing.decisions)}."


def _due_by(decision: Decision, day: date) -> bool:
    due = decision.recommendation.due_on
    return due is not None and due <= day


def _count(decisions: Sequence[Decision]) -> str:
    return "One decision" if len(decisions) == 1 else f"{len(decisions)} decisions"


def _named(decisions: Sequence[Decision]) -> str:
    """The subject of a single decision: its title up to the colon."""
    if len(decisions) > 1:
        return ""
    subject = decisions[0].recommendation.title.split(":")[0].strip().rstrip(".?!")
    return f": {clip(subject, SUBJECT_WIDTH)}" if subject else ""


def _limits(briefing: Briefing) -> str:
    """The worst thing that has a status: figures past their limits, risks, alerts; then what is watched."""
    for status in (Status.ACT, Status.WATCH):
        titles = [m.title for m in _metrics(briefing) if m.status is status]
        if titles:
            return _figures(titles, status)
        does = (
            {1: "needs action", 2: "need action"}
            if status is Status.ACT
            else {1: "is watched", 2: "are watched"}
        )
        risks = sum(risk.status is status for risk in briefing.risks)
        alerts = sum(a.status is status for report in briefing.reports for a in report.alerts)
        for count, one in ((risks, "cross-team risk"), (alerts, "alert")):
            if count:
                return (
                    f"{_capital(in_words(count))} {one if count == 1 else one + 's'} {does[min(count, 2)]}."
                )
    return ""


def _figures(titles: Sequence[str], status: Status) -> str:
    """`SLA misses are over their limit.` would be wrong for cash, so: past."""
    first = titles[0].split(" (")[0]
    several = len(titles) > 1 or _is_plural(first)
    others = titles[1].split(" (")[0] if len(titles) == 2 else f"{len(titles) - 1} more"
    who = f"{first} and {others}" if len(titles) > 1 else first
    if status is Status.WATCH:
        return f"{who} {'are' if several else 'is'} watched."
    return f"{who} {'are past their' if several else 'is past its'} limit{'s' if len(titles) > 1 else ''}."


def _is_plural(title: str) -> bool:
    return title.endswith("s") and not title.endswith(("ss", "NPS"))


def _blanks(briefing: Briefing) -> str:
    blank = [metric.title.split(" (")[0] for metric in briefing.numbers if metric.status is Status.NONE]
    return f"No figure for {_listed(blank)}." if blank else ""


def _unseen(briefing: Briefing) -> str:
    failed = f"{_listed(briefing.failed)} failed" if briefing.failed else ""
    spots = plural(len(briefing.blind_spots), "blind spot") if briefing.blind_spots else ""
    said = "; ".join(part for part in (failed, spots) if part)
    return f"{_capital(said)}." if said else ""


def _metrics(briefing: Briefing) -> Iterable[Metric]:
    """Every figure of the morning, the headline ones first."""
    yield from briefing.numbers
    shown = {(metric.key, metric.title) for metric in briefing.numbers}
    for report in briefing.reports:
        yield from (metric for metric in report.metrics if (metric.key, metric.title) not in shown)


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
