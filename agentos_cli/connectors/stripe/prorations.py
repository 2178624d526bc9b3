"""Reads what changed within a billed period off the prorations of a subscription's bills.

A change in mid-period is billed with a credit for the rest of what was and a charge for the rest of what is,
both up to the end of the period; an item that is taken off has the credit alone. Stripe reckons by seconds:
https://docs.stripe.com/billing/subscriptions/prorations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from agentos_cli.connectors.stripe.bills import BillLine
from agents.formula import half_up

SECOND = timedelta(seconds=1)
NEAR = timedelta(minutes=1)
"""How far apart the lines of one change may begin, and the lines of one period may end."""


def terms_billed(lines: Iterable[BillLine]) -> list[BillLine]:
    """What items cost in whole periods, as regular lines: the regular ones up to where the item was taken
    off, and every charge for a rest brought to its whole period."""
    given = list(lines)
    regular = [line for line in given if not line.proration]
    charges = [line for line in given if line.proration and line.amount >= 0]
    found = [*regular, *(whole for line in charges for whole in _whole(line, regular))]
    for credit in given:
        if credit.proration and credit.amount < 0 and not any(_goes_on(credit, line) for line in found):
            found = [_until(line, credit) for line in found]
    return found


def _whole(charge: BillLine, regular: Sequence[BillLine]) -> Iterator[BillLine]:
    """The charge as a line of the period whose rest it is for; nothing where no bill shows that period."""
    around = [line for line in regular if line.start <= charge.start and abs(line.end - charge.end) <= NEAR]
    if around:
        period = max(around, key=lambda line: (line.item == charge.item, line.start)).length
        times = Fraction(period // SECOND, (charge.end - charge.start) // SECOND)
        amount = _price(charge, times, around, regular)
        yield replace(charge, amount=amount, proration=False, whole=period)


def _price(
    charge: BillLine, times: Fraction, around: Sequence[BillLine], regular: Sequence[BillLine]
) -> Decimal:
    """The price of a whole period. A charge is rounded, so it is only as good as that: where the next bill,
    or the same number of the units billed before, comes to the same but for the rounding, that is it."""
    about = Fraction(charge.amount) * times
    following = [line for line in regular if abs(line.start - charge.end) <= NEAR]
    known = [line.amount for line in following if _same(charge, line) and line.quantity == charge.quantity]
    known += [
        line.amount * charge.quantity / line.quantity
        for line in around
        if _same(charge, line) and line.quantity and charge.quantity
    ]
    exact = (price for price in known if abs(Fraction(price) - about) <= times)
    return next(exact, Decimal(half_up(about)))


def _same(one: BillLine, other: BillLine) -> bool:
    return (one.item, one.product) == (other.item, other.product)


def _goes_on(credit: BillLine, line: BillLine) -> bool:
    """Whether this line says what the item costs from the credit on."""
    return line.item == credit.item and abs(line.start - credit.start) <= NEAR


def _until(line: BillLine, credit: BillLine) -> BillLine:
    if line.item != credit.item or not line.start < credit.start < line.end:
        return line
    return replace(line, end=credit.start, whole=line.length)
