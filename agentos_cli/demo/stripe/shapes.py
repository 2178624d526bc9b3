"""The demo company's books as Stripe's own objects.

Shapes: https://docs.stripe.com/api (objects of API version 2026-10-28). Since "basil" the period of a
subscription is on its items, an invoice names its subscription in `parent.subscription_details`, and its
charge is reached through `payments`; since "clover" a discount names its coupon in `source.coupon`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agentos_cli.demo.company.accounts import Account, Coupon, Plan
from agentos_cli.demo.company.ledger import Bill, in_force, periods
from agentos_cli.demo.company.marks import add_months, token
from agentos_cli.demo.company.names import COMPANY

Shape = dict[str, Any]

ADDRESS = "city country line1 line2 postal_code state"


def nothing(names: str) -> Shape:
    """Fields that are there and null, as Stripe sends what has no value."""
    return dict.fromkeys(names.split())


def unix(moment: datetime | None) -> int | None:
    """Whole seconds since 1970, as Stripe counts time."""
    return None if moment is None else int(moment.timestamp())


def customer_id(account: Account) -> str:
    """The id of the customer."""
    return f"cus_{token('cus', account.number, account.domain)}"


def subscription_id(account: Account) -> str:
    """The id of the customer's one subscription."""
    return f"sub_{token('sub', account.number, account.domain, size=24)}"


def item_id(account: Account) -> str:
    """The id of its one item."""
    return f"si_{token('si', account.number, account.domain)}"


def discount_id(account: Account) -> str:
    """The id of the discount that a coupon gave the customer."""
    return f"di_{token('di', account.number, account.domain, size=24)}"


def product_id(name: str) -> str:
    """The id of a product by its name."""
    return f"prod_{token('prod', name)}"


def price_id(plan: Plan) -> str:
    """The id of a price."""
    return f"price_{token('price', plan.key, size=24)}"


def intent_id(bill: Bill) -> str:
    """The id of the payment intent that collects a bill."""
    return f"pi_{token('pi', bill.id, size=24)}"


def entry_id(ref: str) -> str:
    """The balance transaction of a charge, refund or payout."""
    return f"txn_{token('txn', ref, size=24)}"


