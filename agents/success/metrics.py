"""What success shows, in its order: for each figure its key, what it needs, and its limits."""

from __future__ import annotations

from functools import partial

from agents.figures import ANY, Kinds, above, below, metric
from agents.nouns import Subscription, SurveyAnswer, Ticket, UsageDay
from agents.report import Metric
from agents.success import figures
from agents.success.churn import CLUES
from agents.success.definitions import DEFINITIONS
from agents.success.desk import Desk


def metrics(desk: Desk) -> tuple[Metric, ...]:
    """All figures of success."""
    return (*_voices(desk), *_customers(desk))


def _voices(desk: Desk) -> tuple[Metric, ...]:
    """What comes from one source each: answers, tickets, usage."""
    snapshot, policy = desk.snapshot, desk.snapshot.policy
    liked, slow = below(policy.nps_goal, 0), above(policy.response_hours, 2 * policy.response_hours)
    less = below(0, -policy.usage_drop)
    show = partial(metric, snapshot, DEFINITIONS)
    tickets = partial(show, reads=(Ticket,))
    return (
        show("nps", partial(figures.nps, snapshot), reads=(SurveyAnswer,), grade=liked),
        show("csat", partial(figures.csat, snapshot), reads=(SurveyAnswer,)),
        tickets("open_tickets", partial(figures.open_tickets, snapshot)),
        tickets("severe_tickets", partial(figures.severe_tickets, snapshot), grade=ANY),
        tickets("first_response", partial(figures.first_response, snapshot), grade=slow),
        tickets("resolution_time", partial(figures.resolution_time, snapshot)),
        show("usage_trend", partial(figures.usage_trend, desk.usage), reads=(UsageDay,), grade=less),
    )


def _customers(desk: Desk) -> tuple[Metric, ...]:
    """What is said of single customers, from all that is known of them."""
    clues: Kinds = (Subscription, *desk.known(*CLUES))
    days = str(desk.snapshot.policy.renewal_days)
    show = partial(metric, desk.snapshot, DEFINITIONS)
    fading, at_risk = partial(figures.fading, desk), partial(figures.at_risk, desk)
    return (
        show("accounts_fading", fading, reads=(UsageDay, Subscription), grade=ANY),
        show("churn_risk", at_risk, reads=clues, grade=ANY),
        show("health_low", partial(figures.health_low, desk), reads=clues, grade=ANY),
        show("renewals_due", partial(figures.renewals_due, desk), reads=(Subscription,), word=days),
    )
