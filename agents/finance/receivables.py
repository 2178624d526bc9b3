"""What customers owe: overdue invoices by age, payments that failed, disputes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from agents.accounts import customer_key
from agents.figures import Figure, made, refs, worth
from agents.finance.terms import leaving_out
from agents.formula import Formula, LeftOut, summed
from agents.money import Money
from agents.nouns import Invoice, Payment
from agents.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Bucket:
    """An age of debts: from `low` to `high` days past due, both included. `key` is part of a metric's."""

    key: str
    label: str
    low: int
    high: int | None

    def holds(self, days: int) -> bool:
        return self.low <= days and (self.high is None or days <= self.high)


BUCKETS = (
    Bucket("1_30", "1-30 d", 1, 30),
    Bucket("31_60", "31-60 d", 31, 60),
    Bucket("61_90", "61-90 d", 61, 90),
    Bucket("over_90", "90+ d", 91, None),
)
"""Ages of what is overdue, youngest first."""
FAILED_DAYS = timedelta(days=30)
"""How far back a failed payment is money at risk."""
DISPUTE_DAYS = timedelta(days=60)
"""How far back a disputed payment is news."""


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice past due: by how many days, and what was still to be paid."""

    invoice: Invoice
    days: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Debt:
    """What one customer owes for one reason, each record with its amount in the currency billed.

    `customer` is a customer key. `since` is the oldest day concerned, `days` its age.
    """

    snapshot: Snapshot
    customer: str
    owed: tuple[tuple[Invoice | Payment, Money], ...]
    since: date
    days: int

    @property
    def records(self) -> tuple[Invoice | Payment, ...]:
        return tuple(record for record, _ in self.owed)

    @property
    def evidence(self) -> tuple[str, ...]:
        return refs(self.records)

    @property
    def amount(self) -> Money:
        """In the currency that was billed, or in the company's if there are several."""
        found = self.made.value
        assert isinstance(found, Money)
        return found

    @property
    def impact(self) -> Money | None:
        """In the company's currency; None without a rate."""
        found = self.stake.value
        assert found is None or isinstance(found, Money)
        return found

    @property
    def made(self) -> Figure:
        """How `amount` is made."""
        currencies = {money.currency for _, money in self.owed}
        if len(currencies) > 1:
            return made(self._worth()[0])
        return made(summed("owed", self.owed, currencies.pop()))

    @property
    def stake(self) -> Figure:
        """How `impact` is made."""
        whole, left = self._worth()
        one_currency = len({money.currency for _, money in self.owed}) == 1
        return Figure(None, absent="n/a: no rate") if left and one_currency else made(whole, partial=left)

    def _worth(self) -> tuple[Formula, str | None]:
        return worth(self.snapshot, "owed", self.owed, self.snapshot.today)


# ── overdue invoices ─────────────────────────────────────────────────────────────────────────────