def customer(account: Account, delinquent: bool) -> Shape:
    """The object of https://docs.stripe.com/api/customers/object."""
    return {
        "id": customer_id(account),
        "object": "customer",
        "address": nothing(ADDRESS),
        "balance": 0,
        "created": unix(account.signed_at),
        "currency": account.plan.currency,
        "default_source": None,
        "delinquent": delinquent,
        "description": None,
        "discount": None,
        "email": account.email,
        "invoice_prefix": token("prefix", account.number, size=8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": account.name,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def product(name: str, created: datetime) -> Shape:
    """The object of https://docs.stripe.com/api/products/object."""
    return {
        "id": product_id(name),
        "object": "product",
        "active": True,
        "created": unix(created),
        "default_price": None,
        "description": f"{COMPANY} {name}, per seat",
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": "seat",
        "updated": unix(created),
        "url": None,
    }


def price(plan: Plan, created: datetime) -> Shape:
    """The object of https://docs.stripe.com/api/prices/object."""
    return {
        "id": price_id(plan),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": unix(created),
        "currency": plan.currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": plan.key,
        "metadata": {},
        "nickname": None,
        "product": product_id(plan.product),
        "recurring": {
            "interval": _interval(plan),
            "interval_count": 1,
            "meter": None,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": plan.unit,
        "unit_amount_decimal": str(plan.unit),
    }


def _plan(plan: Plan, created: datetime) -> Shape:
    """The older form of a price that items still carry."""
    return {
        "id": price_id(plan),
        "object": "plan",
        "active": True,
        "amount": plan.unit,
        "amount_decimal": str(plan.unit),
        "billing_scheme": "per_unit",
        "created": unix(created),
        "currency": plan.currency,
        "interval": _interval(plan),
        "interval_count": 1,
        "livemode": False,
        "metadata": {},
        "meter": None,
        "nickname": None,
        "product": product_id(plan.product),
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def _interval(plan: Plan) -> str:
    return "month" if plan.months == 1 else "year"


def coupon(sold: Coupon, created: datetime) -> Shape:
    """The object of https://docs.stripe.com/api/coupons/object."""
    return {
        "id": sold.id,
        "object": "coupon",
        "amount_off": sold.amount_off,
        "created": unix(created),
        "currency": "usd" if sold.amount_off is not None else None,
        "duration": sold.duration,
        "duration_in_months": sold.months,
        "livemode": False,
        "max_redemptions": None,
        "metadata": {},
        "name": sold.name,
        "percent_off": sold.percent,
        "redeem_by": None,
        "times_redeemed": 1,
        "valid": True,
    }


def discount(account: Account) -> Shape:
    """The object of https://docs.stripe.com/api/discounts/object."""
    assert account.coupon is not None
    months = account.coupon.months
    return {
        "id": discount_id(account),
        "object": "discount",
        "checkout_session": None,
        "customer": customer_id(account),
        "customer_account": None,
        "end": unix(add_months(account.signed_at, months)) if months else None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": None,
        "source": {"coupon": account.coupon.id, "type": "coupon"},
        "start": unix(account.signed_at),
        "subscription": subscription_id(account),
        "subscription_item": None,
    }


def subscription_status(account: Account, late: bool) -> str:
    """Stripe's word for where the subscription stands; `late` if a bill of it was due and is not paid."""
    if account.ended_at:
        return "canceled"
    if account.trial_until:
        return "trialing"
    return "past_due" if late else "active"


def subscription_item(account: Account, as_of: datetime, listed: datetime) -> Shape:
    """The object of https://docs.stripe.com/api/subscription_items/object."""
    start, end = current_period(account, as_of)
    return {
        "id": item_id(account),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": unix(account.signed_at),
        "current_period_end": unix(end),
        "current_period_start": unix(start),
        "discounts": [],
        "metadata": {},
        "plan": _plan(account.plan, listed),
        "price": price(account.plan, listed),
        "quantity": account.steps[-1].seats,
        "subscription": subscription_id(account),
        "tax_rates": [],
    }


def current_period(account: Account, as_of: datetime) -> tuple[datetime, datetime]:
    """The period that is running, or was the last one; a trial is a period of its own."""
    if account.trial_until and as_of < account.trial_until:
        return account.signed_at, account.trial_until
    _, start, end = list(periods(account, as_of))[-1]
    return start, end


_NO_SUBSCRIPTION_VALUE = """application application_fee_percent billing_cycle_anchor_config
    billing_schedules billing_thresholds customer_account default_payment_method default_source description
    next_pending_invoice_item_invoice on_behalf_of pause_collection pending_invoice_item_interval
    pending_setup_intent pending_update schedule test_clock transfer_data"""


def subscription(
    account: Account, as_of: datetime, listed: datetime, latest: str | None, late: bool
) -> Shape:
    """The object of https://docs.stripe.com/api/subscriptions/object."""
    return nothing(_NO_SUBSCRIPTION_VALUE) | {
        "id": subscription_id(account),
        "object": "subscription",
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_mode": {"type": "flexible", "flexible": {"proration_discounts": "included"}},
        "collection_method": "send_invoice" if account.by_invoice else "charge_automatically",
        "currency": account.plan.currency,
        "customer": customer_id(account),
        "days_until_due": 14 if account.by_invoice else None,
        "default_tax_rates": [],
        "discounts": [discount_id(account)] if in_force(account.coupon, account, as_of) else [],
        "invoice_settings": nothing("account_tax_ids custom_fields description footer")
        | {"issuer": {"type": "self"}},
        "items": {
            "object": "list",
            "data": [subscription_item(account, as_of, listed)],
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription_id(account)}",
        },
        "latest_invoice": latest,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "payment_settings": nothing("payment_method_options payment_method_types")
        | {"save_default_payment_method": "off"},
        "status": subscription_status(account, late),
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        **_life(account),
    }


def _life(account: Account) -> Shape:
    """When it began, on which day it bills, and how and when it ends."""
    end = account.ended_at or account.leaves_at
    return {
        "billing_cycle_anchor": unix(account.trial_until or account.signed_at),
        "cancel_at": unix(end),
        "cancel_at_period_end": account.leaves_at is not None,
        "canceled_at": unix(account.asked_at),
        "cancellation_details": {
            "comment": None,
            "feedback": None if end is None else "too_expensive" if account.role == "leaving" else "unused",
            "reason": None if end is None else "cancellation_requested",
        },
        "created": unix(account.signed_at),
        "ended_at": unix(account.ended_at),
        "start_date": unix(account.signed_at),
        "trial_end": unix(account.trial_until),
        "trial_start": unix(account.signed_at) if account.trial_until else None,
    }
