"""The books that follow from the customers: every bill, every attempt to collect it, every payout."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agentos_cli.demo.company.accounts import Account, Coupon, Plan
from agentos_cli.demo.company.marks import add_months, at, token

HOUR = timedelta(hours=1)
RETRIED = HOUR + timedelta(days=3, seconds=7)
"""How long after a bill was made a card that failed is tried again."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill, before its discount, in cents. No `plan`: a one-off."""

    id: str
    text: str
    amount: int
    seats: int
    starts_at: datetime
    ends_at: datetime
    plan: Plan | None
    proration: bool = False
    discount: int = 0


@dataclass(frozen=True, slots=True)
class Bill:
    """One invoice. `attempts` counts tries to collect; `paid_at` None with status `open` is unpaid."""

    id: str
    account: Account
    created_at: datetime
    reason: str
    lines: tuple[Line, ...]
    status: str
    by_invoice: bool
    due_at: datetime | None
    paid_at: datetime | None
    attempts: int
    number: str | None = None
    coupon: Coupon | None = None

    @property
    def subtotal(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def discount(self) -> int:
        return sum(line.discount for line in self.lines)

    @property
    def total(self) -> int:
        return self.subtotal - self.discount

    @property
    def finalized_at(self) -> datetime | None:
        return None if self.status == "draft" else self.created_at + HOUR


@dataclass(frozen=True, slots=True)
class Charge:
    """One attempt to collect. `failure` is Stripe's code, None if it worked; `fee` is what Stripe kept."""

    id: str
    bill: Bill
    amount: int
    created_at: datetime
    failure: str | None
    fee: int
    refunded: int = 0


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back."""

    id: str
    charge: Charge
    amount: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Payout:
    """What Stripe sent to the bank: the net of the charges and refunds it covers."""

    id: str
    currency: str
    amount: int
    created_at: datetime
    arrives_at: datetime
    covers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that Stripe knows, oldest first."""

    bills: tuple[Bill, ...]
    charges: tuple[Charge, ...]
    refunds: tuple[Refund, ...]
    payouts: tuple[Payout, ...]


def keep_books(as_of: datetime, seed: int, accounts: Sequence[Account]) -> Books:
    """The books of all accounts up to `as_of`."""
    bills: list[Bill] = []
    charges: list[Charge] = []
    for account in accounts:
        rng = random.Random(f"{seed}:ledger:{account.number}")
        own = sorted(_bills(as_of, seed, account, rng), key=lambda bill: bill.created_at)
        prefix = token(seed, "prefix", account.number, size=8).upper()
        numbered = [
            replace(bill, number=None if bill.status == "draft" else f"{prefix}-{n:04d}")
            for n, bill in enumerate(own, 1)
        ]
        bills += numbered
        for bill in numbered:
            charges += _charges(seed, bill)
    bills.sort(key=lambda bill: (bill.created_at, bill.id))
    charges.sort(key=lambda charge: (charge.created_at, charge.id))
    refunds = tuple(_refunds(as_of, seed, charges))
    back = {refund.charge.id: refund.amount for refund in refunds}
    final = tuple(replace(c, refunded=back[c.id]) if c.id in back else c for c in charges)
    return Books(tuple(bills), final, refunds, tuple(_payouts(as_of, seed, final, refunds)))


def books_then(books: Books, accounts: Mapping[int, Account], moment: datetime) -> Books:
    """The books as they were at an earlier instant; `accounts` by number as they were then."""
    bills = {
        bill.id: _bill_then(bill, accounts[bill.account.number], moment)
        for bill in books.bills
        if bill.created_at <= moment
    }
    refunds = [refund for refund in books.refunds if refund.created_at <= moment]
    back = {refund.charge.id: refund.amount for refund in refunds}
    charges = {
        charge.id: replace(charge, bill=bills[charge.bill.id], refunded=back.get(charge.id, 0))
        for charge in books.charges
        if charge.created_at <= moment
    }
    return Books(
        tuple(bills.values()),
        tuple(charges.values()),
        tuple(
            replace(refund, charge=replace(refund.charge, bill=bills[refund.charge.bill.id]))
            for refund in refunds
        ),
        tuple(payout for payout in books.payouts if payout.created_at <= moment),
    )


def _bill_then(bill: Bill, account: Account, moment: datetime) -> Bill:
    if bill.created_at + HOUR > moment:
        return replace(bill, account=account, status="draft", paid_at=None, attempts=0, number=None)
    if bill.paid_at is None or bill.paid_at > moment:
        return replace(bill, account=account, status="open", paid_at=None, attempts=min(bill.attempts, 1))
    return replace(bill, account=account)


def periods(account: Account, until: datetime) -> Iterator[tuple[int, datetime, datetime]]:
    """(number, start, end) of each billing period that began before `until`."""
    anchor = account.trial_until or account.signed_at
    turn = 0
    while (start := add_months(anchor, turn * account.plan.months)) <= until:
        if account.ended_at and start >= account.ended_at:
            return
        yield turn, start, add_months(anchor, (turn + 1) * account.plan.months)
        turn += 1


def in_force(coupon: Coupon | None, account: Account, moment: datetime) -> bool:
    """Whether the coupon still reduces a bill made at `moment`."""
    if coupon is None:
        return False
    if coupon.duration == "forever":
        return True
    end = add_months(account.signed_at, coupon.months) if coupon.months else account.signed_at + HOUR
    return moment < end


def _bills(as_of: datetime, seed: int, account: Account, rng: random.Random) -> Iterator[Bill]:
    if account.trial_until:
        yield _trial_bill(seed, account)
    for turn, start, end in periods(account, as_of):
        seats = account.seats(start)
        line = _seat_line(seed, account, f"cycle{turn}", seats, start, end)
        reason = "subscription_cycle" if turn else "subscription_create"
        yield _bill(as_of, seed, account, f"cycle{turn}", start, reason, (line,), rng)
        yield from _mid_term(as_of, seed, account, turn, start, end, rng)
    if account.onboarding:
        starts_at = account.signed_at + timedelta(days=20)
        if starts_at < as_of:
            yield _project_bill(as_of, seed, account, starts_at, rng)


def _trial_bill(seed: int, account: Account) -> Bill:
    """Stripe opens a trial with a bill of nothing, paid at once."""
    assert account.trial_until is not None
    line = Line(
        _id("il_", seed, account, "trial"), f"Trial period for {account.plan.product}", 0,
        account.steps[0].seats, account.signed_at, account.trial_until, account.plan,
    )  # fmt: skip
    return Bill(
        _id("in_", seed, account, "trial"), account, account.signed_at, "subscription_create", (line,),
        "paid", False, None, account.signed_at, 0,
    )  # fmt: skip


def _seat_line(seed: int, account: Account, key: str, seats: int, start: datetime, end: datetime) -> Line:
    plan = account.plan
    every = "month" if plan.months == 1 else "year"
    text = f"{seats} × {plan.product} (at {_price(plan)} / {every})"
    return Line(_id("il_", seed, account, key), text, seats * plan.unit, seats, start, end, plan)


def _price(plan: Plan) -> str:
    return f"{'€' if plan.currency == 'eur' else '$'}{plan.unit // 100}.{plan.unit % 100:02d}"


def _mid_term(
    as_of: datetime, seed: int, account: Account, turn: int, start: datetime, end: datetime,
    rng: random.Random,
) -> Iterator[Bill]:  # fmt: skip
    """Seats added within a period are billed at once for the rest of it, the old ones credited."""
    for before, step in zip(account.steps, account.steps[1:], strict=False):
        if not start < step.at < end:
            continue
        left = (end - step.at) / (end - start)
        month = f"{step.at:%d %b %Y}"
        lines = tuple(
            Line(
                _id("il_", seed, account, f"{kind}{turn}"),
                f"{kind} {seats} × {account.plan.product} after {month}",
                sign * round(seats * account.plan.unit * left),
                seats, step.at, end, account.plan, proration=True,
            )
            for kind, sign, seats in (
                ("Unused time on", -1, before.seats), ("Remaining time on", 1, step.seats)
            )
        )  # fmt: skip
        yield _bill(as_of, seed, account, f"change{turn}", step.at, "subscription_update", lines, rng)


def _project_bill(
    as_of: datetime, seed: int, account: Account, starts_at: datetime, rng: random.Random
) -> Bill:
    line = Line(
        _id("il_", seed, account, "onboarding"), "Onboarding project, fixed price", account.onboarding, 1,
        starts_at, starts_at, None,
    )  # fmt: skip
    project = replace(account, by_invoice=True, coupon=None)
    bill = _bill(as_of, seed, project, "onboarding", starts_at, "manual", (line,), rng)
    if account.role == "late_project":
        bill = replace(bill, status="open", paid_at=None)
    return replace(bill, account=account)


def _bill(
    as_of: datetime, seed: int, account: Account, key: str, created_at: datetime, reason: str,
    lines: tuple[Line, ...], rng: random.Random,
) -> Bill:  # fmt: skip
    """A bill as far as it has come by `as_of`: draft for an hour, then open, then paid."""
    coupon = account.coupon if in_force(account.coupon, account, created_at) else None
    lines = tuple(replace(line, discount=_off(coupon, line.amount)) for line in lines)
    due_at = created_at + timedelta(days=14 if reason != "manual" else 30) if account.by_invoice else None
    resolved = created_at + HOUR + timedelta(days=4) < as_of
    retried = rng.random() < 0.02 and resolved
    delay = timedelta(days=rng.randrange(3, 13)) if account.by_invoice else timedelta(days=3 * retried)
    paid_at: datetime | None = created_at + HOUR + delay + timedelta(seconds=7)
    newest = reason == "subscription_cycle" and add_months(created_at, account.plan.months) > as_of
    if newest and account.role in ("past_due", "overdue"):
        paid_at = None
    attempts = 0 if account.by_invoice else 2 if retried else 1
    if created_at + HOUR > as_of:
        status, paid_at, attempts = "draft", None, 0
    elif paid_at is None or paid_at > as_of:
        status, paid_at = "open", None
        attempts = min(attempts, 1)
    else:
        status = "paid"
    return Bill(
        _id("in_", seed, account, key), account, created_at, reason, lines, status, account.by_invoice,
        due_at, paid_at, attempts, coupon=coupon,
    )  # fmt: skip


def _off(coupon: Coupon | None, amount: int) -> int:
    if coupon is None or amount <= 0:
        return 0
    if coupon.amount_off is not None:
        return min(amount, coupon.amount_off)
    return round(amount * (coupon.percent or 0) / 100)


def _charges(seed: int, bill: Bill) -> Iterator[Charge]:
    if bill.status == "draft" or bill.total <= 0:
        return
    first = bill.created_at + HOUR + timedelta(seconds=5)
    unpaid = bill.paid_at is None and not bill.by_invoice
    if bill.attempts == 2 or unpaid:
        code = "card_declined" if unpaid else "insufficient_funds"
        yield Charge(_id("ch_", seed, bill.account, f"{bill.id}:1"), bill, bill.total, first, code, 0)
    if bill.paid_at is not None:
        fee = min(500, round(bill.total * 0.008)) if bill.by_invoice else round(bill.total * 0.029) + 30
        yield Charge(
            _id("ch_", seed, bill.account, f"{bill.id}:2"), bill, bill.total, bill.paid_at, None, fee
        )


def _refunds(as_of: datetime, seed: int, charges: Iterable[Charge]) -> Iterator[Refund]:
    """One bill in part given back, about two months ago."""
    window = (as_of - timedelta(days=75), as_of - timedelta(days=55))
    for charge in charges:
        if window[0] < charge.created_at < window[1] and not charge.failure and not charge.bill.by_invoice:
            moment = charge.created_at + timedelta(days=4)
            yield Refund(f"re_{token(seed, charge.id, size=24)}", charge, charge.amount // 2, moment)
            return


def _payouts(
    as_of: datetime, seed: int, charges: Sequence[Charge], refunds: Sequence[Refund]
) -> Iterator[Payout]:
    """Every Monday the net of the week before, in each currency; it reaches the bank the next day."""
    flows = [
        (c.created_at, c.bill.account.plan.currency, c.amount - c.fee, c.id) for c in charges if not c.failure
    ]
    flows += [(r.created_at, r.charge.bill.account.plan.currency, -r.amount, r.id) for r in refunds]
    weeks: dict[tuple[datetime, str], list[tuple[int, str]]] = {}
    for moment, currency, amount, ref in sorted(flows):
        monday = at((moment + timedelta(days=7 - moment.weekday())).date(), 2)
        weeks.setdefault((monday, currency), []).append((amount, ref))
    for (monday, currency), parts in sorted(weeks.items()):
        amount = sum(part for part, _ in parts)
        if monday <= as_of and amount > 0:
            yield Payout(
                f"po_{token(seed, 'po', currency, monday, size=24)}", currency, amount, monday,
                monday + timedelta(hours=30), tuple(ref for _, ref in parts),
            )  # fmt: skip


def _id(prefix: str, seed: int, account: Account, key: str) -> str:
    return f"{prefix}{token(seed, prefix, account.number, key, size=24)}"
