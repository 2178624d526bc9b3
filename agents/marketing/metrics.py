"""What marketing shows, in its order: for each figure its key, title, unit and limits."""

from __future__ import annotations

from functools import partial

from agents.figures import Grade, above, fine, metric, undated_metric
from agents.marketing import figures
from agents.marketing.acquisition import Acquisition, Channel
from agents.marketing.findings import leads_fell
from agents.nouns import Contact, ContentPiece, MarketingSpend
from agents.report import Good, Metric, Status, Unit
from agents.snapshot import Snapshot

COST = (Contact, MarketingSpend)
"""What the price of a customer is made from."""
FAR_OVER = 1.25
"""Times the goal above which the cost of a customer is ACT."""


def metrics(book: Acquisition) -> tuple[Metric, ...]:
    """All figures of marketing."""
    return (*_totals(book), *_by_channel(book), *_content(book.snapshot))


def _totals(book: Acquisition) -> tuple[Metric, ...]:
    falling = Status.WATCH if leads_fell(book) else Status.OK
    leads = partial(metric, book.snapshot, reads=(Contact,))
    costs = partial(metric, book.snapshot, reads=COST, good=Good.DOWN)
    spends = partial(metric, book.snapshot, reads=(MarketingSpend,), good=Good.NEITHER)
    counted, dear = partial(figures.lead_count, book), _cac_grade(book.snapshot)
    return (
        leads("leads", "Leads (28d)", Unit.COUNT, counted, grade=lambda value: falling),
        leads("conversion", "Lead to customer", Unit.RATIO, partial(figures.conversion, book)),
        costs("cac", "CAC", Unit.MONEY, partial(figures.cac, book, None), grade=dear),
        spends("spend", "Marketing spend (28d)", Unit.MONEY, partial(figures.spend, book, None)),
        costs("cost_per_lead", "Cost per lead", Unit.MONEY, partial(figures.cost_per_lead, book)),
    )


def _by_channel(book: Acquisition) -> tuple[Metric, ...]:
    """CAC and spend of every channel with spend in the last 90 days, most expensive first."""
    pairs = (_channel(book, key, channel) for key, channel in book.channels().items())
    return tuple(figure for pair in pairs for figure in pair)


def _channel(book: Acquisition, key: str, channel: Channel) -> tuple[Metric, Metric]:
    name, dear = channel.name, _cac_grade(book.snapshot)
    costs = partial(metric, book.snapshot, reads=COST, good=Good.DOWN, grade=dear)
    spends = partial(metric, book.snapshot, reads=(MarketingSpend,), good=Good.NEITHER)
    return (
        costs(f"cac_{key}", f"CAC of {name}", Unit.MONEY, partial(figures.cac, book, key)),
        spends(f"spend_{key}", f"Spend on {name} (28d)", Unit.MONEY, partial(figures.spend, book, key)),
    )


def _content(snapshot: Snapshot) -> tuple[Metric, ...]:
    """Content counts up to now: its records keep no history of visits."""
    show = partial(undated_metric, snapshot, reads=(ContentPiece,))
    best, visits = figures.content_best(snapshot), figures.content_visits(snapshot)
    return (
        show("content_best", "Best content, leads per visit", Unit.RATIO, best),
        show("content_visits", "Content visits", Unit.COUNT, visits),
        show("content_leads", "Content leads", Unit.COUNT, figures.content_leads(snapshot)),
    )


def _cac_grade(snapshot: Snapshot) -> Grade:
    goal = figures.cac_goal(snapshot)
    return above(goal.amount, goal.amount * FAR_OVER) if goal else fine
