"""Who is likely to leave, and why: how customers of their tenure stay, and the clues for and against.

Method. A customer starts from what became of the company's customers of the same tenure (see `tenure`):
the share that left within 30 days, taken to a year. Its odds are multiplied once for each clue: usage fell
by half of `policy.usage_drop` (2), by all of it (4) or by twice that (8); one open severe ticket (1.5) or
more (2.5); the newest NPS answer of 90 days is a detractor's (2.5) or a promoter's (0.5); a failed payment
still open (2.5); set to cancel (100). The factors are a stated judgement, not fitted; a source that was
never read adds nothing. The probability within 30 days is the one of a year, evenly spread over it:
1 - (1 - p)^(30/365); only an end that is set is not spread: it counts in full once it is 30 days off.

Only who gives a clue is worked out one by one; everyone else shares the rate of their tenure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import prod

from agents.accounts import customer_key
from agents.figures import Kinds, refs
from agents.finance import receivables
from agents.formula import Formula, Part, Term, leaf
from agents.money import Money
from agents.nouns import Invoice, Payment, Subscription, SurveyAnswer, Ticket, UsageDay
from agents.snapshot import Snapshot
from agents.success import signals
from agents.success.customers import Customers
from agents.success.signals import Trend, Usage
from agents.success.tenure import BANDS, SPAN, Tenures, in_a_year, within
from agents.unit import Unit
from agents.wording import plural

CLUES: Kinds = (Subscription, UsageDay, Ticket, SurveyAnswer, Payment, Invoice)
"""What a churn risk is made from, as far as it was ever read; without subscriptions there is none."""

USAGE_FALLS = ((2.0, 8.0), (1.0, 4.0), (0.5, 2.0))
"""From how many times the policy's limit a fall of usage multiplies the odds by how much."""
ONE_SEVERE, MORE_SEVERE = 1.5, 2.5
"""Odds for one open severe ticket, and for several."""
DETRACTOR, PROMOTER = 2.5, 0.5
"""Odds for the newest NPS answer of 90 days."""
PAYMENT_FAILED, SET_TO_CANCEL = 2.5, 100.0
"""Odds for a failed payment that is still open, and for a subscription that is set to end."""


