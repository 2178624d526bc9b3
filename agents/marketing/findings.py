"""What marketing raises and proposes: costly channels, spend without customers, fewer leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta

from agents.figures import RAISED, WHY, Figure, Finding, clip, made, refs
from agents.finance.revenue import cac
from agents.formula import Formula
from agents.marketing import worth
from agents.marketing.acquisition import MONTH, QUARTER, Acquisition, Channel
from agents.marketing.figures import cac_goal, lead_count
from agents.money import Money
from agents.nouns import Contact, MarketingSpend, Noun
from agents.periods import month_start
from agents.report import Alert, Metric, Recommendation, Status
from agents.snapshot import Age
from agents.unit import Unit
from agents.wording import plural, spoken

FALL = 0.25
"""Fall of leads against the four weeks before that is raised."""
FEW_LEADS = 10
"""From fewer leads in the four weeks before, a fall says nothing."""
DEARER = 1.5
"""How many times dearer than the best a channel must be to lose budget while no goal is set."""
YEAR = 365
"""Days of a year, to bring the days that cost and customers are counted over up to one."""
COST: tuple[type[Noun], ...] = (Contact, MarketingSpend)


def alerts(book: Acquisition, figures: Mapping[str, Metric]) -> tuple[Alert, ...]:
    """Everything wrong with marketing, in the order of the rules."""
    return (
        *_cac_alert(book, figures["cac"]),
        *_barren_alerts(book),
        *_leads_alert(book),
    )


def recommendations(book: Acquisition) -> tuple[Recommendation, ...]:
    """Where to put the budget, and what to do about falling leads."""
    return (*_move_budget(book), *_refill(book))


def channel_cac(channel: Channel) -> Money | None:
    """What a customer of this channel cost over 90 days; None when there was none."""
    return cac(channel.spent.amount, len(channel.won))


def leads_fell(book: Acquisition) -> bool:
    """Whether leads of 28 days are more than a quarter below the 28 days before, if those were not few."""
    at = book.snapshot.as_of
    now, before = len(book.leads(at)), len(book.leads(at - MONTH))
    return before >= FEW_LEADS and now < before * (1 - FALL)


def _cac_alert(book: Acquisition, metric: Metric) -> Iterator[Alert]:
    goal = cac_goal(book.snapshot)
    if metric.status in RAISED and goal and isinstance(metric.value, Money):
        yield Finding(book.snapshot, "marketing", "cac_over_goal", COST, metric.evidence).alert(
            metric.status,
            f"A new customer costs {metric.value.short()}, goal {goal.short()}",
            metric.note,
            Figure(metric.value, formula=metric.formula),
            Unit.MONEY,
        )


def _barren(book: Acquisition) -> dict[str, Channel]:
    """Channels with spend and not one new customer in 90 days; unknown without a CRM."""
    if book.snapshot.freshness(Contact).age is Age.MISSING:
        return {}
    return {key: c for key, c in book.channels().items() if c.spent.amount and not c.won}


def _barren_alerts(book: Acquisition) -> Iterator[Alert]:
    for key, channel in _barren(book).items():
        finding = Finding(
            book.snapshot, "marketing", "channel_without_customers", COST, channel.spent.refs, subject=key
        )
        name, cost = clip(channel.name, 25), channel.spent.amount
        yield finding.alert(
            Status.WATCH,
            f"{name}: {cost.short()} spent, no new customer",
            "in 90 days, by first touch",
            made(worth.spend("spend in 90 days", channel.spent)),
            Unit.MONEY,
        )


def _leads_alert(book: Acquisition) -> Iterator[Alert]:
    if leads_fell(book):
        now, before = book.leads(book.snapshot.as_of), book.leads(book.snapshot.as_of - MONTH)
        fall = (len(before) - len(now)) / len(before)
        evidence = refs([*before, *now])
        yield Finding(book.snapshot, "marketing", "leads_falling", (Contact,), evidence).alert(
            Status.WATCH,
            f"Leads fell {fall:.0%} in 28 days",
            f"{len(now)} leads, {len(before)} in the 28 days before",
            lead_count(book, book.snapshot.as_of),
            Unit.COUNT,
        )


def _move_budget(book: Acquisition) -> Iterator[Recommendation]:
    """From the dearest channel to the cheapest that won somebody."""
    if book.snapshot.freshness(Contact).age is Age.MISSING:
        return
    found = [channel for channel in book.channels().values() if channel.spent.amount]
    winners = [(price, c) for c in found if (price := channel_cac(c)) is not None]
    if not winners:
        return
    best_price, best = min(winners, key=lambda w: (w[0].amount, w[1].name))
    worst = max(found, key=lambda c: (_at_least(c).amount, c.name))
    goal = cac_goal(book.snapshot)
    if worst is best or not _too_dear(_at_least(worst), best_price, goal):
        return
    cost = f"CAC {_at_least(worst).short()}" if worst.won else f"{worst.spent.amount.short()} for nobody"
    target = f" vs {goal.short()} target" if goal else ""
    subject = f"{worst.key}:{best.key}"
    yield Finding(
        book.snapshot, "marketing", "move_budget", COST, _behind(worst, best), subject=subject
    ).recommend(
        f"Move {clip(worst.name, 20)} budget to {clip(best.name, 20)}",
        clip(f"{cost}{target}; {clip(best.name, 20)} is at {best_price.short()}", WHY),
        impact=made(_saved(worst, best)),
        due_on=month_start(book.snapshot.today, back=-1) - timedelta(days=1),
        minutes=10,
        demand=40,
        tags=("growth", "efficiency"),
    )


def _saved(worst: Channel, best: Channel) -> Formula:
    """What a year of customers from the best channel would cost less than those of the worst."""
    price = worth.spend("spend on the cheapest", best.spent) / worth.customers("its customers", best.won)
    same = price * worth.customers("customers of the dearest", worst.won)
    return (worth.spend("spend on the dearest", worst.spent) - same) * YEAR / QUARTER.days


def _at_least(channel: Channel) -> Money:
    """What a customer of this channel costs at least: without one yet, all that was spent."""
    return channel_cac(channel) or channel.spent.amount


def _behind(*found: Channel) -> tuple[str, ...]:
    """The records that channels are judged by."""
    spend = (ref for channel in found for ref in channel.spent.refs)
    return (*spend, *(ref for channel in found for won in channel.won for ref in won.refs))


def _too_dear(price: Money, best: Money, goal: Money | None) -> bool:
    """Over the goal; without a goal, much dearer than the best channel."""
    return price.amount > (goal.amount if goal else best.amount * DEARER)


def _refill(book: Acquisition) -> Iterator[Recommendation]:
    if not leads_fell(book):
        return
    now, before = book.leads(book.snapshot.as_of), book.leads(book.snapshot.as_of - MONTH)
    lost = Counter(contact.channel for contact in before)
    lost.subtract(contact.channel for contact in now)
    key, drop = max(lost.items(), key=lambda item: (item[1], item[0]))
    channel = spoken(key)
    evidence = refs([*before, *now])
    yield Finding(book.snapshot, "marketing", "refill_leads", (Contact,), evidence).recommend(
        f"Win back leads from {clip(channel, 30)}",
        clip(f"{plural(len(now), 'lead')} in 28 d, {len(before)} before; {channel} lost {drop}", WHY),
        impact=None,
        due_on=None,
        minutes=30,
        demand=60,
        tags=("growth",),
    )
