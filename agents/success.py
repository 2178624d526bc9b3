"""Success: how customers fare, who is likely to leave and why, and what renews soon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from agents import receivables, revenue, signals
from agents.accounts import customer_key, names
from agents.figures import Figure, Finding, Kinds, clip, metric
from agents.ledger import Ledger
from agents.money import Money, total
from agents.nouns import (
    Company,
    Customer,
    FxRate,
    Invoice,
    Noun,
    Payment,
    Subscription,
    SurveyAnswer,
    Ticket,
    UsageDay,
)
from agents.report import Agent, Alert, Good, Metric, Recommendation, Report, Status, Unit, health
from agents.revenue import Line
from agents.signals import Trend, Usage
from agents.snapshot import Age, Snapshot
from agents.success_figures import ANY, metrics
from agents.wording import plural

NAME = "success"
NEEDS: Kinds = (Ticket, SurveyAnswer, UsageDay, Subscription)
READS: Kinds = (*NEEDS, Payment, Invoice, FxRate, Customer, Company)
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
ASK_BEFORE = timedelta(days=7)
"""A renewal is to be decided so long before its day."""
MOST = 5
"""Recommendations of one kind: the most pressing only."""

Findings = Iterator[Alert | Recommendation]


# ── who may leave ────────────────────────────────────────────────────────────────────────────────


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


@dataclass(frozen=True, slots=True)
class Renewal:
    """A contract of a year or longer that renews soon. `account` is the customer key, `yearly` as in
    `ChurnRisk`, `severe` how many severe tickets the customer has open."""

    account: str
    name: str
    renews_on: date
    yearly: Money | None
    severe: int
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """What every question about customers looks at; what was worked out once is kept."""

    snapshot: Snapshot
    ledger: Ledger
    usage: Usage
    names: dict[str, str]
    _risks: dict[datetime, tuple[ChurnRisk, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Snapshot) -> Desk:
        return cls(snapshot, Ledger(snapshot), Usage(snapshot), names(snapshot))

    def customers(self, at: datetime) -> dict[str, list[Line]]:
        """The subscriptions that count at an instant, by customer key."""
        found: dict[str, list[Line]] = {}
        for line in self.ledger.lines(at):
            found.setdefault(line.customer, []).append(line)
        return found

    def yearly(self, lines: list[Line], on: date) -> Money | None:
        """What these come to in a year, in the company currency; None if a rate is missing."""
        known = [self.snapshot.convert(line.mrr, on) for line in lines]
        here = [mrr for mrr in known if mrr is not None]
        return revenue.arr(total(here, self.snapshot.currency)) if len(here) == len(known) else None

    def known(self, *nouns: type[Noun]) -> Kinds:
        """Those of the nouns that were ever read: what a question with optional parts was answered from."""
        return tuple(noun for noun in nouns if self.snapshot.freshness(noun).age is not Age.MISSING)

    def risks(self, at: datetime) -> tuple[ChurnRisk, ...]:
        """See `churn_risks`."""
        if at not in self._risks:
            self._risks[at] = _risks(self, at)
        return self._risks[at]


def churn_risks(snapshot: Snapshot) -> tuple[ChurnRisk, ...]:
    """Every present customer with the probability that they leave within a year, most likely first.

    Method: the base rate is the company's own customer churn of the past year, (lost + 1) / (customers
    a year ago + 10), which is 10 % before there is any history. Its odds are multiplied once for each
    factor that holds: usage fell by half of `policy.usage_drop` (2), by all of it (4) or by twice that
    (8); one open severe ticket (1.5) or more (2.5); the newest NPS answer of 90 days is a detractor's
    (2.5) or a promoter's (0.5); a failed payment still open (2.5); set to cancel (100). The factors are
    a stated judgement, not fitted; a source that was never read adds nothing.
    """
    return Desk.of(snapshot).risks(snapshot.as_of)


def base_rate(lost: int, customers: int) -> float:
    """Yearly customer churn, from those lost of the customers there were a year ago."""
    return (lost + PRIOR_LOST) / (customers + PRIOR_CUSTOMERS)


def _risks(desk: Desk, at: datetime) -> tuple[ChurnRisk, ...]:
    day = desk.snapshot.day_of(at)
    year = desk.ledger.period(at, YEAR)
    base = base_rate(year.lost, year.at_start)
    clues = _clues(desk, at)
    found = []
    for who, lines in desk.customers(at).items():
        leaving = all(desk.ledger.is_leaving(line, at) for line in lines)
        factors = [*clues.get(who, ())]
        if leaving:
            factors.append(Clue(SET_TO_CANCEL, "set to cancel", ()))
        factors.sort(key=lambda clue: -clue.odds)
        odds = base / (1 - base)
        for clue in factors:
            odds *= clue.odds
        refs = (*(line.subscription.ref for line in lines), *(r for c in factors for r in c.evidence))
        reasons = tuple(clue.reason for clue in factors if clue.odds > 1)
        yearly = desk.yearly(lines, day)
        name = desk.names.get(who, who)
        found.append(ChurnRisk(who, name, odds / (1 + odds), reasons, yearly, refs, leaving))
    worth = {risk.account: risk.yearly.amount if risk.yearly else 0 for risk in found}
    return tuple(sorted(found, key=lambda r: (-r.probability, -worth[r.account], r.account)))


@dataclass(frozen=True, slots=True)
class Clue:
    """Something about a customer that multiplies the odds of their leaving."""

    odds: float
    reason: str
    evidence: tuple[str, ...]


def _clues(desk: Desk, at: datetime) -> dict[str, list[Clue]]:
    """By customer key, all but a scheduled end."""
    snapshot = desk.snapshot
    found: dict[str, list[Clue]] = {}
    for account, trend in desk.usage.trends(at).items():
        if (clue := _usage_clue(trend, snapshot.policy.usage_drop)) is not None:
            found.setdefault(account, []).append(clue)
    for account, tickets in signals.severe_tickets(snapshot, at).items():
        odds = ONE_SEVERE if len(tickets) == 1 else MORE_SEVERE
        refs = tuple(ticket.ref for ticket in tickets)
        found.setdefault(account, []).append(Clue(odds, plural(len(tickets), "severe ticket"), refs))
    for account, answer in signals.latest_scores(snapshot, at).items():
        if answer.score <= 6:
            found.setdefault(account, []).append(Clue(DETRACTOR, "detractor", (answer.ref,)))
        elif answer.score >= 9:
            found.setdefault(account, []).append(Clue(PROMOTER, "promoter", (answer.ref,)))
    failed: dict[str, tuple[str, ...]] = {}
    for payment in receivables.failed_at(snapshot, at)[0]:
        failed[customer_key(payment)] = (*failed.get(customer_key(payment), ()), payment.ref)
    for account, refs in failed.items():
        found.setdefault(account, []).append(Clue(PAYMENT_FAILED, "payment failed", refs))
    return found


def _usage_clue(trend: Trend, limit: float) -> Clue | None:
    for times, odds in USAGE_FALLS:
        if _fell(trend, times * limit):
            return Clue(odds, f"usage {trend.change:+.0%}", trend.evidence)
    return None


def _fell(trend: Trend, share: float) -> bool:
    return trend.change is not None and trend.change <= -share


# ── what renews ──────────────────────────────────────────────────────────────────────────────────


def renewals(snapshot: Snapshot) -> tuple[Renewal, ...]:
    """Contracts of a year or longer that renew within `policy.renewal_days`, the next one first.

    A monthly renewal is no event; one that is set to cancel does not renew.
    """
    return _renewals(Desk.of(snapshot), snapshot.as_of)


def _renewals(desk: Desk, at: datetime) -> tuple[Renewal, ...]:
    snapshot, today = desk.snapshot, desk.snapshot.day_of(at)
    last = today + timedelta(days=snapshot.policy.renewal_days)
    severe = signals.severe_tickets(snapshot, at)
    found = []
    for line in desk.ledger.lines(at):
        terms = line.subscription
        if terms.renews_at is None or desk.ledger.is_leaving(line, at) or not _is_yearly(terms):
            continue
        renews_on = snapshot.day_of(terms.renews_at)
        if today <= renews_on <= last:
            tickets = severe.get(line.customer, ())
            refs = (terms.ref, *(ticket.ref for ticket in tickets))
            name, yearly = desk.names.get(line.customer, line.customer), desk.yearly([line], today)
            found.append(Renewal(line.customer, name, renews_on, yearly, len(tickets), refs))
    return tuple(sorted(found, key=lambda one: (one.renews_on, one.evidence)))


def _is_yearly(terms: Subscription) -> bool:
    return any(
        (item.interval == "year" or (item.interval == "month" and item.interval_count >= 12))
        for item in terms.items
        if not item.metered
    )


# ── the report ───────────────────────────────────────────────────────────────────────────────────


def analyse(snapshot: Snapshot) -> Report:
    """Success's report: figures, alerts and what to do, from the snapshot alone."""
    desk = Desk.of(snapshot)
    found = [one for rule in RULES for one in rule(desk)]
    return Report(
        agent=NAME,
        as_of=snapshot.as_of,
        health=health(snapshot, READS, NEEDS),
        metrics=(*metrics(snapshot, desk.usage), *_customer_metrics(desk)),
        alerts=tuple(one for one in found if isinstance(one, Alert)),
        recommendations=tuple(one for one in found if isinstance(one, Recommendation)),
    )


