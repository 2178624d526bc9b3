"""A figure explained: the document `agentos.explain/1`, from the formula down to single records."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Protocol

from agentos_cli.renderers import clean
from agentos_cli.renderers.documents import freshness_item
from agentos_cli.renderers.shapes import FreshnessItem, Number
from agents import quantity
from agents.formula import Formula, LeftOut, Part, Term, half_up
from agents.formula import Number as Amount
from agents.money import Money
from agents.moves import Move, moves
from agents.report import Definition, Value
from agents.snapshot import Freshness
from agents.unit import Unit

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class RecordItem(TypedDict):
    """One record: `name` is what people call it; `learned_at` when this version of it was first read,
    `synced_at` when its source last confirmed it; `page` where the vendor shows it."""

    ref: str
    source: str
    kind: str
    id: str
    name: str
    learned_at: str | None
    synced_at: str | None
    page: str | None


class PartItem(TypedDict):
    """What one record, or a few that belong together, add to a term; money in minor units."""

    amount: Number
    text: str
    about: str
    note: str
    records: list[RecordItem]


class LeftOutItem(TypedDict):
    """Records that were looked at and not counted."""

    why: str
    records: list[RecordItem]


class TermItem(TypedDict):
    """One quantity of the formula. `how` its parts make its value: sum, count, median ..., or `given`
    with a `why`. `adds_up`: worked out again from the parts, it is the same."""

    name: str
    how: str
    why: str
    value: Number
    unit: str
    currency: str | None
    text: str
    adds_up: bool
    parts: list[PartItem]
    left_out: list[LeftOutItem]


class MoveItem(TypedDict):
    """What changed in a term since `previous`: the changes of a term sum to its change."""

    term: str
    about: str
    before: Number
    after: Number
    change: Number
    text: str
    records: list[str]


class ExplainDocument(TypedDict):
    """One figure with all that made it. `worked` is the formula with its numbers in place."""

    schema: str
    company: str
    tenant: str
    as_of: str
    zone: str
    figure: str
    title: str
    agent: str
    sentence: str
    source: str
    edge_cases: list[str]
    value: Number
    unit: str
    currency: str | None
    text: str
    absent: str | None
    note: str
    partial: str | None
    formula: str | None
    worked: str | None
    terms: list[TermItem]
    adds_up: bool
    previous: Number
    previous_text: str | None
    change: str | None
    moves: list[MoveItem]
    freshness: FreshnessItem


@dataclass(frozen=True, slots=True)
class Subject:
    """What is explained: a metric of a report, or the number of a finding.

    `previous` and `before` are its value and formula a week earlier, where there is one.
    """

    key: str
    title: str
    agent: str
    value: Value
    unit: Unit
    as_of: datetime
    freshness: Freshness
    formula: Formula | None
    previous: Value = None
    before: Formula | None = None
    absent: str | None = None
    note: str = ""
    partial: str | None = None
    definition: Definition | None = None


class Provenance(Protocol):
    """Who knows where records come from."""

    def record(self, ref: str) -> RecordItem:
        """What is known of a record, by its evidence id."""

    def called(self, about: str) -> str:
        """What people call something that parts are about, such as a customer."""


def explain_document(
    subject: Subject, company: str, tenant: str, local: datetime, origin: Provenance
) -> ExplainDocument:
    """Everything behind one figure; `local` is `as_of` in the company's zone."""
    formula, definition = subject.formula, subject.definition
    terms = [_term(term, origin) for term in formula.terms] if formula else []
    document: ExplainDocument = {
        "schema": "agentos.explain/1",
        "company": company,
        "tenant": tenant,
        "as_of": local.isoformat(timespec="seconds"),
        "zone": str(local.tzinfo),
        "figure": subject.key,
        "title": subject.title,
        "agent": subject.agent,
        "sentence": definition.sentence if definition else "",
        "source": definition.source if definition else "",
        "edge_cases": list(definition.edge_cases) if definition else [],
        "value": _raw(subject.value),
        "unit": subject.unit.value,
        "currency": subject.value.currency if isinstance(subject.value, Money) else None,
        "text": quantity.exact(subject.value, subject.unit),
        "absent": subject.absent if subject.value is None else None,
        "note": subject.note,
        "partial": subject.partial,
        "formula": formula.text if formula else None,
        "worked": worked(formula) if formula else None,
        "terms": terms,
        "adds_up": _is_whole(subject, terms),
        "previous": _raw(subject.previous),
        "previous_text": None if subject.previous is None else quantity.exact(subject.previous, subject.unit),
        "change": quantity.change(subject.value, subject.previous, subject.unit),
        "moves": list(_moves(formula, subject.before, origin)),
        "freshness": freshness_item(subject.freshness, local),
    }
    return clean.tree(document)


