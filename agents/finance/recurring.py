"""Recurring revenue over time: who paid how much when, and how that moved, whatever it is kept in.

`Recurring` is what the ledger asks. `History` answers from subscriptions, in plain Python; for a large
company the snapshot brings an answer from columns (`Snapshot.recurring`), and a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from agents.figures import not_converted
from agents.finance import revenue
from agents.finance.revenue import Line, Movements, Span
from agents.formula import LeftOut
from agents.money import Money
from agents.nouns import Subscription

Worth = Callable[[Money], Money | None]
"""What an amount comes to in one currency, by a rate that is the same for every amount of a currency;
None where there is no rate. An amount of that one currency must come back as it is."""

Movers = Mapping[str, tuple[tuple[str, int], ...]]
"""A movement's name to the customers who made it and by how much, the largest first, then by name."""


@dataclass(frozen=True, slots=True)
class Book:
    """MRR per customer key at one instant, in minor units; `partial` says what no rate was known for.

    `total` is the sum of it, `paying` how many have more than nothing, `largest` who has the most (of equal
    ones the first by name; None where nobody has anything).
    """

    amounts: Mapping[str, int]
    partial: str | None
    total: int
    paying: int
    largest: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """How MRR went from one instant to another: the sums, how many customers made each movement, and who.

    Who churned paid before and has nothing that counts left: a customer lost.
    """

    movements: Movements
    counts: Mapping[str, int]
    customers: Movers


class Recurring(Protocol):
    """Recurring revenue, asked for any instant. What is listed goes by customer, currency and record."""

    def lines(self, at: datetime) -> tuple[Line, ...]:
        """Every subscription version that counts at an instant."""

    def held(self, customer: str, at: datetime) -> tuple[Line, ...]:
        """Those of them that are one customer's."""

    def leaving(self, at: datetime) -> tuple[Line, ...]:
        """Those of them that are set to end."""

    def renewing(self, at: datetime, start: datetime, end: datetime) -> tuple[Line, ...]:
        """Those of them billed by the year or for longer that renew from `start` until before `end`."""

    def refs(self, at: datetime) -> Mapping[str, tuple[str, ...]]:
        """All of them as evidence, by customer."""

    def uncounted(self, at: datetime) -> Iterator[LeftOut]:
        """Versions that are in force at an instant and do not count, and why."""

    def tally(self, at: datetime) -> tuple[int, int]:
        """How many that count at an instant are past due, and how many metered items all of them have."""

    def book(self, at: datetime, worth: Worth) -> Book:
        """MRR of every customer at an instant, each line's converted and rounded by itself."""

    def moved(self, start: datetime, end: datetime, worth: Worth) -> Moved:
        """The movements between two instants; see `revenue.movement`."""

    def first_paid(self) -> Mapping[str, datetime]:
        """When each customer first had any MRR, in whatever currency."""

    def payers(self, at: datetime) -> tuple[str, ...]:
        """Everyone with any MRR at an instant, in whatever currency, by name."""

    def paid_at(self, instants: Mapping[str, datetime]) -> tuple[str, ...]:
        """Those of these customers who had any MRR at their own instant, by name."""

    def paid_with(self, instants: Mapping[str, datetime]) -> dict[str, tuple[str, ...]]:
        """The versions with any MRR with which each of these customers paid at their own instant."""

    def currencies(self) -> tuple[str, ...]:
        """Every currency that was ever counted, by name."""

    def only(self, customer: str) -> Recurring:
        """The same for one customer alone."""


