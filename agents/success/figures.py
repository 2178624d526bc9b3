"""What each figure of success is at an instant: NPS, tickets and their times, usage, customers at risk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from agents import promoters
from agents.figures import Figure, made, number
from agents.formula import Formula, LeftOut, Part, Term, counted, leaf, statistic
from agents.nouns import Ticket, UsageDay
from agents.periods import median
from agents.snapshot import Snapshot
from agents.success import renewals, signals
from agents.success.desk import Desk
from agents.success.signals import Trend, Usage
from agents.unit import Unit
from agents.wording import plural

RECENT = timedelta(days=28)
"""Response and resolution time are those of tickets of so many days."""
SATISFIED = 4
"""From this score on, of 1 to 5, an answer to `csat` is that of someone satisfied."""


# ── what customers say ───────────────────────────────────────────────────────────────────────────


def nps(snapshot: Snapshot, at: datetime) -> Figure:
    """Net promoter score of customers, of the answers of 90 days."""
    return promoters.score(snapshot, "nps", signals.NPS_DAYS, at)


def csat(snapshot: Snapshot, at: datetime) -> Figure:
    """The share of satisfied answers, 4 and 5 of 5, of 90 days."""
    heard = promoters.answers(snapshot, "csat", signals.NPS_DAYS, at)
    satisfied = counted("satisfied", [answer for answer in heard if answer.score >= SATISFIED])
    few = ", few answers" if len(heard) < promoters.FEW_ANSWERS else ""
    absent = f"n/a: no answer in {signals.NPS_DAYS} days"
    return made(satisfied / counted("answers", heard), f"n={len(heard)}{few}", absent=absent)


# ── tickets ──────────────────────────────────────────────────────────────────────────────────────


def open_tickets(snapshot: Snapshot, at: datetime) -> Figure:
    """Tickets not closed yet."""
    return number(counted("open tickets", signals.open_tickets(snapshot, at)))


def severe_tickets(snapshot: Snapshot, at: datetime) -> Figure:
    """Open tickets of severity 1 and 2."""
    found = signals.open_tickets(snapshot, at)
    severe = [ticket for ticket in found if ticket.severity <= signals.SEVERE]
    milder = [LeftOut((t.ref,), f"severity {t.severity}") for t in found if t.severity > signals.SEVERE]
    return number(counted("severe tickets", severe, milder))


def first_response(snapshot: Snapshot, at: datetime) -> Figure:
    """Median business hours from a ticket to its first answer, of the tickets of 28 days."""
    recent = [t for t in snapshot.all(Ticket) if at - RECENT < t.created_at <= at]
    answered, waiting = [], []
    for ticket in recent:
        if ticket.first_response_at is None or ticket.first_response_at > at:
            waiting.append(LeftOut((ticket.ref,), "no answer yet"))
        else:
            hours = signals.business_hours(snapshot, ticket.created_at, ticket.first_response_at)
            answered.append((ticket, hours))
    note = f"business hours, {len(waiting)} waiting" if waiting else "business hours"
    took = _middle("business hours to the first answer", answered, waiting)
    return made(took, note, absent="n/a: no ticket answered in 28 days")


def resolution_time(snapshot: Snapshot, at: datetime) -> Figure:
    """Median business hours from a ticket to its close, of the tickets closed in 28 days."""
    closed = [
        (ticket, signals.business_hours(snapshot, ticket.created_at, ticket.closed_at))
        for ticket in snapshot.all(Ticket)
        if ticket.closed_at is not None and at - RECENT < ticket.closed_at <= at
    ]
    took = _middle("business hours to the close", closed)
    return made(took, "business hours", absent="n/a: no ticket closed in 28 days")


def _middle(name: str, hours: list[tuple[Ticket, float]], left_out: Sequence[LeftOut] = ()) -> Formula:
    return statistic(name, "median", hours, Unit.HOURS, lambda found: median(map(float, found)), left_out)


# ── usage ────────────────────────────────────────────────────────────────────────────────────────


def usage_trend(usage: Usage, at: datetime) -> Figure:
    """Events of all customers in the last 28 days over those of the 28 before, minus 1."""
    trends = usage.trends(at).values()
    if not any(trend.recent or trend.earlier for trend in trends):
        return Figure(None, absent="n/a: fewer than 56 days of usage")
    if sum(trend.before for trend in trends) < signals.FEW_EVENTS:
        return Figure(None, absent="n/a: hardly any usage 28 days before")
    return made(trend_of(trends))


def trend_of(trends: Iterable[Trend]) -> Formula:
    """Events of the last 28 days over those of the 28 before, minus 1, of all these together."""
    found = tuple(trends)
    now = _events("events now", sum(trend.now for trend in found), [trend.recent for trend in found])
    before = _events("events before", sum(trend.before for trend in found), [t.earlier for t in found])
    return now / before - 1


def _events(name: str, total: int, days: Sequence[Sequence[UsageDay]]) -> Formula:
    term = Term(
        name,
        Unit.COUNT,
        Fraction(total),
        read=lambda: (Part((used.ref,), used.events, about=used.account) for some in days for used in some),
    )
    return leaf(term)


def fading_at(desk: Desk, at: datetime) -> dict[str, Trend]:
    """Present customers whose usage fell by `policy.usage_drop` or more, with their trend."""
    limit, has = desk.snapshot.policy.usage_drop, desk.customers.has
    return {who: t for who, t in desk.usage.trends(at).items() if t.fell(limit) and has(who, at)}


def fading(desk: Desk, at: datetime) -> Figure:
    """How many `fading_at` finds."""
    if not desk.usage.trends(at):
        return Figure(None, absent="n/a: fewer than 56 days of usage")
    found = fading_at(desk, at)
    reasons = {who: (trend.evidence, f"usage {trend.change:+.0%}") for who, trend in found.items()}
    return number(customers_of(desk, "fading customers", reasons, at))


# ── customers ────────────────────────────────────────────────────────────────────────────────────


def customers_of(
    desk: Desk, name: str, found: Mapping[str, tuple[tuple[str, ...], str]], at: datetime
) -> Formula:
    """How many customers were found; each is a part, with their subscriptions and with the records and the
    reason that it was for."""

    def parts() -> Iterable[Part]:
        for who, (evidence, why) in found.items():
            records = tuple(dict.fromkeys((*desk.customers.refs(who, at), *evidence)))
            yield Part(records, 1, why, who)

    return leaf(Term(name, Unit.COUNT, Fraction(len(found)), how="count", read=parts))


def at_risk(desk: Desk, at: datetime) -> Figure:
    """Customers whose probability of churn is `policy.churn_risk_act` or more; the base rate in the note."""
    found = desk.churn.above(desk.snapshot.policy.churn_risk_act, at)

    def parts() -> Iterable[Part]:
        for who in found:
            if (risk := desk.churn.risk(who, at)) is not None:
                why = ", ".join((f"{risk.probability:.0%} within a year", *risk.reasons))
                yield Part(risk.evidence, 1, why, who)

    term = Term("customers at risk", Unit.COUNT, Fraction(len(found)), how="count", read=parts)
    return number(leaf(term), f"base {desk.churn.base(at):.0%} a year")


def health_low(desk: Desk, at: datetime) -> Figure:
    """Customers whose health is below `policy.health_limit`."""
    found = desk.health.low(at)
    reasons = {
        who: (one.evidence, ", ".join((f"health {one.value:.0f}", *one.reasons)))
        for who, one in found.items()
    }
    return number(
        customers_of(desk, "unwell customers", reasons, at), f"below {desk.snapshot.policy.health_limit}"
    )


def renewals_due(desk: Desk, at: datetime) -> Figure:
    """The yearly value of what `renewals` lists."""
    worth = renewals.worth(desk.customers, at)
    (term,) = worth.terms
    counted_, left = len(term.parts()), sum("no rate" in out.why for out in term.left_out())
    return made(
        worth,
        plural(counted_ + left, "contract") if counted_ or left else "",
        partial=f"not converted: {plural(left, 'contract')}" if left else None,
    )
