"""How well each customer is, from 0 to 100: a weighted sum of what is known, every part with its reason.

Each part is 0 to 100. Usage: 100 where it did not fall, 0 at a fall of twice `policy.usage_drop`. Tickets:
100 less 40 for every severe one open and 10 for every other. Payment: 0 with a failed payment open or an
invoice more than 30 days overdue, 50 with any other overdue, else 100. NPS: ten times the newest score of 90
days. Seats: the share of the seats paid for that was used on the busiest of 28 days; one seat is a flat
price and says nothing. Contact: 100 for a ticket or an answer within 30 days, falling to 0 at 180.

What is not known of a customer is left out and the other weights share its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from fractions import Fraction

from agents.accounts import customer_key
from agents.figures import refs
from agents.finance import receivables
from agents.formula import Formula, Part, Term, leaf
from agents.nouns import Invoice, Noun, Payment, SurveyAnswer, Ticket
from agents.policy import HealthWeights
from agents.snapshot import Age, Snapshot
from agents.success import signals
from agents.success.customers import Customers
from agents.success.signals import Usage
from agents.unit import Unit
from agents.wording import plural

SEVERE_COSTS, TICKET_COSTS = 40, 10
"""Points that an open ticket takes, severe and other."""
LONG_OVERDUE = 30
"""Days past due from which on a debt leaves no points for payment."""
NEAR, FAR = 30, 180
"""Days since the last contact that cost nothing, and everything."""


@dataclass(frozen=True, slots=True)
class HealthPart:
    """One part of a customer's health: `value` 0 to 100, its `weight` among the parts that are known (they
    sum to 1), and why it has that value, with the records that say so."""

    name: str
    value: float
    weight: float
    why: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """How well a customer is: the `parts` that are known, the names of those that are `unknown`, and the
    records of what they pay for."""

    account: str
    parts: tuple[HealthPart, ...]
    unknown: tuple[str, ...]
    subscriptions: tuple[str, ...]

    @property
    def formula(self) -> Formula:
        """How the value was made: what each part brings of the 100 points."""
        found = tuple(Part(self._refs(p), p.value * p.weight, f"{p.name}: {p.why}") for p in self.parts)
        value = sum((Fraction(part.amount) for part in found), Fraction(0))
        return leaf(Term("points", Unit.SCORE, value, read=lambda: found))

    @property
    def value(self) -> float:
        """0 to 100."""
        return sum(part.value * part.weight for part in self.parts)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What costs points, the most first."""
        lost = sorted(self.parts, key=lambda part: -(100 - part.value) * part.weight)
        return tuple(part.why for part in lost if part.value < 100)

    @property
    def evidence(self) -> tuple[str, ...]:
        """Every record that was looked at."""
        return tuple(dict.fromkeys((*self.subscriptions, *(ref for p in self.parts for ref in p.evidence))))

    def _refs(self, part: HealthPart) -> tuple[str, ...]:
        """That nothing is open has no record; it is known of the customer as such."""
        return part.evidence or self.subscriptions


def health(snapshot: Snapshot, customer: str) -> Health | None:
    """How well a customer is now; None for one who does not pay, or of whom nothing else is known."""
    return HealthBook(Customers.of(snapshot), Usage(snapshot)).of(customer, snapshot.as_of)


Judged = tuple[float, str, tuple[str, ...]]
"""The value of a part, why, and the records that say so."""
Parts = Mapping[str, Mapping[str, Judged]]
"""By the name of the part, in the order of `HealthWeights`, what is known by customer."""


@dataclass(frozen=True, slots=True)
class HealthBook:
    """The health of the customers of a snapshot, asked for any instant; what was worked out once is kept."""

    customers: Customers
    usage: Usage
    _parts: dict[datetime, Parts] = field(default_factory=dict)

    def of(self, who: str, at: datetime) -> Health | None:
        """The health of one customer; None without a subscription, or if nothing at all is known."""
        if not self.customers.has(who, at):
            return None
        known = {
            name: one for name, found in self.parts(at).items() if (one := self._judged(name, found, who))
        }
        weights = {name: getattr(self.customers.snapshot.policy.health, name) for name in known}
        whole = sum(weights.values())
        if not whole:
            return None
        parts = tuple(
            HealthPart(name, value, weights[name] / whole, why, evidence)
            for name, (value, why, evidence) in known.items()
        )
        unknown = tuple(part.name for part in fields(HealthWeights) if part.name not in known)
        return Health(who, parts, unknown, self.customers.refs(who, at))

    def low(self, at: datetime) -> dict[str, Health]:
        """Customers whose health is below `policy.health_limit`. Of whom nothing is known but that nothing is
        open is well, and not looked at."""
        limit = self.customers.snapshot.policy.health_limit
        told = sorted({who for found in self.parts(at).values() for who in found})
        every = ((who, self.of(who, at)) for who in told)
        return {who: one for who, one in every if one is not None and one.value < limit}

    def parts(self, at: datetime) -> Parts:
        """All that is known of customers at an instant."""
        if at not in self._parts:
            snapshot = self.customers.snapshot
            self._parts[at] = {
                "usage": dict(_usage(self.usage, snapshot.policy.usage_drop, at)),
                "tickets": _tickets(snapshot, at),
                "payment": dict(_payment(snapshot, at)),
                "nps": dict(_nps(snapshot, at)),
                "seats": dict(_seats(self.customers, self.usage, at)),
                "contact": dict(_contact(snapshot, at)),
            }
        return self._parts[at]

    def _judged(self, name: str, found: Mapping[str, Judged], who: str) -> Judged | None:
        """Where a source was read and has nothing open about somebody, that is good and known."""
        if who in found or name not in CLEAR:
            return found.get(who)
        nouns, why = CLEAR[name]
        ages = [self.customers.snapshot.freshness(noun).age for noun in nouns]
        return None if all(age is Age.MISSING for age in ages) else (100.0, why, ())


