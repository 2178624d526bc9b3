"""What every question of success looks at: worked out once for a snapshot, and handed round."""

from __future__ import annotations

from dataclasses import dataclass

from agents.figures import Finding, Kinds
from agents.nouns import Noun
from agents.snapshot import Age, Snapshot
from agents.success.churn import ChurnBook
from agents.success.customers import Customers
from agents.success.signals import Usage
from agents.success.vitals import HealthBook


@dataclass(frozen=True, slots=True)
class Desk:
    """The books of a snapshot. Ask them for any instant."""

    snapshot: Snapshot
    customers: Customers
    usage: Usage
    churn: ChurnBook
    health: HealthBook

    @classmethod
    def of(cls, snapshot: Snapshot) -> Desk:
        """The books of this snapshot, nothing worked out yet."""
        churn = ChurnBook.of(snapshot)
        health = HealthBook(churn.customers, churn.usage)
        return cls(snapshot, churn.customers, churn.usage, churn, health)

    def known(self, *nouns: type[Noun]) -> Kinds:
        """Those of the nouns that were ever read: what a question with optional parts was answered from."""
        return tuple(noun for noun in nouns if self.snapshot.freshness(noun).age is not Age.MISSING)

    def finding(
        self, rule: str, reads: Kinds, evidence: tuple[str, ...], account: str, subject: str = ""
    ) -> Finding:
        """A finding of success about one customer; fields as in `Finding`."""
        return Finding(self.snapshot, "success", rule, reads, evidence, account, subject)
