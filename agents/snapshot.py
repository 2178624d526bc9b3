"""Everything that is known about the company at one instant, and how old each part of it is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar, cast

from agents.limits import Limits
from agents.money import Money
from agents.nouns import FxRate, Noun
from agents.policy import Policy

if TYPE_CHECKING:
    from agents.finance.recurring import Recurring

N = TypeVar("N", bound=Noun)

RATE_LIFE = timedelta(days=7)
"""How long an exchange rate may be used after its day."""


class Age(StrEnum):
    """How far a part of the snapshot can be trusted, best first."""

    FRESH = "fresh"
    STALE = "stale"  # we have it, but it is older than its life, or the last attempt to renew it failed
    MISSING = "missing"  # nothing was ever read


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source as the store knows it: what it brings, when it last came, what is wrong now.

    `problem` is one plain line ("key expired"), `fix` the exact command that mends it. `partial`
    counts records that were skipped as unreadable in the last sync.
    """

    source: str
    kinds: tuple[str, ...]
    synced_at: datetime | None
    life: timedelta
    problem: str | None = None
    fix: str | None = None
    partial: int = 0


@dataclass(frozen=True, slots=True)
class Freshness:
    """The age of what a figure was made from. `sources` names all of them, `synced_at` is the oldest."""

    age: Age
    sources: tuple[str, ...]
    synced_at: datetime | None
    problem: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """A quarterly goal. `quarter` like `2026-Q4`; `weight` is relative to the other open goals."""

    id: str
    title: str
    quarter: str
    weight: float
    tags: tuple[str, ...]
    open: bool


@dataclass(frozen=True, slots=True)
class Task:
    """Something the user set themselves. `demand` is the energy it takes, 0 to 100."""

    id: str
    title: str
    impact: Money | None
    due_on: date | None
    minutes: int
    demand: int
    tags: tuple[str, ...]
    done: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Energy:
    """How much the user has to give now, 0 to 100, and where that number comes from."""

    level: int
    origin: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known at `as_of` (aware, UTC). Agents read it and nothing else.

    `records` maps a noun class to its records, ordered by (source, id), so that the same data gives
    the same bytes whatever database it came from. `muted` holds ids that the user put off. `recurring`
    answers for recurring revenue where there are too many subscriptions to go through one by one; `limits`
    are what the owner wants of single figures.
    """

    tenant: str
    company: str
    as_of: datetime
    zone: tzinfo
    currency: str
    policy: Policy
    records: Mapping[type[Noun], tuple[Noun, ...]]
    sources: tuple[SourceState, ...] = ()
    goals: tuple[Goal, ...] = ()
    tasks: tuple[Task, ...] = ()
    energy: Energy = Energy(60, "default")
    muted: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=dict)
    recurring: Recurring | None = field(default=None, repr=False, compare=False)
    _rates: dict[tuple[str, str], list[tuple[date, Decimal]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def all(self, noun: type[N]) -> tuple[N, ...]:
        """All records of one noun, ordered by (source, id)."""
        return cast("tuple[N, ...]", self.records.get(noun, ()))

    @property
    def today(self) -> date:
        """The calendar day of `as_of` in the company's zone."""
        return self.day_of(self.as_of)

    def day_of(self, instant: datetime) -> date:
        """The calendar day of an instant in the company's zone."""
        return instant.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The instant, in UTC, at which `day` begins in the company's zone."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def freshness(self, *nouns: type[Noun]) -> Freshness:
        """The worst age among the sources that bring `nouns`; missing if one of them has no source."""
        found: list[Freshness] = []
        for noun in nouns:
            states = [s for s in self.sources if noun.kind in s.kinds]
            found.append(self._worst(self._of(state) for state in states))
        return self._worst(found)

    def convert(self, money: Money, on: date) -> Money | None:
        """`money` in the company currency at the newest rate of `on` or the 7 days before, else None."""
        if money.currency == self.currency:
            return money
        rate = self._rate(money.currency, self.currency, on)
        return None if rate is None else Money.of(money.major * rate, self.currency)

    def _of(self, state: SourceState) -> Freshness:
        names = (state.source,)
        if state.synced_at is None:
            return Freshness(Age.MISSING, names, None, state.problem, state.fix)
        late = self.as_of - state.synced_at > state.life
        age = Age.STALE if late or state.problem else Age.FRESH
        return Freshness(age, names, state.synced_at, state.problem, state.fix)

    @staticmethod
    def _worst(parts: Iterable[Freshness]) -> Freshness:
        known = list(parts)
        if not known:
            return Freshness(Age.MISSING, (), None)
        order = list(Age)
        worst = max(known, key=lambda f: (order.index(f.age), f.problem is not None))
        sources = tuple(sorted({name for f in known for name in f.sources}))
        instants = [f.synced_at for f in known if f.synced_at is not None]
        return Freshness(worst.age, sources, min(instants, default=None), worst.problem, worst.fix)

    def _rate(self, base: str, quote: str, on: date) -> Decimal | None:
        if not self._rates:
            self._rates.update(_sorted_rates(self.all(FxRate)))
        rates = self._rates.get((base, quote), [])
        place = bisect_right(rates, on, key=itemgetter(0))
        day, rate = rates[place - 1] if place else (date.min, None)
        return rate if on - day <= RATE_LIFE else None


def _sorted_rates(rates: Iterable[FxRate]) -> dict[tuple[str, str], list[tuple[date, Decimal]]]:
    """Both ways of every rate by (base, quote), oldest first; of several on one day the highest last."""
    found: dict[tuple[str, str], list[tuple[date, Decimal]]] = {}
    for fx in rates:
        found.setdefault((fx.base, fx.quote), []).append((fx.day, fx.rate))
        found.setdefault((fx.quote, fx.base), []).append((fx.day, 1 / fx.rate))
    return {pair: sorted(days) for pair, days in found.items()}