def _is_whole(subject: Subject, terms: Iterable[TermItem]) -> bool:
    """Whether every term is the sum of its records, and the figure what the formula makes of the terms."""
    if subject.formula is None:
        return subject.value is None  # nothing is said, so there is nothing to make
    if not all(term["adds_up"] for term in terms):
        return False
    value, worked_out = subject.value, subject.formula.value
    if value is None or worked_out is None:
        return value is None and worked_out is None
    if isinstance(value, Money):
        return value == subject.formula.money()
    return value == (half_up(worked_out) if isinstance(value, int) else float(worked_out))


# ── terms and their parts ────────────────────────────────────────────────────────────────────────


def _term(term: Term, origin: Provenance) -> TermItem:
    parts = sorted(term.parts(), key=lambda part: -abs(float(part.amount)))
    return {
        "name": term.name,
        "how": term.how,
        "why": term.why,
        "value": _number(term.value),
        "unit": term.unit.value,
        "currency": term.currency,
        "text": amount_text(term.value, term),
        "adds_up": term.adds_up(),
        "parts": [_part(part, term, origin) for part in parts],
        "left_out": [_left_out(left, origin) for left in term.left_out()],
    }


def _part(part: Part, term: Term, origin: Provenance) -> PartItem:
    return {
        "amount": _number(part.amount),
        "text": amount_text(part.amount, term),
        "about": origin.called(part.about),
        "note": part.note,
        "records": [origin.record(ref) for ref in part.refs],
    }


def _left_out(left: LeftOut, origin: Provenance) -> LeftOutItem:
    return {"why": left.why, "records": [origin.record(ref) for ref in left.refs]}


def _moves(now: Formula | None, before: Formula | None, origin: Provenance) -> Iterable[MoveItem]:
    earlier = {term.name: term for term in before.terms} if before else {}
    for term in now.terms if now else ():
        if term.name in earlier and term.how != "given":
            yield from (_move(move, term, origin) for move in moves(term, earlier[term.name]))


def _move(move: Move, term: Term, origin: Provenance) -> MoveItem:
    sign = "+" if move.change > 0 else ""
    return {
        "term": term.name,
        "about": _subject(move, origin),
        "before": _number(move.before),
        "after": _number(move.after),
        "change": _number(move.change),
        "text": sign + amount_text(move.change, term),
        "records": list(move.refs),
    }


def _subject(move: Move, origin: Provenance) -> str:
    """The customer, or the record itself by its name."""
    return origin.record(move.about)["name"] or origin.called(move.about)


# ── numbers as text ──────────────────────────────────────────────────────────────────────────────


def amount_text(amount: Amount | None, term: Term) -> str:
    """An amount of a term in its own unit and currency."""
    if amount is None:
        return "n/a"
    if term.currency is not None:
        return Money(half_up(Fraction(amount)), term.currency).full()
    whole = Fraction(amount).denominator == 1 and term.unit is not Unit.RATIO
    return quantity.exact(int(amount) if whole else float(amount), term.unit)


def worked(formula: Formula) -> str:
    """The formula with its numbers in place of its names: `4 / (4 + 12)`."""
    texts = {term.name: amount_text(term.value, term) for term in formula.terms}
    if not texts:
        return formula.text
    names = sorted(map(re.escape, texts), key=len, reverse=True)
    return re.sub(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)", lambda found: texts[found.group()], formula.text)


def _number(amount: Amount | None) -> Number:
    if amount is None:
        return None
    exactly = Fraction(amount)
    return int(exactly) if exactly.denominator == 1 else round(float(exactly), 6)


def _raw(value: Value) -> Number:
    if isinstance(value, Money):
        return value.amount
    return round(value, 6) if isinstance(value, float) else value
