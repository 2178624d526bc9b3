"""The figures of success that come from one source each: NPS, tickets, response times, usage."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import partial

from agents import signals
from agents.figures import Figure, above, below, metric
from agents.nouns import SurveyAnswer, Ticket, UsageDay
from agents.periods import median
from agents.report import Good, Metric, Unit
from agents.signals import Usage
from agents.snapshot import Snapshot

RECENT = timedelta(days=28)
"""Response and resolution time are those of tickets of so many days."""
FEW_ANSWERS = 10
ANY = above(0, float("inf"))
"""One is enough to be watched."""


def metrics(snapshot: Snapshot, usage: Usage) -> tuple[Metric, ...]:
    """All of them, in the order in which success shows them."""
    goal, hours = snapshot.policy.nps_goal, snapshot.policy.response_hours
    on_tickets = partial(metric, snapshot, reads=(Ticket,), good=Good.DOWN)
    return (
        metric(
            snapshot,
            "nps",
            "NPS",
            Unit.SCORE,
            partial(_nps, snapshot),
            reads=(SurveyAnswer,),
            grade=below(goal, 0),
        ),
        on_tickets("open_tickets", "Open tickets", Unit.COUNT, partial(_open, snapshot)),
        on_tickets("severe_tickets", "Severe tickets", Unit.COUNT, partial(_severe, snapshot), grade=ANY),
        on_tickets(
            "first_response",
            "First response",
            Unit.HOURS,
            partial(_first_response, snapshot),
            grade=above(hours, 2 * hours),
        ),
        on_tickets("resolution_time", "Resolution time", Unit.HOURS, partial(_resolution, snapshot)),
        metric(
            snapshot,
            "usage_trend",
            "Usage (28d)",
            Unit.RATIO,
            partial(_usage_trend, usage),
            reads=(UsageDay,),
            grade=below(0, -snapshot.policy.usage_drop),
        ),
    )


def _nps(snapshot: Snapshot, at: datetime) -> Figure:
    """Net promoter score of the answers of 90 days, with their number and 95 % interval."""
    answers = signals.nps_answers(snapshot, at)
    found = signals.nps(Counter(answer.score for answer in answers))
    if found is None:
        return Figure(None, absent="n/a: no answer in 90 days")
    sure = "few answers" if found.count < FEW_ANSWERS else f"±{found.margin}"
    return Figure(found.score, tuple(answer.ref for answer in answers), f"n={found.count}, {sure}")


def _open(snapshot: Snapshot, at: datetime) -> Figure:
    found = signals.open_tickets(snapshot, at)
    return Figure(len(found), tuple(ticket.ref for ticket in found))


def _severe(snapshot: Snapshot, at: datetime) -> Figure:
    """Open tickets of severity 1 and 2."""
    found = [t for t in signals.open_tickets(snapshot, at) if t.severity <= signals.SEVERE]
    return Figure(len(found), tuple(ticket.ref for ticket in found))


def _first_response(snapshot: Snapshot, at: datetime) -> Figure:
    """Median business hours from a ticket to its first answer, of the tickets of 28 days."""
    recent = [t for t in snapshot.all(Ticket) if at - RECENT < t.created_at <= at]
    answered = {
        ticket.ref: signals.business_hours(snapshot, ticket.created_at, ticket.first_response_at)
        for ticket in recent
        if ticket.first_response_at is not None and ticket.first_response_at <= at
    }
    waiting = sum(ticket.ref not in answered for ticket in recent)
    note = f"business hours, {waiting} waiting" if waiting else "business hours"
    return _median(answered, note, "n/a: no ticket answered in 28 days")


def _resolution(snapshot: Snapshot, at: datetime) -> Figure:
    """Median business hours from a ticket to its close, of the tickets closed in 28 days."""
    closed = {
        ticket.ref: signals.business_hours(snapshot, ticket.created_at, ticket.closed_at)
        for ticket in snapshot.all(Ticket)
        if ticket.closed_at is not None and at - RECENT < ticket.closed_at <= at
    }
    return _median(closed, "business hours", "n/a: no ticket closed in 28 days")


def _median(hours: dict[str, float], note: str, absent: str) -> Figure:
    value = median(hours.values())
    return Figure(None, absent=absent) if value is None else Figure(value, tuple(hours), note)


def _usage_trend(usage: Usage, at: datetime) -> Figure:
    """Events of all customers in the last 28 days over those of the 28 before, minus 1."""
    trends = usage.trends(at).values()
    refs = tuple(ref for trend in trends for ref in trend.evidence)
    whole = signals.Trend(sum(t.now for t in trends), sum(t.before for t in trends), refs)
    if not refs:
        return Figure(None, absent="n/a: fewer than 56 days of usage")
    if whole.change is None:
        return Figure(None, refs, absent="n/a: hardly any usage 28 days before")
    return Figure(whole.change, refs)
