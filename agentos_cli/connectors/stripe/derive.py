"""Makes the business's nouns of what is kept of Stripe's records. Fields: docs/connectors.md.

A customer's records are understood together, and apart from all others: what its subscriptions cost in the
past is read off its bills, its payments are joined with them. Test-mode and live-mode records are never
mixed; see `modes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from agentos_cli.connectors.reading import (
    Raw,
    Unreadable,
    child,
    flag,
    ident,
    instant,
    maybe,
    objects,
    one_of,
    part,
    text,
)
from agentos_cli.connectors.stripe.amounts import money
from agentos_cli.connectors.stripe.bills import INVOICE_STATES
from agentos_cli.connectors.stripe.books import SOURCE, Books
from agentos_cli.connectors.stripe.modes import Reason, apart, is_live, key_mode, of_other_mode
from agentos_cli.connectors.stripe.streams import CHARGE_STATES, LISTS
from agentos_cli.connectors.stripe.terms import reference
from agentos_cli.contract import Access, Batch, Found
from agents.accounts import account_key
from agents.nouns import Customer, Invoice, Noun, Payment, Subscription

N = TypeVar("N", bound=Noun)
Accounts = Mapping[str, str | None]
"""By a customer's id."""


def derive(found: Found, access: Access) -> Iterator[Batch]:
    """The customers, subscriptions, invoices and payments of some groups."""
    caution = "test mode: no real money" if key_mode(access.secret) is False else None
    for each in _derived(found, access):
        yield replace(each, caution=caution) if caution else each


def _derived(found: Found, access: Access) -> Iterator[Batch]:
    lists = [found.records.get(name, ()) for name in LISTS]
    stranger = of_other_mode(is_live(access.secret, access.options, lists))
    customers, subscriptions, bills, charges = lists
    read = _batch(Customer, customers, stranger, _customer)
    yield read
    accounts = {each.id: each.account for each in read.records if isinstance(each, Customer)}
    books = Books(
        now=access.now,
        accounts=accounts,
        customers={str(raw.get("id")): raw for raw in apart(Customer, customers, stranger)[0]},
        coupons=_by_id(found.shared.get("coupons", ())),
        prices=_by_id(found.shared.get("prices", ())),
    )
    books.enter(apart(Invoice, bills, stranger)[0])
    terms = _batch(Subscription, subscriptions, stranger, books.subscription)
    yield replace(terms, skipped=terms.skipped + tuple(books.skipped)) if books.skipped else terms
    yield _batch(Invoice, bills, stranger, lambda raw: _invoice(raw, accounts))
    paid_by = dict(_payments(apart(Invoice, bills, stranger)[0]))
    yield _batch(
        Payment,
        charges,
        lambda raw: stranger(raw) or _refunds_too_much(raw),
        lambda raw: _payment(raw, accounts, paid_by),
    )


def _batch(
    noun: type[N], raws: Sequence[Raw], aside: Reason, parse: Callable[[Raw], N | tuple[N, ...]]
) -> Batch:
    """The records of one kind; what `aside` gives a reason for is told and not read."""
    kept, left = apart(noun, raws, aside)
    found = part(noun, kept, parse)
    return replace(found, skipped=found.skipped + left) if left else found


def _by_id(raws: Iterable[Raw]) -> dict[str, Raw]:
    return {str(raw.get("id")): raw for raw in raws}


def _customer(raw: Raw) -> Customer:
    """https://docs.stripe.com/api/customers/object"""
    if raw.get("deleted") is True:
        raise Unreadable("it was deleted in Stripe")
    key, email = ident(raw), maybe(text, raw, "email")
    about = maybe(child, raw, "metadata")
    domain = maybe(text, about, "domain") if about else None
    return Customer(
        SOURCE,
        key,
        account=account_key(domain) or account_key(email),
        name=maybe(text, raw, "name") or email or key,
        email=email,
        created_at=instant(raw, "created"),
    )


def _invoice(raw: Raw, accounts: Accounts) -> Invoice:
    """https://docs.stripe.com/api/invoices/object"""
    customer_id = reference(raw, "customer")
    return Invoice(
        SOURCE,
        ident(raw),
        customer_id=customer_id,
        account=accounts.get(customer_id),
        number=maybe(text, raw, "number"),
        status=one_of(INVOICE_STATES, raw, "status"),
        total=money(raw, "total"),
        remaining=money(raw, "amount_remaining"),
        created_at=instant(raw, "created"),
        due_at=maybe(instant, raw, "due_date"),
        paid_at=maybe(instant, maybe(child, raw, "status_transitions") or {}, "paid_at"),
    )


def _payments(bills: Iterable[Raw]) -> Iterator[tuple[tuple[str, str], str]]:
    """Which payment intent or charge, of which customer, pays which invoice. One that cannot be read links
    nothing.

    https://docs.stripe.com/api/invoice-payment/object
    """
    for raw in bills:
        if not isinstance(raw.get("payments"), Mapping):
            continue
        try:
            customer_id = reference(raw, "customer")
            for row in objects(child(raw, "payments"), "data"):
                payment = child(row, "payment")
                paying = [key for key in ("payment_intent", "charge") if payment.get(key)]
                yield from (((customer_id, reference(payment, key)), ident(raw)) for key in paying)
        except Unreadable:
            continue


def _refunds_too_much(raw: Raw) -> str | None:
    """Stripe gives back no more than was taken: a charge that says otherwise would be negative income.
    https://docs.stripe.com/refunds"""
    amount, refunded = raw.get("amount"), raw.get("amount_refunded")
    if not isinstance(amount, int) or not isinstance(refunded, int) or refunded <= amount:
        return None
    return f"amount_refunded is {refunded}, more than its amount {amount}"


def _payment(raw: Raw, accounts: Accounts, paid_by: Mapping[tuple[str, str], str]) -> Payment:
    """https://docs.stripe.com/api/charges/object"""
    key = ident(raw)
    customer_id = reference(raw, "customer") if raw.get("customer") else None
    payer = customer_id or ""
    intent = reference(raw, "payment_intent") if raw.get("payment_intent") else ""
    state = one_of(CHARGE_STATES, raw, "status")
    held = state == "succeeded" and not flag(raw, "captured")
    return Payment(
        SOURCE,
        key,
        customer_id=customer_id,
        account=accounts.get(payer),
        invoice_id=paid_by.get((payer, key)) or paid_by.get((payer, intent)),
        amount=money(raw, "amount"),
        refunded=money(raw, "amount_refunded"),
        status="pending" if held else state,
        failure=maybe(text, raw, "failure_message") or maybe(text, raw, "failure_code"),
        created_at=instant(raw, "created"),
        disputed=flag(raw, "disputed"),
    )
