"""Ops: how work flows, what hangs or is late, and whether there are hours for more.

`metrics` is what it shows, `figures` what each of them means, `findings` what it raises and proposes.
`work` says what each issue was at any instant, `staff` who is here and the hours that leaves, `code` how
changes get to customers, where a source tells.
"""

from __future__ import annotations

from agents.nouns import Absence, Deployment, Issue, Person, Project, PullRequest
from agents.report import Agent, Report, health
from agents.snapshot import Snapshot

NEEDS = (Issue, Project)
READS = (Issue, Project, Person, Absence, PullRequest, Deployment)


def analyse(snapshot: Snapshot) -> Report:
    """The report of ops, from the snapshot alone. The rest of the room is loaded only here."""
    from agents.ops.findings import alerts, recommendations
    from agents.ops.metrics import metrics

    figures = metrics(snapshot)
    by_key = {figure.key: figure for figure in figures}
    return Report(
        "ops",
        snapshot.as_of,
        health(snapshot, READS, NEEDS),
        figures,
        alerts(snapshot, by_key),
        recommendations(snapshot, by_key),
    )


AGENT = Agent("ops", "Operations", READS, NEEDS, analyse)
