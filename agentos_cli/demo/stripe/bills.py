"""Bills, charges, refunds and payouts as Stripe's own objects; see `shapes` for versions."""

from __future__ import annotations

from datetime import datetime, timedelta

from agentos_cli.demo.company.accounts import Account
from agentos_cli.demo.company.ledger import RETRIED, Bill, Charge, Line, Payout, Refund
from agentos_cli.demo.company.marks import token
from agentos_cli.demo.company.names import COMPANY
from agentos_cli.demo.stripe.shapes import (
    ADDRESS,
    Shape,
    customer_id,
    discount_id,
    entry_id,
    intent_id,
    item_id,
    nothing,
    price_id,
    product_id,
    subscription_id,
    unix,
)

_NO_INVOICE_VALUE = """account_tax_ids application custom_fields customer_account customer_address
    customer_phone customer_shipping default_payment_method default_source footer from_invoice
    hosted_invoice_url invoice_pdf last_finalization_error latest_revision on_behalf_of receipt_number
    rendering shipping_cost shipping_details statement_descriptor test_clock"""


def invoice(bill: Bill, as_of: datetime) -> Shape:
    """The object of https://docs.stripe.com/api/invoices/object."""
    account, manual = bill.account, bill.reason == "manual"
    return nothing(_NO_INVOICE_VALUE) | {
        "id": bill.id,
        "object": "invoice",
        "account_country": "US",
        "account_name": COMPANY,
        "billing_reason": bill.reason,
        "collection_method": "send_invoice" if bill.by_invoice else "charge_automatically",
        "currency": account.plan.currency,
        "customer": customer_id(account),
        "customer_email": account.email,
        "customer_name": account.name,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "description": "Onboarding project" if manual else None,
        "discounts": [discount_id(account)] if bill.coupon else [],
        "issuer": {"type": "self"},
        "lines": {
            "object": "list",
            "data": [line(entry, bill) for entry in bill.lines],
            "has_more": False,
            "url": f"/v1/invoices/{bill.id}/lines",
        },
        "livemode": False,
        "metadata": {},
        "number": bill.number,
        "parent": None if manual else _subscription_parent(account),
        "payment_settings": nothing("default_mandate payment_method_options payment_method_types"),
        **_invoice_amounts(bill),
        **_invoice_times(bill, as_of),
    }


def _invoice_amounts(bill: Bill) -> Shape:
    paid = bill.total if bill.paid_at else 0
    off = [{"amount": bill.discount, "discount": discount_id(bill.account)}] if bill.coupon else []
    return {
        "amount_due": bill.total,
        "amount_overpaid": 0,
        "amount_paid": paid,
        "amount_remaining": bill.total - paid,
        "amount_shipping": 0,
        "ending_balance": None if bill.status == "draft" else 0,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "subtotal": bill.subtotal,
        "subtotal_excluding_tax": bill.subtotal,
        "total": bill.total,
        "total_discount_amounts": off,
        "total_excluding_tax": bill.total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
    }


def _invoice_times(bill: Bill, as_of: datetime) -> Shape:
    """How far the invoice has come, and when. Stripe retries a failed card some days later."""
    draft = bill.status == "draft"
    again = bill.created_at + RETRIED
    retry = (again if again > as_of else as_of + timedelta(days=2)) if _unpaid_card(bill) else None
    return {
        "attempt_count": bill.attempts,
        "attempted": bill.attempts > 0,
        "auto_advance": bill.status in ("draft", "open"),
        "automatic_tax": nothing("disabled_reason liability provider status") | {"enabled": False},
        "automatically_finalizes_at": unix(bill.created_at + timedelta(hours=1)) if draft else None,
        "created": unix(bill.created_at),
        "due_date": unix(bill.due_at),
        "effective_at": unix(bill.finalized_at),
        "next_payment_attempt": unix(retry),
        "period_end": unix(bill.created_at),
        "period_start": unix(bill.created_at),
        "status": bill.status,
        "status_transitions": {
            "finalized_at": unix(bill.finalized_at),
            "marked_uncollectible_at": None,
            "paid_at": unix(bill.paid_at),
            "voided_at": None,
        },
        "webhooks_delivered_at": unix(bill.created_at),
    }


