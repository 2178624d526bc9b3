"""Stripe: customers, subscriptions with their past terms, invoices, payments. Fields: docs/connectors.md.

The four lists are read side by side, then what they only name is looked up: coupons, prices with tiers, and
the rest of lists that were cut short. Test-mode and live-mode records are never mixed; see `modes`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from agentos_cli.connectors.fanout import side_by_side
from agentos_cli.connectors.reading import (
    Raw,
    Unreadable,
    batch,
    child,
    currency,
    flag,
    ident,
    instant,
    maybe,
    name_of,
    objects,
    one_of,
    text,
)
from agentos_cli.connectors.stripe.amounts import money
from agentos_cli.connectors.stripe.api import Api
from agentos_cli.connectors.stripe.bills import INVOICE_STATES, BillLine, bill_lines
from agentos_cli.connectors.stripe.history import (
    PastDiscount,
    Present,
    gone_discounts,
    past_discounts,
    versions,
)
from agentos_cli.connectors.stripe.lookup import coupons_named, with_items, with_lines, with_prices
from agentos_cli.connectors.stripe.modes import apart, is_live, key_mode, of_other_mode
from agentos_cli.connectors.stripe.terms import (
    cancel_at,
    discounts,
    items,
    period_start,
    reference,
    renews_at,
    status,
)
from agentos_cli.contract import Access, Batch, Skipped
from agents.accounts import account_key
from agents.nouns import Customer, Invoice, Noun, Payment, Subscription

SOURCE = "stripe"
COUPON = "source.coupon"
PAGES = {
    "customer": "customers",
    "subscription": "subscriptions",
    "invoice": "invoices",
    "payment": "payments",
}
_ID = re.compile(r"[A-Za-z0-9_]+")
CHARGE_STATES = ("succeeded", "pending", "failed")

N = TypeVar("N", bound=Noun)


def fetch(access: Access) -> Iterator[Batch]:
    """Customers, subscriptions, invoices, payments: all of them, all pages. Raises SourceErrors."""
    caution = None if key_mode(access.secret) is not False else "test mode: no real money"
    return (replace(found, caution=caution) for found in _fetch(access))


def _fetch(access: Access) -> Iterator[Batch]:
    api = Api(access)
    customers, subscriptions, invoices, charges = side_by_side(
        api.every("/v1/customers", expand=[f"data.discount.{COUPON}"]),
        api.every(
            "/v1/subscriptions",
            status="all",
            expand=[f"data.discounts.{COUPON}", "data.items.data.discounts"],
        ),
        api.every("/v1/invoices", expand=[f"data.discounts.{COUPON}", "data.payments"]),
        api.every("/v1/charges"),
    )
    stranger = of_other_mode(is_live(access.secret, customers, subscriptions, invoices, charges))
    customers, foreign_customers = apart(Customer, customers, stranger)
    subscriptions, foreign_subscriptions = apart(Subscription, subscriptions, stranger)
    invoices, foreign_invoices = apart(Invoice, invoices, stranger)
    charges, foreign_charges = apart(Payment, charges, stranger)
    charges, overpaid = apart(Payment, charges, _refunds_too_much)
    subscriptions = with_prices(api, with_items(api, subscriptions))
    invoices = with_lines(api, invoices)
    found = _batch(Customer, customers, _customer, foreign_customers)
    yield found
    accounts = {each.id: each.account for each in found.records if isinstance(each, Customer)}
    coupons = coupons_named(api, customers, subscriptions, invoices)
    books = _books(access.now, accounts, customers, invoices, coupons)
    terms = _batch(Subscription, subscriptions, books.subscription, foreign_subscriptions)
    yield replace(terms, skipped=terms.skipped + tuple(books.skipped))
    yield _batch(Invoice, invoices, lambda raw: _invoice(raw, accounts), foreign_invoices)
    paid_by = dict(_payments(invoices))
    yield _batch(Payment, charges, lambda raw: _payment(raw, accounts, paid_by), foreign_charges + overpaid)


def check(access: Access) -> str:
    """Reads the balance, which every key that may read can: whether the key is live or test.

    https://docs.stripe.com/api/balance/balance_retrieve
    """
    live = Api(access).get("/v1/balance").get("livemode")
    return f"Stripe {'live' if live is True else 'test'} account"


def account(access: Access) -> Mapping[str, str]:
    """What links into the account need: whether it is the live one or for tests."""
    return {"mode": "live" if Api(access).get("/v1/balance").get("livemode") is True else "test"}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """The record's page in Stripe's dashboard; None for a kind without one. All versions of a subscription
    share the page of their contract: a past one's id is that with `@` and an instant behind."""
    known = record_id.partition("@")[0] if kind == Subscription.kind else record_id
    if kind not in PAGES or not _ID.fullmatch(known):
        return None
    test = "test/" if options.get("mode") == "test" else ""
    return f"https://dashboard.stripe.com/{test}{PAGES[kind]}/{known}"


