"""A snapshot as the methods look at it: its books, opened once, and the ends of its days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from agents.finance.cash import CashBook
from agents.finance.ledger import Ledger
from agents.nouns import Deal, Noun
from agents.sales.deals import DealBook
from agents.snapshot import Age, Snapshot

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Scene:
    """The books of one snapshot; each is opened when a method asks for it."""

    snapshot: Snapshot

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.snapshot)

    @cached_property
    def cash(self) -> CashBook:
        return CashBook(self.snapshot)

    @cached_property
    def deals(self) -> DealBook:
        return DealBook.of(self.snapshot)

    @cached_property
    def _deals_by_ref(self) -> dict[str, Deal]:
        return {deal.ref: deal for deal in self.snapshot.all(Deal)}

    @cached_property
    def _paying(self) -> dict[datetime, frozenset[str]]:
        return {}

    def paying(self, at: datetime) -> frozenset[str]:
        """The customers with a subscription that counts at an instant."""
        if at not in self._paying:
            self._paying[at] = frozenset(self.ledger.refs(at))
        return self._paying[at]

    def deal(self, ref: str) -> Deal | None:
        """The deal with this ref; None if the CRM has it no longer."""
        return self._deals_by_ref.get(ref)

    @property
    def today(self) -> date:
        return self.snapshot.today

    def end_of(self, day: date) -> datetime:
        """The last instant of a day in the company's zone."""
        return self.snapshot.start_of(day + DAY) - MOMENT

    def same_time(self, day: date) -> datetime:
        """The instant of another day at which its clocks showed what they show now."""
        clock = self.snapshot.as_of.astimezone(self.snapshot.zone).time()
        return datetime.combine(day, clock, self.snapshot.zone).astimezone(UTC)

    def has(self, *nouns: type[Noun]) -> bool:
        """Whether all of these were ever read."""
        return self.snapshot.freshness(*nouns).age is not Age.MISSING

    def knows(self, noun: type[Noun], instant: datetime) -> bool:
        """Whether every source of a noun was read after an instant, so that it is known what was then."""
        read = self.snapshot.freshness(noun).synced_at
        return read is not None and read > instant
