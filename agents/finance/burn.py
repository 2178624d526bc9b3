"""What running the company costs: money out and in over full months, as terms of a formula.

The categories `transfer`, `funding` and `loan` are left out of it, so that a round of capital does not
look like a profitable month.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from agents.figures import not_converted
from agents.formula import Formula, LeftOut, Part, Term, given, leaf
from agents.nouns import BankTransaction
from agents.periods import month_start
from agents.snapshot import Snapshot
from agents.unit import Unit

NOT_BURN = frozenset({"transfer", "funding", "loan"})
"""Categories that are neither income nor spend, whichever way they move: money between own accounts,
capital from investors, and what is borrowed or paid back."""
QUIET_DAYS = timedelta(days=7)
"""How long before the end of a month the transactions may stop for the month still to count as full."""

OUT, INTO = -1, 1
"""The signs of what was paid out and of what came in."""


@dataclass(frozen=True, slots=True)
class Burn:
    """What moved over `months` full months, `[start, end)`, without what is `NOT_BURN`.

    `moves` are the transactions that count, with their amount in the company's minor units at the rate of
    their day; `partial` says what had no rate.
    """

    snapshot: Snapshot
    start: date
    end: date
    months: int
    moves: tuple[tuple[BankTransaction, int], ...]
    partial: str | None

    @property
    def out(self) -> int:
        """Paid out in all of the months together, as a positive number."""
        return -sum(amount for _, amount in self.moves if amount < 0)

    @property
    def into(self) -> int:
        """Come in in all of the months together."""
        return sum(amount for _, amount in self.moves if amount > 0)

    def by_category(self) -> Counter[str]:
        """What was paid out, by the category of the transaction."""
        spent: Counter[str] = Counter()
        for moved, amount in self.moves:
            if amount < 0:
                spent[moved.category] -= amount
        return spent

    def paid_out(self, name: str = "paid out") -> Formula:
        """The term of everything that went out, positive; what is not burn is listed as left out."""
        return self._term(name, self.out, OUT)

    def came_in(self, name: str = "came in") -> Formula:
        """The term of everything that came in; what is not income is listed as left out."""
        return self._term(name, self.into, INTO)

    def length(self, name: str = "full months") -> Formula:
        """How many months they are."""
        why = f"full months of transactions from {self.start} up to {self.end}, of policy.burn_months at most"
        return given(name, self.months, why)

    def _term(self, name: str, amount: int, sign: int) -> Formula:
        return leaf(
            Term(
                name,
                Unit.MONEY,
                Fraction(amount),
                self.snapshot.currency,
                read=lambda: self._parts(sign),
                omitted=lambda: self._left_out(sign),
            )
        )

    def _parts(self, sign: int) -> Iterator[Part]:
        for moved, amount in self.moves:
            if amount * sign > 0:
                foreign = moved.amount.currency != self.snapshot.currency
                note = f"{moved.amount.full()} converted" if foreign else moved.category
                yield Part((moved.ref,), amount * sign, note)

    def _left_out(self, sign: int) -> Iterator[LeftOut]:
        for moved in within(self.snapshot, self.start, self.end):
            if moved.amount.amount * sign <= 0:
                continue
            if is_capital(moved):
                yield LeftOut((moved.ref,), f"{moved.category.strip().lower()}: neither income nor spend")
            elif self.snapshot.convert(moved.amount, moved.day) is None:
                yield LeftOut((moved.ref,), f"{moved.amount.full()}: no rate for {moved.amount.currency}")


def burn_until(snapshot: Snapshot, end: date, most: int) -> Burn | None:
    """The last full months before the first of a month `end`, `most` of them at most.

    None when the transactions do not cover even one: nothing on record is no burn of 0.
    """
    days = [moved.day for moved in snapshot.all(BankTransaction)] or [end]
    oldest, end = min(days), min(end, month_start(max(days) + QUIET_DAYS))
    months = sum(month_start(end, back) >= oldest for back in range(1, most + 1))
    if not months:
        return None
    start = month_start(end, back=months)
    moves, left = [], []
    for moved in within(snapshot, start, end):
        if is_capital(moved):
            continue
        known = snapshot.convert(moved.amount, moved.day)
        if known is None:
            left.append(moved.amount.currency)
        else:
            moves.append((moved, known.amount))
    return Burn(snapshot, start, end, months, tuple(moves), not_converted(left))


def within(snapshot: Snapshot, start: date, end: date) -> Iterator[BankTransaction]:
    """The transactions of `[start, end)`."""
    return (moved for moved in snapshot.all(BankTransaction) if start <= moved.day < end)


def is_capital(moved: BankTransaction) -> bool:
    """Whether it is `NOT_BURN`."""
    return moved.category.strip().lower() in NOT_BURN
