"""MRR of the whole company at any instant of its history, in its own currency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from agents.figures import not_converted
from agents.finance import revenue
from agents.finance.revenue import Line, Movements
from agents.nouns import Subscription
from agents.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Book:
    """MRR per customer key at one instant, in minor units, with every record behind it; `partial` says
    what no rate was known for."""

    amounts: Mapping[str, int]
    evidence: Mapping[str, tuple[str, ...]]
    partial: str | None

    @property
    def total(self) -> int:
        return sum(self.amounts.values())

    @property
    def paying(self) -> int:
        return sum(amount > 0 for amount in self.amounts.values())

    @property
    def refs(self) -> tuple[str, ...]:
        return tuple(ref for refs in self.evidence.values() for ref in refs)


@dataclass(frozen=True, slots=True)
class Period:
    """How MRR moved over some days, at the exchange rates of their end, so that no rate makes a movement.

    `customers` maps a movement's name to the customers who made it and by how much, largest first;
    `fx` is what changed rates did to the opening MRR; `at_start` and `lost` count paying customers.
    """

    before: Book
    after: Book
    movements: Movements
    customers: Mapping[str, tuple[tuple[str, int], ...]]
    fx: int
    at_start: int
    lost: int

    def refs(self, name: str) -> tuple[str, ...]:
        """The versions, before and after, behind one movement."""
        return tuple(
            ref
            for who, _ in self.customers.get(name, ())
            for book in (self.before, self.after)
            for ref in book.evidence.get(who, ())
        )


@dataclass(frozen=True, slots=True)
class Ledger:
    """The subscriptions of a snapshot, asked for any instant; what was worked out once is kept."""

    snapshot: Snapshot
    _lines: dict[datetime, tuple[Line, ...]] = field(default_factory=dict)
    _books: dict[tuple[datetime, date], Book] = field(default_factory=dict)
    _periods: dict[tuple[datetime, int], Period] = field(default_factory=dict)
    _first: dict[str, datetime] = field(default_factory=dict)

    def lines(self, at: datetime) -> tuple[Line, ...]:
        """Every subscription version that counts at an instant."""
        if at not in self._lines:
            past_due = self.snapshot.policy.count_past_due
            self._lines[at] = revenue.lines(self.snapshot.all(Subscription), at, past_due)
        return self._lines[at]

    def book(self, at: datetime, on: date | None = None) -> Book:
        """MRR at an instant at the exchange rates of the day `on`, by default its own."""
        day = on or self.snapshot.day_of(at)
        if (at, day) not in self._books:
            self._books[at, day] = self._book(at, day)
        return self._books[at, day]

    def _book(self, at: datetime, day: date) -> Book:
        amounts: Counter[str] = Counter()
        evidence: dict[str, tuple[str, ...]] = {}
        left = []
        for line in self.lines(at):
            known = self.snapshot.convert(line.mrr, day)
            if known is None:
                left.append(line.mrr.currency)
                continue
            amounts[line.customer] += known.amount
            evidence[line.customer] = (*evidence.get(line.customer, ()), line.subscription.ref)
        return Book(amounts, evidence, not_converted(left))

    def is_leaving(self, line: Line, at: datetime) -> bool:
        """Whether a subscription is set to end. That is known of today only: billing systems tell when
        it will end, not since when it was set to."""
        return line.subscription.cancel_at is not None and at >= self.snapshot.as_of

    def period(self, end: datetime, days: int) -> Period:
        """The movements of the `days` that end at an instant."""
        if (end, days) not in self._periods:
            self._periods[end, days] = self._period(end - timedelta(days=days), end)
        return self._periods[end, days]

    def _period(self, start: datetime, end: datetime) -> Period:
        on = self.snapshot.day_of(end)
        before, after = self.book(start, on), self.book(end, on)
        paid = self._paid_before(start)
        sizes: dict[str, list[tuple[str, int]]] = {}
        for who in sorted(before.amounts.keys() | after.amounts.keys()):
            a, b = before.amounts.get(who), after.amounts.get(who)
            name, size = revenue.movement(a, b, who in paid)
            if name is not None:
                sizes.setdefault(name, []).append((who, size))
        return Period(
            before,
            after,
            revenue.movements(before.amounts, after.amounts, paid),
            {name: tuple(sorted(found, key=lambda f: -f[1])) for name, found in sizes.items()},
            fx=before.total - self.book(start).total,
            at_start=before.paying,
            lost=sum(amount > 0 and who not in after.amounts for who, amount in before.amounts.items()),
        )

    def _paid_before(self, at: datetime) -> frozenset[str]:
        if not self._first:
            past_due = self.snapshot.policy.count_past_due
            self._first.update(revenue.first_paid(self.snapshot.all(Subscription), past_due))
        return frozenset(who for who, first in self._first.items() if first < at)
