"""Movements of MRR by calendar month, in one currency or in all of them converted: a table that adds up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agents.finance.recurring import Recurring, Worth
from agents.finance.revenue import Movements
from agents.money import Money
from agents.nouns import Subscription
from agents.periods import month_start
from agents.snapshot import Age, Snapshot

TICK = timedelta(microseconds=1)
"""A month is looked at as it was just before the next began, so that what came with it is the next one's."""


@dataclass(frozen=True, slots=True)
class Month:
    """How MRR went from just before a month to its last instant, `end`, in minor units.

    `opening` is at the exchange rates of the day before the month, all else at those of its last day; `fx`
    is what the rates did to the opening. The `running` month ends at the instant that is asked about.
    `closing` is counted by itself and not from the movements. `partial` says what no rate was known for.
    """

    first: date
    end: datetime
    running: bool
    opening: int
    fx: int
    movements: Movements
    closing: int
    partial: str | None = None

    @property
    def adds_up(self) -> bool:
        """opening + fx + new + reactivation + expansion - contraction - churn = closing, exactly."""
        return self.opening + self.fx + self.movements.net_new == self.closing


def monthly(
    snapshot: Snapshot, recurring: Recurring, count: int, currency: str | None = None
) -> tuple[Month, ...]:
    """The newest `count` months in the company's zone, oldest first, the running one last.

    In `currency` alone what is billed in it, nothing converted; without one everything, converted.
    """
    firsts = [month_start(snapshot.today, back) for back in reversed(range(count))]
    edges = [*(snapshot.start_of(first) - TICK for first in firsts), snapshot.as_of]
    worths = [_worth(snapshot, edge, currency) for edge in edges]
    if currency is not None:
        worths = worths[:1] * len(edges)  # no rate changes it
    found = []
    for first, start, end, then, now in zip(firsts, edges, edges[1:], worths, worths[1:], strict=False):
        opening = _total(recurring, start, then)
        movements = recurring.moved(start, end, now).movements
        closing, fx = _total(recurring, end, now), movements.opening - opening
        partial = None if currency else _partial(recurring, end, now)
        found.append(Month(first, end, end == snapshot.as_of, opening, fx, movements, closing, partial))
    return tuple(found)


def is_known(snapshot: Snapshot) -> bool:
    """Whether subscriptions were ever read; without them there is nothing to say."""
    return snapshot.freshness(Subscription).age is not Age.MISSING


def _worth(snapshot: Snapshot, at: datetime, currency: str | None) -> Worth:
    if currency is None:
        day = snapshot.day_of(at)
        return lambda money: snapshot.convert(money, day)
    return lambda money: money if money.currency == currency else None


def _total(recurring: Recurring, at: datetime, worth: Worth) -> int:
    return recurring.moved(at, at, worth).movements.opening


def _partial(recurring: Recurring, at: datetime, worth: Worth) -> str | None:
    """Looked for only where a rate is missing: it takes going through every customer."""
    missing = any(worth(Money(1, currency)) is None for currency in recurring.currencies())
    return recurring.book(at, worth).partial if missing else None
