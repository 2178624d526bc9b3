"""The mathematics of recurring revenue: MRR and its movements.

Definitions follow ChartMogul and Stripe's billing analytics. Everything here is plain arithmetic on
subscription versions; nothing knows of today, of exchange rates, or of the company. The ratios made from
movements are formulas: see `rates`.

A customer is the `account` where one is known, so that two billing records of one company are one
customer, and the vendor's own customer otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from agents.accounts import customer_key
from agents.money import Money, allocate, round_half_up
from agents.nouns import Discount, Subscription, SubscriptionItem

PER_MONTH = {"day": (365, 12), "week": (52, 12), "month": (1, 1), "year": (1, 12)}
"""How many of an interval a month holds, as numerator and denominator."""


# ── MRR of one subscription ──────────────────────────────────────────────────────────────────────


def monthly(amount: Decimal, interval: str, count: int) -> Decimal:
    """What `amount` per `count` intervals comes to a month, not rounded, in the units of `amount`."""
    times, divisor = PER_MONTH[interval]
    return amount * times / (divisor * count)


def in_force(discount: Discount, at: datetime) -> bool:
    """Whether a discount reduces MRR at an instant. One that touches a single bill never does."""
    begun = discount.starts_at is None or discount.starts_at <= at
    return begun and not discount.once and (discount.ends_at is None or at < discount.ends_at)


def item_mrr(subscription: Subscription, at: datetime) -> dict[str, int]:
    """MRR of each item by item id, in minor units, discounts taken off; metered items are left out.

    Discounts apply in their order. A fixed one counts per bill; bills come as often as the most
    frequent item it touches, and it is spread over those items by amount, never below zero.
    """
    items = {item.id: item for item in subscription.items if not item.metered}
    amounts = {key: monthly(item.amount, item.interval, item.interval_count) for key, item in items.items()}
    for discount in subscription.discounts:
        if in_force(discount, at):
            touched = [key for key in items if discount.item_id in (None, key)]
            _reduce(amounts, [items[key] for key in touched], discount, subscription.currency)
    return {key: round_half_up(amount) for key, amount in amounts.items()}


def _reduce(
    amounts: dict[str, Decimal], items: list[SubscriptionItem], discount: Discount, currency: str
) -> None:
    if discount.percent is not None:
        for item in items:
            amounts[item.id] *= 1 - discount.percent / 100
    elif items and discount.amount_off is not None and discount.amount_off.currency == currency:
        bill = max(items, key=lambda item: monthly(Decimal(1), item.interval, item.interval_count))
        off = monthly(Decimal(discount.amount_off.amount), bill.interval, bill.interval_count)
        weights = [round_half_up(amounts[item.id]) for item in items]
        for item, part in zip(items, allocate(min(round_half_up(off), sum(weights)), weights), strict=True):
            amounts[item.id] = max(Decimal(0), amounts[item.id] - part)


# ── spans: what a version pays over time ─────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Line:
    """One subscription version at an instant: whose it is, and its MRR (maybe zero).

    `metered` counts its metered items, which are not in the MRR; `yearly` says that it is billed by the
    year or for longer; `seats` is the largest quantity of its other items.
    """

    customer: str
    ref: str
    mrr: Money
    status: str
    metered: int
    yearly: bool
    cancel_at: datetime | None
    renews_at: datetime | None
    seats: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A line and the time over which it holds: from `starts` until before `ends` (None: for good)."""

    line: Line
    starts: datetime
    ends: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies in it."""
        return self.starts <= at and (self.ends is None or at < self.ends)


def spans(subscription: Subscription) -> tuple[Span, ...]:
    """What a version pays over its time, in steps: MRR changes only where a discount begins or ends.

    Every status has spans, also one that does not count; a version that ends before it begins has none.
    """
    ends = min(
        (end for end in (subscription.valid_to, subscription.ended_at) if end is not None), default=None
    )
    steps = [at for at in _changes(subscription) if ends is None or at < ends]
    found: list[Span] = []
    for start, end in zip(steps, [*steps[1:], ends], strict=False):
        line = _line(subscription, sum(item_mrr(subscription, start).values()))
        if found and found[-1].line.mrr == line.mrr:
            found[-1] = Span(line, found[-1].starts, end)
        else:
            found.append(Span(line, start, end))
    return tuple(found)


def _changes(subscription: Subscription) -> list[datetime]:
    edges = (edge for d in subscription.discounts for edge in (d.starts_at, d.ends_at) if edge is not None)
    return sorted({subscription.valid_from, *(edge for edge in edges if edge > subscription.valid_from)})


def _line(subscription: Subscription, mrr: int) -> Line:
    return Line(
        customer_key(subscription),
        subscription.ref,
        Money(mrr, subscription.currency),
        subscription.status,
        sum(item.metered for item in subscription.items),
        is_yearly(subscription),
        subscription.cancel_at,
        subscription.renews_at,
        max((0, *(item.quantity for item in subscription.items if not item.metered))),
    )


def counted(status: str, count_past_due: bool = True) -> bool:
    """Whether a subscription of this status counts in MRR."""
    return status == "active" or (count_past_due and status == "past_due")


def uncounted(status: str, count_past_due: bool = True) -> str | None:
    """Why a subscription of this status does not count: "trialing". None if it does, or if it is over."""
    over = status == "canceled" or counted(status, count_past_due)
    return None if over else status.replace("_", " ")


def is_yearly(subscription: Subscription) -> bool:
    """Whether it is billed by the year or for longer: only then is a renewal an event."""
    return any(
        item.interval == "year" or (item.interval == "month" and item.interval_count >= 12)
        for item in subscription.items
        if not item.metered
    )


def first_paid(found: Iterable[Span], count_past_due: bool = True) -> dict[str, datetime]:
    """When each customer first had any MRR, in any currency."""
    first: dict[str, datetime] = {}
    for span in found:
        if span.line.mrr and counted(span.line.status, count_past_due):
            who = span.line.customer
            first[who] = min(first.get(who, span.starts), span.starts)
    return first


# ── movements ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Movements:
    """How MRR of one currency went from opening to closing, in minor units, all parts positive:
    opening + new + reactivation + expansion - contraction - churn = closing, exactly."""

    opening: int = 0
    new: int = 0
    expansion: int = 0
    contraction: int = 0
    churn: int = 0
    reactivation: int = 0

    @property
    def net_new(self) -> int:
        return self.new + self.reactivation + self.expansion - self.contraction - self.churn

    @property
    def closing(self) -> int:
        return self.opening + self.net_new


def movement(before: int | None, after: int | None, paid_before: bool) -> tuple[str | None, int]:
    """What one customer's change is called, and its size. None means: has no subscription that counts.

    A customer at 0 under a full discount is still one: falling there is contraction, coming back expansion.
    """
    a, b = before or 0, after or 0
    if b > a:
        if a == 0 and not paid_before:
            return "new", b
        return ("reactivation" if before is None else "expansion"), b - a
    if b < a:
        return ("churn" if after is None else "contraction"), a - b
    return None, 0


# ── cost of customers ────────────────────────────────────────────────────────────────────────────


def cac(cost: Money, new_customers: int) -> Money | None:
    """Sales and marketing cost of a period / its new customers."""
    if not new_customers:
        return None
    return Money(round_half_up(Decimal(cost.amount) / new_customers), cost.currency)
