"""What the figures of sales are made of: deals counted, deals summed, and why a deal could not be.

Each gives a term whose parts are the deals and whose left-out ones say why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from agents import figures
from agents.formula import Formula, LeftOut, Part, Term, half_up, leaf
from agents.nouns import Deal, Stage
from agents.periods import quarter_start
from agents.sales.deals import DealBook, terms_at
from agents.unit import Unit
from agents.wording import joined, plural

NO_AMOUNT = "without an amount"
NO_DATE = "without a close date"
NO_STAGE = "at a stage that the CRM no longer knows"


def amounts(
    book: DealBook, name: str, deals: Sequence[Deal], at: datetime, left_out: Sequence[LeftOut] = ()
) -> Formula:
    """What the deals were worth at an instant, summed in the company currency."""
    known = [(deal, terms_at(deal, at).amount) for deal in deals]
    priced = [(deal, amount) for deal, amount in known if amount is not None]
    (term,) = figures.worth(book.snapshot, name, priced, book.snapshot.today)[0].terms
    bare = [LeftOut((deal.ref,), NO_AMOUNT) for deal, amount in known if amount is None]
    return leaf(replace(term, omitted=lambda: (*term.left_out(), *bare, *left_out)))


def weighted(
    book: DealBook, name: str, deals: Sequence[Deal], at: datetime, left_out: Sequence[LeftOut] = ()
) -> Formula:
    """The same, each amount times the chance that the CRM gives the deal's stage, rounded by itself."""
    placed = [(deal, stage) for deal in deals if (stage := book.stage_at(deal, at)) is not None]
    lost = [LeftOut((deal.ref,), NO_STAGE) for deal in deals if book.stage_at(deal, at) is None]
    stages = {deal.ref: stage for deal, stage in placed}
    (whole,) = amounts(book, name, [deal for deal, _ in placed], at, (*lost, *left_out)).terms
    parts = [_weighed(part, stages) for part in whole.parts()]
    value = Fraction(sum(Fraction(part.amount) for part in parts))
    return leaf(replace(whole, value=value, read=lambda: parts))


def _weighed(part: Part, stages: Mapping[str, Stage]) -> Part:
    (ref,) = part.refs
    stage = stages[ref]
    amount = half_up(Fraction(part.amount) * Fraction(stage.probability))
    note = joined(part.note, f"{stage.name}, {stage.probability:.0%}") or ""
    return replace(part, amount=amount, note=note)


def count(name: str, parts: Sequence[Part], left_out: Sequence[LeftOut] = ()) -> Formula:
    """How many there are, where each has something to say of itself."""
    value = Fraction(len(parts))
    return leaf(
        Term(name, Unit.COUNT, value, how="count", read=lambda: parts, omitted=lambda: tuple(left_out))
    )


# ── what is left out ─────────────────────────────────────────────────────────────────────────────


def expected(book: DealBook, at: datetime, quarters: int = 2) -> list[Deal]:
    """Open deals that were expected to close in the quarter of an instant or, of two `quarters`, the next."""
    return [deal for deal in book.open(at) if _why_not(book, deal, at, quarters) is None]


def not_expected(book: DealBook, at: datetime, quarters: int = 2) -> list[LeftOut]:
    """The other open deals."""
    found = ((deal, _why_not(book, deal, at, quarters)) for deal in book.open(at))
    return [LeftOut((deal.ref,), why) for deal, why in found if why is not None]


def unknown_stage(deals: Iterable[Deal]) -> list[LeftOut]:
    """Deals left out since the CRM no longer knows their stage."""
    return [LeftOut((deal.ref,), NO_STAGE) for deal in deals]


def unpriced(book: DealBook, deals: Iterable[Deal], at: datetime) -> str | None:
    """What to say of deals without an amount, or without a rate for it."""
    left = [deal for deal in deals if book.amount(deal, at) is None]
    bare = sum(terms_at(deal, at).amount is None for deal in left)
    foreign = len(left) - bare
    return joined(
        f"{plural(bare, 'deal')} without amount" if bare else "",
        f"{plural(foreign, 'deal')} without exchange rate" if foreign else "",
    )


def uncounted(book: DealBook, at: datetime, deals: Iterable[Deal]) -> str | None:
    """What to say of open deals that are missing from the sum of `deals` for want of data."""
    quarter = quarter_start(book.snapshot.day_of(at))
    dates = [book.close_on(deal, at) for deal in book.open(at)]
    undated = sum(day is None for day in dates)
    expired = sum(day is not None and day < quarter for day in dates)
    return joined(
        unpriced(book, deals, at) or "",
        f"{plural(undated, 'deal')} without close date" if undated else "",
        f"{plural(expired, 'deal')} due before this quarter" if expired else "",
    )


def _why_not(book: DealBook, deal: Deal, at: datetime, quarters: int) -> str | None:
    day = book.close_on(deal, at)
    if day is None:
        return NO_DATE
    first, end = _window(book, at, quarters)
    if day < first:
        return f"due {day}, before this quarter"
    return f"due {day}, after {'the next' if quarters > 1 else 'this'} quarter" if day >= end else None


def _window(book: DealBook, at: datetime, quarters: int) -> tuple[date, date]:
    day = book.snapshot.day_of(at)
    return quarter_start(day), quarter_start(day, ahead=quarters)
