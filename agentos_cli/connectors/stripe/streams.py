"""Stripe's lists: what each is asked with, which fields of its records are read, and what belongs together.

Everything of a customer is one group: the bills tell what its subscriptions cost, the payments pay the bills.
Prices are kept only where a subscription does not carry all of its own (tiers, other currencies), coupons
only where a discount merely names its own: all groups share these. Expanding: https://docs.stripe.com/expand.
"""

from __future__ import annotations

from agentos_cli.connectors.reading import ident
from agentos_cli.connectors.stripe.bills import INVOICE_STATES
from agentos_cli.connectors.stripe.terms import DURATIONS, INTERVALS, STATUSES, reference
from agentos_cli.contract import Fields, Raw, Stream

CHARGE_STATES = ("succeeded", "pending", "failed")
REFERENCE = "any"
"""An id, or the object itself where Stripe sends it whole."""

_AMOUNTS = {"unit_amount?": "number", "unit_amount_decimal?": "number"}
_TIER = {**_AMOUNTS, "up_to?": "number", "flat_amount?": "number", "flat_amount_decimal?": "number"}
_PRICE: Fields = {
    **_AMOUNTS,
    "id": "text",
    "product": REFERENCE,
    "currency": "text",
    "billing_scheme": ("per_unit", "tiered"),
    "tiers_mode?": ("graduated", "volume"),
    "tiers?": [_TIER],
    "currency_options?": "any",
    "transform_quantity?": {"divide_by": "number", "round": ("up", "down")},
    "recurring": {
        "interval": INTERVALS,
        "interval_count": "number",
        "usage_type": ("licensed", "metered"),
    },
}
_COUPON: Fields = {
    "id": "text",
    "percent_off?": "number",
    "amount_off?": "number",
    "currency?": "text",
    "duration": DURATIONS,
}
_DISCOUNT: Fields = {"id": "text", "start?": "instant", "end?": "instant", "source": {"coupon": _COUPON}}
_ITEM: Fields = {
    "id": "text",
    "quantity?": "number",
    "current_period_start?": "instant",
    "current_period_end?": "instant",
    "price": _PRICE,
    "discounts": [{**_DISCOUNT, "source": {"coupon": REFERENCE}}],
}
_LINE: Fields = {
    "amount": "number",
    "currency": "text",
    "quantity?": "number",
    "period": {"start": "instant", "end": "instant"},
    "parent?": {
        "type": "text",
        "subscription_item_details?": {
            "subscription": REFERENCE,
            "subscription_item": "text",
            "proration": "flag",
        },
    },
    "pricing?": {"price_details?": {"product": REFERENCE}},
}
_CUSTOMER: Fields = {
    "id": "text",
    "livemode": "flag",
    "created": "instant",
    "name?": "text",
    "email?": "text",
    "metadata?": {"domain?": "text"},
    "discount?": _DISCOUNT,
    "deleted?": "flag",
}
_SUBSCRIPTION: Fields = {
    "id": "text",
    "livemode": "flag",
    "customer": REFERENCE,
    "currency": "text",
    "status": tuple(STATUSES),
    "pause_collection?": "any",
    "start_date": "instant",
    "trial_start?": "instant",
    "trial_end?": "instant",
    "cancel_at?": "instant",
    "cancel_at_period_end?": "flag",
    "canceled_at?": "instant",
    "ended_at?": "instant",
    "discounts": [_DISCOUNT],
    "items": {"data": [_ITEM]},
}
_INVOICE: Fields = {
    "id": "text",
    "livemode": "flag",
    "customer": REFERENCE,
    "currency": "text",
    "number?": "text",
    "status": INVOICE_STATES,
    "total": "number",
    "amount_remaining": "number",
    "created": "instant",
    "due_date?": "instant",
    "status_transitions?": {"paid_at?": "instant"},
    "discounts": [_DISCOUNT],
    "payments?": {"data": [{"payment": {"payment_intent?": REFERENCE, "charge?": REFERENCE}}]},
    "lines": {"data": [_LINE]},
}
_CHARGE: Fields = {
    "id": "text",
    "livemode": "flag",
    "customer?": REFERENCE,
    "currency": "text",
    "amount": "number",
    "amount_refunded": "number",
    "captured": "flag",
    "created": "instant",
    "disputed": "flag",
    "failure_code?": "text",
    "failure_message?": "text",
    "payment_intent?": REFERENCE,
    "status": CHARGE_STATES,
}

COUPON = "source.coupon"
EXPANDED = {
    "customers": (f"discount.{COUPON}",),
    "subscriptions": (f"discounts.{COUPON}", "items.data.discounts"),
    "invoices": (f"discounts.{COUPON}", "payments"),
    "charges": (),
    "prices": ("tiers", "currency_options"),
}
"""What of an object Stripe sends whole only if it is asked to."""
ASKED = {"subscriptions": {"status": "all"}, "prices": {"type": "recurring"}}
"""What else a list is asked with: without a status, canceled subscriptions are missing."""


def _customers(raw: Raw) -> str:
    return reference(raw, "customer")


def _payers(raw: Raw) -> str:
    """The customer of a charge, or the charge itself where nobody is named."""
    return reference(raw, "customer") if raw.get("customer") else ident(raw)


STREAMS = {
    "customers": Stream(_CUSTOMER, ident),
    "subscriptions": Stream(_SUBSCRIPTION, _customers),
    "invoices": Stream(_INVOICE, _customers),
    "charges": Stream(_CHARGE, _payers),
    "coupons": Stream(_COUPON, None),
    "prices": Stream(_PRICE, None),
}
LISTS = ("customers", "subscriptions", "invoices", "charges")
"""The streams that are read through; the others only as far as these need them."""


def asked(stream: str) -> dict[str, object]:
    """The parameters with which the list of a stream is asked."""
    inside = [f"data.{path}" for path in EXPANDED.get(stream, ())]
    return {**ASKED.get(stream, {}), **({"expand": inside} if inside else {})}
