"""The words and ranges that the nouns allow: a mapping that lets through others would bend the figures."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

STATES = ("triage", "backlog", "unstarted", "started", "completed", "canceled")
STAGES = ("applied", "screen", "interview", "final", "offer", "hired", "rejected", "withdrawn")

WORDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("Subscription", "status"): (
        "trialing", "active", "past_due", "unpaid", "paused", "incomplete", "canceled",
    ),
    ("SubscriptionItem", "interval"): ("day", "week", "month", "year"),
    ("Invoice", "status"): ("draft", "open", "paid", "uncollectible", "void"),
    ("Payment", "status"): ("succeeded", "failed", "pending"),
    ("Project", "state"): ("backlog", "planned", "started", "paused", "completed", "canceled"),
    ("Project", "health"): ("on_track", "at_risk", "off_track"),
    ("Issue", "state"): STATES,
    ("Move", "from_state"): STATES,
    ("Move", "to_state"): STATES,
    ("PullRequest", "state"): ("open", "merged", "closed"),
    ("Deployment", "state"): ("pending", "succeeded", "failed"),
    ("Candidate", "stage"): STAGES,
    ("Candidate", "reached"): STAGES,
    ("Offer", "status"): ("pending", "accepted", "declined", "expired"),
    ("SurveyAnswer", "survey"): ("nps", "enps", "csat"),
}  # fmt: skip
"""By noun and field, the words it is made of."""

RANGES: Mapping[tuple[str, str], tuple[Decimal, Decimal]] = {
    ("Issue", "priority"): (Decimal(0), Decimal(4)),
    ("Ticket", "severity"): (Decimal(1), Decimal(4)),
    ("Stage", "probability"): (Decimal(0), Decimal(1)),
    ("Project", "progress"): (Decimal(0), Decimal(1)),
    ("Cycle", "progress"): (Decimal(0), Decimal(1)),
    ("Discount", "percent"): (Decimal(0), Decimal(100)),
    ("SurveyAnswer", "score"): (Decimal(0), Decimal(10)),
    ("Person", "hours"): (Decimal(0), Decimal(168)),
    ("Person", "allocated"): (Decimal(0), Decimal(168)),
}
"""By noun and field, the least and the most that it can be."""

LOWER = frozenset({"channel", "category"})
"""Fields whose spelling joins records, and which are kept in lower case for it."""
