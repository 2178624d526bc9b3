"""The next twelve months, as it is and with the changes: MRR, cash, runway and free hours at each end.

Everything that nobody changes stays as it is today: MRR, and the net burn of the last full months. Months
are counted from today, and a change counts from its day, by the share of the month that is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from agents.finance.burn import burn_until
from agents.finance.cash import CashBook
from agents.formula import half_up
from agents.money import Money
from agents.nouns import Person
from agents.ops.staff import shares
from agents.periods import month_start
from agents.snapshot import Snapshot
from agents.whatif.applying import apply, cost_of, effort_of, joiners, mrr, with_records
from agents.whatif.changes import Change, CloseDeal, Hire, in_force

MONTHS = 12
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class State:
    """The company at a month's end. `cash` None: no balance or no full month is known. `runway` in months
    None: unknown, or nothing is burned, see `burning`. `capacity` are the free hours of the weeks from then
    that the policy plans ahead; None where nobody's hours are known."""

    mrr: Money
    cash: Money | None
    burning: bool | None
    runway: float | None
    capacity: float | None


@dataclass(frozen=True, slots=True)
class Month:
    """One month's end, as it is and as it would be."""

    end: date
    today: State
    then: State


def months(snapshot: Snapshot, changes: Sequence[Change]) -> tuple[Month, ...]:
    """The next `MONTHS` months."""
    as_it_is, changed = _Road.of(snapshot, ()), _Road.of(snapshot, changes)
    ends = [months_on(snapshot.today, count) for count in range(1, MONTHS + 1)]
    return tuple(Month(end, as_it_is.at(end), changed.at(end)) for end in ends)


def out_of_cash(found: Sequence[Month], state: Callable[[Month], State]) -> date | None:
    """The first month's end at which there would be no cash left."""
    ends = (month.end for month in found if (cash := state(month).cash) is not None and cash.amount < 0)
    return next(ends, None)


def months_on(day: date, count: int) -> date:
    """The same day so many months later, or the last one of a month that is too short for it."""
    first = month_start(day, back=-count)
    last = month_start(first, back=-1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


@dataclass(frozen=True, slots=True)
class _Road:
    """One way on from today. `held` and `usual` (net burn of an average month) are in minor units; what
    MRR is with which changes is worked out once."""

    snapshot: Snapshot
    changes: tuple[Change, ...]
    staffed: Snapshot
    held: int | None
    usual: Fraction | None
    _levels: dict[tuple[Change, ...], int] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Snapshot, changes: Sequence[Change]) -> _Road:
        """The way on with these changes, each from its day."""
        held = CashBook(snapshot).cash(snapshot.as_of).value
        burn = burn_until(snapshot, month_start(snapshot.today), snapshot.policy.burn_months)
        return cls(
            snapshot,
            tuple(changes),
            _staffed(snapshot, changes),
            held.amount if isinstance(held, Money) else None,
            None if burn is None else Fraction(burn.out - burn.into, burn.months),
        )

    def at(self, end: date) -> State:
        """The company when the day `end` begins, with what holds from that day on."""
        burn, cash = self._burn(end), self._cash(end)
        lasts = None if cash is None or not burn or burn < 0 else float(max(cash, Fraction(0)) / burn)
        return State(
            Money(self._mrr(end), self.snapshot.currency),
            None if cash is None else Money(half_up(cash), self.snapshot.currency),
            None if burn is None else burn > 0,
            lasts,
            self._capacity(end),
        )

    def _mrr(self, day: date) -> int:
        """MRR with the changes that hold on a day."""
        active = in_force(self.changes, day)
        if active not in self._levels:
            self._levels[active] = mrr(apply(self.snapshot, active) if active else self.snapshot)
        return self._levels[active]

    def _burn(self, day: date) -> Fraction | None:
        """Net burn a month on a day: the usual one, less what MRR grew by, plus what the hires cost."""
        if self.usual is None:
            return None
        return self.usual - (self._mrr(day) - self._mrr(date.min)) + cost_of(in_force(self.changes, day))

    def _cash(self, end: date) -> Fraction | None:
        """What is held today, less the burn of every month until `end`."""
        if self.held is None or self.usual is None:
            return None
        left, start, count = Fraction(self.held), self.snapshot.today, 0
        while start < end:
            count += 1
            after = months_on(self.snapshot.today, count)
            left -= self._spent(start, after)
            start = after
        return left

    def _spent(self, start: date, end: date) -> Fraction:
        """Net burn of the month from `start` until `end`, by the days on which each change holds."""
        inner = {change.on for change in self.changes if start < change.on < end}
        edges = sorted({start, end, *inner})
        spent = Fraction(0)
        for first, last in pairwise(edges):
            spent += (self._burn(first) or Fraction(0)) * Fraction((last - first).days, (end - start).days)
        return spent

    def _capacity(self, day: date) -> float | None:
        """Free hours of the weeks from a day that the policy plans ahead."""
        if not self.staffed.all(Person):
            return None
        span = self.snapshot.policy.capacity_weeks * WEEK
        found = shares(self.staffed, day, day + span)
        free = sum((share.available - share.allocated for share in found), Decimal(0))
        for change in self.changes:
            if isinstance(change, CloseDeal):
                shared = min(day, change.on) + span - max(day, change.on)
                part = Decimal(max(0, shared.days)) / span.days
                free -= effort_of(self.snapshot, change.deal) * part
        return float(free)


def _staffed(snapshot: Snapshot, changes: Sequence[Change]) -> Snapshot:
    """With everybody who is hired, each from their first day."""
    for change in changes:
        if isinstance(change, Hire):
            people = [*snapshot.all(Person), *joiners(snapshot, change, change.on)]
            snapshot = with_records(snapshot, Person, people)
    return snapshot
