"""The pipeline weighted by what became of our own deals, beside the chances that the CRM gives its stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from itertools import chain, count
from operator import add

from agents.figures import Figure, clip, made
from agents.formula import Formula, LeftOut, counted
from agents.nouns import Deal, Stage
from agents.sales import figures, worth
from agents.sales.deals import DealBook, Key
from agents.wording import joined, plural

ENOUGH = 10
"""Decided deals that must have been at a stage before their outcome says what a deal there is worth."""


@dataclass(frozen=True, slots=True)
class Record:
    """What became of the deals decided lately that had been at a stage."""

    won: list[Deal] = field(default_factory=list)
    lost: list[Deal] = field(default_factory=list)

    @property
    def is_enough(self) -> bool:
        return len(self.won) + len(self.lost) >= ENOUGH


def weighted_measured(book: DealBook, at: datetime) -> Figure:
    """The pipeline, each deal times the share won of the deals that had been at its stage and were decided
    in the last `win_rate_days`. Deals at a stage with too few such deals are left out."""
    deals, records = worth.expected(book, at), _records(book, at)
    groups = _groups(book, deals, at)
    known = {
        stage: groups[stage]
        for stage, record in records.items()
        if record.is_enough and stage in groups and stage in book.stages
    }
    young = [deal for stage, found in groups.items() if stage not in known for deal in found]
    if deals and not known:
        days = figures.look_back(book).days
        return Figure(None, absent=f"n/a: under {ENOUGH} deals decided per stage in {days} days")
    left = [*worth.not_expected(book, at), *_too_young(young)]
    shares = []
    for stage, label in _labels(book.stages).items():
        if stage in known:
            shares.append(_share(book, label, known[stage], records[stage], at, left))
            left = []  # told once, by the first term
    whole = reduce(add, shares) if shares else worth.amounts(book, "open deals", [], at, left)
    return made(
        whole,
        f"by our own win rates; {_crm(book, at)} by the CRM's",
        partial=joined(
            worth.uncounted(book, at, deals) or "",
            f"{plural(len(young), 'deal')} at a stage with few decided deals" if young else "",
        ),
    )


def _share(
    book: DealBook, label: str, deals: Sequence[Deal], record: Record, at: datetime, left: Sequence[LeftOut]
) -> Formula:
    """What the deals at one stage are worth, by what became of the others that had been there."""
    won, lost = counted(f"won from {label}", record.won), counted(f"lost from {label}", record.lost)
    return worth.amounts(book, f"open at {label}", deals, at, left) * (won / (won + lost))


def _records(book: DealBook, at: datetime) -> dict[Key, Record]:
    """By stage, the deals won and lost lately that had been there."""
    found: dict[Key, Record] = {}
    won, lost = figures.decided(book, at)
    winners = {deal.ref for deal in won}
    for deal in chain(won, lost):
        for stage in dict.fromkeys(stay.stage for stay in book.way(deal) if stay.entered <= at):
            record = found.setdefault(stage, Record())
            (record.won if deal.ref in winners else record.lost).append(deal)
    return found


def _groups(book: DealBook, deals: Iterable[Deal], at: datetime) -> dict[Key, list[Deal]]:
    """The deals by the stage they were at, also one that the CRM no longer knows."""
    found: dict[Key, list[Deal]] = {}
    for deal in deals:
        found.setdefault(book.stage_key_at(deal, at), []).append(deal)
    return found


def _too_young(deals: Iterable[Deal]) -> list[LeftOut]:
    why = f"at a stage that fewer than {ENOUGH} decided deals had been at"
    return [LeftOut((deal.ref,), why) for deal in deals]


def _labels(stages: Mapping[Key, Stage]) -> dict[Key, str]:
    """What to call each stage: its name, with that of its pipeline or a number where another has it too."""
    found: dict[Key, str] = {}
    for key, stage in sorted(stages.items(), key=lambda item: (item[1].pipeline, item[1].position, item[0])):
        name = clip(stage.name, 30)
        choices = (name, f"{clip(stage.pipeline, 30)} {name}")
        numbered = (f"{name} {n}" for n in count(2))
        found[key] = next(label for label in chain(choices, numbered) if label not in found.values())
    return found


def _crm(book: DealBook, at: datetime) -> str:
    crm = figures.weighted_pipeline(book, at).formula
    told = None if crm is None else crm.money()
    return "nothing" if told is None else told.short()
