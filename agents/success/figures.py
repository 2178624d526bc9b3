"""What each figure of success is at an instant: NPS, tickets and their times, usage, customers at risk."""

from __future__ import annotations

from datetime import datetime, timedelta

from agents import promoters
from agents.figures import Figure, refs
from agents.money import total
from agents.nouns import Ticket
from agents.periods import median
from agents.snapshot import Snapshot
from agents.success import signals
from agents.success.desk import Desk
from agents.success.renewals import renewals_at
from agents.success.signals import Trend, Usage
from agents.wording import plural

RECENT = timedelta(days=28)
"""Response and resolution time are those of tickets of so many days."""


def nps(snapshot: Snapshot, at: datetime) -> Figure:
    """Net promoter score of customers, of the answers of 90 days."""
    return promoters.score(snapshot, "nps", signals.NPS_DAYS, at)


def open_tickets(snapshot: Snapshot, at: datetime) -> Figure:
    """Tickets not closed yet."""
    found = signals.open_tickets(snapshot, at)
    return Figure(len(found), refs(found))


def severe_tickets(snapshot: Snapshot, at: datetime) -> Figure:
    """Open tickets of severity 1 and 2."""
    found = [t for t in signals.open_tickets(snapshot, at) if t.severity <= signals.SEVERE]
    return Figure(len(found), refs(found))


def first_response(snapshot: Snapshot, at: datetime) -> Figure:
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


def resolution_time(snapshot: Snapshot, at: datetime) -> Figure:
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


def usage_trend(usage: Usage, at: datetime) -> Figure:
    """Events of all customers in the last 28 days over those of the 28 before, minus 1."""
    trends = usage.trends(at).values()
    refs = tuple(ref for trend in trends for ref in trend.evidence)
    whole = Trend(sum(trend.now for trend in trends), sum(trend.before for trend in trends), refs)
    if not refs:
        return Figure(None, absent="n/a: fewer than 56 days of usage")
    if whole.change is None:
        return Figure(None, refs, absent="n/a: hardly any usage 28 days before")
    return Figure(whole.change, refs)


def fading_at(desk: Desk, at: datetime) -> dict[str, Trend]:
    """Present customers whose usage fell by `policy.usage_drop` or more, with their trend."""
    here, limit = desk.customers.present(at), desk.snapshot.policy.usage_drop
    return {who: trend for who, trend in desk.usage.trends(at).items() if who in here and trend.fell(limit)}


def fading(desk: Desk, at: datetime) -> Figure:
    """How many `fading_at` finds."""
    if not desk.usage.trends(at):
        return Figure(None, absent="n/a: fewer than 56 days of usage")
    found = fading_at(desk, at)
    return Figure(len(found), tuple(ref for trend in found.values() for ref in trend.evidence))


def at_risk(desk: Desk, at: datetime) -> Figure:
    """Customers whose probability of churn is `policy.churn_risk_act` or more; the base rate in the note."""
    limit = desk.snapshot.policy.churn_risk_act
    found = [risk for risk in desk.churn.risks(at) if risk.probability >= limit]
    refs = tuple(ref for risk in found for ref in risk.evidence)
    return Figure(len(found), refs, f"base {desk.churn.base(at):.0%} a year")


def renewals_due(desk: Desk, at: datetime) -> Figure:
    """The yearly value of what `renewals` lists."""
    found = renewals_at(desk.customers, at)
    worth = [one.yearly for one in found if one.yearly is not None]
    left = len(found) - len(worth)
    return Figure(
        total(worth, desk.snapshot.currency),
        tuple(dict.fromkeys(ref for one in found for ref in one.evidence)),
        plural(len(found), "contract") if found else "",
        partial=f"not converted: {plural(left, 'contract')}" if left else None,
    )
