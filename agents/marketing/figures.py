"""What each figure of marketing is: leads and what becomes of them, cost of a customer, content."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from agents.figures import Figure, refs
from agents.finance.revenue import cac as cost_per_customer
from agents.marketing.acquisition import MONTH, QUARTER, Acquisition, Spent, Won
from agents.money import Money
from agents.nouns import ContentPiece
from agents.periods import ratio
from agents.snapshot import Snapshot
from agents.wording import plural

ENOUGH_VISITS = 100
"""Visits below which the rate of a piece says nothing."""


def lead_count(book: Acquisition, at: datetime) -> Figure:
    """Contacts created in the last 28 days."""
    new = book.leads(at)
    before = len(book.leads(at - MONTH))
    return Figure(len(new), refs(new), note=f"{before} in the 28 days before")


def conversion(book: Acquisition, at: datetime) -> Figure:
    """Leads that became customers within `lead_days`, of those created between two and one times that ago.

    A contact that bought before it was created was never a lead.
    """
    days = book.snapshot.policy.lead_days
    span = timedelta(days=days)
    created = book.leads(at - span, span)
    cohort = [c for c in created if not (c.customer_at and c.customer_at < c.created_at)]
    bought = [c for c in cohort if c.customer_at and c.customer_at - c.created_at <= span]
    return Figure(
        ratio(len(bought), len(cohort)),
        refs(cohort),
        note=f"{len(bought)} of {len(cohort)} within {days} d",
        absent=None if cohort else f"n/a: no leads {days} to {2 * days} days ago",
    )


def spend(book: Acquisition, channel: str | None, at: datetime) -> Figure:
    """Marketing spend of the last 28 days, of one channel (a slug) or of all."""
    found = book.spent(at, MONTH, channel)
    return Figure(found.amount, found.refs, note="in 28 days", partial=_unpriced(found))


def cost_per_lead(book: Acquisition, at: datetime) -> Figure:
    """Spend over leads, both of the last 28 days."""
    cost, new = book.spent(at, MONTH), book.leads(at)
    if not new or not cost.refs:
        absent = f"n/a: no {'spend' if new else 'leads'} in 28 days"
        return Figure(None, absent=absent, partial=_unpriced(cost))
    value = cost_per_customer(cost.amount, len(new))
    return Figure(value, (*cost.refs, *refs(new)), plural(len(new), "lead"), partial=_unpriced(cost))


def cac(book: Acquisition, channel: str | None, at: datetime) -> Figure:
    """Spend over new customers, both of the last 90 days; of one channel (a slug) or of all.

    Only what was spent on channels counts: salaries are not in these records.
    """
    cost = book.spent(at, QUARTER, channel)
    new = book.won(at, channel)
    if not new or not cost.refs:
        absent = f"n/a: no {'spend' if new else 'new customers'} in 90 days"
        return Figure(None, absent=absent, partial=_unpriced(cost))
    return Figure(
        cost_per_customer(cost.amount, len(new)),
        (*cost.refs, *_won_refs(new)),
        note=_cac_note(book.snapshot, cost, new, channel),
        partial=_unpriced(cost),
    )


def content_best(snapshot: Snapshot) -> Figure:
    """The highest leads per visit of any published piece that enough people saw."""
    pieces = [piece for piece in published(snapshot) if piece.visits >= ENOUGH_VISITS]
    if not pieces:
        return Figure(None, absent=f"n/a: no piece with {ENOUGH_VISITS} visits")
    best = max(pieces, key=lambda p: (p.leads / p.visits, p.ref))
    return Figure(best.leads / best.visits, (best.ref,), note=best.title)


def content_visits(snapshot: Snapshot) -> Figure:
    """Visits of everything published, so far."""
    pieces = published(snapshot)
    return Figure(sum(p.visits for p in pieces), refs(pieces), note=plural(len(pieces), "piece"))


def content_leads(snapshot: Snapshot) -> Figure:
    """Leads from everything published, so far."""
    pieces = published(snapshot)
    note = f"{plural(sum(p.deals for p in pieces), 'deal')} assisted"
    return Figure(sum(p.leads for p in pieces), refs(pieces), note=note)


def published(snapshot: Snapshot) -> list[ContentPiece]:
    """What is out by today."""
    return [piece for piece in snapshot.all(ContentPiece) if piece.published_on <= snapshot.today]


def cac_goal(snapshot: Snapshot) -> Money | None:
    """What a new customer may cost; None without a goal."""
    goal = snapshot.policy.cac_goal
    return None if goal is None else Money.of(str(goal), snapshot.currency)


def _cac_note(snapshot: Snapshot, cost: Spent, new: list[Won], channel: str | None) -> str:
    if channel is not None:
        return f"{cost.amount.short()} for {len(new)}, first touch"
    goal = cac_goal(snapshot)
    base = f"{plural(len(new), 'customer')}; channel spend only"
    return f"goal {goal.short()}; {base}" if goal else base


def _unpriced(cost: Spent) -> str | None:
    return f"{plural(cost.unpriced, 'row')} without exchange rate" if cost.unpriced else None


def _won_refs(new: Iterable[Won]) -> tuple[str, ...]:
    return tuple(ref for customer in new for ref in customer.refs)
