"""How long customers stay: the share that leaves within 30 days, by how long they have paid already."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from agents.finance.ledger import Ledger
from agents.periods import month_start

BANDS = ((0, "under 3 months"), (3, "3 to 12 months"), (12, "over 12 months"))
"""The cohorts: from how many calendar months of paying on, and what they are called."""
STARTS = tuple(start for start, _ in BANDS)
MONTHS = 12
"""Full months before an instant that are looked at."""
SPAN = 30
"""The days that a rate is for."""
PRIOR_LOST, PRIOR_CUSTOMERS = 1, 10
"""What the company's own rate starts from before there is any history: 1 customer in 10 a year."""
PRIOR_SPANS = 120
"""The weight of the company's own rate in that of a cohort: 10 customers over a year of 30 days each."""


def base_rate(lost: int, customers: int) -> float:
    """Yearly customer churn, from those lost of the customers there were a year before."""
    return (lost + PRIOR_LOST) / (customers + PRIOR_CUSTOMERS)


def within(days: float, yearly: float) -> float:
    """The probability to leave within so many days that comes to `yearly` within 365."""
    return 1.0 - float((1.0 - yearly) ** (days / 365))


def in_a_year(rate: float) -> float:
    """The probability to leave within a year of someone who leaves at this `rate` in every 30 days."""
    return 1.0 - float((1.0 - rate) ** (365 / SPAN))


@dataclass(frozen=True, slots=True)
class Stayed:
    """What became of a cohort: how many spans of 30 days its customers paid, and how many of them left."""

    spans: float = 0.0
    lost: int = 0

    def __add__(self, other: Stayed) -> Stayed:
        return Stayed(self.spans + other.spans, self.lost + other.lost)

    def rate(self, prior: float) -> float:
        """The share that leaves within 30 days, as if the `prior` had been seen over `PRIOR_SPANS`."""
        return (self.lost + prior * PRIOR_SPANS) / (self.spans + PRIOR_SPANS)


@dataclass(frozen=True, slots=True)
class Tenures:
    """How customers of each tenure stayed, before any instant; what was worked out once is kept.

    Months are taken whole, those before the one of the instant, so that the instants of one month share
    what there is to know. Tenure is counted in calendar months from the one of the first payment.
    """

    ledger: Ledger
    _books: dict[date, Mapping[str, int]] = field(default_factory=dict)
    _yearly: dict[date, float] = field(default_factory=dict)
    _months: dict[date, tuple[Stayed, ...]] = field(default_factory=dict)
    _since: dict[str, int] = field(default_factory=dict)

    def yearly(self, at: datetime) -> float:
        """The company's own customer churn over the 12 full months before an instant, see `base_rate`."""
        first = month_start(self.ledger.snapshot.day_of(at))
        if first not in self._yearly:
            before, after = self._amounts(month_start(first, MONTHS)), self._amounts(first)
            self._yearly[first] = base_rate(len(_gone(before, after)), _paying(before))
        return self._yearly[first]

    def rates(self, at: datetime) -> tuple[float, ...]:
        """For each of the `BANDS`, the share of its customers that leaves within 30 days."""
        day, prior = self.ledger.snapshot.day_of(at), within(SPAN, self.yearly(at))
        months = [self._month(month_start(day, back)) for back in range(1, MONTHS + 1)]
        return tuple(sum((month[n] for month in months), Stayed()).rate(prior) for n in range(len(BANDS)))

    def bands(self, at: datetime) -> Callable[[str], int]:
        """What tells of a customer their place in `BANDS` at an instant; who never paid is in the first."""
        here, since = _number(self.ledger.snapshot.day_of(at)), self._first_months()
        return lambda customer: _band(here - since.get(customer, here))

    def _month(self, first: date) -> tuple[Stayed, ...]:
        if first not in self._months:
            self._months[first] = self._worked_out(first)
        return self._months[first]

    def _worked_out(self, first: date) -> tuple[Stayed, ...]:
        """Customers are counted by the month of their first payment, of which there are few."""
        following, since = month_start(first, -1), self._first_months()
        before, after = self._amounts(first), self._amounts(following)
        here = Counter(map(since.get, before))
        for who, amount in before.items():
            if amount <= 0:  # a full discount: there, but not paying
                here[since.get(who)] -= 1
        gone = Counter(map(since.get, _gone(before, after)))
        found = [Stayed() for _ in BANDS]
        for month, count in here.items():
            if month is not None:
                spans = count * (following - first).days / SPAN
                found[_band(_number(first) - month)] += Stayed(spans, gone[month])
        return tuple(found)

    def _amounts(self, first: date) -> Mapping[str, int]:
        """Who had what at the start of a month, always at today's rates: no rate may make anyone leave."""
        if first not in self._books:
            snapshot = self.ledger.snapshot
            self._books[first] = self.ledger.book(snapshot.start_of(first), snapshot.today).amounts
        return self._books[first]

    def _first_months(self) -> Mapping[str, int]:
        """The month of each customer's first payment. Those of long ago are all told as the oldest month
        that could matter."""
        if not self._since:
            snapshot, oldest = self.ledger.snapshot, BANDS[-1][0] + MONTHS + 2
            months = [month_start(snapshot.today, back) for back in range(oldest, -1, -1)]
            starts, before = [snapshot.start_of(month) for month in months], _number(months[0]) - 1
            first = self.ledger.first_paid()
            self._since.update((who, before + bisect_right(starts, at)) for who, at in first.items())
        return self._since


def _paying(amounts: Mapping[str, int]) -> int:
    return sum(amount > 0 for amount in amounts.values())


def _gone(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """Who paid before and has nothing that counts after."""
    return [who for who in before.keys() - after.keys() if before[who] > 0]


def _number(day: date) -> int:
    """The months before the one of `day`, so that the difference of two is a tenure."""
    return day.year * 12 + day.month


def _band(months: int) -> int:
    return bisect_right(STARTS, max(0, months)) - 1
