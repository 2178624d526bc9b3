"""What a Stripe subscription cost in the past, read off its bills, so that MRR can be told for any instant.

Stripe keeps the present terms of a subscription only. Its bills keep the others, by this method:

1. A bill's lines that belong to a subscription item and are no proration say what the item cost for their
   period. Bills that are open, paid or uncollectible count; drafts and voided ones do not.
2. Prorations say what changed within a period, and when: see `prorations`.
3. Wherever such terms start or an item is taken off, the terms are what the lines that cover that instant
   say; equal terms in a row are one version. Between two bills the terms are those of the earlier one, so
   there are no gaps.
4. The present terms hold since the first bill that says the same as they do; if the last bill says
   otherwise, since the last proration after it (the instant of the change), else since that last bill.
5. A past version is `active`; a trial is a version of its own. The present status holds since the trial
   began (trialing), the subscription ended (canceled), or the last period that was paid for ended
   (past_due, unpaid, paused).
6. A discount that is gone counts as long as bills carried it.

Not to be seen in bills, and so not told: pauses that are over, and what metered usage came to.
Shapes: https://docs.stripe.com/api/invoices/object, https://docs.stripe.com/api/invoice-line-item/object.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from agentos_cli.connectors.reading import Raw, ident
from agentos_cli.connectors.stripe.bills import BillLine
from agentos_cli.connectors.stripe.prorations import terms_billed
from agentos_cli.connectors.stripe.terms import discount
from agents.money import round_half_up
from agents.nouns import Discount, SubscriptionItem

DAYS = {"day": 1, "week": 7, "month": 30.44, "year": 365.25}
SLACK = 3


@dataclass(frozen=True, slots=True)
class PastDiscount:
    """A discount that stood on a bill of `subscription` for a period that ended at `until`."""

    subscription: str
    id: str
    discount: Discount
    until: datetime


@dataclass(frozen=True, slots=True)
class Present:
    """What holds now. `since` is since when the status holds; None where it never was another (active)."""

    items: tuple[SubscriptionItem, ...]
    status: str
    since: datetime | None


Trial = tuple[datetime, datetime] | None


@dataclass(frozen=True, slots=True)
class Version:
    """Terms from `start` until the next version starts."""

    start: datetime
    status: str
    items: tuple[SubscriptionItem, ...]


def past_discounts(
    invoice: Raw, lines: Iterable[BillLine], coupons: Mapping[str, Raw]
) -> tuple[PastDiscount, ...]:
    """The discounts on the whole of one bill with these lines, where Stripe sent them whole."""
    found = invoice.get("discounts")
    regular = [line for line in lines if not line.proration]
    if not isinstance(found, list) or not found or not regular:
        return ()
    until = max(line.end for line in regular)
    return tuple(
        PastDiscount(regular[0].subscription, ident(each), discount(each, coupons, None), until)
        for each in found
        if isinstance(each, Mapping)
    )


def gone_discounts(found: Iterable[PastDiscount], present: Collection[str]) -> tuple[Discount, ...]:
    """Those that bills carried and the subscription no longer has, until its last bill's period ended."""
    last: dict[str, PastDiscount] = {}
    for each in found:
        if each.id not in last or each.until > last[each.id].until:
            last[each.id] = each
    return tuple(
        replace(each.discount, ends_at=min(each.discount.ends_at or each.until, each.until))
        for key, each in sorted(last.items())
        if key not in present
    )


def versions(now: Present, began: datetime, trial: Trial, lines: Iterable[BillLine]) -> tuple[Version, ...]:
    """All versions from `began` on, oldest first, without gaps; the last one is the present."""
    metered = {item.id for item in now.items if item.metered}
    usable = [
        line for line in lines if line.item not in metered and (not now.since or line.start < now.since)
    ]
    billed = [line for line in terms_billed(usable) if not trial or line.start >= trial[1]]
    rows = _with_present(_steps(billed, now.items), now.items, began, usable)
    if trial and now.status != "trialing":
        rows = _with_trial(rows, trial)
    rows = _from(began, rows)
    if now.since is None:
        return tuple(rows)
    last = Version(max(now.since, began), now.status, now.items)
    return (*(row for row in rows if row.start < last.start), last)


