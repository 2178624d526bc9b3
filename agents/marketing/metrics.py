"""What marketing shows, in its order: for each figure its key, what it needs, and its limits."""

from __future__ import annotations

from functools import partial

from agents.figures import Grade, above, fine, metric, undated_metric
from agents.marketing import figures
from agents.marketing.acquisition import Acquisition, Channel
from agents.marketing.definitions import DEFINITIONS
from agents.marketing.findings import leads_fell
from agents.nouns import Contact, ContentPiece, MarketingSpend
from agents.report import Metric, Status
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
    show = partial(metric, book.snapshot, DEFINITIONS)
    counted, spent = partial(figures.lead_count, book), partial(figures.spend, book, None)
    cost, dear = partial(figures.cac, book, None), _cac_grade(book.snapshot)
    return (
        show("leads", counted, reads=(Contact,), grade=lambda value: falling),
        show("conversion", partial(figures.conversion, book), reads=(Contact,)),
        show("cac", cost, reads=COST, grade=dear),
        show("spend", spent, reads=(MarketingSpend,)),
        show("cost_per_lead", partial(figures.cost_per_lead, book), reads=COST),
    )


def _by_channel(book: Acquisition) -> tuple[Metric, ...]:
    """CAC and spend of every channel with spend in the last 90 days, most expensive first."""
    pairs = (_channel(book, key, channel) for key, channel in book.channels().items())
    return tuple(figure for pair in pairs for figure in pair)


def _channel(book: Acquisition, key: str, channel: Channel) -> tuple[Metric, Metric]:
    show = partial(metric, book.snapshot, DEFINITIONS, word=channel.name)
    cost, spent = partial(figures.cac, book, key), partial(figures.spend, book, key)
    return (
        show(f"cac_{key}", cost, reads=COST, grade=_cac_grade(book.snapshot)),
        show(f"spend_{key}", spent, reads=(MarketingSpend,)),
    )


def _content(snapshot: Snapshot) -> tuple[Metric, ...]:
    """Content counts up to now: its records keep no history of visits."""
    show = partial(undated_metric, snapshot, DEFINITIONS, reads=(ContentPiece,))
    return (
        show("content_best", figures.content_best(snapshot)),
        show("content_visits", figures.content_visits(snapshot)),
        show("content_leads", figures.content_leads(snapshot)),
    )


def _cac_grade(snapshot: Snapshot) -> Grade:
    goal = figures.cac_goal(snapshot)
    return above(goal.amount, goal.amount * FAR_OVER) if goal else fine
