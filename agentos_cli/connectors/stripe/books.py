"""The versions of Stripe's subscriptions: the present terms, and the past ones as the bills tell them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agentos_cli.connectors.reading import Raw, Unreadable, currency, ident, instant, maybe, name_of
from agentos_cli.connectors.stripe.bills import BillLine, bill_lines
from agentos_cli.connectors.stripe.history import (
    PastDiscount,
    Present,
    gone_discounts,
    past_discounts,
    versions,
)
from agentos_cli.connectors.stripe.terms import (
    cancel_at,
    discounts,
    items,
    period_start,
    reference,
    renews_at,
    status,
)
from agentos_cli.contract import Skipped
from agents.nouns import Subscription

SOURCE = "stripe"

Owner = tuple[str, str]
"""A customer and one of its subscriptions."""


@dataclass(frozen=True, slots=True)
class Books:
    """What versions are made from: accounts and customers by customer, what is shared, and what `enter` adds
    of the bills. `skipped` are those that could not be read."""

    now: datetime
    accounts: Mapping[str, str | None]
    customers: Mapping[str, Raw]
    coupons: Mapping[str, Raw]
    prices: Mapping[str, Raw]
    lines: dict[Owner, list[BillLine]] = field(default_factory=dict)
    gone: dict[Owner, list[PastDiscount]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def enter(self, bills: Iterable[Raw]) -> None:
        """Sorts bills by subscription. One that cannot be read is told, and its terms are missing."""
        for number, raw in enumerate(bills, start=1):
            try:
                payer, lines = reference(raw, "customer"), bill_lines(raw)
                gone = past_discounts(raw, lines, self.coupons)
            except Unreadable as problem:
                where = name_of(raw, number)
                self.skipped.append(
                    Skipped(Subscription.kind, where, f"past terms unknown: {problem}", aside=True)
                )
                continue
            for line in lines:
                self.lines.setdefault((payer, line.subscription), []).append(line)
            for each in gone:
                self.gone.setdefault((payer, each.subscription), []).append(each)

    def subscription(self, raw: Raw) -> tuple[Subscription, ...]:
        """All versions of one subscription, the present one last."""
        key, customer_id, code = ident(raw), reference(raw, "customer"), currency(raw)
        lines, began = self.lines.get((customer_id, key), ()), instant(raw, "start_date")
        state, cancels = status(raw), cancel_at(raw)
        present = discounts(raw, self.customers.get(customer_id), self.coupons)
        off = (*present.values(), *gone_discounts(self.gone.get((customer_id, key), ()), present))
        now = Present(items(raw, self.prices), state, _since(raw, state, began, lines, self.now))
        rows = versions(now, began, _trial(raw), lines)
        account, last, over = self.accounts.get(customer_id), len(rows) - 1, state == "canceled"
        return tuple(
            Subscription(
                SOURCE,
                key if n == last else f"{key}@{int(row.start.timestamp())}",
                contract_id=key,
                customer_id=customer_id,
                account=account,
                status=row.status,
                currency=code,
                items=row.items,
                discounts=off,
                valid_from=row.start,
                valid_to=None if n == last else rows[n + 1].start,
                started_at=began,
                ended_at=row.start if over and n == last else None,
                cancel_at=cancels if n == last and not over else None,
                renews_at=renews_at(raw) if n == last and not over and not cancels else None,
            )
            for n, row in enumerate(rows)
        )


def _trial(raw: Raw) -> tuple[datetime, datetime] | None:
    start, end = maybe(instant, raw, "trial_start"), maybe(instant, raw, "trial_end")
    return (start, end) if start is not None and end is not None and start < end else None


def _since(
    raw: Raw, state: str, began: datetime, lines: Iterable[BillLine], now: datetime
) -> datetime | None:
    """Since when the present status holds: see the method in `history`, step 5."""
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