CLEAR: Mapping[str, tuple[tuple[type[Noun], ...], str]] = {
    "tickets": ((Ticket,), "no ticket open"),
    "payment": ((Payment, Invoice), "nothing overdue or failed"),
}
"""Parts that are known where one of the nouns was ever read, and what is said if there is nothing."""


# ── parts ────────────────────────────────────────────────────────────────────────────────────────


def _usage(usage: Usage, drop: float, at: datetime) -> Iterator[tuple[str, Judged]]:
    for who, trend in usage.trends(at).items():
        if (change := trend.change) is not None:
            yield who, (_points(1 + change / (2 * drop)), f"usage {change:+.0%}", trend.evidence)


def _tickets(snapshot: Snapshot, at: datetime) -> dict[str, Judged]:
    found: dict[str, list[Ticket]] = {}
    for ticket in signals.open_tickets(snapshot, at):
        if ticket.account:
            found.setdefault(ticket.account, []).append(ticket)
    return {who: _of_tickets(tickets) for who, tickets in found.items()}


def _of_tickets(tickets: list[Ticket]) -> Judged:
    severe = sum(ticket.severity <= signals.SEVERE for ticket in tickets)
    costs = severe * SEVERE_COSTS + (len(tickets) - severe) * TICKET_COSTS
    why = plural(severe, "severe ticket") if severe else f"{plural(len(tickets), 'ticket')} open"
    return _points(1 - costs / 100), why, refs(tickets)


def _payment(snapshot: Snapshot, at: datetime) -> Iterator[tuple[str, Judged]]:
    """What is worse comes last, since it is what stays."""
    bills: dict[str, list[receivables.Owed]] = {}
    for owed in receivables.overdue_at(snapshot, at):
        bills.setdefault(customer_key(owed.invoice), []).append(owed)
    for who, late in bills.items():
        days = max(owed.days for owed in late)
        why = f"overdue for {plural(days, 'day')}"
        yield who, (0.0 if days > LONG_OVERDUE else 50.0, why, refs(owed.invoice for owed in late))
    for payment in receivables.failed_at(snapshot, at)[0]:
        yield customer_key(payment), (0.0, "payment failed", (payment.ref,))


def _nps(snapshot: Snapshot, at: datetime) -> Iterator[tuple[str, Judged]]:
    for who, answer in signals.latest_scores(snapshot, at).items():
        yield who, (_points(answer.score / 10), f"NPS answer {answer.score}", (answer.ref,))


def _seats(customers: Customers, usage: Usage, at: datetime) -> Iterator[tuple[str, Judged]]:
    for who, trend in usage.trends(at).items():
        seats = max((line.seats for line in customers.held(who, at)), default=0)
        if seats > 1 and trend.recent:
            busiest = max(trend.recent, key=lambda used: used.active_users)
            why = f"{busiest.active_users} of {seats} seats used"
            yield who, (_points(busiest.active_users / seats), why, (busiest.ref,))


def _contact(snapshot: Snapshot, at: datetime) -> Iterator[tuple[str, Judged]]:
    day = snapshot.day_of(at)
    newest: dict[str, tuple[date, str]] = {}
    for who, when, ref in _contacts(snapshot):
        if when <= day and (who not in newest or (when, ref) > newest[who]):
            newest[who] = when, ref
    for who, (when, ref) in newest.items():
        days = (day - when).days
        yield who, (_points((FAR - days) / (FAR - NEAR)), f"last heard of {plural(days, 'day')} ago", (ref,))


def _contacts(snapshot: Snapshot) -> Iterator[tuple[str, date, str]]:
    for ticket in snapshot.all(Ticket):
        if ticket.account:
            yield ticket.account, snapshot.day_of(ticket.created_at), ticket.ref
    for answer in snapshot.all(SurveyAnswer):
        if answer.account:
            yield answer.account, answer.answered_on, answer.ref


def _points(share: float) -> float:
    """A share as points, from 0 to 100."""
    return 100 * min(1.0, max(0.0, share))
