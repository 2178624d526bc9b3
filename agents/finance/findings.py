"""What finance raises and proposes: short runway, churn, unpaid bills, customers set to cancel."""

from __future__ import annotations

from datetime import timedelta

from agents.figures import WHY, Finding, Findings, Kinds, clip, made
from agents.finance import receivables
from agents.finance.desk import Desk
from agents.finance.figures import MONTH, WATCH_SHARE
from agents.finance.leaving import leaving
from agents.finance.rates import mrr_churn_rate
from agents.finance.receivables import Debt
from agents.formula import Formula, given
from agents.money import Money
from agents.nouns import BankTransaction, CashBalance, Invoice, Payment, Subscription
from agents.quantity import text
from agents.report import Status
from agents.unit import Unit
from agents.wording import plural

MOST = 3
"""Recommendations of one kind: the largest only, since the rest is in the figures."""
LATE_DAYS, VERY_LATE_DAYS = 30, 60
"""Days past due after which a customer's debt is an alert, and after which it is ACT."""
ENDING_SOON = timedelta(days=14)
"""A subscription set to end sooner than this is ACT."""


def findings(desk: Desk) -> Findings:
    """All alerts and recommendations, in the order of the rules."""
    for rule in RULES:
        yield from rule(desk)


def runway(desk: Desk) -> Findings:
    """Cash that does not last as long as the policy asks for."""
    now, policy = desk.snapshot.as_of, desk.snapshot.policy
    left, burn, held = desk.cash.runway(now), desk.cash.burn(now), desk.cash.cash(now)
    status = desk.cash.runway_status()
    if status is Status.OK or burn is None or left.formula is None or held.formula is None:
        return
    limit = policy.runway_act if status is Status.ACT else policy.runway_watch
    net = (burn.paid_out() - burn.came_in()) / burn.length()
    aim = given("months to reach", policy.runway_watch, "policy.runway_watch", Unit.MONTHS)
    spare = net - held.formula / aim
    why = f"{_short(held.formula)} of cash, net burn {_short(net)} a month"
    found = desk.finding("runway", (CashBalance, BankTransaction), left.formula.refs)
    yield found.alert(
        status, f"Runway {text(left.value, Unit.MONTHS)}, limit {limit:g} mo", why, left, Unit.MONTHS
    )
    rise = desk.cash.fastest(now)
    yield found.recommend(
        f"Cut {_short(spare)} a month to get {policy.runway_watch:g} mo of runway",
        clip(f"{why}; {rise[0]} +{rise[1].short()}" if rise else why, WHY),
        impact=made(12 * spare),
        due_on=desk.snapshot.today + timedelta(days=7 if status is Status.ACT else 14),
        minutes=60,
        demand=80,
        tags=("cash", "runway"),
    )


def churn(desk: Desk) -> Findings:
    """Gross MRR churn of 30 days near or above its limit."""
    limit = desk.snapshot.policy.churn_limit
    period = desk.ledger.period(desk.snapshot.as_of, MONTH)
    rate = mrr_churn_rate(desk.ledger, desk.snapshot.as_of)
    if not isinstance(rate.value, float) or rate.value <= limit * WATCH_SHARE:
        return
    lost = sorted(
        (*period.customers.get("churn", ()), *period.customers.get("contraction", ())), key=lambda f: -f[1]
    )
    most = ", ".join(f"{desk.name(who, 20)} {_mrr(desk, size).short()}" for who, size in lost[:2])
    parts = desk.ledger.moved("churn", period) + desk.ledger.moved("contraction", period)
    yield desk.finding("churn", (Subscription,), parts.refs).alert(
        Status.ACT if rate.value > limit else Status.WATCH,
        f"Churn {rate.value:.1%} in 30 days, limit {limit:.1%}",
        f"{plural(len(lost), 'customer')} left or pay less: {most}",
        rate,
        Unit.RATIO,
    )


