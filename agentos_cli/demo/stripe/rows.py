"""Every object that the demo's Stripe can list, with what lists filter by, made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from agentos_cli.demo.company.accounts import COUPONS, PLANS
from agentos_cli.demo.company.ledger import Books
from agentos_cli.demo.company.world import World
from agentos_cli.demo.stripe import bills, shapes
from agentos_cli.demo.stripe.shapes import Shape


@dataclass(frozen=True, slots=True)
class Row:
    """One object in a collection: what lists filter by, and how to make it."""

    id: str
    created: int
    facets: Mapping[str, str]
    shape: Callable[[], Shape]


def newest_first(rows: Iterator[Row]) -> list[Row]:
    """The order in which Stripe lists."""
    return sorted(rows, key=lambda row: (-row.created, row.id))


def collections(world: World) -> dict[str, list[Row]]:
    """Every collection by its name in the address, newest first as Stripe lists."""
    return {name: newest_first(rows) for name, rows in _collections(world).items()}


def _collections(world: World) -> dict[str, Iterator[Row]]:
    return {
        "customers": _customers(world),
        "subscriptions": _subscriptions(world),
        "subscription_items": _items(world),
        "invoices": _invoices(world),
        "invoice_payments": _links(world),
        "charges": _charges(world),
        "refunds": _refunds(world),
        "disputes": iter(()),
        "payouts": _payouts(world),
        "balance_transactions": _entries(world),
        "products": _products(world),
        "prices": _prices(world),
        "coupons": _coupons(world),
        "discounts": _discounts(world),
    }


def _customers(world: World) -> Iterator[Row]:
    late = {b.account.number for b in world.books.bills if b.status == "open" and b.attempts}
    for account in world.accounts:
        yield _row(
            shapes.customer_id(account), account.signed_at, {"email": account.email},
            partial(shapes.customer, account, account.number in late),
        )  # fmt: skip


def _subscriptions(world: World) -> Iterator[Row]:
    listed = listed_at(world)
    latest = {b.account.number: b.id for b in world.books.bills if b.reason != "manual"}
    late = late_accounts(world.books, world.as_of)
    for account in world.accounts:
        facets = {
            "customer": shapes.customer_id(account),
            "status": shapes.subscription_status(account, account.number in late),
            "price": shapes.price_id(account.plan),
            "collection_method": "send_invoice" if account.by_invoice else "charge_automatically",
        }
        yield _row(
            shapes.subscription_id(account), account.signed_at, facets,
            partial(
                shapes.subscription, account, world.as_of, listed, latest.get(account.number),
                account.number in late,
            ),
        )  # fmt: skip


def late_accounts(books: Books, now: datetime) -> set[int]:
    """The accounts with a bill of their subscription that could not be collected, or is past its day."""
    return {
        bill.account.number
        for bill in books.bills
        if bill.status == "open"
        and bill.reason != "manual"
        and (bill.attempts or (bill.due_at is not None and bill.due_at < now))
    }


def _items(world: World) -> Iterator[Row]:
    listed = listed_at(world)
    for account in world.accounts:
        yield _row(
            shapes.item_id(account), account.signed_at, {"subscription": shapes.subscription_id(account)},
            partial(shapes.subscription_item, account, world.as_of, listed),
        )  # fmt: skip


def _invoices(world: World) -> Iterator[Row]:
    for bill in world.books.bills:
        facets = {
            "customer": shapes.customer_id(bill.account),
            "status": bill.status,
            "collection_method": "send_invoice" if bill.by_invoice else "charge_automatically",
        }
        if bill.reason != "manual":
            facets["subscription"] = shapes.subscription_id(bill.account)
        yield _row(bill.id, bill.created_at, facets, partial(bills.invoice, bill, world.as_of))


def _links(world: World) -> Iterator[Row]:
    for bill in world.books.bills:
        if bill.status != "draft" and bill.total > 0:
            facets = {"invoice": bill.id, "status": "paid" if bill.paid_at else "open"}
            shape = bills.invoice_payment(bill)
            yield _row(shape["id"], bill.created_at, facets, partial(bills.invoice_payment, bill))


def _charges(world: World) -> Iterator[Row]:
    for made in world.books.charges:
        facets = {
            "customer": shapes.customer_id(made.bill.account),
            "payment_intent": shapes.intent_id(made.bill),
        }
        yield _row(made.id, made.created_at, facets, partial(bills.charge, made))


def _refunds(world: World) -> Iterator[Row]:
    for given in world.books.refunds:
        yield _row(given.id, given.created_at, {"charge": given.charge.id}, partial(bills.refund, given))


def _payouts(world: World) -> Iterator[Row]:
    for sent in world.books.payouts:
        status = "paid" if sent.arrives_at <= world.as_of else "in_transit"
        yield _row(sent.id, sent.created_at, {"status": status}, partial(bills.payout, sent, world.as_of))


def _entries(world: World) -> Iterator[Row]:
    books = world.books
    paid_in = {ref: payout.id for payout in books.payouts for ref in payout.covers}
    moves = [
        (c.id, c.amount, c.fee, c.bill.account.plan.currency, c.created_at, "charge")
        for c in books.charges
        if c.failure is None
    ]
    moves += [
        (r.id, -r.amount, 0, r.charge.bill.account.plan.currency, r.created_at, "refund")
        for r in books.refunds
    ]
    moves += [(p.id, -p.amount, 0, p.currency, p.created_at, "payout") for p in books.payouts]
    for move in moves:
        ref, _, _, currency, moment, kind = move
        facets = {"type": kind, "source": ref, "currency": currency, "payout": paid_in.get(ref, "")}
        yield _row(shapes.entry_id(ref), moment, facets, partial(bills.balance_entry, *move, world.as_of))


def _products(world: World) -> Iterator[Row]:
    listed = listed_at(world)
    for n, name in enumerate(dict.fromkeys(plan.product for plan in PLANS)):
        yield _row(
            shapes.product_id(name), listed + timedelta(seconds=n), {"active": "true"},
            partial(shapes.product, name, listed),
        )  # fmt: skip


def _prices(world: World) -> Iterator[Row]:
    listed = listed_at(world)
    for n, plan in enumerate(PLANS):
        facets = {
            "active": "true", "product": shapes.product_id(plan.product), "currency": plan.currency,
            "type": "recurring",
        }  # fmt: skip
        yield _row(
            shapes.price_id(plan),
            listed + timedelta(seconds=n),
            facets,
            partial(shapes.price, plan, listed),
        )


def _coupons(world: World) -> Iterator[Row]:
    listed = listed_at(world)
    for n, sold in enumerate(COUPONS):
        yield _row(sold.id, listed + timedelta(seconds=n), {}, partial(shapes.coupon, sold, listed))


def _discounts(world: World) -> Iterator[Row]:
    """Not a list of Stripe's, but what expanding the id of a discount gives."""
    for account in world.accounts:
        if account.coupon is not None:
            yield _row(shapes.discount_id(account), account.signed_at, {}, partial(shapes.discount, account))


def listed_at(world: World) -> datetime:
    """When the price list was made: before the first customer."""
    return min(account.signed_at for account in world.accounts) - timedelta(days=30)


def _row(id_: str, moment: datetime, facets: Mapping[str, str], shape: Callable[[], Shape]) -> Row:
    return Row(id_, int(moment.timestamp()), facets, shape)
