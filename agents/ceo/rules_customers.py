"""Cross-team rules about one customer: what one team does to them while another counts on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from agents.ceo.rule import Found
from agents.ceo.view import View, united
from agents.figures import refs
from agents.finance.receivables import Debt, overdue_debts
from agents.money import total
from agents.nouns import Deal, Issue
from agents.ops.figures import Danger, dangers
from agents.ops.work import is_missed
from agents.report import Status
from agents.sales.deals import DealBook
from agents.success.churn import ChurnRisk
from agents.success.renewals import Renewal
from agents.success.signals import latest_scores
from agents.wording import plural

SOON = timedelta(days=14)
"""A renewal nearer than this turns what is watched into a decision."""
RECENT = timedelta(days=28)
TOP = 5
"""How many of the largest customers are looked at one by one."""
LONG_OVERDUE = 30
"""Days past due after which a debt weighs on any talk."""


def renewal_with_severe_tickets(view: View) -> tuple[Found, ...]:
    """A customer is about to decide on staying while their worst troubles are open."""
    return _by_stake(
        Found(
            _urgency(view, renewal),
            f"{view.name(renewal.account)} renews with severe tickets open",
            f"{plural(renewal.severe, 'severe ticket')} open; {_renews(view, renewal)}",
            f"{view.name(renewal.account)}: fix severe tickets before renewal",
            renewal.evidence,
            renewal.account,
            renewal.yearly,
            renewal.renews_on,
        )
        for renewal in view.renewals()
        if renewal.severe
    )


def sla_misses_at_renewal(view: View) -> tuple[Found, ...]:
    """Promises were broken lately to a customer who is about to renew."""
    missed = _sla_misses(view)
    return _by_stake(
        Found(
            _urgency(view, renewal),
            f"{view.name(renewal.account)} renews after missed SLAs",
            f"{plural(len(issues), 'SLA miss', 'SLA misses')} in four weeks; {_renews(view, renewal)}",
            f"{view.name(renewal.account)}: explain missed SLAs before renewal",
            united([(issue.ref for issue in issues), renewal.evidence]),
            renewal.account,
            renewal.yearly,
            renewal.renews_on,
        )
        for renewal in view.renewals()
        if (issues := missed.get(renewal.account))
    )


def late_project_at_renewal(view: View) -> tuple[Found, ...]:
    """Work for a customer is late or off track while they are about to renew."""
    late = _late_projects(view)
    return _by_stake(
        Found(
            _urgency(view, renewal),
            f"{view.name(renewal.account)} renews with a late project",
            f"{', '.join(f'{late.project.name}: {late.why}' for late in projects)}; {_renews(view, renewal)}",
            f"{view.name(renewal.account)}: agree a new date before renewal",
            united([(late.project.ref for late in projects), renewal.evidence]),
            renewal.account,
            renewal.yearly,
            renewal.renews_on,
        )
        for renewal in view.renewals()
        if (projects := late.get(renewal.account))
    )


def overdue_at_stake(view: View) -> tuple[Found, ...]:
    """A customer owes money while sales talks with them about a renewal or a deal."""
    renewing = {renewal.account: renewal for renewal in view.renewals()}
    selling = _open_deals(view)
    found = []
    for debt in overdue_debts(view.snapshot):
        renewal, deals = renewing.get(debt.customer), selling.get(debt.customer, [])
        if debt.amount and (renewal is not None or deals):
            found.append(_owing(view, debt, renewal, deals))
    return _by_stake(found)


def expansion_on_shaky_ground(view: View) -> tuple[Found, ...]:
    """Sales counts on a deal with a customer who is likely to leave."""
    act = view.snapshot.policy.churn_risk_act
    selling = _open_deals(view)
    return _by_stake(
        Found(
            Status.ACT if shaky.probability >= act else Status.WATCH,
            f"{view.name(shaky.account)}: selling to a customer who may leave",
            f"Churn risk {shaky.probability:.0%} ({_reasons(shaky)}); {_worth(view, deals)} in the pipeline",
            f"{view.name(shaky.account)}: save them before selling more",
            united([shaky.evidence, (deal.ref for deal in deals)]),
            shaky.account,
            shaky.yearly,
            min((deal.close_on for deal in deals if deal.close_on is not None), default=None),
        )
        for shaky in view.churn_risks()
        if shaky.probability >= act / 2 and (deals := selling.get(shaky.account))
    )


def customer_concentration(view: View) -> tuple[Found, ...]:
    """One customer pays too large a share; all the worse if they are likely to leave."""
    policy, yearly = view.snapshot.policy, view.yearly()
    whole = total(yearly.values(), view.snapshot.currency)
    risks = {shaky.account: shaky for shaky in view.churn_risks()}
    return _by_stake(
        Found(
            Status.ACT if _leaving(view, risks.get(customer)) else Status.WATCH,
            f"{view.name(customer)} pays {paid.amount / whole.amount:.0%} of MRR",
            f"{paid.short()} a year, limit {policy.concentration_limit:.0%}; {_churn(risks.get(customer))}",
            f"{view.name(customer)}: secure the largest customer",
            united([view.paid_by(customer), risks[customer].evidence if customer in risks else ()]),
            customer,
            paid,
        )
        for customer, paid in yearly.items()
        if paid.amount > policy.concentration_limit * whole.amount
    )


def detractor_among_the_largest(view: View) -> tuple[Found, ...]:
    """One of the largest customers says that they would not recommend us."""
    latest = latest_scores(view.snapshot, view.snapshot.as_of)
    return _by_stake(
        Found(
            Status.ACT if answer.score <= 3 else Status.WATCH,
            f"{view.name(customer)}, a top-{TOP} customer, is a detractor",
            f"Scored {answer.score} on {answer.answered_on.isoformat()}; pays {paid.short()} a year",
            f"{view.name(customer)}: call and ask why",
            (answer.ref, *view.paid_by(customer)),
            customer,
            paid,
        )
        for customer, paid in list(view.yearly().items())[:TOP]
        if (answer := latest.get(customer)) is not None and answer.score <= 6
    )


def _urgency(view: View, renewal: Renewal) -> Status:
    return Status.ACT if renewal.renews_on - view.today <= SOON else Status.WATCH


def _renews(view: View, renewal: Renewal) -> str:
    worth = f"{renewal.yearly.short()} a year " if renewal.yearly else ""
    days = (renewal.renews_on - view.today).days
    return f"{worth}renews {'today' if days == 0 else 'in ' + plural(days, 'day')}"


def _by_stake(found: Iterable[Found]) -> tuple[Found, ...]:
    """Decisions before what is watched, then the most money."""
    return tuple(
        sorted(
            found,
            key=lambda one: (
                one.status is not Status.ACT,
                -(one.stake.amount if one.stake else 0),
                one.account or "",
            ),
        )
    )


def _sla_misses(view: View) -> dict[str, list[Issue]]:
    """Issues whose promise was broken in the last four weeks, by customer."""
    now = view.snapshot.as_of
    found: dict[str, list[Issue]] = {}
    for issue in view.snapshot.all(Issue):
        if issue.account and is_missed(issue, now - RECENT, now):
            found.setdefault(issue.account, []).append(issue)
    return found


def _late_projects(view: View) -> dict[str, list[Danger]]:
    """Projects that will not be done in time, by the customers of their issues."""
    late = {(danger.project.source, danger.project.id): danger for danger in dangers(view.snapshot)}
    found: dict[str, dict[str, Danger]] = {}
    for issue in view.snapshot.all(Issue):
        danger = late.get((issue.source, issue.project_id or ""))
        if issue.account and danger is not None:
            found.setdefault(issue.account, {})[danger.project.ref] = danger
    return {account: list(projects.values()) for account, projects in found.items()}


def _owing(view: View, debt: Debt, renewal: Renewal | None, deals: list[Deal]) -> Found:
    name = view.name(debt.customer)
    soon = renewal is not None and renewal.renews_on - view.today <= SOON
    talks = [_renews(view, renewal)] if renewal is not None else []
    talks += [f"{_worth(view, deals)} in the pipeline"] if deals else []
    stakes = (debt.impact, renewal.yearly if renewal is not None else None)
    return Found(
        Status.ACT if soon or debt.days > LONG_OVERDUE else Status.WATCH,
        f"{name} owes money while we sell to them",
        f"{debt.amount.short()} overdue, up to {plural(debt.days, 'day')}; {'; '.join(talks)}",
        f"{name}: settle what is overdue first",
        united([debt.evidence, renewal.evidence if renewal is not None else (), refs(deals)]),
        debt.customer,
        max((stake for stake in stakes if stake is not None), default=None),
        renewal.renews_on if renewal is not None else None,
    )


def _open_deals(view: View) -> dict[str, list[Deal]]:
    found: dict[str, list[Deal]] = {}
    for deal in DealBook.of(view.snapshot).open(view.snapshot.as_of):
        if deal.account:
            found.setdefault(deal.account, []).append(deal)
    return found


def _worth(view: View, deals: list[Deal]) -> str:
    amounts = [amount for deal in deals if (amount := view.converted(deal.amount)) is not None]
    worth = f" worth {total(amounts, view.snapshot.currency).short()}" if amounts else ""
    return f"{plural(len(deals), 'deal')}{worth}"


def _leaving(view: View, shaky: ChurnRisk | None) -> bool:
    return shaky is not None and shaky.probability >= view.snapshot.policy.churn_risk_act


def _churn(shaky: ChurnRisk | None) -> str:
    return f"churn risk {shaky.probability:.0%}" if shaky is not None else "churn risk not known"


def _reasons(shaky: ChurnRisk) -> str:
    return ", ".join(shaky.reasons[:2]) or "base rate"
