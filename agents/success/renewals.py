"""Which yearly contracts renew soon, what they are worth, and which of them have severe tickets open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from agents.finance.revenue import Line
from agents.formula import Formula, LeftOut
from agents.money import Money
from agents.nouns import Ticket
from agents.snapshot import Snapshot
from agents.success import signals
from agents.success.customers import Customers


@dataclass(frozen=True, slots=True)
class Renewal:
    """A contract of a year or longer that renews soon. `account` is the customer key; `worth` is 12 x its
    MRR in the company currency, None without a rate; `tickets` are the customer's open severe ones."""

    account: str
    name: str
    renews_on: date
    worth: Formula | None
    tickets: tuple[Ticket, ...]
    contract: str

    @property
    def yearly(self) -> Money | None:
        """What it pays a year."""
        return self.worth.money() if self.worth else None

    @property
    def severe(self) -> int:
        """How many severe tickets the customer has open."""
        return len(self.tickets)

    @property
    def evidence(self) -> tuple[str, ...]:
        """The contract and the tickets."""
        return (self.contract, *(ticket.ref for ticket in self.tickets))


def renewals(snapshot: Snapshot) -> tuple[Renewal, ...]:
    """Contracts of a year or longer that renew within `policy.renewal_days`, the next one first.

    A monthly renewal is no event; one that is set to cancel does not renew.
    """
    return renewals_at(Customers.of(snapshot), snapshot.as_of)


def renewals_at(customers: Customers, at: datetime) -> tuple[Renewal, ...]:
    """What `renewals` would have said at an instant."""
    severe = signals.severe_tickets(customers.snapshot, at)
    found = [
        _renewal(customers, line, renews_on, severe.get(line.customer, ()), at)
        for line, renews_on in customers.renewing(at)
        if not customers.ledger.is_leaving(line, at)
    ]
    return tuple(sorted(found, key=lambda one: (one.renews_on, one.evidence)))


def worth(customers: Customers, at: datetime) -> Formula:
    """12 x MRR of all that renews, with what has no rate or is set to cancel left out."""
    due, ledger = [line for line, _ in customers.renewing(at)], customers.ledger
    staying = [line for line in due if not ledger.is_leaving(line, at)]
    leaving = [LeftOut((line.ref,), "set to cancel") for line in due if ledger.is_leaving(line, at)]
    return 12 * customers.mrr("MRR of renewing contracts", staying, at, leaving)


def _renewal(
    customers: Customers, line: Line, renews_on: date, tickets: tuple[Ticket, ...], at: datetime
) -> Renewal:
    worth = customers.yearly_of([line], at)
    return Renewal(line.customer, customers.name(line.customer), renews_on, worth, tickets, line.ref)
