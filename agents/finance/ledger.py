"""MRR of the whole company at any instant of its history, in its own currency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from agents.accounts import customer_key
from agents.figures import not_converted
from agents.finance import revenue
from agents.finance.revenue import Line, Movements
from agents.formula import Formula, LeftOut, Part, Term, leaf
from agents.nouns import Subscription
from agents.snapshot import Snapshot
from agents.unit import Unit


@dataclass(frozen=True, slots=True)
class Book:
    """MRR per customer key at one instant, in minor units; `partial` says what no rate was known for."""

    amounts: Mapping[str, int]
    partial: str | None

    @property
    def total(self) -> int:
        return sum(self.amounts.values())

    @property
    def paying(self) -> int:
        return sum(amount > 0 for amount in self.amounts.values())


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
    start: datetime
    end: datetime


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
        left = []
        for line in self.lines(at):
            known = self.snapshot.convert(line.mrr, day)
            if known is None:
                left.append(line.mrr.currency)
                continue
            amounts[line.customer] += known.amount
        return Book(amounts, not_converted(left))

    # ── terms: what the figures of recurring revenue are made of ─────────────────────────────────

    def mrr(self, name: str, at: datetime, on: date | None = None) -> Formula:
        """MRR at an instant, every subscription a part, at the exchange rates of `on`, by default its own."""
        day = on or self.snapshot.day_of(at)
        return leaf(
            Term(
                name,
                Unit.MONEY,
                Fraction(self.book(at, day).total),
                self.snapshot.currency,
                read=lambda: self._parts(at, day),
                omitted=lambda: self._left_out(at, day),
            )
        )

    def paying(self, name: str, at: datetime) -> Formula:
        """How many customers pay at an instant; a part is a customer with all their subscriptions."""
        return self._customers(name, at, self._payers(at))

    def moved(self, movement: str, period: Period) -> Formula:
        """One movement of MRR in a period, every customer who made it a part."""
        found = period.customers.get(movement, ())
        return leaf(
            Term(
                movement,
                Unit.MONEY,
                Fraction(sum(size for _, size in found)),
                self.snapshot.currency,
                read=lambda: self._movers(period, found),
            )
        )

    def lost(self, name: str, period: Period) -> Formula:
        """How many customers paid at the start of a period and have nothing that counts at its end."""
        paid = {who for who, amount in period.before.amounts.items() if amount > 0}
        return self._customers(name, period.start, paid - period.after.amounts.keys())

    def _customers(self, name: str, at: datetime, found: Set[str]) -> Formula:
        return leaf(
            Term(
                name,
                Unit.COUNT,
                Fraction(len(found)),
                how="count",
                read=lambda: (
                    Part(refs, 1, about=customer)
                    for customer, refs in self.refs(at).items()
                    if customer in found
                ),
            )
        )

    def _payers(self, at: datetime) -> Set[str]:
        return {who for who, amount in self.book(at).amounts.items() if amount > 0}

    def refs(self, at: datetime) -> dict[str, tuple[str, ...]]:
        """The subscription versions that count at an instant, by customer."""
        found: dict[str, tuple[str, ...]] = {}
        for line in self.lines(at):
            found[line.customer] = (*found.get(line.customer, ()), line.ref)
        return found

    def _parts(self, at: datetime, on: date) -> Iterator[Part]:
        for line in self.lines(at):
            known = self.snapshot.convert(line.mrr, on)
            if known is not None:
                foreign = line.mrr.currency != known.currency
                note = f"{line.mrr.full()} converted" if foreign else ""
                yield Part((line.ref,), known.amount, note, line.customer)

    def _left_out(self, at: datetime, on: date) -> Iterator[LeftOut]:
        for line in self.lines(at):
            if self.snapshot.convert(line.mrr, on) is None:
                yield LeftOut((line.ref,), f"{line.mrr.full()}: no rate for {line.mrr.currency}")
        for subscription in self.snapshot.all(Subscription):
            why = revenue.uncounted(subscription, at, self.snapshot.policy.count_past_due)
            if why is not None:
                yield LeftOut((subscription.ref,), why)

    def _movers(self, period: Period, found: Iterable[tuple[str, int]]) -> Iterator[Part]:
        before, after = self.refs(period.start), self.refs(period.end)
        for who, size in found:
            refs = tuple(dict.fromkeys((*before.get(who, ()), *after.get(who, ()))))
            yield Part(refs, size, about=who)

    def is_leaving(self, line: Line, at: datetime) -> bool:
        """Whether a subscription is set to end. That is known of today only: billing systems tell when
        it will end, not since when it was set to."""
        return line.cancel_at is not None and at >= self.snapshot.as_of

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
            start=start,
            end=end,
        )

    def _paid_before(self, at: datetime) -> frozenset[str]:
        if not self._first:
            past_due = self.snapshot.policy.count_past_due
            self._first.update(revenue.first_paid(self.snapshot.all(Subscription), past_due))
        return frozenset(who for who, first in self._first.items() if first < at)

    # ── for cohorts: many instants, of which nothing is kept ─────────────────────────────────────

    def at_start(self, name: str, period: Period) -> Formula:
        """How many customers paid at the start of a period, at the exchange rates of its end."""
        paid = {who for who, amount in period.before.amounts.items() if amount > 0}
        return self._customers(name, period.start, paid)

    def first_paid(self) -> Mapping[str, datetime]:
        """When each customer first had any MRR, in whatever currency."""
        self._paid_before(self.snapshot.as_of)
        return self._first

    def payers(self, at: datetime, on: date) -> Mapping[str, int]:
        """Everyone with MRR at an instant, with so much of it as has a rate on the day `on`."""
        found: dict[str, int] = {}
        subscriptions, past_due = self.snapshot.all(Subscription), self.snapshot.policy.count_past_due
        for line in self._lines.get(at) or revenue.lines(subscriptions, at, past_due):
            if line.mrr:
                known = self.snapshot.convert(line.mrr, on)
                found[line.customer] = found.get(line.customer, 0) + (known.amount if known else 0)
        return found

    def paid_with(self, instants: Mapping[str, datetime]) -> dict[str, tuple[str, ...]]:
        """The subscription versions with which each of these customers paid at their own instant."""
        found: dict[str, tuple[str, ...]] = {}
        for subscription in self.snapshot.all(Subscription):
            who = customer_key(subscription)
            at = instants.get(who)
            if at is None or not revenue.counts(subscription, at, self.snapshot.policy.count_past_due):
                continue
            if any(revenue.item_mrr(subscription, at).values()):
                found[who] = (*found.get(who, ()), subscription.ref)
        return found