def _batch(
    noun: type[N],
    raws: list[object],
    parse: Callable[[Raw], N | tuple[N, ...]],
    aside: tuple[Skipped, ...],
) -> Batch:
    """The batch of one kind, and what was set aside before it was read."""
    found = batch("Stripe", noun, raws, parse)
    return replace(found, skipped=found.skipped + aside)


# ── customers ────────────────────────────────────────────────────────────────────────────────────


def _customer(raw: Raw) -> Customer:
    """https://docs.stripe.com/api/customers/object"""
    if raw.get("deleted") is True:
        raise Unreadable("it was deleted in Stripe")
    email = maybe(text, raw, "email")
    domain = maybe(text, maybe(child, raw, "metadata") or {}, "domain")
    return Customer(
        SOURCE,
        ident(raw),
        account=account_key(domain) or account_key(email),
        name=maybe(text, raw, "name") or email or ident(raw),
        email=email,
        created_at=instant(raw, "created"),
    )


# ── subscriptions ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Books:
    """What the versions of a subscription are made from, by subscription; `skipped` could not be read."""

    now: datetime
    accounts: Mapping[str, str | None]
    customers: Mapping[str, Raw]
    coupons: Mapping[str, Raw]
    lines: dict[str, list[BillLine]] = field(default_factory=dict)
    gone: dict[str, list[PastDiscount]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def subscription(self, raw: Raw) -> tuple[Subscription, ...]:
        """All versions of one subscription."""
        key, customer_id = ident(raw), reference(raw, "customer")
        lines, began = self.lines.get(key, []), instant(raw, "start_date")
        present = discounts(raw, self.customers.get(customer_id), self.coupons)
        state = status(raw)
        since = _since(raw, state, lines, self.now)
        rows = versions(Present(items(raw), state, since), began, _trial(raw), lines)
        ends = [row.start for row in rows[1:]]
        over, cancels = state == "canceled", cancel_at(raw)
        past = [
            Subscription(
                SOURCE,
                f"{key}@{int(row.start.timestamp())}",
                contract_id=key,
                customer_id=customer_id,
                account=self.accounts.get(customer_id),
                status=row.status,
                currency=currency(raw),
                items=row.items,
                discounts=(*present.values(), *gone_discounts(self.gone.get(key, ()), present)),
                valid_from=row.start,
                valid_to=end,
                started_at=began,
                ended_at=None,
                cancel_at=None,
                renews_at=None,
            )
            for row, end in zip(rows, [*ends, None], strict=True)
        ]
        last = replace(
            past[-1],
            id=key,
            ended_at=rows[-1].start if over else None,
            cancel_at=None if over else cancels,
            renews_at=None if over or cancels else renews_at(raw),
        )
        return (*past[:-1], last)


def _books(
    now: datetime,
    accounts: Mapping[str, str | None],
    customers: Iterable[object],
    invoices: Iterable[object],
    coupons: Mapping[str, Raw],
) -> _Books:
    """The bills sorted by subscription. One that cannot be read is told, and its terms are missing."""
    known = {str(raw.get("id")): raw for raw in customers if isinstance(raw, Mapping)}
    books = _Books(now, accounts, known, coupons)
    for number, raw in enumerate(invoices, start=1):
        if not isinstance(raw, Mapping):
            continue
        try:
            lines, gone = bill_lines(raw), past_discounts(raw, coupons)
        except Unreadable as problem:
            where = name_of(raw, number)
            books.skipped.append(Skipped(Subscription.kind, where, f"past terms unknown: {problem}"))
            continue
        for line in lines:
            books.lines.setdefault(line.subscription, []).append(line)
        for each in gone:
            books.gone.setdefault(each.subscription, []).append(each)
    return books


def _trial(raw: Raw) -> tuple[datetime, datetime] | None:
    start, end = maybe(instant, raw, "trial_start"), maybe(instant, raw, "trial_end")
    return (start, end) if start is not None and end is not None and start < end else None


def _since(raw: Raw, state: str, lines: Iterable[BillLine], now: datetime) -> datetime | None:
    """Since when the present status holds: see the method in `history`, step 5."""
    began = instant(raw, "start_date")
    if state == "active":
        return None
    if state == "trialing":
        return maybe(instant, raw, "trial_start") or began
    if state == "canceled":
        return maybe(instant, raw, "ended_at") or maybe(instant, raw, "canceled_at") or began
    if state == "incomplete":
        return began
    paid = [line.end for line in lines if line.paid and not line.proration and line.end <= now]
    running = period_start(raw)
    return max(paid, default=running if running is not None and began < running <= now else began)


# ── invoices and payments ────────────────────────────────────────────────────────────────────────


def _invoice(raw: Raw, accounts: Mapping[str, str | None]) -> Invoice:
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


def _payments(invoices: Iterable[object]) -> Iterator[tuple[str, str]]:
    """Which payment intent or charge pays which invoice. One that cannot be read links nothing.

    https://docs.stripe.com/api/invoice-payment/object
    """
    for raw in invoices:
        if not isinstance(raw, Mapping) or not isinstance(raw.get("payments"), Mapping):
            continue
        try:
            for row in objects(child(raw, "payments"), "data"):
                payment = child(row, "payment")
                paying = [key for key in ("payment_intent", "charge") if payment.get(key)]
                yield from ((reference(payment, key), ident(raw)) for key in paying)
        except Unreadable:
            continue


def _refunds_too_much(raw: Raw) -> str | None:
    """Stripe gives back no more than was taken: a charge that says otherwise would be negative income.
    https://docs.stripe.com/refunds"""
    amount, refunded = raw.get("amount"), raw.get("amount_refunded")
    if not isinstance(amount, int) or not isinstance(refunded, int) or refunded <= amount:
        return None
    return f"amount_refunded is {refunded}, more than its amount {amount}"


def _payment(raw: Raw, accounts: Mapping[str, str | None], paid_by: Mapping[str, str]) -> Payment:
    """https://docs.stripe.com/api/charges/object"""
    customer_id = reference(raw, "customer") if raw.get("customer") else None
    intent = reference(raw, "payment_intent") if raw.get("payment_intent") else ""
    state = one_of(CHARGE_STATES, raw, "status")
    held = state == "succeeded" and not flag(raw, "captured")
    return Payment(
        SOURCE,
        ident(raw),
        customer_id=customer_id,
        account=accounts.get(customer_id or ""),
        invoice_id=paid_by.get(ident(raw)) or paid_by.get(intent),
        amount=money(raw, "amount"),
        refunded=money(raw, "amount_refunded"),
        status="pending" if held else state,
        failure=maybe(text, raw, "failure_message") or maybe(text, raw, "failure_code"),
        created_at=instant(raw, "created"),
        disputed=flag(raw, "disputed"),
    )