def _customer_metrics(desk: Desk) -> tuple[Metric, ...]:
    show = partial(metric, desk.snapshot)
    return (
        show(
            "accounts_fading",
            "Fading accounts",
            Unit.COUNT,
            partial(_fading, desk),
            reads=(UsageDay, Subscription),
            good=Good.DOWN,
            grade=ANY,
        ),
        show(
            "churn_risk",
            "Customers at risk",
            Unit.COUNT,
            partial(_at_risk, desk),
            reads=(Subscription, *desk.known(*CLUES)),
            good=Good.DOWN,
            grade=ANY,
        ),
        show(
            "renewals_due",
            f"Renewals ({desk.snapshot.policy.renewal_days}d)",
            Unit.MONEY,
            partial(_renewals_due, desk),
            reads=(Subscription, *desk.known(Ticket)),
            good=Good.NEITHER,
        ),
    )


def _fading(desk: Desk, at: datetime) -> Figure:
    """Present customers whose usage fell by `policy.usage_drop` or more."""
    trends, limit = desk.usage.trends(at), desk.snapshot.policy.usage_drop
    if not trends:
        return Figure(None, absent="n/a: fewer than 56 days of usage")
    here = desk.customers(at)
    found = {who: trend for who, trend in trends.items() if who in here and _fell(trend, limit)}
    return Figure(len(found), tuple(ref for trend in found.values() for ref in trend.evidence))


