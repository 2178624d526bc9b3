"""Terms that several figures of finance share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from agents.finance.ledger import Ledger
from agents.finance.revenue import Line
from agents.formula import Formula, LeftOut, Part, Term, leaf
from agents.snapshot import Snapshot
from agents.unit import Unit


def leaving_out(formula: Formula, more: Callable[[], Iterable[LeftOut]]) -> Formula:
    """The same single term, which also names what else was looked at and not counted."""
    (term,) = formula.terms
    return leaf(replace(term, omitted=lambda: (*term.omitted(), *more())))


def mrr_of(snapshot: Snapshot, name: str, lines: Sequence[Line], on: date) -> Formula:
    """MRR of some subscriptions, each a part, at the rates of the day `on`."""
    known = (snapshot.convert(line.mrr, on) for line in lines)
    total = sum(mrr.amount for mrr in known if mrr is not None)
    return leaf(
        Term(
            name,
            Unit.MONEY,
            Fraction(total),
            snapshot.currency,
            read=lambda: _parts(snapshot, lines, on),
            omitted=lambda: _without_rate(snapshot, lines, on),
        )
    )


def mrr_as_billed(name: str, lines: Sequence[Line], currency: str) -> Formula:
    """MRR of subscriptions that are all billed in `currency`, not converted."""
    total = sum(line.mrr.amount for line in lines)
    return leaf(
        Term(
            name,
            Unit.MONEY,
            Fraction(total),
            currency,
            read=lambda: (Part((line.ref,), line.mrr.amount, about=line.customer) for line in lines),
        )
    )


def mrr_of_one(ledger: Ledger, name: str, customer: str, at: datetime) -> Formula:
    """MRR of one customer at an instant, each subscription a part."""
    snapshot, on = ledger.snapshot, ledger.snapshot.day_of(at)

    def lines() -> tuple[Line, ...]:
        return ledger.held(customer, at)

    return leaf(
        Term(
            name,
            Unit.MONEY,
            Fraction(ledger.book(at).amounts[customer]),
            snapshot.currency,
            read=lambda: _parts(snapshot, lines(), on),
            omitted=lambda: _without_rate(snapshot, lines(), on),
        )
    )


def _parts(snapshot: Snapshot, lines: Sequence[Line], on: date) -> Iterator[Part]:
    for line in lines:
        mrr = snapshot.convert(line.mrr, on)
        if mrr is not None:
            note = f"{line.mrr.full()} converted" if line.mrr.currency != mrr.currency else ""
            yield Part((line.ref,), mrr.amount, note, line.customer)


def _without_rate(snapshot: Snapshot, lines: Sequence[Line], on: date) -> Iterator[LeftOut]:
    for line in lines:
        if snapshot.convert(line.mrr, on) is None:
            yield LeftOut((line.ref,), f"{line.mrr.full()}: no rate for {line.mrr.currency}")
