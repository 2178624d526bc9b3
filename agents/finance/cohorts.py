"""Customers by the month in which they first paid: how many still pay, and how much, months later.

A customer's start month is the calendar month, in the company's zone, of the first instant with any MRR.
They still pay n months later when they have MRR at the end of the n-th month after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from agents.figures import Figure, made
from agents.finance.ledger import Ledger
from agents.formula import Formula, Part, Term, leaf
from agents.periods import month_start
from agents.unit import Unit
from agents.wording import plural

MONTHS = (1, 3, 6, 12)
"""After how many months retention is shown."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """The customers of one start month. `customers[n]` of `size` still paid n months later, and `mrr[n]`
    is what they paid then, in minor units; index 0 is the end of the start month itself."""

    start: date
    size: int
    customers: tuple[int, ...]
    mrr: tuple[int, ...]


def cohorts(
    started: Mapping[str, date], months: Iterable[tuple[date, Mapping[str, int]]]
) -> tuple[Cohort, ...]:
    """The whole table, oldest start month first.

    `started` maps a customer to the first day of their start month; `months` are full months, oldest
    first and without a gap, each with the MRR of everyone who paid at its end. Someone who started in
    none of them is in no cohort.
    """
    size: dict[date, int] = {}
    for month in started.values():
        size[month] = size.get(month, 0) + 1
    paying: dict[date, list[int]] = {}
    earning: dict[date, list[int]] = {}
    for month, payers in months:
        paying[month], earning[month] = [], []
        for row in (*paying.values(), *earning.values()):
            row.append(0)
        for who, mrr in payers.items():
            if who in started and started[who] in paying:
                paying[started[who]][-1] += 1
                earning[started[who]][-1] += mrr
    return tuple(
        Cohort(start, size[start], tuple(paying[start]), tuple(earning[start]))
        for start in paying
        if start in size
    )


@dataclass(frozen=True, slots=True)
class Cohorts:
    """The start months of a ledger; the table is worked out once, when it is first asked for."""

    ledger: Ledger
    _table: list[tuple[Cohort, ...]] = field(default_factory=list)

    def table(self) -> tuple[Cohort, ...]:
        """See `cohorts`: every full month there is, at the exchange rates of today; MRR without one is not
        in the sums, but who pays it is counted."""
        if not self._table:
            self._table.append(cohorts(self._started(), self._months()))
        return self._table[0]

    def retention(self, months: int, at: datetime) -> Figure:
        """The share of customers who still pay so many months after they started, over every start month
        that is old enough at an instant."""
        old = [one for one in self.table() if self._end(one.start, months) <= at]
        if not old:
            return Figure(None, absent=f"n/a: nobody started {plural(months, 'full month')} ago")
        started = sum(one.size for one in old)
        kept = sum(one.customers[months] for one in old)
        share = self._term("customers who still pay", kept, months, at, later=True) / self._term(
            "customers who started", started, months, at, later=False
        )
        return made(share, f"{kept} of {started}")

    def _term(self, name: str, count: int, months: int, at: datetime, *, later: bool) -> Formula:
        return leaf(
            Term(
                name,
                Unit.COUNT,
                Fraction(count),
                how="count",
                read=lambda: self._parts(months, at, later=later),
            )
        )

    def _parts(self, months: int, at: datetime, *, later: bool) -> Iterator[Part]:
        """Everyone who is old enough, with what they first paid with or, `later`, what they pay with."""
        first, started = self.ledger.first_paid(), self._started()
        asked = {}
        for who, month in started.items():
            end = self._end(month, months)
            if end <= at:
                asked[who] = end if later else first[who]
        for who, refs in self.ledger.paid_with(asked).items():
            yield Part(refs, 1, f"started {started[who]:%Y-%m}", who)

    def _started(self) -> dict[str, date]:
        day_of = self.ledger.snapshot.day_of
        return {who: month_start(day_of(at)) for who, at in self.ledger.first_paid().items()}

    def _months(self) -> Iterator[tuple[date, Mapping[str, int]]]:
        today = self.ledger.snapshot.today
        month = min(self._started().values(), default=today)
        while month_start(month, back=-1) <= today:
            yield month, self.ledger.payers(self._end(month, 0), today)
            month = month_start(month, back=-1)

    def _end(self, start: date, months: int) -> datetime:
        """The end of the month so many months after the start month."""
        return self.ledger.snapshot.start_of(month_start(start, back=-months - 1))
