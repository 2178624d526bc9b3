"""What a cross-team rule may look at: the snapshot and the reports, and nothing that is not there.

Every question either has an answer or raises `UnseenError`; a rule never sees a None and never a silent zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from heapq import nsmallest

from agents.figures import clip
from agents.formula import Formula, Part, Term, leaf
from agents.money import Money
from agents.report import Metric, Report, Value
from agents.snapshot import Snapshot
from agents.success.churn import ChurnRisk
from agents.success.desk import Desk
from agents.success.renewals import Renewal, renewals_at

WEEKS = 4
"""How far back a rise or a fall is measured."""
NAME_WIDTH = 24
"""What is left for a customer's name in a title."""


class UnseenError(Exception):
    """A rule asked for something that nobody knows; the message says what."""


@dataclass(slots=True)
class _Kept:
    """What several rules ask for and takes time to work out."""

    desk: Desk | None = None
    renewals: tuple[Renewal, ...] | None = None


@dataclass(frozen=True, slots=True)
class View:
    """The whole company, for one question at a time; `UnseenError` is raised where there is no answer."""

    snapshot: Snapshot
    reports: Mapping[str, Report]
    _kept: _Kept = field(default_factory=_Kept, repr=False, compare=False)

    @property
    def today(self) -> date:
        """The day of the briefing in the company's zone."""
        return self.snapshot.today

    @property
    def horizon(self) -> date:
        """The last day of the weeks over which capacity is planned."""
        return self.today + timedelta(weeks=self.snapshot.policy.capacity_weeks)

    def report(self, agent: str) -> Report:
        """The report of an agent that did not fail."""
        report = self.reports.get(agent)
        if report is None or report.error is not None:
            raise UnseenError(f"no report of {agent}")
        return report

    def metric(self, agent: str, key: str) -> Metric:
        """A metric that is there, whether or not it has a value."""
        found = self.report(agent).metric(key)
        if found is None:
            raise UnseenError(f"{agent} has no {key}")
        return found

    def number(self, agent: str, key: str) -> float:
        """The value of a metric that is counted, not money."""
        value = self.metric(agent, key).value
        if value is None or isinstance(value, Money):
            raise UnseenError(f"no number for {key}")
        return value

    def money(self, agent: str, key: str) -> Money:
        """The value of a metric that is money, in the company currency."""
        value = self.metric(agent, key).value
        if not isinstance(value, Money):
            raise UnseenError(f"no amount for {key}")
        return value

    def growth(self, agent: str, key: str) -> float:
        """How a metric changed over four weeks, as a share of what it was: 0.1 is a rise of 10 %."""
        then, now = self._ends(agent, key)
        if not then:
            raise UnseenError(f"{key} was 0 four weeks ago")
        return (now - then) / abs(then)

    def step(self, agent: str, key: str) -> float:
        """How a metric changed over four weeks, in its own unit (minor units for money)."""
        then, now = self._ends(agent, key)
        return now - then

    def evidence(self, *metrics: tuple[str, str]) -> tuple[str, ...]:
        """The records behind these (agent, key) metrics, each once."""
        return united(self.metric(agent, key).evidence for agent, key in metrics)

    @property
    def desk(self) -> Desk:
        """The books of the success agent: who pays, who may leave, what they are called."""
        if self._kept.desk is None:
            self._kept.desk = Desk.of(self.snapshot)
        return self._kept.desk

    def name(self, account: str) -> str:
        """What people call a customer: the CRM's name, else the payer's, else the account itself."""
        return clip(self.desk.customers.name(account), NAME_WIDTH)

    def renewals(self) -> tuple[Renewal, ...]:
        """The contracts that renew soon, as the success agent sees them."""
        if self._kept.renewals is None:
            self._kept.renewals = renewals_at(self.desk.customers, self.snapshot.as_of)
        return self._kept.renewals

    def churn_risk(self, customer: str) -> ChurnRisk | None:
        """How likely a customer is to leave, as the success agent sees it; None for one who does not pay."""
        return self.desk.churn.risk(customer, self.snapshot.as_of)

    def mrr(self, customer: str) -> Formula:
        """What a customer pays a month at present. What has no rate is left out, since there is no saying
        what it is worth."""
        held = self.desk.customers.held(customer, self.snapshot.as_of)
        return self.desk.customers.mrr("MRR of the customer", held, self.snapshot.as_of)

    def all_mrr(self) -> Formula:
        """The same of all customers together."""
        return self.desk.customers.ledger.mrr("MRR", self.snapshot.as_of)

    def largest(self, count: int) -> tuple[str, ...]:
        """The customers who pay the most at present, the largest first."""
        amounts = self.desk.customers.ledger.book(self.snapshot.as_of).amounts
        paying = ((-amount, who) for who, amount in amounts.items() if amount > 0)
        return tuple(who for _, who in nsmallest(count, paying))

    def paid_by(self, customer: str) -> tuple[str, ...]:
        """The refs of the subscriptions that make up what a customer pays."""
        return self.desk.customers.refs(customer, self.snapshot.as_of)

    def formula(self, agent: str, key: str) -> Formula | None:
        """How a metric was made, as far as its agent says."""
        return self.metric(agent, key).formula

    def made(self, agent: str, key: str) -> Formula:
        """How a metric that has a value was made, to be reckoned with; where its agent does not say, it is
        one quantity, made of its evidence."""
        metric = self.metric(agent, key)
        if metric.formula is not None:
            return metric.formula
        value = _plain(metric.value)
        if value is None:
            raise UnseenError(f"no number for {key}")
        currency = metric.value.currency if isinstance(metric.value, Money) else None
        whole = Part(tuple(metric.evidence), value)
        return leaf(Term(key, metric.unit, Fraction(value), currency, read=lambda: (whole,)))

    def converted(self, amount: Money | None) -> Money | None:
        """An amount in the company currency at today's rate; None if it has no amount or no rate."""
        return None if amount is None else self.snapshot.convert(amount, self.today)

    def _ends(self, agent: str, key: str) -> tuple[float, float]:
        series = self.metric(agent, key).series
        if len(series) <= WEEKS:
            raise UnseenError(f"{key} is not known for four weeks")
        then, now = _plain(series[-1 - WEEKS]), _plain(series[-1])
        if then is None or now is None:
            raise UnseenError(f"{key} is not known for four weeks")
        return then, now


def united(parts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """All strings of all parts, each once, in the order of their first appearance."""
    return tuple(dict.fromkeys(ref for part in parts for ref in part))


def _plain(value: Value) -> float | None:
    return value.amount if isinstance(value, Money) else value
