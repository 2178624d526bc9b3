"""How a figure is made: a formula over terms, and the records behind every term.

Arithmetic on formulas works out the value and writes down how, in one go, so that what `agentos explain`
shows is what was computed:

    won, lost = counted("won", deals_won), counted("lost", deals_lost)
    rate = won / (won + lost)        # rate.value 1/4, rate.text "won / (won + lost)"

Values are exact fractions; money is in minor units. None stands for "cannot be said" (a division by
nothing) and stays None through everything that is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from math import floor
from typing import overload

from agents.money import Money
from agents.nouns import Noun
from agents.unit import Unit

Number = int | float | Fraction
"""An amount: minor units for money, else what the unit says."""

SUM, PRODUCT, LEAF = 1, 2, 3
"""How tightly a formula holds together, for its brackets."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one record adds to a term. `refs` is more than one record where only together they are one
    thing (the subscriptions of a customer); `note` says how the amount came to be, if that is not plain.
    `about` is what stays the same while records come and go (the customer), so that two weeks can be
    compared; without it the records themselves are."""

    refs: tuple[str, ...]
    amount: Number
    note: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A record that was looked at and not counted, and why: "no rate for CHF"."""

    refs: tuple[str, ...]
    why: str


Combine = Callable[[Sequence[Number]], Number | None]
"""How the amounts of the parts make the value of the term."""


@dataclass(frozen=True, slots=True)
class Term:
    """One quantity of a formula. `how` says in a word how its parts make its value: sum, count, median,
    85th percentile; `given` for a setting or a constant, which has no parts and says `why`.

    Parts are read only when they are asked for: a figure of a thousand records costs no more than its sum.
    `cited` gives the records of all parts, in their order, where that is quicker than going by the parts.
    """

    name: str
    unit: Unit
    value: Fraction | None
    currency: str | None = None
    how: str = "sum"
    why: str = ""
    read: Callable[[], Iterable[Part]] = field(default=tuple, repr=False, compare=False)
    omitted: Callable[[], Iterable[LeftOut]] = field(default=tuple, repr=False, compare=False)
    combine: Combine = field(default=sum, repr=False, compare=False)
    cited: Callable[[], Iterable[str]] | None = field(default=None, repr=False, compare=False)

    def parts(self) -> tuple[Part, ...]:
        """Every record's share, in the order of the records."""
        return tuple(self.read())

    def refs(self) -> Iterable[str]:
        """The records of all parts; one may come more than once."""
        return (ref for part in self.read() for ref in part.refs) if self.cited is None else self.cited()

    def left_out(self) -> tuple[LeftOut, ...]:
        """What was looked at and not counted."""
        return tuple(self.omitted())

    def adds_up(self) -> bool:
        """Whether the parts make the value, worked out again from them."""
        if self.how == "given":
            return True
        again = self.combine([part.amount for part in self.parts()])
        return again is None if self.value is None else again is not None and _near(again, self.value)


@dataclass(frozen=True, slots=True)
class Formula:
    """A value and how it was made. `currency` is set when the value is money, in minor units."""

    value: Fraction | None
    text: str
    terms: tuple[Term, ...]
    currency: str | None = None
    rank: int = LEAF

    def __add__(self, other: Formula | int) -> Formula:
        return _made(self, "+", _formula(other), SUM)

    def __radd__(self, other: int) -> Formula:
        return _made(_formula(other), "+", self, SUM)

    def __sub__(self, other: Formula | int) -> Formula:
        return _made(self, "-", _formula(other), SUM)

    def __rsub__(self, other: int) -> Formula:
        return _made(_formula(other), "-", self, SUM)

    def __mul__(self, other: Formula | int) -> Formula:
        return _made(self, "x", _formula(other), PRODUCT)

    def __rmul__(self, other: int) -> Formula:
        return _made(_formula(other), "x", self, PRODUCT)

    def __truediv__(self, other: Formula | int) -> Formula:
        return _made(self, "/", _formula(other), PRODUCT)

    def __rtruediv__(self, other: int) -> Formula:
        return _made(_formula(other), "/", self, PRODUCT)

    def rounded(self) -> Formula:
        """To the nearest whole number, half away from zero."""
        value = None if self.value is None else Fraction(half_up(self.value))
        return Formula(value, f"round({self.text})", self.terms, self.currency)

    @property
    def refs(self) -> tuple[str, ...]:
        """Every record behind it, once, in the order of the terms."""
        return tuple(dict.fromkeys(chain.from_iterable(term.refs() for term in self.terms)))

    def money(self) -> Money | None:
        """The value as money, rounded once; None where it cannot be said."""
        if self.value is None:
            return None
        if self.currency is None:
            raise ValueError(f"{self.text} is no money")
        return Money(half_up(self.value), self.currency)


