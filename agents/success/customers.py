"""Everyone who pays, at any instant: what they pay a year, and what people call them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from agents.accounts import names
from agents.finance.ledger import Ledger
from agents.finance.revenue import Line, arr
from agents.money import Money, total
from agents.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Customers:
    """The paying customers of a snapshot, by customer key; what was worked out once is kept."""

    snapshot: Snapshot
    ledger: Ledger
    names: dict[str, str]
    _present: dict[datetime, dict[str, list[Line]]] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Snapshot) -> Customers:
        """The customers of this snapshot, nothing worked out yet."""
        return cls(snapshot, Ledger(snapshot), names(snapshot))

    def present(self, at: datetime) -> dict[str, list[Line]]:
        """The subscriptions that count at an instant, by customer."""
        if at not in self._present:
            found: dict[str, list[Line]] = {}
            for line in self.ledger.lines(at):
                found.setdefault(line.customer, []).append(line)
            self._present[at] = found
        return self._present[at]

    def yearly(self, lines: list[Line], on: date) -> Money | None:
        """What these come to in a year, in the company currency; None if a rate is missing."""
        known = [self.snapshot.convert(line.mrr, on) for line in lines]
        here = [mrr for mrr in known if mrr is not None]
        return arr(total(here, self.snapshot.currency)) if len(here) == len(known) else None

    def name(self, customer: str) -> str:
        """What people call a customer; the key itself where nobody knows."""
        return self.names.get(customer, customer)