def _at_risk(desk: Desk, at: datetime) -> Figure:
    """Customers whose probability of churn is `policy.churn_risk_act` or more; the base rate in the note."""
    found = [risk for risk in desk.risks(at) if risk.probability >= desk.snapshot.policy.churn_risk_act]
    year = desk.ledger.period(at, YEAR)
    note = f"base {base_rate(year.lost, year.at_start):.0%} a year"
    return Figure(len(found), tuple(ref for risk in found for ref in risk.evidence), note)


def _renewals_due(desk: Desk, at: datetime) -> Figure:
    """The yearly value of what `renewals` lists."""
    found = _renewals(desk, at)
    worth = [one.yearly for one in found if one.yearly is not None]
    left = len(found) - len(worth)
    return Figure(
        total(worth, desk.snapshot.currency),
        tuple(dict.fromkeys(ref for one in found for ref in one.evidence)),
        plural(len(found), "contract") if found else "",
        partial=f"not converted: {plural(left, 'contract')}" if left else None,
    )


# ── rules ────────────────────────────────────────────────────────────────────────────────────────


def churn_risk(desk: Desk) -> Findings:
    """Customers likely to leave. Who renews soon is asked for there; who has cancelled, by finance."""
    now = desk.snapshot.as_of
    renewing = {one.account for one in _renewals(desk, now)}
    asked = 0
    for risk in desk.risks(now):
        if risk.probability < desk.snapshot.policy.churn_risk_act:
            break
        found = _finding(desk, "churn_risk", desk.known(*CLUES), risk.evidence, risk.account)
        name, why = clip(risk.name, 30), clip(f"{_worth(risk.yearly)}{', '.join(risk.reasons)}", 75)
        title = f"{name} may leave: {risk.probability:.0%} within a year"
        yield found.alert(Status.ACT, title, why, risk.probability, Unit.RATIO)
        if asked < MOST and risk.account not in renewing and not risk.leaving:
            asked += 1
            yield found.recommend(
                f"Call {name}: {risk.probability:.0%} likely to leave",
                why,
                impact=risk.yearly,
                due_on=desk.snapshot.today + timedelta(days=2),
                minutes=30,
                demand=60,
                tags=("retention", "customers"),
            )


