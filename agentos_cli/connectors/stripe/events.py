"""What Stripe's events say: which object of which list changed, and whether the event tells all of it.

An event carries its object in the version that the account had when it happened, unexpanded
(https://docs.stripe.com/api/events/object). Customers and charges have the fields we read since 2020-08-27 at
least; subscriptions and invoices since "basil", which moved periods to the items and the links between bills
and subscriptions to `parent`: https://docs.stripe.com/changelog/basil. What later versions changed of what we
read, the coupon of a discount, is nothing that an event tells whole anyway. What a version newer than ours
brings is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from agentos_cli.connectors.fields import keeper
from agentos_cli.connectors.reading import Raw, Unreadable, as_object, child, ident, text, whole
from agentos_cli.connectors.stripe.api import VERSION
from agentos_cli.connectors.stripe.streams import LISTS, STREAMS
from agentos_cli.connectors.stripe.terms import reference

KINDS = (
    (
        "customer.created",
        "customer.updated",
        "customer.deleted",
        "customer.discount.created",
        "customer.discount.updated",
        "customer.discount.deleted",
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.deleted",
        "customer.subscription.paused",
        "customer.subscription.resumed",
        "customer.subscription.pending_update_applied",
    ),
    (
        "invoice.created",
        "invoice.updated",
        "invoice.deleted",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_failed",
        "invoice.overdue",
        "invoice.voided",
        "invoice.marked_uncollectible",
        "invoice_payment.paid",
        "charge.succeeded",
        "charge.pending",
        "charge.failed",
        "charge.captured",
        "charge.expired",
        "charge.updated",
        "charge.refunded",
        "charge.refund.updated",
        "charge.dispute.created",
        "charge.dispute.closed",
    ),
)
"""The kinds that are asked for, at most 20 at once."""
NAMED = {
    "customer.discount.": ("subscription", "customer"),
    "invoice_payment.": ("invoice",),
    "charge.dispute.": ("charge",),
    "charge.refund.": ("charge",),
}
"""The kinds of events whose object only names what it changed: under which keys, the first that is there."""
SHAPED = {
    "customers": "2020-08-27",
    "charges": "2020-08-27",
    "subscriptions": "2025-03-31",
    "invoices": "2025-03-31",
}
"""From which version of the API on an object has all fields that we read, where we read them."""
_VERSION = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(\.[a-z]+)?")
_KEEP = {name: keeper(STREAMS[name].fields) for name in LISTS}


@dataclass(frozen=True, slots=True)
class Told:
    """What an event says of an object of `stream`: that it is `gone`, what it was at `at`, or (`raw` None)
    only that it is another. `created` is when the object was made, 0 where the event does not say."""

    stream: str
    id: str
    at: int
    raw: Raw | None = None
    gone: bool = False
    created: int = 0


News = Mapping[str, Told]
"""By an object's id, what is new of it."""


def newest(events: Iterable[object]) -> Mapping[str, News]:
    """By list, the last word on each object. Raises Unreadable for an event that cannot be read.

    Several events may happen within one second, in an unknown order: where they do not say the same, the
    object is read again.
    """
    said = (each for event in events if (each := told(event)) is not None)
    by_object = sorted(said, key=lambda each: (each.stream, each.id, -each.at))
    found: dict[str, dict[str, Told]] = {}
    for (stream, key), several in groupby(by_object, lambda each: (each.stream, each.id)):
        found.setdefault(stream, {})[key] = _last_word(list(several))
    return found


def _last_word(several: list[Told]) -> Told:
    """Of the events of one object, newest first."""
    first = several[0]
    if over := [each for each in several if each.gone]:
        return over[0]
    last = [each for each in several if each.at == first.at]
    keep = _KEEP[first.stream]
    sure = all(each.raw is not None and keep(each.raw) == keep(last[0].raw or {}) for each in last)
    created = max(each.created for each in several)
    return first if sure else Told(first.stream, first.id, first.at, created=created)


def told(event: object) -> Told | None:
    """What one event says; None for what happened to nothing of ours. Raises Unreadable."""
    raw = as_object(event)
    kind, at, thing = text(raw, "type"), whole(raw, "created"), child(child(raw, "data"), "object")
    for beginning, named in NAMED.items():
        if kind.startswith(beginning):
            key = next((key for key in named if thing.get(key)), None)
            return Told(f"{key}s", reference(thing, key), at) if key else None
    stream = "subscriptions" if kind.startswith("customer.subscription.") else f"{kind.split('.')[0]}s"
    if stream not in SHAPED:
        raise Unreadable(f"type is `{kind}`, which was not asked for")
    if kind in ("customer.deleted", "invoice.deleted"):
        return Told(stream, ident(thing), at, gone=True)
    all_of_it = _shaped(stream, raw.get("api_version")) and not _lacks(stream, thing)
    made = thing.get("created")
    created = made if isinstance(made, int) else 0
    return Told(stream, ident(thing), at, thing if all_of_it else None, created=created)


def _shaped(stream: str, version: object) -> bool:
    """Whether objects of an API version have the form that we read."""
    found = _VERSION.fullmatch(version) if isinstance(version, str) else None
    return found is not None and SHAPED[stream] <= found[1] <= VERSION.partition(".")[0]


def _lacks(stream: str, thing: Raw) -> bool:
    """Whether an object lacks what only expanding gives: discounts with their coupons, a bill's payments."""
    if thing.get("discount") or thing.get("discounts"):
        return True
    if stream == "invoices":
        return thing.get("status") != "draft" and not isinstance(thing.get("payments"), Mapping)
    return stream == "subscriptions" and any(row.get("discounts") for row in _items(thing))


def _items(thing: Raw) -> list[Raw]:
    holder = thing.get("items")
    rows = holder.get("data") if isinstance(holder, Mapping) else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
