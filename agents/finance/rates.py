"""The ratios of movements: churn, retention, quick ratio. All at the exchange rates of their last day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from agents.figures import Figure, made
from agents.finance.figures import MONTH, YEAR, not_counted
from agents.finance.ledger import Ledger, Period
from agents.finance.terms import leaving_out
from agents.formula import Formula, LeftOut


@dataclass(frozen=True, slots=True)
class Moves:
    """The terms of some days that end at an instant: what MRR was, and each way it moved."""

    period: Period
    days: int
    opening: Formula
    new: Formula
    expansion: Formula
    contraction: Formula
    churn: Formula
    reactivation: Formula

    @classmethod
    def of(cls, ledger: Ledger, at: datetime, days: int) -> Moves:
        period = ledger.period(at, days)
        return cls(
            period,
            days,
            ledger.mrr(f"MRR {days} days ago", period.start, ledger.snapshot.day_of(at)),
            new=ledger.moved("new", period),
            expansion=ledger.moved("expansion", period),
            contraction=ledger.moved("contraction", period),
            churn=ledger.moved("churn", period),
            reactivation=ledger.moved("reactivation", period),
        )

    def over_opening(self, part: Formula, note: str) -> Figure:
        """Some part of these as a share of what MRR was."""
        absent = f"n/a: no MRR {self.days} days ago"
        return made(part / self.opening, note, absent=absent, partial=not_counted(self.period))


def mrr_churn_rate(ledger: Ledger, at: datetime) -> Figure:
    """(churn + contraction) / opening."""
    m = Moves.of(ledger, at, MONTH)
    return m.over_opening(m.churn + m.contraction, f"limit {ledger.snapshot.policy.churn_limit:.1%}")


def net_mrr_churn_rate(ledger: Ledger, at: datetime) -> Figure:
    """(churn + contraction - expansion - reactivation) / opening; negative when customers grow by more."""
    m = Moves.of(ledger, at, MONTH)
    return m.over_opening(m.churn + m.contraction - m.expansion - m.reactivation, "")


def logo_churn_rate(ledger: Ledger, at: datetime) -> Figure:
    """Customers lost / customers at the start."""
    period = ledger.period(at, MONTH)
    lost = ledger.lost("customers lost in 30 days", period)
    share = lost / ledger.at_start("customers 30 days ago", period)
    note = f"{period.lost} of {period.at_start}"
    return made(share, note, absent="n/a: no paying customer 30 days ago", partial=not_counted(period))


def nrr(ledger: Ledger, at: datetime) -> Figure:
    """(opening + expansion - contraction - churn) / opening, of the customers who were there at the start.

    Whoever of them left and came back within the year is in there with what they pay at its end. Customers
    from before the year who came back in it, and new ones, are not theirs: they are listed as left out.
    """
    m = Moves.of(ledger, at, YEAR)

    def newcomers() -> Iterator[LeftOut]:
        for moved, why in ((m.new, "new customer"), (m.reactivation, "had left before the year began")):
            for part in moved.terms[0].parts():
                yield LeftOut(part.refs, f"{part.about}: {why}")

    kept = m.opening + leaving_out(m.expansion, newcomers) - m.contraction - m.churn
    return m.over_opening(kept, "without new customers")


def grr(ledger: Ledger, at: datetime) -> Figure:
    """(opening - contraction - churn) / opening; never above 1."""
    m = Moves.of(ledger, at, YEAR)
    return m.over_opening(m.opening - m.contraction - m.churn, "")


def quick_ratio(ledger: Ledger, at: datetime) -> Figure:
    """(new + expansion + reactivation) / (contraction + churn), after Mamoon Hamid."""
    m = Moves.of(ledger, at, MONTH)
    gained = m.new + m.expansion + m.reactivation
    absent = "n/a: nothing was lost in 30 days"
    return made(gained / (m.contraction + m.churn), absent=absent, partial=not_counted(m.period))