@dataclass(frozen=True, slots=True)
class Clue:
    """Something about a customer that multiplies the odds of their leaving; `ends` when it is an end that is
    set already."""

    odds: float
    reason: str
    evidence: tuple[str, ...]
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChurnRisk:
    """How likely one customer is to leave, and why, as seen `at` an instant.

    `account` is the customer key; `base` the probability of their tenure within a year, before any clue;
    `clues` come heaviest first. `subscriptions` are the records of what they have; `worth` is 12 x MRR in
    the company currency, None without a rate.
    """

    account: str
    name: str
    base: float
    tenure: str
    clues: tuple[Clue, ...]
    subscriptions: tuple[str, ...]
    worth: Formula | None
    at: datetime

    @property
    def leaving(self) -> bool:
        """Whether all they have is already set to end."""
        return any(clue.ends for clue in self.clues)

    @property
    def probability(self) -> float:
        """Within a year, 0 to 1."""
        return moved(self.base, self.clues)

    @property
    def probability_30d(self) -> float:
        """Within 30 days, 0 to 1."""
        return moved_soon(self.base, self.clues, self.at)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What speaks for their leaving: "usage -42%", "3 severe tickets"."""
        return tuple(clue.reason for clue in self.clues if clue.odds > 1)

    @property
    def yearly(self) -> Money | None:
        """What they pay a year."""
        return self.worth.money() if self.worth else None

    @property
    def evidence(self) -> tuple[str, ...]:
        """Every record that was looked at."""
        return tuple(dict.fromkeys((*self.subscriptions, *(ref for c in self.clues for ref in c.evidence))))

    @property
    def formula(self) -> Formula:
        """How the probability within a year was made: the odds of the tenure times those of each clue."""
        start = Part(
            self.subscriptions, self.base / (1 - self.base), f"{self.base:.1%} a year: {self.tenure}"
        )
        parts = (start, *(Part(c.evidence or self.subscriptions, c.odds, c.reason) for c in self.clues))
        value = Fraction(prod(part.amount for part in parts))
        odds = leaf(Term("odds", Unit.TIMES, value, how="product", read=lambda: parts, combine=prod))
        return odds / (1 + odds)


def moved(base: float, clues: Iterable[Clue]) -> float:
    """A probability whose odds are multiplied by those of each clue."""
    odds = base / (1 - base) * prod(clue.odds for clue in clues)
    return odds / (1 + odds)


def moved_soon(base: float, clues: Sequence[Clue], at: datetime) -> float:
    """The probability within 30 days of an instant that comes of a yearly `base` and these clues."""
    ends = [clue.ends for clue in clues if clue.ends is not None]
    if any(end <= at + timedelta(days=SPAN) for end in ends):
        return moved(base, clues)
    return within(SPAN, moved(base, (clue for clue in clues if clue.ends is None)))


def monthly_base(snapshot: Snapshot) -> float:
    """The share of all customers that leaves within 30 days, whatever is known of each of them."""
    return within(SPAN, ChurnBook.of(snapshot).base(snapshot.as_of))


def monthly_risks(snapshot: Snapshot) -> Mapping[str, float]:
    """By customer key, the probability to leave within 30 days of everyone with MRR that has a rate."""
    return ChurnBook.of(snapshot).monthly(snapshot.as_of)


@dataclass(frozen=True, slots=True)
class ChurnBook:
    """The churn risks of a snapshot, asked for any instant; what was worked out once is kept."""

    customers: Customers
    usage: Usage
    tenures: Tenures
    _clues: dict[datetime, dict[str, tuple[Clue, ...]]] = field(default_factory=dict)
    _rates: dict[datetime, tuple[float, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Snapshot) -> ChurnBook:
        """The churn risks of this snapshot, nothing worked out yet."""
        customers = Customers.of(snapshot)
        return cls(customers, Usage(snapshot), Tenures(customers.ledger))

    def base(self, at: datetime) -> float:
        """The yearly rate of the whole company at an instant."""
        return self.tenures.yearly(at)

    def clues(self, at: datetime) -> Mapping[str, tuple[Clue, ...]]:
        """By customer key, all clues about present customers, the heaviest first."""
        if at not in self._clues:
            found = _clues(self.customers.snapshot, self.usage, at)
            for who, end in self.customers.leaving(at).items():
                found.setdefault(who, []).append(Clue(SET_TO_CANCEL, "set to cancel", (), end))
            self._clues[at] = {
                who: tuple(sorted(clues, key=lambda clue: -clue.odds))
                for who, clues in found.items()
                if self.customers.has(who, at)
            }
        return self._clues[at]

    def risk(self, who: str, at: datetime) -> ChurnRisk | None:
        """The risk of one customer; None if they had no subscription that counts."""
        if not self.customers.has(who, at):
            return None
        band = self.tenures.bands(at)(who)
        return ChurnRisk(
            account=who,
            name=self.customers.name(who),
            base=self._yearly(at)[band],
            tenure=BANDS[band][1],
            clues=self.clues(at).get(who, ()),
            subscriptions=self.customers.refs(who, at),
            worth=self.customers.yearly(who, at),
            at=at,
        )

    def above(self, limit: float, at: datetime) -> tuple[str, ...]:
        """Customers who leave within a year with this probability at least, in no order. Who gives no clue
        is looked at only where the rate of some tenure alone is that high."""
        base, band, clues = self._yearly(at), self.tenures.bands(at), self.clues(at)
        found = [who for who, known in clues.items() if moved(base[band(who)], known) >= limit]
        if max(base) >= limit:
            others = (who for who in self.customers.everyone(at) if who not in clues)
            found += (who for who in others if base[band(who)] >= limit)
        return tuple(found)

    def worst(self, limit: float, at: datetime) -> tuple[ChurnRisk, ...]:
        """The risks of those `above`, the most likely first, then the most money."""
        found = [risk for who in self.above(limit, at) if (risk := self.risk(who, at)) is not None]
        return tuple(sorted(found, key=lambda r: (-r.probability, -_amount(r), r.account)))

    def monthly(self, at: datetime) -> dict[str, float]:
        """See `monthly_risks`."""
        rates, base, band = self._monthly(at), self._yearly(at), self.tenures.bands(at)
        amounts = self.customers.ledger.book(at).amounts
        found = {who: rates[band(who)] for who, amount in amounts.items() if amount > 0}
        for who, clues in self.clues(at).items():
            if who in found:
                found[who] = moved_soon(base[band(who)], clues, at)
        return found

    def _monthly(self, at: datetime) -> tuple[float, ...]:
        """The rate of each tenure within 30 days."""
        if at not in self._rates:
            self._rates[at] = self.tenures.rates(at)
        return self._rates[at]

    def _yearly(self, at: datetime) -> tuple[float, ...]:
        """The same within a year."""
        return tuple(in_a_year(rate) for rate in self._monthly(at))


# ── clues ────────────────────────────────────────────────────────────────────────────────────────


def _clues(snapshot: Snapshot, usage: Usage, at: datetime) -> dict[str, list[Clue]]:
    """By customer key, all but a scheduled end."""
    found: dict[str, list[Clue]] = {}
    for account, clue in (
        *_of_usage(usage, snapshot.policy.usage_drop, at),
        *_of_tickets(snapshot, at),
        *_of_answers(snapshot, at),
        *_of_payments(snapshot, at),
    ):
        found.setdefault(account, []).append(clue)
    return found


def _of_usage(usage: Usage, limit: float, at: datetime) -> Iterator[tuple[str, Clue]]:
    for account, trend in usage.trends(at).items():
        if (clue := _usage_clue(trend, limit)) is not None:
            yield account, clue


def _usage_clue(trend: Trend, limit: float) -> Clue | None:
    for times, odds in USAGE_FALLS:
        if trend.fell(times * limit):
            return Clue(odds, f"usage {trend.change:+.0%}", trend.evidence)
    return None


def _of_tickets(snapshot: Snapshot, at: datetime) -> Iterator[tuple[str, Clue]]:
    for account, tickets in signals.severe_tickets(snapshot, at).items():
        odds = ONE_SEVERE if len(tickets) == 1 else MORE_SEVERE
        yield account, Clue(odds, plural(len(tickets), "severe ticket"), refs(tickets))


def _of_answers(snapshot: Snapshot, at: datetime) -> Iterator[tuple[str, Clue]]:
    for account, answer in signals.latest_scores(snapshot, at).items():
        if answer.score <= 6:
            yield account, Clue(DETRACTOR, "detractor", (answer.ref,))
        elif answer.score >= 9:
            yield account, Clue(PROMOTER, "promoter", (answer.ref,))


def _of_payments(snapshot: Snapshot, at: datetime) -> Iterator[tuple[str, Clue]]:
    failed: dict[str, list[Payment]] = {}
    for payment in receivables.failed_at(snapshot, at)[0]:
        failed.setdefault(customer_key(payment), []).append(payment)
    for account, payments in failed.items():
        yield account, Clue(PAYMENT_FAILED, "payment failed", refs(payments))


def _amount(risk: ChurnRisk) -> int:
    return risk.yearly.amount if risk.yearly else 0
