"""MRR of the whole company at any instant of its history, in its own currency."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import chain

from agents.finance.recurring import Book, History, Movers, Recurring, Worth
from agents.finance.revenue import Line, Movements
from agents.formula import Formula, LeftOut, Part, Term, leaf
from agents.nouns import Subscription
from agents.snapshot import Snapshot
from agents.unit import Unit


@dataclass(frozen=True, slots=True)
class Period:
    """How MRR moved over some days, at the exchange rates of their end, so that no rate makes a movement.

    `counts` says how many customers made each movement, `customers` who and by how much, largest first;
    `fx` is what changed rates did to the opening MRR; `at_start` counts paying customers, `lost` those of
    them who left.
    """

    before: Book
    after: Book
    movements: Movements
    counts: Mapping[str, int]
    customers: Movers
    fx: int
    at_start: int
    start: datetime
    end: datetime

    @property
    def lost(self) -> int:
        return self.counts.get("churn", 0)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The recurring revenue of a snapshot, asked for any instant; what was worked out once is kept."""

    snapshot: Snapshot
    recurring: Recurring = field(init=False)
    _books: dict[tuple[datetime, date], Book] = field(default_factory=dict)
    _periods: dict[tuple[datetime, datetime], Period] = field(default_factory=dict)
    _worths: dict[date, Worth] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = self.snapshot.recurring
        if known is None:
            known = History.of(self.snapshot.all(Subscription), self.snapshot.policy.count_past_due)
        object.__setattr__(self, "recurring", known)

    def lines(self, at: datetime) -> tuple[Line, ...]:
        """Every subscription version that counts at an instant."""
        return self.recurring.lines(at)

    def held(self, customer: str, at: datetime) -> tuple[Line, ...]:
        """Those of them that are one customer's."""
        return self.recurring.held(customer, at)

    def leaving(self, at: datetime) -> tuple[Line, ...]:
        """Those of them that are set to end."""
        return self.recurring.leaving(at)

    def tally(self, at: datetime) -> tuple[int, int]:
        """How many that count at an instant are past due, and how many metered items all of them have."""
        return self.recurring.tally(at)

    def book(self, at: datetime, on: date | None = None) -> Book:
        """MRR at an instant at the exchange rates of the day `on`, by default its own."""
        day = on or self.snapshot.day_of(at)
        if (at, day) not in self._books:
            self._books[at, day] = self.recurring.book(at, self._worth(day))
        return self._books[at, day]

    def _worth(self, on: date) -> Worth:
        """The same one for a day, so that an answer for it can be known again."""
        return self._worths.setdefault(on, lambda money: self.snapshot.convert(money, on))

    # ── terms: what the figures of recurring revenue are made of ─────────────────────────────────

    def mrr(self, name: str, at: datetime, on: date | None = None) -> Formula:
        """MRR at an instant, every subscription a part, at the exchange rates of `on`, by default its own."""
        day = on or self.snapshot.day_of(at)
        book = self.book(at, day)
        return leaf(
            Term(
                name,
                Unit.MONEY,
                Fraction(book.total),
                self.snapshot.currency,
                read=lambda: self._parts(at, day),
                omitted=lambda: self._left_out(at, day),
                cited=None if book.partial else lambda: chain.from_iterable(self.refs(at).values()),
            )
        )

    def paying(self, name: str, at: datetime) -> Formula:
        """How many customers pay at an instant; a part is a customer with all their subscriptions."""
        book = self.book(at)
        return self._customers(name, at, book.paying, lambda: _payers(book))

    def moved(self, movement: str, period: Period) -> Formula:
        """One movement of MRR in a period, every customer who made it a part."""
        size = getattr(period.movements, movement)
        return leaf(
            Term(
                movement,
                Unit.MONEY,
                Fraction(size),
                self.snapshot.currency,
                read=lambda: self._movers(period, movement),
                cited=lambda: self._cited(period, movement),
            )
        )

    def lost(self, name: str, period: Period) -> Formula:
        """How many customers paid at the start of a period and have nothing that counts at its end."""
        return self._customers(
            name, period.start, period.lost, lambda: _payers(period.before) - period.after.amounts.keys()
        )

    def at_start(self, name: str, period: Period) -> Formula:
        """How many customers paid at the start of a period, at the exchange rates of its end."""
        return self._customers(name, period.start, period.at_start, lambda: _payers(period.before))

    def _customers(self, name: str, at: datetime, count: int, who: Callable[[], Set[str]]) -> Formula:
        """So many customers; who they are is asked only when the parts are."""

        def found() -> Iterator[tuple[str, tuple[str, ...]]]:
            wanted = who()
            return ((customer, refs) for customer, refs in self.refs(at).items() if customer in wanted)

        return leaf(
            Term(
                name,
                Unit.COUNT,
                Fraction(count),
                how="count",
                read=lambda: (Part(refs, 1, about=customer) for customer, refs in found()),
                cited=lambda: chain.from_iterable(refs for _, refs in found()),
            )
        )

    def refs(self, at: datetime) -> Mapping[str, tuple[str, ...]]:
        """The subscription versions that count at an instant, by customer."""
        return self.recurring.refs(at)

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
        yield from self.recurring.uncounted(at)

    def _movers(self, period: Period, movement: str) -> Iterator[Part]:
        before, after = self.refs(period.start), self.refs(period.end)
        for who, size in period.customers.get(movement, ()):
            refs = tuple(dict.fromkeys((*before.get(who, ()), *after.get(who, ()))))
            yield Part(refs, size, about=who)

    def _cited(self, period: Period, movement: str) -> Iterator[str]:
        before, after = self.refs(period.start), self.refs(period.end)
        found = period.customers.get(movement, ())
        return chain.from_iterable((*before.get(who, ()), *after.get(who, ())) for who, _ in found)

    def is_leaving(self, line: Line, at: datetime) -> bool:
        """Whether a subscription is set to end. That is known of today only: billing systems tell when
        it will end, not since when it was set to."""
        return line.cancel_at is not None and at >= self.snapshot.as_of

    def period(self, end: datetime, days: int) -> Period:
        """The movements of the `days` that end at an instant."""
        return self.between(end - timedelta(days=days), end)

    def between(self, start: datetime, end: datetime) -> Period:
        """The movements from one instant to another."""
        if (start, end) not in self._periods:
            self._periods[start, end] = self._between(start, end)
        return self._periods[start, end]

    def _between(self, start: datetime, end: datetime) -> Period:
        on = self.snapshot.day_of(end)
        before, after = self.book(start, on), self.book(end, on)
        moved = self.recurring.moved(start, end, self._worth(on))
        return Period(
            before,
            after,
            moved.movements,
            moved.counts,
            moved.customers,
            fx=before.total - self.book(start).total,
            at_start=before.paying,
            start=start,
            end=end,
        )

    # ── for cohorts: many instants, of which nothing is kept ─────────────────────────────────────

    def first_paid(self) -> Mapping[str, datetime]:
        """When each customer first had any MRR, in whatever currency."""
        return self.recurring.first_paid()

    def payers(self, at: datetime, on: date) -> Mapping[str, int]:
        """Everyone with MRR at an instant, with so much of it as has a rate on the day `on`."""
        amounts = self.recurring.book(at, self._worth(on)).amounts
        return {who: amounts.get(who, 0) for who in self.recurring.payers(at)}

    def paid_at(self, instants: Mapping[str, datetime]) -> tuple[str, ...]:
        """Those of these customers who had any MRR at their own instant."""
        return self.recurring.paid_at(instants)

    def paid_with(self, instants: Mapping[str, datetime]) -> dict[str, tuple[str, ...]]:
        """The subscription versions with which each of these customers paid at their own instant."""
        return self.recurring.paid_with(instants)

    def renewing(self, at: datetime, first: date, last: date) -> tuple[Line, ...]:
        """The subscriptions billed by the year or for longer that count at an instant and renew on a day
        from `first` to `last`."""
        start, end = self.snapshot.start_of(first), self.snapshot.start_of(last + timedelta(days=1))
        return self.recurring.renewing(at, start, end)


def _payers(book: Book) -> Set[str]:
    return {who for who, amount in book.amounts.items() if amount > 0}
