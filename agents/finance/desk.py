"""What every question of finance looks at: worked out once for a snapshot, and handed round."""

from __future__ import annotations

from dataclasses import dataclass

from agents.accounts import names
from agents.figures import Finding, Kinds, clip
from agents.finance.cash import CashBook
from agents.finance.cohorts import Cohorts
from agents.finance.ledger import Ledger
from agents.finance.receivables import Bills
from agents.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Desk:
    """The books of a snapshot. Ask them for any instant."""

    snapshot: Snapshot
    ledger: Ledger
    cash: CashBook
    bills: Bills
    cohorts: Cohorts
    names: dict[str, str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Desk:
        """The books of this snapshot, nothing worked out yet."""
        ledger = Ledger(snapshot)
        return cls(snapshot, ledger, CashBook(snapshot), Bills(snapshot), Cohorts(ledger), names(snapshot))

    def name(self, customer: str, width: int = 26) -> str:
        """What to call a customer, short enough for a title."""
        return clip(self.names.get(customer, customer), width)

    def finding(
        self,
        rule: str,
        reads: Kinds,
        evidence: tuple[str, ...],
        account: str | None = None,
        subject: str = "",
    ) -> Finding:
        """A finding of finance; fields as in `Finding`."""
        return Finding(self.snapshot, "finance", rule, reads, evidence, account, subject)
