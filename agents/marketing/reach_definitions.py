"""What the figures of reach mean: visitors, how many become leads, and what becomes of mailings."""

from __future__ import annotations

from functools import partial

from agents.figures import by_key
from agents.nouns import Contact, MailCampaign, TrafficDay
from agents.report import Definition, Good
from agents.unit import Unit

BY_DAY = (
    "A visitor counts once for each day and channel: who comes on two days counts twice, since web analytics "
    "that respect privacy know nobody again the next day."
)
WHOLE_DAYS = "Whole days of the company's zone; today's are not over, and do not count."
WHEN_VISITED = "It is shown only where a source brings visits, such as Plausible."
WHEN_SENT = "It is shown only where a source brings mailings, such as Mailchimp."
SO_FAR = "Counted up to now: what was sent in the last days is still being read."

_mail = partial(
    Definition, unit=Unit.RATIO, good=Good.UP, agent="marketing", inputs=(MailCampaign,),
    source="Common e-mail marketing practice, over all who were written to",
)  # fmt: skip

DEFINITIONS = by_key(
    Definition(
        "visitors",
        "Visitors (28d)",
        Unit.COUNT,
        Good.UP,
        agent="marketing",
        sentence="How many people came to the site in the last 28 days, day by day.",
        formula="sum of the visitors of each day and channel over the 28 days before today",
        inputs=(TrafficDay,),
        source="Unique visitors of a day, as Plausible counts them: https://plausible.io/docs/metrics-definitions",
        edge_cases=(
            BY_DAY,
            WHOLE_DAYS,
            "The channel with the most of them is named beside it.",
            "n/a when no visit of these days is known.",
            WHEN_VISITED,
        ),
    ),
    Definition(
        "visitor_conversion",
        "Visitor to lead",
        Unit.RATIO,
        Good.UP,
        agent="marketing",
        sentence="How many leads came for each visitor of the last 28 days.",
        formula="contacts created in the 28 days before today / visitors of the same days",
        inputs=(TrafficDay, Contact),
        source="Common marketing practice",
        edge_cases=(
            "Every new contact counts, also one that never saw the site.",
            BY_DAY,
            WHOLE_DAYS,
            "n/a without visitors.",
            WHEN_VISITED,
        ),
    ),
    _mail(
        "mail_open_rate",
        "Mail opened (90d)",
        sentence="Of all who were sent a mailing in the last 90 days, the share that opened it.",
        formula="sum of people who opened / sum of recipients, over mailings sent in the last 90 days",
        edge_cases=(
            "People, not acts: who opens twice counts once for each mailing.",
            "What mail programs open by themselves does not count where the source can tell.",
            "Addresses that bounced are among the recipients.",
            SO_FAR,
            "n/a when nothing was sent in 90 days.",
            WHEN_SENT,
        ),
    ),
    _mail(
        "mail_click_rate",
        "Mail clicked (90d)",
        sentence="Of all who were sent a mailing in the last 90 days, the share that followed a link in it.",
        formula="sum of people who clicked / sum of recipients, over mailings sent in the last 90 days",
        edge_cases=(
            "People, not acts: who clicks twice counts once for each mailing.",
            "Over recipients, not over those who opened.",
            SO_FAR,
            "n/a when nothing was sent in 90 days.",
            WHEN_SENT,
        ),
    ),
)
