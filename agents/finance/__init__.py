"""Finance: what the company earns, what it has, how long that lasts, and who owes it money.

`metrics` is what it shows, `definitions` what each figure means, `findings` what it raises and proposes.
`revenue` is the mathematics of MRR, `ledger` answers from it for any instant; `figures`, `rates`, `cohorts`
and `leaving` are made from the ledger, `burn` and `cash` from the bank, `receivables` from bills and
payments, `efficiency` from both; `terms` are what several of them share.
"""

from __future__ import annotations

from agents.nouns import (
    BankTransaction,
    CashBalance,
    Company,
    Customer,
    FxRate,
    Invoice,
    Payment,
    Subscription,
)
from agents.report import Agent, Report, health
from agents.snapshot import Snapshot

NEEDS = (Subscription, Invoice, Payment, CashBalance, BankTransaction)
READS = (*NEEDS, FxRate, Customer, Company)


def analyse(snapshot: Snapshot) -> Report:
    """Finance's report, from the snapshot alone. The rest of the room is loaded only here."""
    from agents.figures import apart
    from agents.finance.desk import Desk
    from agents.finance.findings import findings
    from agents.finance.metrics import metrics

    desk = Desk.of(snapshot)
    alerts, recommendations = apart(findings(desk))
    return Report(
        "finance", snapshot.as_of, health(snapshot, READS, NEEDS), metrics(desk), alerts, recommendations
    )


AGENT = Agent("finance", "Finance", READS, NEEDS, analyse)
