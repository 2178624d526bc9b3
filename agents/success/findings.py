"""What success raises and proposes: customers who may leave, severe tickets, fading use, renewals."""

from __future__ import annotations

from datetime import timedelta

from agents.figures import WHY, Figure, Findings, clip, made, number, refs
from agents.formula import Formula, counted
from agents.money import Money
from agents.nouns import Subscription, Ticket, UsageDay
from agents.report import Status
from agents.success import signals
from agents.success.churn import CLUES
from agents.success.desk import Desk
from agents.success.figures import fading_at, trend_of
from agents.success.renewals import renewals_at
from agents.unit import Unit
from agents.wording import plural

ASK_BEFORE = timedelta(days=7)
"""A renewal is to be decided so long before its day."""
MOST = 5
"""Recommendations of one kind: the most pressing only."""


def findings(desk: Desk) -> Findings:
    """All alerts and recommendations, in the order of the rules."""
    for rule in RULES:
        yield from rule(desk)


def churn_risk(desk: Desk) -> Findings:
    """Customers likely to leave. Who renews soon is asked for there; who has cancelled, by finance."""
    now = desk.snapshot.as_of
    renewing = {one.account for one in renewals_at(desk.customers, now)}
    asked = 0
    for risk in desk.churn.worst(desk.snapshot.policy.churn_risk_act, now):
        found = desk.finding("churn_risk", desk.known(*CLUES), risk.evidence, risk.account)
        name, why = clip(risk.name, 30), clip(f"{_worth(risk.yearly)}{', '.join(risk.reasons)}", WHY)
        title = f"{name} may leave: {risk.probability:.0%} within a year"
        yield found.alert(Status.ACT, title, why, made(risk.formula), Unit.RATIO)
        if asked < MOST and risk.account not in renewing and not risk.leaving:
            asked += 1
            yield found.recommend(
                f"Call {name}: {risk.probability:.0%} likely to leave",
                why,
                impact=_stake(risk.worth),
                due_on=desk.snapshot.today + timedelta(days=2),
                minutes=30,
                demand=60,
                tags=("retention", "customers"),
            )


def fading(desk: Desk) -> Findings:
    """Customers whose usage fell, though nothing else is wrong yet."""
    for who, trend in fading_at(desk, desk.snapshot.as_of).items():
        title = f"{clip(desk.customers.name(who), 30)}: usage {trend.change:+.0%}"
        detail = f"{trend.now:,} events in 28 days, {trend.before:,} in the 28 before"
        found = desk.finding("fading", (UsageDay, Subscription), trend.evidence, who)
        yield found.alert(Status.WATCH, title, detail, made(trend_of([trend])), Unit.RATIO)


def severe_tickets(desk: Desk) -> Findings:
    """Customers with severe tickets open: ACT for the worst severity."""
    for who, tickets in signals.severe_tickets(desk.snapshot, desk.snapshot.as_of).items():
        worst = min(ticket.severity for ticket in tickets)
        oldest = min(desk.snapshot.day_of(ticket.created_at) for ticket in tickets)
        found = desk.finding("severe_tickets", (Ticket,), refs(tickets), who)
        yield found.alert(
            Status.ACT if worst <= 1 else Status.WATCH,
            f"{clip(desk.customers.name(who), 30)}: {plural(len(tickets), 'severe ticket')} open",
            f"the worst is of severity {worst}, the oldest of {oldest}",
            number(counted("severe tickets", tickets)),
            Unit.COUNT,
        )


def renewal(desk: Desk) -> Findings:
    """Yearly contracts that renew soon, with what speaks against it."""
    today = desk.snapshot.today
    now = desk.snapshot.as_of
    for one in renewals_at(desk.customers, now)[:MOST]:
        risk, days = desk.churn.risk(one.account, now), (one.renews_on - today).days
        assert risk is not None, "who renews has a subscription"
        when = "today" if days == 0 else f"in {plural(days, 'day')}"
        why = f"{_worth(one.yearly)}renews {when}"
        evidence = tuple(dict.fromkeys((*one.evidence, *risk.evidence)))
        found = desk.finding("renewal", desk.known(*CLUES), evidence, one.account, one.contract)
        yield found.recommend(
            f"{clip(one.name, 30)} renewal: decide the offer",
            clip(f"{why}; {', '.join(risk.reasons)}" if risk.reasons else why, WHY),
            impact=_stake(one.worth),
            due_on=max(today, one.renews_on - ASK_BEFORE),
            minutes=15,
            demand=50,
            tags=("retention", "renewals"),
        )


RULES = (churn_risk, renewal, severe_tickets, fading)
"""Each looks at one thing and yields what it found; a new rule is a function and its name here."""


def _stake(worth: Formula | None) -> Figure | None:
    return made(worth) if worth else None


def _worth(yearly: Money | None) -> str:
    return f"{yearly.short()} a year, " if yearly else ""
