"""Cross-team rules about money: growth that costs too much, cash that runs out, sales that dry up."""

from __future__ import annotations

from datetime import timedelta

from agents.ceo.rule import Found
from agents.ceo.view import WEEKS, UnseenError, View
from agents.formula import Formula, LeftOut, summed
from agents.hr.hiring import open_roles, pending
from agents.money import Money
from agents.nouns import Offer, Role
from agents.periods import quarter_start
from agents.report import Status
from agents.wording import plural

MOVED = 0.05
"""A change over four weeks smaller than this is taken for noise."""
HEALTHY_LTV = 3
"""LTV over CAC below which growth is bought too dearly (Skok)."""
FELL_HARD = 0.25
"""A fall of the pipeline by this much in four weeks is more than a bad month."""
FOUR_WEEKS_A_YEAR = 13
GREW = 0.01
"""MRR growth over four weeks that counts as growth."""
NPS_POINTS = 5
"""A fall of NPS smaller than this is taken for noise."""


def cac_up_ltv_down(view: View) -> tuple[Found, ...]:
    """A customer costs more and more to win and is worth less and less."""
    dearer, poorer = view.growth("marketing", "cac"), view.growth("finance", "ltv")
    if dearer < MOVED or poorer > -MOVED:
        return ()
    cac, ltv = view.money("marketing", "cac"), view.money("finance", "ltv")
    times = ltv.amount / cac.amount if cac.amount else 0.0
    return (
        Found(
            Status.ACT if times < HEALTHY_LTV else Status.WATCH,
            "Customers cost more to win and are worth less",
            f"CAC {cac.short()} ({dearer:+.0%}), LTV {ltv.short()} ({poorer:+.0%}) in four weeks: "
            f"{times:.1f}x",
            "Cut the dearest channel until CAC is back",
            view.evidence(("marketing", "cac"), ("finance", "ltv")),
            said=view.formula("marketing", "cac"),
        ),
    )


def spend_up_pipeline_down(view: View) -> tuple[Found, ...]:
    """More goes into marketing, less comes out as pipeline. The pipeline is that of a quarter and the next:
    across the border of a quarter it cannot be compared."""
    if quarter_start(view.today) != quarter_start(view.today - timedelta(weeks=WEEKS)):
        raise UnseenError("the pipeline of four weeks ago was that of another quarter")
    more, less = view.growth("marketing", "spend"), view.growth("sales", "pipeline")
    if more < MOVED or less > -MOVED:
        return ()
    spend, pipeline = view.money("marketing", "spend"), view.money("sales", "pipeline")
    return (
        Found(
            Status.ACT if less <= -FELL_HARD else Status.WATCH,
            "Spend rises while the pipeline falls",
            f"Spend {spend.short()} ({more:+.0%}), pipeline {pipeline.short()} ({less:+.0%}) in four weeks",
            "Find out where the spend goes before adding more",
            view.evidence(("marketing", "spend"), ("sales", "pipeline")),
            stake=FOUR_WEEKS_A_YEAR * view.made("marketing", "spend"),
        ),
    )


def target_without_leads(view: View) -> tuple[Found, ...]:
    """The pipeline does not cover the target, and fewer leads come in to fill it."""
    fewer, coverage = view.growth("marketing", "leads"), view.number("sales", "coverage")
    goal = view.snapshot.policy.coverage_goal
    if coverage >= goal or fewer > -MOVED:
        return ()
    leads = view.number("marketing", "leads")
    return (
        Found(
            Status.ACT if coverage < 1 else Status.WATCH,
            "Pipeline is thin and leads are falling",
            f"Coverage {coverage:.1f}x of {goal:g}x wanted; {leads:g} leads, {fewer:+.0%} in four weeks",
            "Refill the top of the pipeline",
            view.evidence(("marketing", "leads"), ("sales", "coverage")),
            said=view.formula("sales", "coverage"),
        ),
    )


