"""Cross-team rules about one customer: what one team does to them while another counts on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction

from agents.ceo.rule import Found
from agents.ceo.view import View, united
from agents.figures import refs
from agents.finance.receivables import Debt, overdue_debts
from agents.formula import Formula
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
            renewal.worth,
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
            renewal.worth,
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
            renewal.worth,
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
    risks = ((view.churn_risk(account), deals) for account, deals in _open_deals(view).items())
    return _by_stake(
        Found(
            Status.ACT if shaky.probability >= act else Status.WATCH,
            f"{view.name(shaky.account)}: selling to a customer who may leave",
            f"Churn risk {shaky.probability:.0%} ({_reasons(shaky)}); {_worth(view, deals)} in the pipeline",
            f"{view.name(shaky.account)}: save them before selling more",
            united([shaky.evidence, (deal.ref for deal in deals)]),
            shaky.account,
            shaky.worth,
            min((deal.close_on for deal in deals if deal.close_on is not None), default=None),
        )
        for shaky, deals in risks
        if shaky is not None and shaky.probability >= act / 2
    )


def customer_concentration(view: View) -> tuple[Found, ...]:
    """One customer pays too large a share; all the worse if they are likely to leave."""
    limit, whole = view.snapshot.policy.concentration_limit, view.all_mrr()
    most = int(1 / limit) + 1  # more customers than that cannot be above the limit
    shares = ((customer, view.mrr(customer) / whole) for customer in view.largest(most))
    return _by_stake(
        _large(view, customer, share) for customer, share in shares if share.value and share.value > limit
    )


def _large(view: View, customer: str, share: Formula) -> Found:
    limit, shaky, worth = (
        view.snapshot.policy.concentration_limit,
        view.churn_risk(customer),
        _yearly(view, customer),
    )
    assert share.value is not None
    return Found(
        Status.ACT if _leaving(view, shaky) else Status.WATCH,
        f"{view.name(customer)} pays {float(share.value):.0%} of MRR",
        f"{_money(worth)} a year, limit {limit:.0%}; {_churn(shaky)}",
        f"{view.name(customer)}: secure the largest customer",
        united([view.paid_by(customer), shaky.evidence if shaky is not None else ()]),
        customer,
        worth,
        said=share,
    )


def detractor_among_the_largest(view: View) -> tuple[Found, ...]:
    """One of the largest customers says that they would not recommend us."""
    latest = latest_scores(view.snapshot, view.snapshot.as_of)
    return _by_stake(
        Found(
            Status.ACT if answer.score <= 3 else Status.WATCH,
            f"{view.name(customer)}, a top-{TOP} customer, is a detractor",
            f"Scored {answer.score} on {answer.answered_on.isoformat()}; pays {_money(worth)} a year",
            f"{view.name(customer)}: call and ask why",
            (answer.ref, *view.paid_by(customer)),
            customer,
            worth,
        )
        for customer in view.largest(TOP)
        if (answer := latest.get(customer)) is not None and answer.score <= 6
        for worth in [_yearly(view, customer)]
    )


def _yearly(view: View, customer: str) -> Formula:
    """12 x MRR of a customer."""
    return 12 * view.mrr(customer)


def _money(worth: Formula) -> str:
    money = worth.money()
    return money.short() if money else "n/a"


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
                -(one.money.amount if one.money else 0),
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
    stakes = (debt.stake.formula, renewal.worth if renewal is not None else None)
    return Found(
        Status.ACT if soon or debt.days > LONG_OVERDUE else Status.WATCH,
        f"{name} owes money while we sell to them",
        f"{debt.amount.short()} overdue, up to {plural(debt.days, 'day')}; {'; '.join(talks)}",
        f"{name}: settle what is overdue first",
        united([debt.evidence, renewal.evidence if renewal is not None else (), refs(deals)]),
        debt.customer,
        max((stake for stake in stakes if stake is not None), key=_size, default=None),
        renewal.renews_on if renewal is not None else None,
    )


def _size(stake: Formula) -> Fraction:
    return stake.value or Fraction(0)


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
