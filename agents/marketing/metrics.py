"""What marketing shows, in its order: for each figure its key, what it needs, and its limits."""

from __future__ import annotations

from functools import partial

from agents.figures import Grade, above, fine, is_brought, metric, undated_metric
from agents.finance.ledger import Ledger
from agents.marketing import figures, reach
from agents.marketing.acquisition import Acquisition, Channel
from agents.marketing.definitions import DEFINITIONS
from agents.marketing.findings import leads_fell
from agents.nouns import Contact, ContentPiece, MailCampaign, MarketingSpend, Subscription, TrafficDay
from agents.report import Metric, Status
from agents.snapshot import Snapshot

COST = (Contact, MarketingSpend)
"""What the price of a customer is made from."""
RETURN = (*COST, Subscription)
"""What is needed to set it against what a customer pays."""
FAR_OVER = 1.25
"""Times the goal above which the cost of a customer is ACT."""


def metrics(book: Acquisition) -> tuple[Metric, ...]:
    """All figures of marketing."""
    ledger = Ledger(book.snapshot)
    return (
        *_totals(book),
        *_returns(book, ledger),
        *_by_channel(book, ledger),
        *_content(book.snapshot),
        *_reach(book.snapshot),
    )


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


def _returns(book: Acquisition, ledger: Ledger) -> tuple[Metric, ...]:
    """What a customer brings, set against what it cost to win one."""
    show = partial(metric, book.snapshot, DEFINITIONS, reads=RETURN)
    return (
        show("ltv_cac", partial(figures.ltv_cac, book, ledger)),
        show("cac_payback", partial(figures.payback, book, ledger, None)),
    )


def _by_channel(book: Acquisition, ledger: Ledger) -> tuple[Metric, ...]:
    """CAC, payback and spend of every channel with spend in the last 90 days, most expensive first."""
    found = (_channel(book, ledger, key, channel) for key, channel in book.channels().items())
    return tuple(figure for of_channel in found for figure in of_channel)


def _channel(book: Acquisition, ledger: Ledger, key: str, channel: Channel) -> tuple[Metric, ...]:
    show = partial(metric, book.snapshot, DEFINITIONS, word=channel.name)
    cost, spent = partial(figures.cac, book, key), partial(figures.spend, book, key)
    back = partial(figures.payback, book, ledger, key)
    return (
        show(f"cac_{key}", cost, reads=COST, grade=_cac_grade(book.snapshot)),
        show(f"payback_{key}", back, reads=RETURN),
        show(f"spend_{key}", spent, reads=(MarketingSpend,)),
    )


def _content(snapshot: Snapshot) -> tuple[Metric, ...]:
    """Content counts up to now: its records keep no history of visits."""
    show = partial(undated_metric, snapshot, DEFINITIONS, reads=(ContentPiece,))
    return (
        show("content_best", figures.content_best(snapshot)),
        show("content_visits", figures.content_visits(snapshot)),
        show("content_leads", figures.content_leads(snapshot)),
        show("content_deals", figures.content_deals(snapshot)),
    )


def _reach(snapshot: Snapshot) -> tuple[Metric, ...]:
    """Visitors and mailings: shown where a source tells of them."""
    return (*_site(snapshot), *_mail(snapshot))


def _site(snapshot: Snapshot) -> tuple[Metric, ...]:
    if not is_brought(snapshot, TrafficDay):
        return ()
    show = partial(metric, snapshot, DEFINITIONS)
    converted = partial(reach.visitor_conversion, snapshot)
    return (
        show("visitors", partial(reach.visitors, snapshot), reads=(TrafficDay,)),
        show("visitor_conversion", converted, reads=(TrafficDay, Contact)),
    )


def _mail(snapshot: Snapshot) -> tuple[Metric, ...]:
    if not is_brought(snapshot, MailCampaign):
        return ()
    show = partial(metric, snapshot, DEFINITIONS, reads=(MailCampaign,))
    return (
        show("mail_open_rate", partial(reach.mail_open_rate, snapshot)),
        show("mail_click_rate", partial(reach.mail_click_rate, snapshot)),
    )


def _cac_grade(snapshot: Snapshot) -> Grade:
    goal = figures.cac_goal(snapshot)
    return above(goal.amount, goal.amount * FAR_OVER) if goal else fine