def _unpaid_card(bill: Bill) -> bool:
    return bill.status == "open" and not bill.by_invoice


def _subscription_parent(account: Account) -> Shape:
    return {
        "quote_details": None,
        "subscription_details": {"metadata": {}, "subscription": subscription_id(account)},
        "type": "subscription_details",
    }


def line(entry: Line, bill: Bill) -> Shape:
    """The object of https://docs.stripe.com/api/invoice-line-item/object."""
    account, plan = bill.account, entry.plan
    off = [{"amount": entry.discount, "discount": discount_id(account)}] if bill.coupon else []
    return {
        "id": entry.id,
        "object": "line_item",
        "amount": entry.amount,
        "currency": account.plan.currency,
        "description": entry.text,
        "discount_amounts": off,
        "discountable": not entry.proration,
        "discounts": [],
        "invoice": bill.id,
        "livemode": False,
        "metadata": {},
        "parent": _line_parent(entry, account),
        "period": {"end": unix(entry.ends_at), "start": unix(entry.starts_at)},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price_id(plan), "product": product_id(plan.product)},
            "type": "price_details",
            "unit_amount_decimal": str(plan.unit),
        }
        if plan
        else None,
        "quantity": entry.seats,
        "quantity_decimal": str(entry.seats),
        "subscription": subscription_id(account) if plan else None,
        "subtotal": entry.amount,
        "taxes": [],
    }


def _line_parent(entry: Line, account: Account) -> Shape:
    """Where a line comes from: a seat of the subscription, or an item put on the bill by hand."""
    if entry.plan is None:
        return {
            "invoice_item_details": {
                "invoice_item": f"ii_{token('ii', entry.id, size=24)}",
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": None,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        }
    return {
        "invoice_item_details": None,
        "subscription_item_details": {
            "invoice_item": None,
            "proration": entry.proration,
            "proration_details": {"credited_items": None},
            "subscription": subscription_id(account),
            "subscription_item": item_id(account),
        },
        "type": "subscription_item_details",
    }


def invoice_payment(bill: Bill) -> Shape:
    """The link from an invoice to its payment intent, and so to its charges."""
    return {
        "id": f"inpay_{token('inpay', bill.id, size=24)}",
        "object": "invoice_payment",
        "amount_paid": bill.total if bill.paid_at else None,
        "amount_requested": bill.total,
        "created": unix(bill.finalized_at),
        "currency": bill.account.plan.currency,
        "invoice": bill.id,
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent_id(bill), "type": "payment_intent"},
        "status": "paid" if bill.paid_at else "open",
        "status_transitions": {"canceled_at": None, "paid_at": unix(bill.paid_at)},
    }


_MESSAGES = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
}


_NO_CHARGE_VALUE = """application application_fee application_fee_amount failure_balance_transaction
    on_behalf_of receipt_email receipt_number receipt_url review shipping source source_transfer
    statement_descriptor statement_descriptor_suffix transfer_data transfer_group"""