def thin_pipeline_on_short_runway(view: View) -> tuple[Found, ...]:
    """Cash is running down and the pipeline would not replace it in time."""
    policy = view.snapshot.policy
    coverage, burn, cash = (
        view.number("sales", "coverage"),
        view.money("finance", "net_burn"),
        view.money("finance", "cash"),
    )
    if burn.amount <= 0:
        return ()
    months = cash.amount / burn.amount
    if months >= policy.runway_watch or coverage >= policy.coverage_goal:
        return ()
    return (
        Found(
            Status.ACT if months < policy.runway_act else Status.WATCH,
            "Runway is short and the pipeline does not cover it",
            f"{months:.1f} months of cash at {burn.short()} a month; "
            f"coverage {coverage:.1f}x of {policy.coverage_goal:g}x",
            "Decide what to cut if the quarter's target is missed",
            view.evidence(("sales", "coverage"), ("finance", "cash"), ("finance", "net_burn")),
            stake=12 * view.made("finance", "net_burn"),
            said=view.made("finance", "cash") / view.made("finance", "net_burn"),
        ),
    )


def hiring_against_runway(view: View) -> tuple[Found, ...]:
    """Filling the open roles would bring the runway below what is wanted."""
    policy = view.snapshot.policy
    roles, offers = open_roles(view.snapshot, view.today), pending(view.snapshot, view.today)
    if not roles and not offers:
        return ()
    cost, unpriced = _monthly_cost(view, roles, offers)
    cash, burn = view.money("finance", "cash"), view.money("finance", "net_burn")
    after = burn + _money(cost)
    if after.amount <= 0 or cash.amount / after.amount >= policy.runway_watch:
        return ()
    months = max(0.0, cash.amount / after.amount)
    now = f"{cash.amount / burn.amount:.1f} months" if burn.amount > 0 else "a profit"
    gap = f"; {plural(unpriced, 'role')} without a cost" if unpriced else ""
    return (
        Found(
            Status.ACT if months < policy.runway_act else Status.WATCH,
            f"Hiring as planned leaves {months:.1f} months of runway",
            f"{_places(roles, offers)} {_money(cost).short()} a month: from {now} to {months:.1f}, "
            f"wanted {policy.runway_watch:g}{gap}",
            "Decide which open roles to hold",
            (
                *(role.ref for role in roles),
                *(offer.ref for offer in offers),
                *view.evidence(("finance", "cash")),
            ),
            stake=12 * cost,
            due_on=min((offer.expires_on for offer in offers), default=None),
            said=view.made("finance", "cash") / (view.made("finance", "net_burn") + cost),
        ),
    )


def growth_with_falling_nps(view: View) -> tuple[Found, ...]:
    """Revenue grows while customers grow less willing to recommend: the growth will not last."""
    growth, fall = view.growth("finance", "mrr"), view.step("success", "nps")
    if growth < GREW or fall > -NPS_POINTS:
        return ()
    mrr, nps = view.money("finance", "mrr"), view.number("success", "nps")
    return (
        Found(
            Status.ACT if nps < 0 else Status.WATCH,
            "MRR grows while NPS falls",
            f"MRR {mrr.short()} ({growth:+.1%}), NPS {nps:.0f} ({fall:+.0f}) in four weeks",
            "Ask the new detractors what changed",
            view.evidence(("finance", "mrr"), ("success", "nps")),
            said=view.formula("finance", "mrr"),
        ),
    )


def _monthly_cost(view: View, roles: list[Role], offers: list[Offer]) -> tuple[Formula, int]:
    """What all hires would cost a month, and how many of them have no cost. A role with an offer is one
    hire, at the price of the dearest offer."""
    hires: dict[tuple[str, str], tuple[Role | Offer, Money | None]] = {
        (role.source, role.id): (role, view.converted(role.monthly_cost)) for role in roles
    }
    best: dict[tuple[str, str], tuple[Role | Offer, Money]] = {}
    for offer in offers:
        place = (offer.source, offer.role_id)
        hires.setdefault(place, (offer, None))
        price = view.converted(offer.monthly_cost)
        if price is not None and (place not in best or best[place][1] < price):
            best[place] = (offer, price)
    every = {**hires, **best}.values()
    known = [(record, price) for record, price in every if price is not None]
    if not known:
        raise UnseenError("no open role has a cost")
    unpriced = [
        LeftOut((record.ref,), "no cost, or no rate for it") for record, price in every if price is None
    ]
    return summed("monthly cost of hires", known, view.snapshot.currency, unpriced), len(unpriced)


def _money(cost: Formula) -> Money:
    money = cost.money()
    assert money is not None
    return money


def _places(roles: list[Role], offers: list[Offer]) -> str:
    parts = (plural(len(roles), "open role") if roles else "", plural(len(offers), "offer") if offers else "")
    verb = "costs" if len(roles) + len(offers) == 1 else "cost"
    return f"{' and '.join(part for part in parts if part)} {verb}"
