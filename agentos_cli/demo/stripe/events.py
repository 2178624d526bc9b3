"""What happened in the demo company's Stripe within the last 30 days, each with the object as it was then.

Sources: https://docs.stripe.com/api/events/object, https://docs.stripe.com/api/events/types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from agentos_cli.demo.company.accounts import Account
from agentos_cli.demo.company.ledger import HOUR, Bill, Books, Charge, Refund, books_then, periods
from agentos_cli.demo.company.marks import add_months, token
from agentos_cli.demo.company.world import World
from agentos_cli.demo.exchange import Request
from agentos_cli.demo.stripe import bills, shapes
from agentos_cli.demo.stripe.rows import Row, late_accounts, listed_at
from agentos_cli.demo.stripe.shapes import Shape, unix

KEPT = timedelta(days=30)
SECOND = timedelta(seconds=1)
VERSION = "2026-10-28.endive"


@dataclass(frozen=True, slots=True)
class _Happening:
    """`kind` happened to the object `id` at `at`."""

    at: datetime
    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class _Past:
    """One account with all its books, to be seen as they were at any instant."""

    account: Account
    listed: datetime
    own: list[Bill] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    def then(self, moment: datetime) -> tuple[Account, Books]:
        books = Books(tuple(self.own), tuple(self.charges), tuple(self.refunds), ())
        account = self.account.then(moment)
        return account, books_then(books, {account.number: account}, moment)

    def happenings(self, until: datetime) -> Iterator[_Happening]:
        """Everything that changed one of its objects up to `until`, and a bit of what is yet to come."""
        account = self.account
        yield _Happening(account.signed_at, "customer.created", shapes.customer_id(account))
        yield from self._of_subscription(until)
        for bill in self.own:
            yield _Happening(bill.created_at, "invoice.created", bill.id)
            yield _Happening(bill.created_at + HOUR, "invoice.finalized", bill.id)
            if bill.paid_at is not None:
                yield _Happening(bill.paid_at, "invoice.paid", bill.id)
            if bill.attempts and (bill.attempts > 1 or bill.paid_at is None):
                yield from _failed(bill)
        for charge in self.charges:
            kind = "charge.failed" if charge.failure else "charge.succeeded"
            yield _Happening(charge.created_at, kind, charge.id)
        for refund in self.refunds:
            yield _Happening(refund.created_at, "charge.refunded", refund.charge.id)

    def _of_subscription(self, until: datetime) -> Iterator[_Happening]:
        account, key = self.account, shapes.subscription_id(self.account)
        yield _Happening(account.signed_at, "customer.subscription.created", key)
        if account.ended_at is not None:
            yield _Happening(account.ended_at, "customer.subscription.deleted", key)
        turns = [step.at for step in account.steps[1:]] + [start for _, start, _ in periods(account, until)]
        turns += [at for at in (account.asked_at, account.trial_until, _coupon_ends(account)) if at]
        for bill in self.own:
            turns += [bill.created_at, bill.created_at + HOUR]
            turns += [bill.due_at + SECOND] if bill.due_at else []
            turns += [bill.paid_at] if bill.paid_at else []
        for at in sorted(set(turns) - {account.signed_at, account.ended_at}):
            yield _Happening(at, "customer.subscription.updated", key)


def events(world: World) -> Iterator[Row]:
    """The events of the last 30 days, in no order."""
    for past in _pasts(world):
        for each in past.happenings(world.as_of):
            if world.as_of - KEPT <= each.at <= world.as_of:
                yield _row(past, each)


def happened(rows: Iterable[Row], request: Request) -> list[Row]:
    """The events of the kinds that are asked for, by `type` (a * stands for anything) or up to 20 `types`."""
    kinds = [
        value
        for key, values in request.query.items()
        if re.fullmatch(r"types\[\d*\]", key)
        for value in values
    ]
    kind = request.first("type")
    wanted = re.compile(re.escape(kind).replace(r"\*", ".*")) if kind else None
    return [
        row
        for row in rows
        if (not kinds or row.facets["type"] in kinds)
        and (wanted is None or wanted.fullmatch(row.facets["type"]))
    ]


def _pasts(world: World) -> Iterable[_Past]:
    listed = listed_at(world)
    found = {account.number: _Past(account, listed) for account in world.accounts}
    for bill in world.books.bills:
        found[bill.account.number].own.append(bill)
    for charge in world.books.charges:
        found[charge.bill.account.number].charges.append(charge)
    for refund in world.books.refunds:
        found[refund.charge.bill.account.number].refunds.append(refund)
    return found.values()


def _coupon_ends(account: Account) -> datetime | None:
    """When its coupon stops reducing bills."""
    coupon = account.coupon
    if coupon is None or coupon.duration == "forever":
        return None
    return add_months(account.signed_at, coupon.months) if coupon.months else account.signed_at + HOUR


def _failed(bill: Bill) -> Iterator[_Happening]:
    """The card did not work at first: for a while its owner is behind with paying."""
    yield _Happening(bill.created_at + HOUR, "invoice.payment_failed", bill.id)
    for at in (bill.created_at + HOUR, bill.paid_at):
        if at is not None:
            yield _Happening(at, "customer.updated", shapes.customer_id(bill.account))


def _row(past: _Past, each: _Happening) -> Row:
    key = f"evt_{token('evt', each.kind, each.id, each.at, size=24)}"
    return Row(key, int(each.at.timestamp()), {"type": each.kind}, partial(_event, key, past, each))


def _event(key: str, past: _Past, each: _Happening) -> Shape:
    """The object of https://docs.stripe.com/api/events/object."""
    return {
        "id": key,
        "object": "event",
        "api_version": VERSION,
        "created": unix(each.at),
        "data": {"object": _object(past, each)},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": each.kind,
    }


def _object(past: _Past, each: _Happening) -> Shape:
    """The object of an event as it was at its instant."""
    account, books = past.then(each.at)
    what = each.kind.partition(".")[0]
    if what == "invoice":
        return bills.invoice(next(bill for bill in books.bills if bill.id == each.id), each.at)
    if what == "charge":
        return bills.charge(next(charge for charge in books.charges if charge.id == each.id))
    late = account.number in late_accounts(books, each.at)
    if not each.kind.startswith("customer.subscription."):
        return shapes.customer(account, late)
    latest = [bill.id for bill in books.bills if bill.reason != "manual"]
    return shapes.subscription(account, each.at, past.listed, latest[-1] if latest else None, late)