def charge(made: Charge) -> Shape:
    """The object of https://docs.stripe.com/api/charges/object."""
    bill, account = made.bill, made.bill.account
    worked = made.failure is None
    return nothing(_NO_CHARGE_VALUE) | {
        "id": made.id,
        "object": "charge",
        "amount": made.amount,
        "amount_captured": made.amount if worked else 0,
        "amount_refunded": made.refunded,
        "balance_transaction": entry_id(made.id) if worked else None,
        "billing_details": {
            "address": nothing(ADDRESS),
            "email": account.email,
            "name": f"{account.given} {account.family}",
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": COMPANY.upper(),
        "captured": worked,
        "created": unix(made.created_at),
        "currency": account.plan.currency,
        "customer": customer_id(account),
        "description": "Subscription update" if bill.reason != "manual" else "Onboarding project",
        "disputed": False,
        "failure_code": "card_declined" if made.failure else None,
        "failure_message": _MESSAGES[made.failure] if made.failure else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "outcome": _outcome(made.failure),
        "paid": worked,
        "payment_intent": intent_id(bill),
        "payment_method": f"pm_{token('pm', account.number, account.domain, size=24)}",
        "payment_method_details": _method(made),
        "refunded": made.refunded >= made.amount,
        "status": "succeeded" if worked else "failed",
    }


def _outcome(failure: str | None) -> Shape:
    declined = failure is not None
    return {
        "advice_code": "try_again_later" if declined else None,
        "network_advice_code": None,
        "network_decline_code": "51" if failure == "insufficient_funds" else "05" if declined else None,
        "network_status": "declined_by_network" if declined else "approved_by_network",
        "reason": (failure if failure != "card_declined" else "generic_decline") if declined else None,
        "risk_level": "normal",
        "seller_message": "The bank declined the payment." if declined else "Payment complete.",
        "type": "issuer_declined" if declined else "authorized",
    }


def _method(made: Charge) -> Shape:
    last4 = f"{1000 + made.bill.account.number * 37 % 9000}"
    if made.bill.by_invoice:
        return {
            "type": "us_bank_account",
            "us_bank_account": {"account_type": "checking", "bank_name": "STRIPE TEST BANK", "last4": last4},
        }
    return {
        "type": "card",
        "card": {
            "brand": "visa",
            "country": "US",
            "exp_month": 8,
            "exp_year": 2031,
            "funding": "credit",
            "last4": last4,
        },
    }


def refund(given: Refund) -> Shape:
    """The object of https://docs.stripe.com/api/refunds/object."""
    return {
        "id": given.id,
        "object": "refund",
        "amount": given.amount,
        "balance_transaction": entry_id(given.id),
        "charge": given.charge.id,
        "created": unix(given.created_at),
        "currency": given.charge.bill.account.plan.currency,
        "customer": customer_id(given.charge.bill.account),
        "customer_account": None,
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": {},
        "payment_intent": intent_id(given.charge.bill),
        "payment_method": None,
        "reason": "requested_by_customer",
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


_NO_PAYOUT_VALUE = """application_fee application_fee_amount failure_balance_transaction failure_code
    failure_message original_payout payout_method reversed_by statement_descriptor"""


def payout(sent: Payout, as_of: datetime) -> Shape:
    """The object of https://docs.stripe.com/api/payouts/object."""
    arrived = sent.arrives_at <= as_of
    return nothing(_NO_PAYOUT_VALUE) | {
        "id": sent.id,
        "object": "payout",
        "amount": sent.amount,
        "arrival_date": unix(sent.arrives_at),
        "automatic": True,
        "balance_transaction": entry_id(sent.id),
        "created": unix(sent.created_at),
        "currency": sent.currency,
        "description": "STRIPE PAYOUT",
        "destination": f"ba_{token('ba', sent.currency, size=24)}",
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "completed",
        "source_type": "card",
        "status": "paid" if arrived else "in_transit",
        "trace_id": {"status": "supported" if arrived else "pending", "value": None},
        "type": "bank_account",
    }


def balance_entry(
    ref: str, amount: int, fee: int, currency: str, moment: datetime, kind: str, as_of: datetime
) -> Shape:
    """One move of the Stripe balance. `kind`: charge, refund or payout."""
    ready = moment + timedelta(days=2)
    return {
        "id": entry_id(ref),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": unix(ready),
        "balance_type": "payments",
        "created": unix(moment),
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [
            {
                "amount": fee,
                "application": None,
                "currency": currency,
                "description": "Stripe processing fees",
                "type": "stripe_fee",
            }
        ]
        if fee
        else [],
        "net": amount - fee,
        "reporting_category": kind,
        "source": ref,
        "status": "available" if ready <= as_of else "pending",
        "type": kind,
    }
