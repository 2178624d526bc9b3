"""What success shows, in its order: for each figure its key, title, unit and limits."""

from __future__ import annotations

from functools import partial

from agents.figures import ANY, Kinds, above, below, metric
from agents.nouns import Subscription, SurveyAnswer, Ticket, UsageDay
from agents.report import Good, Metric, Unit
from agents.success import figures
from agents.success.churn import CLUES
from agents.success.desk import Desk


def metrics(desk: Desk) -> tuple[Metric, ...]:
    """All figures of success."""
    return (*_voices(desk), *_customers(desk))


def _voices(desk: Desk) -> tuple[Metric, ...]:
    """What comes from one source each: answers, tickets, usage."""
    snapshot, policy = desk.snapshot, desk.snapshot.policy
    liked, slow = below(policy.nps_goal, 0), above(policy.response_hours, 2 * policy.response_hours)
    nps, trend = partial(figures.nps, snapshot), partial(figures.usage_trend, desk.usage)
    severe, first = partial(figures.severe_tickets, snapshot), partial(figures.first_response, snapshot)
    show = partial(metric, snapshot)
    fewer = partial(metric, snapshot, reads=(Ticket,), good=Good.DOWN)
    usage = partial(metric, snapshot, reads=(UsageDay,), grade=below(0, -policy.usage_drop))
    return (
        show("nps", "NPS", Unit.SCORE, nps, reads=(SurveyAnswer,), grade=liked),
        fewer("open_tickets", "Open tickets", Unit.COUNT, partial(figures.open_tickets, snapshot)),
        fewer("severe_tickets", "Severe tickets", Unit.COUNT, severe, grade=ANY),
        fewer("first_response", "First response", Unit.HOURS, first, grade=slow),
        fewer("resolution_time", "Resolution time", Unit.HOURS, partial(figures.resolution_time, snapshot)),
        usage("usage_trend", "Usage (28d)", Unit.RATIO, trend),
    )


def _customers(desk: Desk) -> tuple[Metric, ...]:
    """What is said of single customers, from all that is known of them."""
    fading, at_risk = partial(figures.fading, desk), partial(figures.at_risk, desk)
    due, soon = partial(figures.renewals_due, desk), f"Renewals ({desk.snapshot.policy.renewal_days}d)"
    clues: Kinds = (Subscription, *desk.known(*CLUES))
    terms: Kinds = (Subscription, *desk.known(Ticket))
    fewer = partial(metric, desk.snapshot, good=Good.DOWN, grade=ANY)
    either = partial(metric, desk.snapshot, good=Good.NEITHER)
    return (
        fewer("accounts_fading", "Fading accounts", Unit.COUNT, fading, reads=(UsageDay, Subscription)),
        fewer("churn_risk", "Customers at risk", Unit.COUNT, at_risk, reads=clues),
        either("renewals_due", soon, Unit.MONEY, due, reads=terms),
    )