def _steps(billed: Sequence[BillLine], known: Iterable[SubscriptionItem]) -> list[Version]:
    """The terms at every instant at which some billed period starts, equal neighbours as one."""
    present = {item.id: item for item in known}
    rows: list[Version] = []
    for at in sorted({line.start for line in billed} | {line.end for line in billed if line.whole}):
        covering: dict[str, list[BillLine]] = {}
        for line in billed:
            if line.start <= at < line.end:
                covering.setdefault(line.item, []).append(line)
        terms = tuple(_billed(covering[key], present.get(key)) for key in sorted(covering))
        if terms and (not rows or _bill(rows[-1].items) != _bill(terms)):
            rows.append(Version(at, "active", terms))
    return rows


def _billed(lines: Sequence[BillLine], known: SubscriptionItem | None) -> SubscriptionItem:
    """What the newest bill says of one item; a price with tiers has a line for each tier."""
    newest = max(lines, key=lambda line: (line.start, line.bill, line.end, line.product))
    parts = [line for line in lines if (line.bill, line.start) == (newest.bill, newest.start)]
    interval, count = _interval(newest.length, known)
    amount, quantity = sum(part.amount for part in parts), sum(part.quantity for part in parts)
    return SubscriptionItem(
        newest.item, newest.product, interval, count, Decimal(amount), quantity, metered=False
    )


def _bill(terms: Iterable[SubscriptionItem]) -> list[tuple[str, str, int, int]]:
    """Terms as a customer's bill shows them: two that bill the same are the same."""
    return sorted(
        (item.id, item.interval, item.interval_count, round_half_up(item.amount))
        for item in terms
        if not item.metered
    )


def _with_present(
    rows: list[Version], items: tuple[SubscriptionItem, ...], began: datetime, lines: Iterable[BillLine]
) -> list[Version]:
    """The rows with the present items on the last of them, from when they hold."""
    if not rows:
        return [Version(began, "active", items)]
    last = rows[-1]
    changes = [line.start for line in lines if line.proration and line.start > last.start]
    if _bill(last.items) == _bill(items) or not changes:
        return [*rows[:-1], replace(last, items=items)]
    return [*rows, Version(max(changes), "active", items)]


def _with_trial(rows: list[Version], trial: tuple[datetime, datetime]) -> list[Version]:
    """The rows with the trial laid over them."""
    start, end = trial
    held = ([row for row in rows if row.start <= end] or rows)[-1 if rows[0].start <= end else 0]
    before = [row for row in rows if row.start < start]
    after = [row for row in rows if row.start > end and row is not held]
    return [*before, Version(start, "trialing", held.items), replace(held, start=end), *after]


def _from(began: datetime, rows: list[Version]) -> list[Version]:
    """The rows from `began` on; the first of them reaches back to it."""
    first = ([row for row in rows if row.start <= began] or rows[:1])[-1]
    return [replace(first, start=began), *(r for r in rows if r.start > began and r is not first)]


def _interval(length: timedelta, known: SubscriptionItem | None) -> tuple[str, int]:
    """The interval a billed period stands for: a calendar month is one whether 28 or 31 days long. The
    present item decides where it fits, since four weeks may also be a February."""
    days = round(length / timedelta(days=1))
    if known and abs(days - DAYS[known.interval] * known.interval_count) <= SLACK:
        return known.interval, known.interval_count
    months = round(days / DAYS["month"])
    if months and abs(days - months * DAYS["month"]) <= SLACK:
        return ("month", months) if months % 12 else ("year", months // 12)
    return ("week", days // 7) if days and days % 7 == 0 else ("day", max(1, days))
