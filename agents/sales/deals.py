"""What each deal was at any instant: open, won or lost, at which stage, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agents.money import Money, total
from agents.nouns import Deal, DealTerms, Stage
from agents.periods import percentile
from agents.snapshot import Snapshot

PASSED_ENOUGH = 5
"""Won deals that must have passed a stage before their own times say what is long there."""
DAY = timedelta(days=1)

Key = tuple[str, str]
"""Source and id, of a deal or of a stage."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One deal at one stage; `left` None: it is still there."""

    stage: Key
    entered: datetime
    left: datetime | None


@dataclass(frozen=True, slots=True)
class Stuck:
    """An open deal at its stage for `days`, longer than the `limit` in days that holds there."""

    deal: Deal
    stage: str
    days: float
    limit: float


@dataclass(frozen=True, slots=True)
class DealBook:
    """The deals of a snapshot: their stages, and by deal its way and its end.

    Amounts and close dates are those of the instant asked for, see `terms_at`; amounts are converted at
    the rate of `as_of`, also for earlier instants, so that a trend shows deals and not currencies.
    """

    snapshot: Snapshot
    stages: Mapping[Key, Stage]
    ways: Mapping[Key, tuple[Stay, ...]]
    ends: Mapping[Key, datetime | None]

    @classmethod
    def of(cls, snapshot: Snapshot) -> DealBook:
        """The deals of this snapshot, each looked at once."""
        deals = snapshot.all(Deal)
        stages = {(stage.source, stage.id): stage for stage in snapshot.all(Stage)}
        return cls(
            snapshot,
            stages,
            {_key(deal): stays(deal) for deal in deals},
            {_key(deal): _end(deal, stages.get((deal.source, deal.stage_id))) for deal in deals},
        )

    def amount(self, deal: Deal, at: datetime | None = None) -> Money | None:
        """What it was worth at an instant (now, without one) in the company currency; None without an
        amount or without a rate."""
        known = terms_at(deal, at or self.snapshot.as_of).amount
        return None if known is None else self.snapshot.convert(known, self.snapshot.today)

    def close_on(self, deal: Deal, at: datetime | None = None) -> date | None:
        """When it was expected to close, as far as an instant knew (now, without one)."""
        return terms_at(deal, at or self.snapshot.as_of).close_on

    def way(self, deal: Deal) -> tuple[Stay, ...]:
        """Its way through the stages, oldest first, see `stays`."""
        return self.ways[_key(deal)]

    def worth(self, deals: Iterable[Deal], at: datetime | None = None) -> Money:
        """The sum of the amounts that are known."""
        amounts = (self.amount(deal, at) for deal in deals)
        return total((amount for amount in amounts if amount is not None), self.snapshot.currency)

    def closed_at(self, deal: Deal) -> datetime | None:
        """When it was won or lost; None while it is open. A reopened deal is open."""
        return self.ends[_key(deal)]

    def is_won(self, deal: Deal) -> bool:
        """Whether it is at a stage that means won."""
        stage = self.stages.get((deal.source, deal.stage_id))
        return stage is not None and stage.won

    def is_lost(self, deal: Deal) -> bool:
        """Whether it is at a stage that ends it without a sale."""
        stage = self.stages.get((deal.source, deal.stage_id))
        return stage is not None and stage.closed and not stage.won

    def open(self, at: datetime) -> list[Deal]:
        """Created by `at` and not closed by then."""
        return [d for d in self.snapshot.all(Deal) if d.created_at <= at and not self._closed_by(d, at)]

    def won(self, since: datetime, at: datetime) -> list[Deal]:
        """Won from `since` until `at`."""
        return [d for d in self._closed(since, at) if self.is_won(d)]

    def lost(self, since: datetime, at: datetime) -> list[Deal]:
        """Lost from `since` until `at`."""
        return [d for d in self._closed(since, at) if self.is_lost(d)]

    def undecided(self, since: datetime, at: datetime) -> list[Deal]:
        """Closed from `since` until `at` at a stage that the CRM no longer knows: neither won nor lost."""
        return [d for d in self._closed(since, at) if not self.is_won(d) and not self.is_lost(d)]

    def stage_at(self, deal: Deal, at: datetime) -> Stage | None:
        """The stage it was at; None when the CRM no longer knows that stage."""
        return self.stages.get(self.stage_key_at(deal, at))

    def stage_key_at(self, deal: Deal, at: datetime) -> Key:
        """The same as the CRM named it, whether or not it still knows it."""
        return self._stay_at(deal, at).stage

    def stuck(self, at: datetime) -> list[Stuck]:
        """Open deals at their stage longer than 80 % of won deals were, largest amount first."""
        limits = self._limits(at)
        found = []
        for deal in self.open(at):
            stay = self._stay_at(deal, at)
            days, limit = (at - stay.entered) / DAY, limits.get(stay.stage, self._default_limit)
            if days > limit:
                stage = self.stages.get(stay.stage)
                found.append(Stuck(deal, stage.name if stage else "an unknown stage", days, limit))
        return sorted(found, key=lambda stuck: self._largest_first(stuck, at))

    @property
    def _default_limit(self) -> float:
        return float(self.snapshot.policy.stuck_days)

    def _limits(self, at: datetime) -> dict[Key, float]:
        passed: dict[Key, list[float]] = {}
        for deal in self.snapshot.all(Deal):
            if not (self.is_won(deal) and self._closed_by(deal, at)):
                continue
            spent: dict[Key, float] = {}
            for stay in self.way(deal):
                if stay.left is not None:
                    spent[stay.stage] = spent.get(stay.stage, 0.0) + (stay.left - stay.entered) / DAY
            for stage, days in spent.items():
                passed.setdefault(stage, []).append(days)
        return {
            stage: percentile(days, 0.8) or 0.0
            for stage, days in passed.items()
            if len(days) >= PASSED_ENOUGH
        }

    def _largest_first(self, stuck: Stuck, at: datetime) -> tuple[int, str]:
        amount = self.amount(stuck.deal, at)
        return (-amount.amount if amount else 0, stuck.deal.ref)

    def _closed(self, since: datetime, at: datetime) -> list[Deal]:
        closings = ((deal, self.closed_at(deal)) for deal in self.snapshot.all(Deal))
        return [deal for deal, closed in closings if closed is not None and since <= closed <= at]

    def _closed_by(self, deal: Deal, at: datetime) -> bool:
        closed = self.closed_at(deal)
        return closed is not None and closed <= at

    def _stay_at(self, deal: Deal, at: datetime) -> Stay:
        """Where it was: the last stage entered by then, or its first."""
        way = self.way(deal)
        return next((stay for stay in reversed(way) if stay.entered <= at), way[0])


def terms_at(deal: Deal, at: datetime) -> DealTerms:
    """What it was expected to bring, and when, at an instant. Before the first terms that are known those
    stand; a deal without any past ones is taken to have been what it is."""
    if not deal.terms:
        return DealTerms(deal.created_at, deal.amount, deal.close_on)
    return next((terms for terms in reversed(deal.terms) if terms.since <= at), deal.terms[0])


def stays(deal: Deal) -> tuple[Stay, ...]:
    """Its way through the stages, oldest first; without a history, at its stage since it was created."""
    if not deal.stages:
        return (Stay((deal.source, deal.stage_id), deal.created_at, None),)
    leaving = [*(entry.entered_at for entry in deal.stages[1:]), None]
    pairs = zip(deal.stages, leaving, strict=True)
    return tuple(Stay((deal.source, entry.stage_id), entry.entered_at, left) for entry, left in pairs)


def _key(deal: Deal) -> Key:
    return deal.source, deal.id


def _end(deal: Deal, stage: Stage | None) -> datetime | None:
    """When it was decided, as its present `stage` has it; a stage that is not known leaves it to the CRM."""
    if stage is None:
        return deal.closed_at
    if not stage.closed:
        return None
    return deal.closed_at or stays(deal)[-1].entered
