"""Who is likely to leave within a year, and why: a base rate, and the clues that speak for or against."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from agents.accounts import customer_key
from agents.figures import Kinds, refs
from agents.finance import receivables
from agents.money import Money
from agents.nouns import Invoice, Payment, Subscription, SurveyAnswer, Ticket, UsageDay
from agents.snapshot import Snapshot
from agents.success import signals
from agents.success.customers import Customers
from agents.success.signals import Trend, Usage
from agents.wording import plural

CLUES: Kinds = (Subscription, UsageDay, Ticket, SurveyAnswer, Payment, Invoice)
"""What a churn risk is made from, as far as it was ever read; without subscriptions there is none."""

YEAR = 365
PRIOR_LOST, PRIOR_CUSTOMERS = 1, 10
"""What the base rate starts from before there is a year of history: 1 customer in 10 a year."""
USAGE_FALLS = ((2.0, 8.0), (1.0, 4.0), (0.5, 2.0))
"""From how many times the policy's limit a fall of usage multiplies the odds by how much."""
ONE_SEVERE, MORE_SEVERE = 1.5, 2.5
"""Odds for one open severe ticket, and for several."""
DETRACTOR, PROMOTER = 2.5, 0.5
"""Odds for the newest NPS answer of 90 days."""
PAYMENT_FAILED, SET_TO_CANCEL = 2.5, 100.0
"""Odds for a failed payment that is still open, and for a subscription that is set to end."""


@dataclass(frozen=True, slots=True)
class ChurnRisk:
    """How likely one customer is to leave within a year, and why.

    `account` is the customer key; `probability` 0 to 1; `reasons` are in order of weight ("usage -42%",
    "3 severe tickets"); `yearly` is what they pay a year in the company currency, None without a rate.
    `leaving` says that the subscription is already set to end.
    """

    account: str
    name: str
    probability: float
    reasons: tuple[str, ...]
    yearly: Money | None
    evidence: tuple[str, ...]
    leaving: bool = False


def churn_risks(snapshot: Snapshot) -> tuple[ChurnRisk, ...]:
    """Every present customer with the probability that they leave within a year, most likely first.

    Method: the base rate is the company's own customer churn of the past year, (lost + 1) / (customers
    a year ago + 10), which is 10 % before there is any history. Its odds are multiplied once for each
    factor that holds: usage fell by half of `policy.usage_drop` (2), by all of it (4) or by twice that
    (8); one open severe ticket (1.5) or more (2.5); the newest NPS answer of 90 days is a detractor's
    (2.5) or a promoter's (0.5); a failed payment still open (2.5); set to cancel (100). The factors are
    a stated judgement, not fitted; a source that was never read adds nothing.
    """
    return ChurnBook(Customers.of(snapshot), Usage(snapshot)).risks(snapshot.as_of)


def base_rate(lost: int, customers: int) -> float:
    """Yearly customer churn, from those lost of the customers there were a year ago."""
    return (lost + PRIOR_LOST) / (customers + PRIOR_CUSTOMERS)


@dataclass(frozen=True, slots=True)
class ChurnBook:
    """The churn risks of a snapshot, asked for any instant; what was worked out once is kept."""

    customers: Customers
    usage: Usage
    _risks: dict[datetime, tuple[ChurnRisk, ...]] = field(default_factory=dict)

    def risks(self, at: datetime) -> tuple[ChurnRisk, ...]:
        """See `churn_risks`."""
        if at not in self._risks:
            self._risks[at] = self._worked_out(at)
        return self._risks[at]

    def base(self, at: datetime) -> float:
        """The base rate at an instant, see `base_rate`."""
        year = self.customers.ledger.period(at, YEAR)
        return base_rate(year.lost, year.at_start)

    def _worked_out(self, at: datetime) -> tuple[ChurnRisk, ...]:
        base, clues = self.base(at), _clues(self.customers.snapshot, self.usage, at)
        found = [self._risk(who, base, clues.get(who, []), at) for who in self.customers.present(at)]
        return tuple(sorted(found, key=lambda r: (-r.probability, -_worth(r), r.account)))

    def _risk(self, who: str, base: float, clues: list[Clue], at: datetime) -> ChurnRisk:
        lines = self.customers.present(at)[who]
        leaving = all(self.customers.ledger.is_leaving(line, at) for line in lines)
        ending = [Clue(SET_TO_CANCEL, "set to cancel", ())] if leaving else []
        factors = sorted([*clues, *ending], key=lambda clue: -clue.odds)
        odds = base / (1 - base)
        for clue in factors:
            odds *= clue.odds
        return ChurnRisk(
            account=who,
            name=self.customers.name(who),
            probability=odds / (1 + odds),
            reasons=tuple(clue.reason for clue in factors if clue.odds > 1),
            yearly=self.customers.yearly(lines, self.customers.snapshot.day_of(at)),
            evidence=(*(line.ref for line in lines), *(r for c in factors for r in c.evidence)),
            leaving=leaving,
        )


# ── clues ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Clue:
    """Something about a customer that multiplies the odds of their leaving."""

    odds: float
    reason: str
    evidence: tuple[str, ...]


def _clues(snapshot: Snapshot, usage: Usage, at: datetime) -> dict[str, list[Clue]]:
    """By customer key, all but a scheduled end."""
    found: dict[str, list[Clue]] = {}
    for account, trend in usage.trends(at).items():
        if (clue := _usage_clue(trend, snapshot.policy.usage_drop)) is not None:
            found.setdefault(account, []).append(clue)
    for account, tickets in signals.severe_tickets(snapshot, at).items():
        odds = ONE_SEVERE if len(tickets) == 1 else MORE_SEVERE
        found.setdefault(account, []).append(Clue(odds, plural(len(tickets), "severe ticket"), refs(tickets)))
    for account, answer in signals.latest_scores(snapshot, at).items():
        if answer.score <= 6:
            found.setdefault(account, []).append(Clue(DETRACTOR, "detractor", (answer.ref,)))
        elif answer.score >= 9:
            found.setdefault(account, []).append(Clue(PROMOTER, "promoter", (answer.ref,)))
    failed: dict[str, list[Payment]] = {}
    for payment in receivables.failed_at(snapshot, at)[0]:
        failed.setdefault(customer_key(payment), []).append(payment)
    for account, payments in failed.items():
        found.setdefault(account, []).append(Clue(PAYMENT_FAILED, "payment failed", refs(payments)))
    return found


def _usage_clue(trend: Trend, limit: float) -> Clue | None:
    for times, odds in USAGE_FALLS:
        if trend.fell(times * limit):
            return Clue(odds, f"usage {trend.change:+.0%}", trend.evidence)
    return None


def _worth(risk: ChurnRisk) -> int:
    return risk.yearly.amount if risk.yearly else 0
