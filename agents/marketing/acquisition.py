"""Leads, customers won and money spent, by channel, at any instant.

A customer counts once, however many contacts it has, from its first `customer_at` on, and belongs to the
channel of its earliest contact (first touch). Spend rows count whole on their own day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.figures import refs
from agents.money import Money, total
from agents.nouns import Contact, MarketingSpend
from agents.snapshot import Snapshot
from agents.wording import slug, spoken

QUARTER = timedelta(days=90)
"""How far acquisition cost looks back."""
MONTH = timedelta(days=28)
"""How far leads and spend look back: four whole weeks, so that weekdays weigh the same."""
TAKEN = frozenset({"payback"})
"""What no channel may be called in a key: `cac_payback` is a metric of its own."""


@dataclass(frozen=True, slots=True)
class Won:
    """One new customer: who, when, through which channel (as a slug), and the contacts that are it."""

    key: str
    at: datetime
    channel: str
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of spend: the instant its day begins, its channel as a slug, its amount in the company
    currency, None without a rate, and the amount as it was booked."""

    at: datetime
    channel: str
    amount: Money | None
    booked: Money
    ref: str


@dataclass(frozen=True, slots=True)
class Spent:
    """Rows of spend; `amount` is their sum in the company currency, without the `unpriced` ones."""

    rows: tuple[Row, ...]
    amount: Money

    @property
    def refs(self) -> tuple[str, ...]:
        return tuple(row.ref for row in self.rows if row.amount is not None)

    @property
    def unpriced(self) -> int:
        return sum(row.amount is None for row in self.rows)


@dataclass(frozen=True, slots=True)
class Channel:
    """What one channel cost and brought in the last 90 days. `key` is its slug, `name` as people say it."""

    key: str
    name: str
    spent: Spent
    won: tuple[Won, ...]


@dataclass(frozen=True, slots=True)
class Acquisition:
    """Leads, customers and spend of a snapshot, asked for any instant.

    `names` are the channels with spend, by slug, as people say them.
    """

    snapshot: Snapshot
    contacts: tuple[Contact, ...]
    customers: tuple[Won, ...]
    rows: tuple[Row, ...]
    names: Mapping[str, str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Acquisition:
        """The acquisition of this snapshot, each record looked at once."""
        spend = snapshot.all(MarketingSpend)
        slugs = {name: channel_key(name) for name in {row.channel for row in spend}}
        return cls(
            snapshot,
            snapshot.all(Contact),
            _customers(snapshot.all(Contact)),
            tuple(_row(snapshot, row, slugs[row.channel]) for row in spend),
            {slugs[row.channel]: spoken(row.channel) for row in spend},
        )

    def leads(self, at: datetime, back: timedelta = MONTH) -> list[Contact]:
        """Contacts created in the `back` before `at`."""
        start = at - back
        return [contact for contact in self.contacts if start < contact.created_at <= at]

    def won(self, at: datetime, channel: str | None = None) -> list[Won]:
        """Those who became customers in the 90 days before `at`, through one channel (a slug) or any."""
        start = at - QUARTER
        return [one for one in self.customers if start < one.at <= at and channel in (None, one.channel)]

    def spent(self, at: datetime, back: timedelta, channel: str | None = None) -> Spent:
        """Spend of the `back` before `at`, on one channel (a slug) or on all; a day is its first instant."""
        start = at - back
        rows = tuple(row for row in self.rows if start < row.at <= at and channel in (None, row.channel))
        priced = (row.amount for row in rows if row.amount is not None)
        return Spent(rows, total(priced, self.snapshot.currency))

    def channels(self) -> Mapping[str, Channel]:
        """The channels with spend in the last 90 days, by slug, most expensive first."""
        at = self.snapshot.as_of
        found = {
            key: Channel(key, name, self.spent(at, QUARTER, key), tuple(self.won(at, key)))
            for key, name in self.names.items()
        }
        costly = sorted(found.items(), key=lambda item: (-item[1].spent.amount.amount, item[0]))
        return {key: channel for key, channel in costly if channel.spent.refs}


def channel_key(name: str) -> str:
    """A channel's part of a metric key: its slug, with a word more where that is another metric's."""
    found = slug(name)
    return f"{found}_channel" if found in TAKEN else found


def _row(snapshot: Snapshot, row: MarketingSpend, channel: str) -> Row:
    known = snapshot.convert(row.amount, row.day)
    return Row(snapshot.start_of(row.day), channel, known, row.amount, row.ref)


def _customers(contacts: Iterable[Contact]) -> tuple[Won, ...]:
    """Everybody the CRM knows as a customer."""
    people: dict[str, list[Contact]] = {}
    for contact in contacts:
        people.setdefault(contact.account or contact.ref, []).append(contact)
    found = []
    for key, known in people.items():
        bought = [contact.customer_at for contact in known if contact.customer_at]
        if bought:
            first = min(known, key=lambda contact: (contact.created_at, contact.ref))
            found.append(Won(key, min(bought), channel_key(first.channel), refs(known)))
    return tuple(found)
