"""Leads, customers won and money spent, by channel, at any instant.

A customer counts once, however many contacts it has, from its first `customer_at` on, and belongs to the
channel of its earliest contact (first touch). Spend rows count whole on their own day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.money import Money, total
from agents.nouns import Contact, MarketingSpend
from agents.snapshot import Snapshot
from agents.wording import slug

QUARTER = timedelta(days=90)
"""How far acquisition cost looks back."""
MONTH = timedelta(days=28)
"""How far leads and spend look back: four whole weeks, so that weekdays weigh the same."""


@dataclass(frozen=True, slots=True)
class Won:
    """One new customer: when, through which channel (as a slug), and the contacts that are it."""

    at: datetime
    channel: str
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """Spend in the company currency; `unpriced` rows had no exchange rate."""

    amount: Money
    refs: tuple[str, ...]
    unpriced: int


@dataclass(frozen=True, slots=True)
class Channel:
    """What one channel cost and brought in the last 90 days. `name` is as people write it."""

    name: str
    spent: Spent
    won: tuple[Won, ...]


def leads(snapshot: Snapshot, at: datetime, back: timedelta = MONTH) -> list[Contact]:
    """Contacts created in the `back` before `at`."""
    return [c for c in snapshot.all(Contact) if at - back < c.created_at <= at]


def customers(snapshot: Snapshot) -> list[Won]:
    """Everybody the CRM knows as a customer."""
    people: dict[str, list[Contact]] = {}
    for contact in snapshot.all(Contact):
        people.setdefault(contact.account or contact.ref, []).append(contact)
    found = []
    for contacts in people.values():
        bought = [contact.customer_at for contact in contacts if contact.customer_at]
        if bought:
            first = min(contacts, key=lambda c: (c.created_at, c.ref))
            found.append(Won(min(bought), slug(first.channel), tuple(c.ref for c in contacts)))
    return found


def won(snapshot: Snapshot, at: datetime, back: timedelta = QUARTER) -> list[Won]:
    """Those who became customers in the `back` before `at`."""
    return [customer for customer in customers(snapshot) if at - back < customer.at <= at]


def spent(snapshot: Snapshot, at: datetime, back: timedelta, channel: str | None = None) -> Spent:
    """Spend of the `back` before `at`, of one channel (a slug) or of all; a day is its first instant."""
    rows = [
        row
        for row in snapshot.all(MarketingSpend)
        if at - back < snapshot.start_of(row.day) <= at and channel in (None, slug(row.channel))
    ]
    priced = [(row, amount) for row in rows if (amount := snapshot.convert(row.amount, row.day)) is not None]
    return Spent(
        total((amount for _, amount in priced), snapshot.currency),
        tuple(row.ref for row, _ in priced),
        len(rows) - len(priced),
    )


def channels(snapshot: Snapshot) -> Mapping[str, Channel]:
    """The channels with spend in the last 90 days, by slug, most expensive first."""
    at = snapshot.as_of
    new = won(snapshot, at)
    names = {slug(row.channel): row.channel.strip() for row in snapshot.all(MarketingSpend)}
    found = {
        key: Channel(name, spent(snapshot, at, QUARTER, key), tuple(w for w in new if w.channel == key))
        for key, name in names.items()
    }
    costly = sorted(found.items(), key=lambda item: (-item[1].spent.amount.amount, item[0]))
    return {key: channel for key, channel in costly if channel.spent.refs}