def fading(desk: Desk) -> Findings:
    """Customers whose usage fell, though nothing else is wrong yet."""
    here, limit = desk.customers(desk.snapshot.as_of), desk.snapshot.policy.usage_drop
    for who, trend in desk.usage.trends(desk.snapshot.as_of).items():
        if who in here and _fell(trend, limit):
            name = clip(desk.names.get(who, who), 30)
            detail = f"{trend.now:,} events in 28 days, {trend.before:,} in the 28 before"
            found = _finding(desk, "fading", (UsageDay, Subscription), trend.evidence, who)
            yield found.alert(
                Status.WATCH, f"{name}: usage {trend.change:+.0%}", detail, trend.change, Unit.RATIO
            )


def severe_tickets(desk: Desk) -> Findings:
    """Customers with severe tickets open: ACT for the worst severity."""
    for who, tickets in signals.severe_tickets(desk.snapshot, desk.snapshot.as_of).items():
        worst = min(ticket.severity for ticket in tickets)
        oldest = min(desk.snapshot.day_of(ticket.created_at) for ticket in tickets)
        found = _finding(desk, "severe_tickets", (Ticket,), tuple(t.ref for t in tickets), who)
        yield found.alert(
            Status.ACT if worst <= 1 else Status.WATCH,
            f"{clip(desk.names.get(who, who), 30)}: {plural(len(tickets), 'severe ticket')} open",
            f"the worst is of severity {worst}, the oldest of {oldest}",
            len(tickets),
            Unit.COUNT,
        )


def renewal(desk: Desk) -> Findings:
    """Yearly contracts that renew soon, with what speaks against it."""
    today = desk.snapshot.today
    reasons = {risk.account: risk for risk in desk.risks(desk.snapshot.as_of)}
    for one in _renewals(desk, desk.snapshot.as_of)[:MOST]:
        risk, days = reasons[one.account], (one.renews_on - today).days
        when = "today" if days == 0 else f"in {plural(days, 'day')}"
        why = f"{_worth(one.yearly)}renews {when}"
        evidence = tuple(dict.fromkeys((*one.evidence, *risk.evidence)))
        found = Finding(
            desk.snapshot, NAME, "renewal", desk.known(*CLUES), evidence, one.account, one.evidence[0]
        )
        yield found.recommend(
            f"{clip(one.name, 30)} renewal: decide the offer",
            clip(f"{why}; {', '.join(risk.reasons)}" if risk.reasons else why, 75),
            impact=one.yearly,
            due_on=max(today, one.renews_on - ASK_BEFORE),
            minutes=15,
            demand=50,
            tags=("retention", "renewals"),
        )


RULES = (churn_risk, renewal, severe_tickets, fading)
"""Each looks at one thing and yields what it found; a new rule is a function and its name here."""


def _finding(desk: Desk, rule: str, reads: Kinds, evidence: tuple[str, ...], who: str) -> Finding:
    return Finding(desk.snapshot, NAME, rule, reads, evidence, who)


def _worth(yearly: Money | None) -> str:
    return f"{yearly.short()} a year, " if yearly else ""


AGENT = Agent(NAME, "Success", READS, NEEDS, analyse)
