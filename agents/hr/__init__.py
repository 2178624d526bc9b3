"""Hr: who is here, how hiring runs, what waits for an answer, how people feel.

`metrics` is what it shows, `figures` what each of them means, `findings` what it raises and proposes.
`hiring` says what each role, candidate and offer was on any day.
"""

from __future__ import annotations

from agents.nouns import Absence, Candidate, FxRate, Offer, Person, Role, SurveyAnswer
from agents.report import Agent, Report, health
from agents.snapshot import Snapshot

NEEDS = (Person, Role)
READS = (Person, Absence, Role, Candidate, Offer, SurveyAnswer, FxRate)


def analyse(snapshot: Snapshot) -> Report:
    """The report of hr, from the snapshot alone. The rest of the room is loaded only here."""
    from agents.hr.findings import alerts, recommendations
    from agents.hr.metrics import metrics

    figures = metrics(snapshot)
    return Report(
        "hr",
        snapshot.as_of,
        health(snapshot, READS, NEEDS),
        figures,
        alerts(snapshot, {figure.key: figure for figure in figures}),
        recommendations(snapshot),
    )


AGENT = Agent("hr", "People", READS, NEEDS, analyse)