class Cited(Sequence[str]):
    """Every record behind a formula, as `Formula.refs`, read when somebody looks: a figure of 50,000
    customers has more of them than most who ask for the figure will ever want."""

    def __init__(self, formula: Formula) -> None:
        self._formula = formula
        self._refs: tuple[str, ...] | None = None

    @property
    def refs(self) -> tuple[str, ...]:
        if self._refs is None:
            self._refs = self._formula.refs
        return self._refs

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        return self.refs[place]

    def __len__(self) -> int:
        return len(self.refs)

    def __iter__(self) -> Iterator[str]:
        return iter(self.refs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self.refs == tuple(other)

    def __hash__(self) -> int:
        return hash(self.refs)

    def __repr__(self) -> str:
        return repr(self.refs)


# ── terms ────────────────────────────────────────────────────────────────────────────────────────


def counted(name: str, records: Sequence[Noun], left_out: Sequence[LeftOut] = ()) -> Formula:
    """How many records there are."""
    return leaf(
        Term(
            name,
            Unit.COUNT,
            Fraction(len(records)),
            how="count",
            read=lambda: map(_one, records),
            omitted=lambda: left_out,
        )
    )


def summed(
    name: str,
    pairs: Sequence[tuple[Noun, Money]],
    currency: str,
    left_out: Sequence[LeftOut] = (),
) -> Formula:
    """The sum of money that is all in `currency` already; see `figures.worth` for what is not."""
    value = Fraction(sum(money.amount for _, money in pairs))
    return leaf(
        Term(
            name,
            Unit.MONEY,
            value,
            currency,
            read=lambda: (Part((record.ref,), money.amount) for record, money in pairs),
            omitted=lambda: left_out,
        )
    )


def added(name: str, pairs: Sequence[tuple[Noun, Number]], unit: Unit) -> Formula:
    """The sum of numbers that are no money: hours, events, points."""
    value = Fraction(0) + sum(Fraction(number) for _, number in pairs)
    return leaf(Term(name, unit, value, read=lambda: map(_pair, pairs)))


def statistic(
    name: str,
    how: str,
    pairs: Sequence[tuple[Noun, Number]],
    unit: Unit,
    combine: Combine,
    left_out: Sequence[LeftOut] = (),
) -> Formula:
    """One number that stands for many: `statistic("days", "median", pairs, Unit.DAYS, median)`."""
    value = combine([number for _, number in pairs])
    exact = None if value is None else Fraction(value)
    return leaf(
        Term(
            name,
            unit,
            exact,
            how=how,
            read=lambda: map(_pair, pairs),
            omitted=lambda: left_out,
            combine=combine,
        )
    )


def given(name: str, value: Money | Number, why: str, unit: Unit = Unit.COUNT) -> Formula:
    """A setting or a constant, and where it comes from: `given("target", money, "policy.quarter_target")`."""
    if isinstance(value, Money):
        return leaf(Term(name, Unit.MONEY, Fraction(value.amount), value.currency, how="given", why=why))
    return leaf(Term(name, unit, _exact(value), how="given", why=why))


def leaf(term: Term) -> Formula:
    """The formula that is one term."""
    return Formula(term.value, term.name, (term,), term.currency)


def half_up(value: Fraction) -> int:
    """To the nearest whole number, half away from zero."""
    whole = floor(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def _one(record: Noun) -> Part:
    return Part((record.ref,), 1)


def _pair(pair: tuple[Noun, Number]) -> Part:
    return Part((pair[0].ref,), pair[1])


def _exact(value: Number) -> Fraction:
    """0.8 in a file of settings means eight tenths, not the nearest binary number."""
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


# ── arithmetic ───────────────────────────────────────────────────────────────────────────────────


def _formula(value: Formula | int) -> Formula:
    if isinstance(value, Formula):
        return value
    return Formula(Fraction(value), f"{value:,}", (), rank=LEAF if value >= 0 else SUM)


def _made(left: Formula, sign: str, right: Formula, rank: int) -> Formula:
    right_rank = rank + 1 if sign in "-/" else rank
    text = f"{_bracketed(left, rank)} {sign} {_bracketed(right, right_rank)}"
    return Formula(
        _value(left.value, sign, right.value), text, _terms(left, right), _currency(left, sign, right), rank
    )


def _bracketed(formula: Formula, rank: int) -> str:
    return formula.text if formula.rank >= rank else f"({formula.text})"


def _value(left: Fraction | None, sign: str, right: Fraction | None) -> Fraction | None:
    if left is None or right is None:
        return None
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "x":
            return left * right
        case _:
            return left / right if right else None


def _currency(left: Formula, sign: str, right: Formula) -> str | None:
    both = left.currency, right.currency
    if sign in "+-":
        if left.currency != right.currency:
            raise ValueError(f"{left.text} and {right.text} are not of one kind: {both}")
        return left.currency
    if sign == "x":
        if None not in both:
            raise ValueError(f"money times money: {left.text} x {right.text}")
        return left.currency or right.currency
    if right.currency is None:
        return left.currency
    if left.currency != right.currency:
        raise ValueError(f"cannot divide {left.text} by {right.text}: {both}")
    return None


def _terms(left: Formula, right: Formula) -> tuple[Term, ...]:
    """Every term once. Two terms of one name would be told as one, so they must be the same one."""
    found = {term.name: term for term in left.terms}
    for term in right.terms:
        if found.setdefault(term.name, term) is not term:
            raise ValueError(f"two terms are called {term.name}")
    return tuple(found.values())


def _near(one: Number, other: Fraction) -> bool:
    return abs(Fraction(one) - other) <= abs(other) / 10**9
