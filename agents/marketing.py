"""The marketing agent: leads, what becomes of them, what a customer costs and through which channel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from agents.acquisition import Channel, channels
from agents.figures import Figure, Grade, Kinds, above, fine, metric
from agents.marketing_figures import (
    cac,
    cac_goal,
    content_best,
    content_leads,
    content_visits,
    conversion,
    cost_per_lead,
    lead_count,
    spend,
)
from agents.marketing_findings import alerts, leads_fell, recommendations
from agents.nouns import Contact, ContentPiece, MarketingSpend
from agents.report import Agent, Good, Metric, Report, Status, Unit, health
from agents.snapshot import Snapshot
from agents.undated import undated_metric

READS = (Contact, MarketingSpend, ContentPiece)
NEEDS = (Contact, MarketingSpend)
FAR_OVER = 1.25
"""Times the goal above which the cost of a customer is ACT."""


def analyse(snapshot: Snapshot) -> Report:
    """What marketing looks like at `as_of`."""
    figures = (*_totals(snapshot), *_by_channel(snapshot), *_content(snapshot))
    by_key = {m.key: m for m in figures}
    return Report(
        "marketing",
        snapshot.as_of,
        health(snapshot, READS, NEEDS),
        figures,
        alerts(snapshot, by_key),
        recommendations(snapshot),
    )


AGENT = Agent("marketing", "Marketing", READS, NEEDS, analyse)


def _totals(snapshot: Snapshot) -> tuple[Metric, ...]:
    def one(
        key: str,
        title: str,
        unit: Unit,
        figure: Callable[[Snapshot, datetime], Figure],
        reads: Kinds,
        grade: Grade = fine,
        good: Good = Good.UP,
    ) -> Metric:
        return metric(
            snapshot, key, title, unit, lambda at: figure(snapshot, at), reads=reads, good=good, grade=grade
        )

    falling = Status.WATCH if leads_fell(snapshot) else Status.OK
    return (
        one("leads", "Leads (28d)", Unit.COUNT, lead_count, (Contact,), lambda value: falling),
        one("conversion", "Lead to customer", Unit.RATIO, conversion, (Contact,)),
        one("cac", "CAC", Unit.MONEY, cac, NEEDS, _cac_grade(snapshot), Good.DOWN),
        one("spend", "Marketing spend (28d)", Unit.MONEY, spend, (MarketingSpend,), good=Good.NEITHER),
        one("cost_per_lead", "Cost per lead", Unit.MONEY, cost_per_lead, NEEDS, good=Good.DOWN),
    )


def _by_channel(snapshot: Snapshot) -> tuple[Metric, ...]:
    """CAC and spend of every channel with spend in the last 90 days, most expensive first."""
    pairs = (_channel(snapshot, key, channel) for key, channel in channels(snapshot).items())
    return tuple(figure for pair in pairs for figure in pair)


def _channel(snapshot: Snapshot, key: str, channel: Channel) -> tuple[Metric, Metric]:
    return (
        metric(
            snapshot,
            f"cac_{key}",
            f"CAC of {channel.name}",
            Unit.MONEY,
            lambda at: cac(snapshot, at, key),
            reads=NEEDS,
            good=Good.DOWN,
            grade=_cac_grade(snapshot),
        ),
        metric(
            snapshot,
            f"spend_{key}",
            f"Spend on {channel.name} (28d)",
            Unit.MONEY,
            lambda at: spend(snapshot, at, key),
            reads=(MarketingSpend,),
            good=Good.NEITHER,
        ),
    )


def _content(snapshot: Snapshot) -> tuple[Metric, ...]:
    """Content counts up to now: its records keep no history of visits."""
    return (
        undated_metric(
            snapshot,
            "content_best",
            "Best content, leads per visit",
            Unit.RATIO,
            content_best(snapshot),
            reads=(ContentPiece,),
        ),
        undated_metric(
            snapshot,
            "content_visits",
            "Content visits",
            Unit.COUNT,
            content_visits(snapshot),
            reads=(ContentPiece,),
        ),
        undated_metric(
            snapshot,
            "content_leads",
            "Content leads",
            Unit.COUNT,
            content_leads(snapshot),
            reads=(ContentPiece,),
        ),
    )


def _cac_grade(snapshot: Snapshot) -> Grade:
    goal = cac_goal(snapshot)
    return above(goal.amount, goal.amount * FAR_OVER) if goal else fine
