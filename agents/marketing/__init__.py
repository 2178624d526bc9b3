"""Marketing: leads, what becomes of them, what a customer costs and through which channel.

`metrics` is what it shows, `figures` what each of them means, `findings` what it raises and proposes.
`acquisition` counts leads, customers won and money spent, by channel, at any instant; `reach` is about
visitors and mailings, where a source tells of them.
"""

from __future__ import annotations

from agents.nouns import Contact, ContentPiece, FxRate, MailCampaign, MarketingSpend, Subscription, TrafficDay
from agents.report import Agent, Report, health
from agents.snapshot import Snapshot

NEEDS = (Contact, MarketingSpend)
READS = (Contact, MarketingSpend, ContentPiece, FxRate, Subscription, TrafficDay, MailCampaign)


def analyse(snapshot: Snapshot) -> Report:
    """Marketing's report, from the snapshot alone. The rest of the room is loaded only here."""
    from agents.marketing.acquisition import Acquisition
    from agents.marketing.findings import alerts, recommendations
    from agents.marketing.metrics import metrics

    book = Acquisition.of(snapshot)
    figures = metrics(book)
    return Report(
        "marketing",
        snapshot.as_of,
        health(snapshot, READS, NEEDS),
        figures,
        alerts(book, {figure.key: figure for figure in figures}),
        recommendations(book),
    )


AGENT = Agent("marketing", "Marketing", READS, NEEDS, analyse)
