"""What changed in a term between two instants, record by record: the changes sum to the change."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from agents.formula import Number, Part, Term

ADDITIVE = frozenset({"sum", "count"})
"""How a term must be made for its change to be the sum of its parts' changes; a median's is not."""


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that made a term larger or smaller. `about` is what it is about (a customer, a record)."""

    about: str
    refs: tuple[str, ...]
    before: Number
    after: Number

    @property
    def change(self) -> Number:
        return self.after - self.before


def moves(now: Term, before: Term) -> tuple[Move, ...]:
    """What moved, the largest change first; nothing for a term that is no sum of its parts."""
    if now.how not in ADDITIVE or before.how not in ADDITIVE or now.currency != before.currency:
        return ()
    old, new = _by_subject(before), _by_subject(now)
    found = [_move(about, old.get(about), new.get(about)) for about in (old | new)]
    changed = [move for move in found if move.change]
    return tuple(sorted(changed, key=lambda move: (-abs(float(move.change)), move.about)))


def _by_subject(term: Term) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    for part in term.parts():
        found.setdefault(part.about or " ".join(part.refs), []).append(part)
    return found


def _move(about: str, before: list[Part] | None, after: list[Part] | None) -> Move:
    refs = (ref for part in (*(before or ()), *(after or ())) for ref in part.refs)
    return Move(about, tuple(dict.fromkeys(refs)), _sum(before), _sum(after))


def _sum(parts: list[Part] | None) -> Number:
    whole = sum((Fraction(part.amount) for part in parts or ()), Fraction(0))
    return int(whole) if whole.denominator == 1 else whole
