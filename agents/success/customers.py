"""Everyone who pays, at any instant: with which subscriptions, worth how much a year, called what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from agents.accounts import names
from agents.finance.ledger import Ledger
from agents.finance.revenue import Line
from agents.formula import Formula, LeftOut, Part, Term, leaf
from agents.snapshot import Snapshot
from agents.unit import Unit

Lines = Sequence[Line]


@dataclass(frozen=True, slots=True)
class Customers:
    """The paying customers of a snapshot, by customer key; what was worked out once is kept.

    Whether somebody pays is asked of the book of amounts; only what is shown of a few looks at subscriptions.
    """

    snapshot: Snapshot
    ledger: Ledger
    _names: dict[str, str] = field(default_factory=dict)
    _renewing: dict[datetime, tuple[tuple[Line, date], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Snapshot) -> Customers:
        """The customers of this snapshot, nothing worked out yet."""
        return cls(snapshot, Ledger(snapshot))

    def has(self, who: str, at: datetime) -> bool:
        """Whether they had a subscription that counts, even one without an exchange rate."""
        book = self.ledger.book(at)
        return who in book.amounts or (book.partial is not None and bool(self.held(who, at)))

    def everyone(self, at: datetime) -> Set[str]:
        """All who had a subscription that counts."""
        book = self.ledger.book(at)
        return book.amounts.keys() if book.partial is None else self.ledger.refs(at).keys()

    def held(self, who: str, at: datetime) -> Lines:
        """The subscriptions of a customer that count at an instant."""
        return self.ledger.held(who, at)

    def refs(self, who: str, at: datetime) -> tuple[str, ...]:
        """The records of these subscriptions."""
        return tuple(line.ref for line in self.held(who, at))

    def leaving(self, at: datetime) -> Mapping[str, datetime]:
        """Who has nothing left that is not set to end, and when the last of it ends. That is known of today
        only, see the ledger."""
        if at < self.snapshot.as_of:
            return {}
        ends = {line.customer for line in self.ledger.leaving(at)}
        return {who: end for who in ends if (end := self._end(who, at)) is not None}

    def renewing(self, at: datetime) -> tuple[tuple[Line, date], ...]:
        """Contracts of a year or longer that renew within `policy.renewal_days`, and the day they do."""
        if at not in self._renewing:
            first = self.snapshot.day_of(at)
            last = first + timedelta(days=self.snapshot.policy.renewal_days)
            found = self.ledger.renewing(at, first, last)
            days = [(line, line.renews_at) for line in found]
            self._renewing[at] = tuple((line, self.snapshot.day_of(day)) for line, day in days if day)
        return self._renewing[at]

    def yearly(self, who: str, at: datetime) -> Formula | None:
        """12 x MRR of a customer; None if a rate is missing for any of it."""
        return self.yearly_of(self.held(who, at), at)

    def yearly_of(self, lines: Lines, at: datetime) -> Formula | None:
        """The same of these subscriptions of one customer."""
        worth = self.mrr("MRR of the customer", lines, at)
        return None if worth.terms[0].left_out() else 12 * worth

    def mrr(self, name: str, lines: Lines, at: datetime, left_out: Iterable[LeftOut] = ()) -> Formula:
        """MRR of these subscriptions as a term, at the rates of the day; what has none is left out."""
        day = self.snapshot.day_of(at)
        known = [(line, self.snapshot.convert(line.mrr, day)) for line in lines]
        parts = [
            Part((line.ref,), mrr.amount, _foreign(line, mrr.currency), line.customer)
            for line, mrr in known
            if mrr is not None
        ]
        left = [
            *(
                LeftOut((line.ref,), f"{line.mrr.full()}: no rate for {line.mrr.currency}")
                for line, mrr in known
                if mrr is None
            ),
            *left_out,
        ]
        value = Fraction(sum(part.amount for part in parts))
        return leaf(
            Term(name, Unit.MONEY, value, self.snapshot.currency, read=lambda: parts, omitted=lambda: left)
        )

    def name(self, customer: str) -> str:
        """What people call a customer; the key itself where nobody knows."""
        if not self._names:
            self._names.update(names(self.snapshot))
        return self._names.get(customer, customer)

    def _end(self, who: str, at: datetime) -> datetime | None:
        lines = self.held(who, at)
        ends = [line.cancel_at for line in lines if line.cancel_at and self.ledger.is_leaving(line, at)]
        return max(ends) if len(ends) == len(lines) else None


def _foreign(line: Line, currency: str) -> str:
    return "" if line.mrr.currency == currency else f"{line.mrr.full()} converted"
