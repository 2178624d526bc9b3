"""Success: how customers fare, who is likely to leave and why, and what renews soon.

`metrics` is what it shows, `figures` what each of them means, `findings` what it raises and proposes.
`signals` reads what customers do and say; `churn`, `vitals` and `renewals` judge what that means for each of
them, `customers` knows who pays, and `tenure` how long such customers stay.
"""

from __future__ import annotations

from agents.nouns import (
    Company,
    Customer,
    FxRate,
    Invoice,
    Payment,
    Subscription,
    SurveyAnswer,
    Ticket,
    UsageDay,
)
from agents.report import Agent, Report, health
from agents.snapshot import Snapshot

NEEDS = (Ticket, SurveyAnswer, UsageDay, Subscription)
READS = (*NEEDS, Payment, Invoice, FxRate, Customer, Company)


def analyse(snapshot: Snapshot) -> Report:
    """Success's report, from the snapshot alone. The rest of the room is loaded only here."""
    from agents.figures import apart
    from agents.success.desk import Desk
    from agents.success.findings import findings
    from agents.success.metrics import metrics

    desk = Desk.of(snapshot)
    alerts, recommendations = apart(findings(desk))
    return Report(
        "success", snapshot.as_of, health(snapshot, READS, NEEDS), metrics(desk), alerts, recommendations
    )


AGENT = Agent("success", "Success", READS, NEEDS, analyse)
