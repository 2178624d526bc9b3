"""Customers by the month in which they first paid: how many still pay, and how much, months later.

A customer's start month is the calendar month, in the company's zone, of the first instant with any MRR.
They still pay n months later when they have MRR at the end of the n-th month after it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from itertools import chain

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
    """The start months of a ledger, asked for any instant; what was worked out once is kept."""

    ledger: Ledger
    _started: dict[str, date] = field(default_factory=dict)
    _paid: dict[int, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    _still: dict[int, Mapping[date, int]] = field(default_factory=dict)

    def table(self) -> tuple[Cohort, ...]:
        """See `cohorts`: every full month there is, at the exchange rates of today; MRR without one is not
        in the sums, but who pays it is counted."""
        return cohorts(self.started(), self._months())

    def started(self) -> Mapping[str, date]:
        """The start month of every customer who ever paid."""
        if not self._started:
            first = self.ledger.first_paid()
            months = self._calendar(min(first.values(), default=self.ledger.snapshot.as_of))
            edges = [self.ledger.snapshot.start_of(month) for month in months]
            self._started.update((who, months[bisect_right(edges, at) - 1]) for who, at in first.items())
        return self._started

    def _calendar(self, since: datetime) -> list[date]:
        """The months from that of an instant until today's."""
        today = self.ledger.snapshot.today
        month = month_start(self.ledger.snapshot.day_of(since))
        found = [month]
        while (month := month_start(month, back=-1)) <= today:
            found.append(month)
        return found

    def retention(self, months: int, at: datetime) -> Figure:
        """The share of customers who still pay so many months after they started, over every start month
        that is old enough at an instant."""
        sizes, still = self._counts(0), self._counts(months)
        old = {month for month in sizes if self._end(month, months) <= at}
        if not old:
            return Figure(None, absent=f"n/a: nobody started {plural(months, 'full month')} ago")
        then, now = (sum(count[month] for month in old) for count in (sizes, still))
        share = self._term("customers who still pay", now, old, months) / self._term(
            "customers who started", then, old, 0
        )
        return made(share, f"{now} of {then}")

    def _asked(self, months: int) -> Mapping[str, datetime]:
        """When each customer first paid (0), or the instant so many months after their start, where past."""
        if months == 0:
            return self.ledger.first_paid()
        ends = {month: self._end(month, months) for month in set(self.started().values())}
        now = self.ledger.snapshot.as_of
        return {who: ends[month] for who, month in self.started().items() if ends[month] <= now}

    def _counts(self, months: int) -> Mapping[date, int]:
        """By start month, who ever paid (0) or still paid so many months later."""
        if months not in self._still:
            started = self.started()
            who = self.ledger.paid_at(self._asked(months)) if months else started
            self._still[months] = Counter(map(started.__getitem__, who))
        return self._still[months]

    def _paid_with(self, months: int) -> Mapping[str, tuple[str, ...]]:
        """The versions with which they paid then."""
        if months not in self._paid:
            self._paid[months] = self.ledger.paid_with(self._asked(months))
        return self._paid[months]

    def _term(self, name: str, count: int, old: Set[date], months: int) -> Formula:
        def parts() -> Iterator[Part]:
            started = self.started()
            for who, refs in self._paid_with(months).items():
                month = started[who]
                if month in old:
                    yield Part(refs, 1, f"started {month:%Y-%m}", who)

        def cited() -> Iterator[str]:
            started = self.started()
            return chain.from_iterable(
                refs for who, refs in self._paid_with(months).items() if started[who] in old
            )

        return leaf(Term(name, Unit.COUNT, Fraction(count), how="count", read=parts, cited=cited))

    def _months(self) -> Iterator[tuple[date, Mapping[str, int]]]:
        today = self.ledger.snapshot.today
        month = min(self.started().values(), default=today)
        while month_start(month, back=-1) <= today:
            yield month, self.ledger.payers(self._end(month, 0), today)
            month = month_start(month, back=-1)

    def _end(self, start: date, months: int) -> datetime:
        """The end of the month so many months after the start month."""
        return self.ledger.snapshot.start_of(month_start(start, back=-months - 1))
