"""Which yearly contracts renew soon, what they are worth, and which of them have severe tickets open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agents.money import Money
from agents.snapshot import Snapshot
from agents.success import signals
from agents.success.customers import Customers


@dataclass(frozen=True, slots=True)
class Renewal:
    """A contract of a year or longer that renews soon. `account` is the customer key; `yearly` is what it
    pays a year in the company currency, None without a rate; `severe` counts the customer's open severe
    tickets."""

    account: str
    name: str
    renews_on: date
    yearly: Money | None
    severe: int
    evidence: tuple[str, ...]


def renewals(snapshot: Snapshot) -> tuple[Renewal, ...]:
    """Contracts of a year or longer that renew within `policy.renewal_days`, the next one first.

    A monthly renewal is no event; one that is set to cancel does not renew.
    """
    return renewals_at(Customers.of(snapshot), snapshot.as_of)


def renewals_at(customers: Customers, at: datetime) -> tuple[Renewal, ...]:
    """What `renewals` would have said at an instant."""
    snapshot, today = customers.snapshot, customers.snapshot.day_of(at)
    last = today + timedelta(days=snapshot.policy.renewal_days)
    severe = signals.severe_tickets(snapshot, at)
    found = []
    for line in customers.ledger.lines(at):
        if line.renews_at is None or customers.ledger.is_leaving(line, at) or not line.yearly:
            continue
        renews_on = snapshot.day_of(line.renews_at)
        if today <= renews_on <= last:
            tickets = severe.get(line.customer, ())
            refs = (line.ref, *(ticket.ref for ticket in tickets))
            name, yearly = customers.name(line.customer), customers.yearly([line], today)
            found.append(Renewal(line.customer, name, renews_on, yearly, len(tickets), refs))
    return tuple(sorted(found, key=lambda one: (one.renews_on, one.evidence)))
