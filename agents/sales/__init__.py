"""Sales: the pipeline, how fast it turns into money, and the deals that hang.

`metrics` is what it shows, `figures` what each of them means, `findings` what it raises and proposes.
`deals` says what each deal was at any instant: open, won or lost, and at which stage.
"""

from __future__ import annotations

from agents.nouns import Deal, FxRate, Owner, Stage
from agents.report import Agent, Report, health
from agents.snapshot import Snapshot

NEEDS = (Deal, Stage)
READS = (Deal, Stage, Owner, FxRate)


def analyse(snapshot: Snapshot) -> Report:
    """The report of sales, from the snapshot alone. The rest of the room is loaded only here."""
    from agents.sales.deals import DealBook
    from agents.sales.findings import alerts, recommendations
    from agents.sales.metrics import metrics

    book = DealBook.of(snapshot)
    figures = metrics(book)
    return Report(
        "sales",
        snapshot.as_of,
        health(snapshot, READS, NEEDS),
        figures,
        alerts(book, {figure.key: figure for figure in figures}),
        recommendations(book),
    )


AGENT = Agent("sales", "Sales", READS, NEEDS, analyse)
