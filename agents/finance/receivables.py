"""What customers owe: overdue invoices by age, payments that failed, disputes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agents.accounts import customer_key
from agents.figures import Figure, converted, refs
from agents.money import Money
from agents.nouns import Invoice, Payment
from agents.snapshot import Snapshot

BUCKETS = ((1, 30, "1-30 d"), (31, 60, "31-60 d"), (61, 90, "61-90 d"), (91, None, "90+ d"))
"""Days past due, from and to."""
FAILED_DAYS = timedelta(days=30)
"""How far back a failed payment is money at risk."""
DISPUTE_DAYS = timedelta(days=60)
"""How far back a disputed payment is news."""


@dataclass(frozen=True, slots=True)
class Debt:
    """What one customer owes for one reason.

    `customer` is a customer key. `amount` is in the currency that was billed, or in the company's if
    there are several; `impact` in the company's, None without a rate. `since` is the oldest day
    concerned, `days` its age."""

    customer: str
    amount: Money
    impact: Money | None
    since: date
    days: int
    records: tuple[Invoice | Payment, ...]

    @property
    def evidence(self) -> tuple[str, ...]:
        return refs(self.records)


# ── overdue invoices ─────────────────────────────────────────────────────────────────────────────


def overdue_at(snapshot: Snapshot, at: datetime) -> tuple[tuple[Invoice, int, Money], ...]:
    """Invoices past due at an instant, with days past due and what was still to be paid.

    For an earlier instant an invoice paid since then counts with its total, since vendors keep no
    history of part payments; one written off since then does not count.
    """
    today = snapshot.day_of(at)
    found = []
    for invoice in snapshot.all(Invoice):
        if invoice.due_at is None or invoice.created_at > at:
            continue
        open_then = invoice.status == "open"
        paid_later = invoice.status == "paid" and invoice.paid_at is not None and invoice.paid_at > at
        if not (open_then or paid_later):
            continue
        days = (today - snapshot.day_of(invoice.due_at)).days
        if days > 0:
            found.append((invoice, days, invoice.remaining if open_then else invoice.total))
    return tuple(found)


def overdue(snapshot: Snapshot, at: datetime) -> Figure:
    """The sum past due, in the company currency, by age in the note."""
    found = overdue_at(snapshot, at)
    day = snapshot.day_of(at)
    amount, partial = converted(snapshot, (owed for _, _, owed in found), day)
    parts = []
    for low, high, label in BUCKETS:
        inside = [owed for _, days, owed in found if low <= days and (high is None or days <= high)]
        if inside:
            parts.append(f"{label} {converted(snapshot, inside, day)[0].short()}")
    return Figure(amount, tuple(i.ref for i, _, _ in found), ", ".join(parts), partial=partial)


def overdue_debts(snapshot: Snapshot) -> tuple[Debt, ...]:
    """Who is past due now, largest first."""
    found = overdue_at(snapshot, snapshot.as_of)
    return _debts(
        snapshot, ((invoice, owed, snapshot.today - timedelta(days=days)) for invoice, days, owed in found)
    )


# ── failed payments ──────────────────────────────────────────────────────────────────────────────


def failed_at(snapshot: Snapshot, at: datetime) -> tuple[tuple[Payment, ...], int]:
    """The last attempts that failed in the 30 days before an instant and whose invoice was not paid by
    then, and how many others recovered: failed first, and were paid after all."""
    start = at - FAILED_DAYS
    attempts: dict[tuple[str, str], list[Payment]] = {}
    for payment in snapshot.all(Payment):
        if start < payment.created_at <= at:
            bill = (payment.source, payment.invoice_id or payment.ref)
            attempts.setdefault(bill, []).append(payment)
    invoices = {(invoice.source, invoice.id): invoice for invoice in snapshot.all(Invoice)}
    failed, recovered = [], 0
    for bill, tries in attempts.items():
        if all(payment.status != "failed" for payment in tries):
            continue
        last = max(tries, key=lambda payment: (payment.created_at, payment.id))
        invoice = invoices.get(bill)
        paid = invoice is not None and invoice.paid_at is not None and invoice.paid_at <= at
        void = invoice is not None and invoice.status in ("void", "uncollectible")
        if paid or last.status == "succeeded":
            recovered += 1
        elif last.status == "failed" and not void:
            failed.append(last)
    return tuple(failed), recovered


def failed_payments(snapshot: Snapshot, at: datetime) -> Figure:
    """The money at risk, in the company currency; how many failed and recovered in the note."""
    failed, recovered = failed_at(snapshot, at)
    amount, partial = converted(snapshot, (payment.amount for payment in failed), snapshot.day_of(at))
    note = f"{len(failed)} failed, {recovered} recovered" if failed or recovered else ""
    return Figure(amount, refs(failed), note, partial=partial)


def failed_debts(snapshot: Snapshot) -> tuple[Debt, ...]:
    """Whose payment failed and is still open now, largest first."""
    failed, _ = failed_at(snapshot, snapshot.as_of)
    return _debts(snapshot, ((p, p.amount, snapshot.day_of(p.created_at)) for p in failed))


def disputes(snapshot: Snapshot) -> tuple[Debt, ...]:
    """Payments of the last 60 days that customers contest, largest customer first."""
    recent = snapshot.as_of - DISPUTE_DAYS
    contested = (p for p in snapshot.all(Payment) if p.disputed and p.created_at > recent)
    return _debts(snapshot, ((p, p.amount, snapshot.day_of(p.created_at)) for p in contested))


# ── by customer ──────────────────────────────────────────────────────────────────────────────────


def _debts(snapshot: Snapshot, owed: Iterable[tuple[Invoice | Payment, Money, date]]) -> tuple[Debt, ...]:
    groups: dict[str, list[tuple[Invoice | Payment, Money, date]]] = {}
    for entry in owed:
        groups.setdefault(customer_key(entry[0]), []).append(entry)
    found = [_debt(snapshot, who, entries) for who, entries in groups.items()]
    return tuple(sorted(found, key=lambda d: (-(d.impact.amount if d.impact else 0), d.customer)))


def _debt(snapshot: Snapshot, who: str, entries: list[tuple[Invoice | Payment, Money, date]]) -> Debt:
    amounts = [amount for _, amount, _ in entries]
    whole, left = converted(snapshot, amounts, snapshot.today)
    one_currency = len({amount.currency for amount in amounts}) == 1
    billed = Money(sum(amount.amount for amount in amounts), amounts[0].currency) if one_currency else whole
    since = min(day for _, _, day in entries)
    return Debt(
        customer=who,
        amount=billed,
        impact=None if left and one_currency else whole,
        since=since,
        days=(snapshot.today - since).days,
        records=tuple(record for record, _, _ in entries),
    )