def overdue(desk: Desk) -> Findings:
    """Invoices past due: an alert per customer after 30 days, a call for the largest."""
    debts = receivables.overdue_debts(desk.snapshot)
    for place, debt in enumerate(debts):
        found = _debt(desk, "overdue", (Invoice,), debt)
        name, age = desk.name(debt.customer), plural(debt.days, "day")
        bills = f"{plural(len(debt.records), 'invoice')}, oldest due {debt.since}"
        if debt.days > LATE_DAYS:
            status = Status.ACT if debt.days > VERY_LATE_DAYS else Status.WATCH
            title = f"{name}: {debt.amount.short()} overdue {age}"
            yield found.alert(status, title, bills, debt.made, Unit.MONEY)
        if place < MOST:
            yield found.recommend(
                f"Chase {name}: {debt.amount.short()} overdue {age}",
                bills,
                impact=debt.stake,
                due_on=desk.snapshot.today,
                minutes=10,
                demand=35,
                tags=("cash", "collections"),
            )


def failed_payment(desk: Desk) -> Findings:
    """Payments that failed and are still open."""
    for place, debt in enumerate(receivables.failed_debts(desk.snapshot)):
        found = _debt(desk, "failed_payment", (Payment, Invoice), debt)
        name = desk.name(debt.customer)
        reasons = {r.failure for r in debt.records if isinstance(r, Payment) and r.failure}
        why = f"{plural(len(debt.records), 'payment')} failed since {debt.since}"
        why = f"{why}: {clip(', '.join(sorted(reasons)), 24)}" if reasons else why
        title = f"{name}: payment of {debt.amount.short()} failed"
        yield found.alert(Status.WATCH, title, why, debt.made, Unit.MONEY)
        if place < MOST:
            yield found.recommend(
                f"Get a working payment method from {name}",
                f"{debt.amount.short()} at risk; {why}",
                impact=debt.stake,
                due_on=desk.snapshot.today + timedelta(days=2),
                minutes=10,
                demand=25,
                tags=("cash", "retention"),
            )


def dispute(desk: Desk) -> Findings:
    """Payments that customers contest at their bank: there are days, not weeks, to answer."""
    for debt in receivables.disputes(desk.snapshot):
        title = f"{desk.name(debt.customer)} disputes {debt.amount.short()}"
        why = f"{plural(len(debt.records), 'payment')} contested, the oldest of {debt.since}"
        yield _debt(desk, "dispute", (Payment,), debt).alert(Status.ACT, title, why, debt.made, Unit.MONEY)


def cancelling(desk: Desk) -> Findings:
    """Subscriptions that are set to end: revenue that is still counted and will go."""
    today = desk.snapshot.today
    for place, going in enumerate(leaving(desk.snapshot, desk.ledger)):
        found = desk.finding(
            "cancelling",
            (Subscription,),
            going.evidence,
            going.customer,
            f"{going.customer} {going.money.currency}",
        )
        days = max(0, (going.ends_on - today).days)
        status = Status.ACT if going.ends_on - today < ENDING_SOON else Status.WATCH
        why = f"{going.money.short()} a year is set to end on {going.ends_on}, in {plural(days, 'day')}"
        title = f"{desk.name(going.customer)} is set to cancel on {going.ends_on}"
        yield found.alert(status, title, why, going.yearly, Unit.MONEY)
        if place < MOST:
            yield found.recommend(
                f"{desk.name(going.customer)} cancels: win back or let go",
                why,
                impact=going.yearly if going.money.currency == desk.snapshot.currency else None,
                due_on=min(today + timedelta(days=7), max(today, going.ends_on)),
                minutes=20,
                demand=60,
                tags=("retention", "revenue"),
            )


RULES = (runway, churn, overdue, failed_payment, dispute, cancelling)
"""Each looks at one thing and yields what it found; a new rule is a function and its name here."""


def _debt(desk: Desk, rule: str, reads: Kinds, debt: Debt) -> Finding:
    return desk.finding(rule, reads, debt.evidence, debt.customer)


def _short(money: Formula) -> str:
    value = money.money()
    return "n/a" if value is None else value.short()


def _mrr(desk: Desk, amount: int) -> Money:
    return Money(amount, desk.snapshot.currency)
