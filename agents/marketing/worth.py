"""What the figures of marketing are made of: rows of spend, customers won, and what new customers pay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from agents.finance.ledger import Ledger
from agents.formula import Formula, LeftOut, Number, Part, Term, added, given, leaf
from agents.marketing.acquisition import QUARTER, Spent, Won
from agents.nouns import ContentPiece
from agents.snapshot import Snapshot
from agents.unit import Unit


def spend(name: str, spent: Spent) -> Formula:
    """Rows of spend, each at the exchange rate of its own day."""
    parts = [
        Part(
            (row.ref,),
            row.amount.amount,
            "" if row.amount == row.booked else f"{row.booked.full()} converted",
        )
        for row in spent.rows
        if row.amount is not None
    ]
    left = [
        LeftOut((row.ref,), f"{row.booked.full()}: no rate for {row.booked.currency}")
        for row in spent.rows
        if row.amount is None
    ]
    return leaf(
        Term(
            name,
            Unit.MONEY,
            Fraction(spent.amount.amount),
            spent.amount.currency,
            read=lambda: parts,
            omitted=lambda: left,
        )
    )


def customers(name: str, won: Sequence[Won]) -> Formula:
    """How many customers were won; a part is a customer with all their contacts."""
    return leaf(
        Term(
            name,
            Unit.COUNT,
            Fraction(len(won)),
            how="count",
            read=lambda: (Part(one.refs, 1, f"first touch {one.channel}", one.key) for one in won),
        )
    )


def pieces(
    name: str, pairs: Sequence[tuple[ContentPiece, Number]], left_out: Sequence[LeftOut] = ()
) -> Formula:
    """Something of every piece of content, summed."""
    (term,) = added(name, pairs, Unit.COUNT).terms
    return leaf(replace(term, omitted=lambda: left_out))


def earned(ledger: Ledger, at: datetime, among: Collection[str] | None = None) -> Formula:
    """What a customer who is new since 90 days earns a month: their MRR / how many x gross margin.

    Of all of them, or of those `among` these customer keys alone. No value when there is none.
    """
    whole, number = _new(ledger, at, among)
    return whole / number * margin(ledger.snapshot)


def margin(snapshot: Snapshot) -> Formula:
    """The gross margin that the owner set."""
    return given("gross margin", snapshot.policy.gross_margin, "policy.gross_margin", Unit.RATIO)


def _new(ledger: Ledger, at: datetime, among: Collection[str] | None) -> tuple[Formula, Formula]:
    period = ledger.period(at, QUARTER.days)
    found = [(who, size) for who, size in period.customers.get("new", ()) if among is None or who in among]

    def parts(sized: bool) -> Iterable[Part]:
        known = ledger.refs(at)
        return (Part(known[who], size if sized else 1, about=who) for who, size in found)

    worth = Fraction(sum(size for _, size in found))
    return (
        leaf(
            Term(
                "MRR of new customers",
                Unit.MONEY,
                worth,
                ledger.snapshot.currency,
                read=lambda: parts(sized=True),
            )
        ),
        leaf(
            Term(
                "new paying customers",
                Unit.COUNT,
                Fraction(len(found)),
                how="count",
                read=lambda: parts(sized=False),
            )
        ),
    )