@dataclass(frozen=True, slots=True)
class History:
    """`Recurring` from the subscriptions themselves: `counted` spans in their order, and the `others`."""

    counted: tuple[Span, ...]
    others: tuple[Span, ...]
    _first: dict[str, datetime] = field(default_factory=dict)
    _mine: dict[str, list[Span]] = field(default_factory=dict)

    @classmethod
    def of(cls, subscriptions: Iterable[Subscription], count_past_due: bool = True) -> History:
        """Everything that these versions, each given once, come to."""
        found = sorted((s for version in subscriptions for s in revenue.spans(version)), key=_place)
        return cls(
            tuple(s for s in found if revenue.counted(s.line.status, count_past_due)),
            tuple(s for s in found if not revenue.counted(s.line.status, count_past_due)),
        )

    def lines(self, at: datetime) -> tuple[Line, ...]:
        return tuple(span.line for span in self.counted if span.holds(at))

    def held(self, customer: str, at: datetime) -> tuple[Line, ...]:
        if not self._mine:
            for span in self.counted:
                self._mine.setdefault(span.line.customer, []).append(span)
        return tuple(span.line for span in self._mine.get(customer, ()) if span.holds(at))

    def leaving(self, at: datetime) -> tuple[Line, ...]:
        return tuple(line for line in self.lines(at) if line.cancel_at is not None)

    def renewing(self, at: datetime, start: datetime, end: datetime) -> tuple[Line, ...]:
        yearly = (line for line in self.lines(at) if line.yearly)
        return tuple(line for line in yearly if line.renews_at and start <= line.renews_at < end)

    def refs(self, at: datetime) -> Mapping[str, tuple[str, ...]]:
        return _grouped(self.lines(at))

    def uncounted(self, at: datetime) -> Iterator[LeftOut]:
        for span in self.others:
            why = revenue.uncounted(span.line.status, count_past_due=False)
            if span.holds(at) and why is not None:
                yield LeftOut((span.line.ref,), why)

    def tally(self, at: datetime) -> tuple[int, int]:
        found = self.lines(at)
        return sum(line.status == "past_due" for line in found), sum(line.metered for line in found)

    def book(self, at: datetime, worth: Worth) -> Book:
        amounts: dict[str, int] = {}
        left = []
        for line in self.lines(at):
            known = worth(line.mrr)
            if known is None:
                left.append(line.mrr.currency)
            else:
                amounts[line.customer] = amounts.get(line.customer, 0) + known.amount
        paying = sum(amount > 0 for amount in amounts.values())
        largest = max(amounts, key=amounts.__getitem__, default=None)  # they go by name: the first of equals
        return Book(amounts, not_converted(left), sum(amounts.values()), paying, largest)

    def moved(self, start: datetime, end: datetime, worth: Worth) -> Moved:
        before, after = self.book(start, worth).amounts, self.book(end, worth).amounts
        paid = {who for who, first in self.first_paid().items() if first < start}
        found: dict[str, list[tuple[str, int]]] = {}
        for who in sorted(before.keys() | after.keys()):
            name, size = revenue.movement(before.get(who), after.get(who), who in paid)
            if name is not None:
                found.setdefault(name, []).append((who, size))
        sizes = {name: sum(size for _, size in movers) for name, movers in found.items()}
        return Moved(
            Movements(opening=sum(before.values()), **sizes),
            {name: len(movers) for name, movers in found.items()},
            {name: tuple(sorted(movers, key=lambda m: -m[1])) for name, movers in found.items()},
        )

    def first_paid(self) -> Mapping[str, datetime]:
        if not self._first:
            self._first.update(revenue.first_paid(self.counted))
        return self._first

    def payers(self, at: datetime) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line.customer for line in self.lines(at) if line.mrr))

    def paid_at(self, instants: Mapping[str, datetime]) -> tuple[str, ...]:
        return tuple(self.paid_with(instants))

    def paid_with(self, instants: Mapping[str, datetime]) -> dict[str, tuple[str, ...]]:
        paid = [span for span in self.counted if span.line.mrr and span.line.customer in instants]
        return _grouped(span.line for span in paid if span.holds(instants[span.line.customer]))

    def currencies(self) -> tuple[str, ...]:
        return tuple(sorted({span.line.mrr.currency for span in self.counted}))

    def only(self, customer: str) -> History:
        return History(
            tuple(span for span in self.counted if span.line.customer == customer),
            tuple(span for span in self.others if span.line.customer == customer),
        )


def _place(span: Span) -> tuple[str, str, str, datetime]:
    return span.line.customer, span.line.mrr.currency, span.line.ref, span.starts


def _grouped(lines: Iterable[Line]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(line.customer, []).append(line.ref)
    return {who: tuple(refs) for who, refs in found.items()}
