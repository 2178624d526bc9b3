"""Reads the recurring lines of Stripe's bills.

Shapes: https://docs.stripe.com/api/invoices/object, https://docs.stripe.com/api/invoice-line-item/object.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from agentos_cli.connectors.reading import (
    Raw,
    child,
    currency,
    flag,
    ident,
    instant,
    maybe,
    number,
    objects,
    one_of,
    whole,
)
from agentos_cli.connectors.stripe.amounts import scaled
from agentos_cli.connectors.stripe.terms import reference

INVOICE_STATES = ("draft", "open", "paid", "uncollectible", "void")
SENT = ("open", "paid", "uncollectible")


@dataclass(frozen=True, slots=True)
class BillLine:
    """One recurring line: what one item of a subscription cost from `start` until `end`. A proration is for
    the rest of a period only; see `prorations`. `whole` is how long the period of the amount is, where that
    is longer than the line."""

    bill: str
    subscription: str
    item: str
    product: str
    amount: Decimal
    quantity: int
    start: datetime
    end: datetime
    proration: bool
    paid: bool
    whole: timedelta | None = None

    @property
    def length(self) -> timedelta:
        """The period that the amount is for."""
        return self.whole or self.end - self.start


def bill_lines(invoice: Raw) -> tuple[BillLine, ...]:
    """The recurring lines of one bill; none of a draft or a voided one."""
    state = one_of(INVOICE_STATES, invoice, "status")
    if state not in SENT:
        return ()
    bill = ident(invoice)
    rows = (_line(row, bill, state == "paid") for row in objects(child(invoice, "lines"), "data"))
    return tuple(row for row in rows if row is not None)


def _line(row: Raw, bill: str, paid: bool) -> BillLine | None:
    parent = maybe(child, row, "parent")
    details = maybe(child, parent, "subscription_item_details") if parent is not None else None
    pricing = maybe(child, row, "pricing")
    if parent is None or parent.get("type") != "subscription_item_details" or not details or not pricing:
        return None
    period = child(row, "period")
    start, end = instant(period, "start"), instant(period, "end")
    if start >= end:
        return None
    return BillLine(
        bill=bill,
        subscription=reference(details, "subscription"),
        item=ident(details, "subscription_item"),
        product=reference(child(pricing, "price_details"), "product"),
        amount=scaled(number(row, "amount"), currency(row)),
        quantity=maybe(whole, row, "quantity") or 0,
        start=start,
        end=end,
        proration=flag(details, "proration"),
        paid=paid,
    )
