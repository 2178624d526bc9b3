"""What each figure of marketing is: leads and what becomes of them, cost of a customer, content."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from agents.figures import Figure, made, number
from agents.finance import figures as finance
from agents.finance.ledger import Ledger
from agents.formula import Formula, LeftOut, counted
from agents.marketing import worth
from agents.marketing.acquisition import MONTH, QUARTER, Acquisition, Spent, Won
from agents.money import Money
from agents.nouns import ContentPiece
from agents.snapshot import Snapshot
from agents.wording import joined, plural

ENOUGH_VISITS = 100
"""Visits below which the rate of a piece says nothing."""


def lead_count(book: Acquisition, at: datetime) -> Figure:
    """Contacts created in the last 28 days."""
    before = len(book.leads(at - MONTH))
    return number(counted("contacts created in 28 days", book.leads(at)), f"{before} in the 28 days before")


def conversion(book: Acquisition, at: datetime) -> Figure:
    """Leads that became customers within `lead_days`, of those created between two and one times that ago.

    A contact that bought before it was created was never a lead.
    """
    days = book.snapshot.policy.lead_days
    span = timedelta(days=days)
    created = book.leads(at - span, span)
    known = [c for c in created if c.customer_at and c.customer_at < c.created_at]
    cohort = [c for c in created if not (c.customer_at and c.customer_at < c.created_at)]
    bought = [c for c in cohort if c.customer_at and c.customer_at - c.created_at <= span]
    left = [LeftOut((contact.ref,), "a customer before it was a contact") for contact in known]
    return made(
        counted("bought in time", bought) / counted("leads", cohort, left),
        f"{len(bought)} of {len(cohort)} within {days} d",
        absent=f"n/a: no leads {days} to {2 * days} days ago",
    )


def spend(book: Acquisition, channel: str | None, at: datetime) -> Figure:
    """Marketing spend of the last 28 days, of one channel (a slug) or of all."""
    found = book.spent(at, MONTH, channel)
    return made(worth.spend("spend in 28 days", found), "in 28 days", partial=_unpriced(found))


def cost_per_lead(book: Acquisition, at: datetime) -> Figure:
    """Spend over leads, both of the last 28 days."""
    cost, new = book.spent(at, MONTH), book.leads(at)
    if not new or not cost.refs:
        absent = f"n/a: no {'spend' if new else 'leads'} in 28 days"
        return Figure(None, absent=absent, partial=_unpriced(cost))
    price = worth.spend("spend in 28 days", cost) / counted("leads in 28 days", new)
    return made(price, plural(len(new), "lead"), partial=_unpriced(cost))


def cac(book: Acquisition, channel: str | None, at: datetime) -> Figure:
    """Spend over new customers, both of the last 90 days; of one channel (a slug) or of all.

    Only what was spent on channels counts: salaries are not in these records.
    """
    cost, new = book.spent(at, QUARTER, channel), book.won(at, channel)
    if not new or not cost.refs:
        absent = f"n/a: no {'spend' if new else 'new customers'} in 90 days"
        return Figure(None, absent=absent, partial=_unpriced(cost))
    note = _cac_note(book.snapshot, cost, new, channel)
    return made(_price(cost, new), note, partial=_unpriced(cost))


def ltv_cac(book: Acquisition, ledger: Ledger, at: datetime) -> Figure:
    """What a customer brings in their time over what it cost to win one."""
    value, cost = finance.ltv(ledger, at), cac(book, None, at)
    if value.formula is None or cost.formula is None or value.value is None:
        return Figure(None, absent=value.absent or cost.absent, partial=cost.partial)
    return made(
        value.formula / cost.formula,
        joined(_margin(book.snapshot), "channel spend only") or "",
        absent="n/a: nothing was spent",
        partial=joined(value.partial or "", cost.partial or ""),
    )


def payback(book: Acquisition, ledger: Ledger, channel: str | None, at: datetime) -> Figure:
    """Months until a new customer has earned their cost; of those through one channel (a slug) or of all."""
    cost = cac(book, channel, at)
    if cost.formula is None:
        return cost
    among = None if channel is None else {one.key for one in book.won(at, channel)}
    partial = joined(cost.partial or "", ledger.book(at).partial or "")
    return made(
        cost.formula / worth.earned(ledger, at, among),
        joined(_margin(book.snapshot), "channel spend only" if channel is None else "first touch") or "",
        absent="n/a: no new customer pays yet",
        partial=partial,
    )


def content_best(snapshot: Snapshot) -> Figure:
    """The highest leads per visit of any published piece that enough people saw."""
    known = published(snapshot)
    seen = [piece for piece in known if piece.visits >= ENOUGH_VISITS]
    if not seen:
        return Figure(None, absent=f"n/a: no piece with {ENOUGH_VISITS} visits")
    best = max(seen, key=lambda p: (Fraction(p.leads, p.visits), p.ref))
    left = [LeftOut((piece.ref,), _rate(piece)) for piece in known if piece is not best]
    leads = worth.pieces("leads of the best piece", [(best, best.leads)], left)
    return made(leads / worth.pieces("its visits", [(best, best.visits)]), best.title)


def content_visits(snapshot: Snapshot) -> Figure:
    """Visits of everything published, so far."""
    known = published(snapshot)
    visits = worth.pieces("visits", [(p, p.visits) for p in known], _to_come(snapshot))
    return number(visits, plural(len(known), "piece"))


def content_leads(snapshot: Snapshot) -> Figure:
    """Leads from everything published, so far."""
    known = published(snapshot)
    leads = worth.pieces("leads", [(p, p.leads) for p in known], _to_come(snapshot))
    return number(leads, f"{plural(sum(p.deals for p in known), 'deal')} assisted")


def content_deals(snapshot: Snapshot) -> Figure:
    """Deals that something published helped with, so far."""
    known = published(snapshot)
    deals = worth.pieces("deals assisted", [(p, p.deals) for p in known], _to_come(snapshot))
    return number(deals, plural(sum(p.deals > 0 for p in known), "piece"))


def published(snapshot: Snapshot) -> list[ContentPiece]:
    """What is out by today."""
    return [piece for piece in snapshot.all(ContentPiece) if piece.published_on <= snapshot.today]


def cac_goal(snapshot: Snapshot) -> Money | None:
    """What a new customer may cost; None without a goal."""
    goal = snapshot.policy.cac_goal
    return None if goal is None else Money.of(str(goal), snapshot.currency)


def _price(cost: Spent, new: Sequence[Won]) -> Formula:
    return worth.spend("spend in 90 days", cost) / worth.customers("customers won in 90 days", new)


def _cac_note(snapshot: Snapshot, cost: Spent, new: Sequence[Won], channel: str | None) -> str:
    if channel is not None:
        return f"{cost.amount.short()} for {len(new)}, first touch"
    goal = cac_goal(snapshot)
    base = f"{plural(len(new), 'customer')}; channel spend only"
    return f"goal {goal.short()}; {base}" if goal else base


def _margin(snapshot: Snapshot) -> str:
    margin = snapshot.policy.gross_margin
    return "margin not deducted" if margin == 1 else f"margin {margin:.0%}"


def _rate(piece: ContentPiece) -> str:
    return f"{plural(piece.leads, 'lead')} of {plural(piece.visits, 'visit')}"


def _unpriced(cost: Spent) -> str | None:
    return f"{plural(cost.unpriced, 'row')} without exchange rate" if cost.unpriced else None


def _to_come(snapshot: Snapshot) -> list[LeftOut]:
    later = (piece for piece in snapshot.all(ContentPiece) if piece.published_on > snapshot.today)
    return [LeftOut((piece.ref,), f"published only on {piece.published_on}") for piece in later]