def overdue_at(snapshot: Snapshot, at: datetime) -> tuple[Owed, ...]:
    """Invoices past due at an instant, with what was still to be paid.

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
            found.append(Owed(invoice, days, invoice.remaining if open_then else invoice.total))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Bills:
    """The invoices of a snapshot, asked for any instant; what was worked out once is kept."""

    snapshot: Snapshot
    _late: dict[datetime, tuple[Owed, ...]] = field(default_factory=dict)

    def late(self, at: datetime) -> tuple[Owed, ...]:
        """See `overdue_at`."""
        if at not in self._late:
            self._late[at] = overdue_at(self.snapshot, at)
        return self._late[at]

    def overdue(self, at: datetime) -> Figure:
        """The sum past due, in the company currency, by age in the note."""
        ages = (
            f"{bucket.label} {self.money(inside, at).short()}"
            for bucket in BUCKETS
            if (inside := self._of(bucket, at))
        )
        return self._sum("overdue invoices", self.late(at), at, ", ".join(ages), lambda: self._unclear(at))

    def aged(self, bucket: Bucket, at: datetime) -> Figure:
        """The same of one age."""
        found = self._of(bucket, at)
        name = f"invoices overdue {bucket.label}"
        return self._sum(name, found, at, f"{len(found)} open" if found else "")

    def money(self, owed: Sequence[Owed], at: datetime) -> Money:
        """What these come to in the company currency, without what has no rate."""
        day = self.snapshot.day_of(at)
        known = (self.snapshot.convert(one.amount, day) for one in owed)
        return Money(sum(money.amount for money in known if money), self.snapshot.currency)

    def _of(self, bucket: Bucket, at: datetime) -> tuple[Owed, ...]:
        return tuple(one for one in self.late(at) if bucket.holds(one.days))

    def _sum(
        self,
        name: str,
        owed: Sequence[Owed],
        at: datetime,
        note: str,
        unclear: Callable[[], Iterable[LeftOut]] = tuple,
    ) -> Figure:
        pairs = [(one.invoice, one.amount) for one in owed]
        formula, partial = worth(self.snapshot, name, pairs, self.snapshot.day_of(at))
        return made(leaving_out(formula, unclear), note, partial=partial)

    def _unclear(self, at: datetime) -> Iterator[LeftOut]:
        """Invoices that are past due but no longer asked for, and those of which no due day is known."""
        for invoice in self.snapshot.all(Invoice):
            if invoice.created_at > at:
                continue
            if invoice.due_at is None and invoice.status == "open":
                yield LeftOut((invoice.ref,), "open, no due day")
            elif invoice.due_at is not None and invoice.due_at < at and invoice.status in _DROPPED:
                yield LeftOut((invoice.ref,), _DROPPED[invoice.status])


_DROPPED = {"draft": "a draft", "void": "voided", "uncollectible": "written off"}


def overdue_debts(snapshot: Snapshot) -> tuple[Debt, ...]:
    """Who is past due now, largest first."""
    found = overdue_at(snapshot, snapshot.as_of)
    return _debts(
        snapshot, ((one.invoice, one.amount, snapshot.today - timedelta(days=one.days)) for one in found)
    )


# ── failed payments ──────────────────────────────────────────────────────────────────────────────


def failed_at(snapshot: Snapshot, at: datetime) -> tuple[tuple[Payment, ...], tuple[LeftOut, ...]]:
    """The last attempts that failed in the 30 days before an instant and whose invoice was not paid by
    then, and those that failed but are not at risk: paid after all, or no longer asked for."""
    invoices = {(invoice.source, invoice.id): invoice for invoice in snapshot.all(Invoice)}
    failed, settled = [], []
    for bill, tries in _attempts(snapshot, at).items():
        if all(payment.status != "failed" for payment in tries):
            continue
        last = max(tries, key=lambda payment: (payment.created_at, payment.id))
        invoice = invoices.get(bill)
        paid = invoice is not None and invoice.paid_at is not None and invoice.paid_at <= at
        void = invoice is not None and invoice.status in ("void", "uncollectible")
        if paid or last.status == "succeeded":
            settled.append(LeftOut(refs(tries), RECOVERED))
        elif last.status == "failed" and not void:
            failed.append(last)
        else:
            settled.append(
                LeftOut(refs(tries), "invoice no longer asked for" if void else "being tried again")
            )
    return tuple(failed), tuple(settled)


RECOVERED = "recovered: paid after all"


def _attempts(snapshot: Snapshot, at: datetime) -> dict[tuple[str, str], list[Payment]]:
    """The attempts of the 30 days before an instant, by what they were for."""
    found: dict[tuple[str, str], list[Payment]] = {}
    for payment in snapshot.all(Payment):
        if at - FAILED_DAYS < payment.created_at <= at:
            bill = (payment.source, payment.invoice_id or payment.ref)
            found.setdefault(bill, []).append(payment)
    return found


def failed_payments(snapshot: Snapshot, at: datetime) -> Figure:
    """The money at risk, in the company currency; how many failed and recovered in the note."""
    failed, settled = failed_at(snapshot, at)
    pairs = [(payment, payment.amount) for payment in failed]
    formula, partial = worth(snapshot, "failed payments", pairs, snapshot.day_of(at))
    recovered = sum(one.why == RECOVERED for one in settled)
    note = f"{len(failed)} failed, {recovered} recovered" if failed or recovered else ""
    return made(leaving_out(formula, lambda: settled), note, partial=partial)


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
    since = min(day for _, _, day in entries)
    owed = tuple((record, amount) for record, amount, _ in entries)
    return Debt(snapshot, who, owed, since, (snapshot.today - since).days)
