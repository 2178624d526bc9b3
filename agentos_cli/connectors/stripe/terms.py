"""What a Stripe subscription says of its present terms: items, discounts, status, and the dates around them.

Shapes: https://docs.stripe.com/api/subscriptions/object, https://docs.stripe.com/api/subscription_items/object,
https://docs.stripe.com/api/discounts/object, https://docs.stripe.com/api/coupons/object.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from agentos_cli.connectors.reading import (
    Raw,
    Unreadable,
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
from agentos_cli.connectors.stripe.amounts import amount, money, needs_lookup
from agents.nouns import Discount, SubscriptionItem

STATUSES = {
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "unpaid",
    "paused": "paused",
    "incomplete": "incomplete",
    "incomplete_expired": "canceled",
    "canceled": "canceled",
}
DURATIONS = ("once", "repeating", "forever")
INTERVALS = ("day", "week", "month", "year")
COLLECTED = ("active", "past_due", "trialing")


def reference(raw: Raw, key: str) -> str:
    """The id under `key`, whether Stripe sent the id or the object (a deleted one has little more)."""
    value = raw.get(key)
    return ident(value) if isinstance(value, Mapping) else ident(raw, key)


def status(raw: Raw) -> str:
    """The noun's status. A subscription whose collection is paused bills nobody, whatever Stripe calls it."""
    found = STATUSES[one_of(STATUSES, raw, "status")]
    return "paused" if found in COLLECTED and raw.get("pause_collection") else found


def item_rows(raw: Raw) -> tuple[Raw, ...]:
    """The subscription's items, as they came."""
    return objects(child(raw, "items"), "data")


def items(raw: Raw, prices: Mapping[str, Raw]) -> tuple[SubscriptionItem, ...]:
    """The present items with the amounts of their prices, tiers and quantity applied. `prices` are those
    that were looked up, as an item does not tell all of them."""
    code = currency(raw)
    return tuple(_item(row, code, prices) for row in item_rows(raw))


def _item(row: Raw, code: str, prices: Mapping[str, Raw]) -> SubscriptionItem:
    price = child(row, "price")
    if prices and needs_lookup(price, code):
        price = prices.get(str(price.get("id")), price)
    recurring = child(price, "recurring")
    metered = one_of(("licensed", "metered"), recurring, "usage_type") == "metered"
    quantity = 0 if metered else whole(row, "quantity")
    return SubscriptionItem(
        id=ident(row),
        product=reference(price, "product"),
        interval=one_of(INTERVALS, recurring, "interval"),
        interval_count=whole(recurring, "interval_count"),
        amount=Decimal(0) if metered else amount(price, quantity, code),
        quantity=quantity,
        metered=metered,
    )


def discounts(raw: Raw, customer: Raw | None, coupons: Mapping[str, Raw]) -> dict[str, Discount]:
    """The discounts in force by their id: the items' own, and the subscription's or, if it has none, the
    customer's (https://docs.stripe.com/billing/subscriptions/coupons)."""
    found = {
        ident(each): discount(each, coupons, ident(row))
        for row in item_rows(raw)
        for each in objects(row, "discounts")
    }
    own = objects(raw, "discounts")
    inherited = customer.get("discount") if customer is not None and not own else None
    for each in own or ((inherited,) if isinstance(inherited, Mapping) else ()):
        found[ident(each)] = discount(each, coupons, None)
    return found


def discount(raw: Raw, coupons: Mapping[str, Raw], item_id: str | None) -> Discount:
    """One discount. Its coupon may be expanded or only named; `coupons` holds those that were named."""
    source = child(raw, "source")
    named = source.get("coupon")
    coupon = named if isinstance(named, Mapping) else coupons.get(str(named))
    if coupon is None:
        raise Unreadable(f"the coupon of its discount {ident(raw)} cannot be found")
    percent = maybe(number, coupon, "percent_off")
    return Discount(
        percent=percent,
        amount_off=None if percent is not None else money(coupon, "amount_off"),
        once=one_of(DURATIONS, coupon, "duration") == "once",
        starts_at=maybe(instant, raw, "start"),
        ends_at=maybe(instant, raw, "end"),
        item_id=item_id,
    )


def period_start(raw: Raw) -> datetime | None:
    """When the running period began: of several items, the one that began last."""
    found = (maybe(instant, row, "current_period_start") for row in item_rows(raw))
    return max((each for each in found if each is not None), default=None)


def renews_at(raw: Raw) -> datetime | None:
    """When the next bill is due: of several items, the first that renews."""
    found = (maybe(instant, row, "current_period_end") for row in item_rows(raw))
    return min((each for each in found if each is not None), default=None)


def cancel_at(raw: Raw) -> datetime | None:
    """When it is going to end, if it is."""
    planned = maybe(instant, raw, "cancel_at")
    if planned is None and raw.get("cancel_at_period_end") is not None and flag(raw, "cancel_at_period_end"):
        found = (maybe(instant, row, "current_period_end") for row in item_rows(raw))
        return max((each for each in found if each is not None), default=None)
    return planned
