"""Who is set to cancel: revenue that is still counted and will go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from agents.figures import Figure, made
from agents.finance.ledger import Ledger
from agents.finance.revenue import Line
from agents.finance.terms import mrr_as_billed, mrr_of
from agents.money import Money
from agents.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Leaving:
    """A customer with subscriptions that are set to end, the first of them on `ends_on`; `yearly` is what
    they would pay in a year, in the currency that was billed where that has no rate."""

    customer: str
    ends_on: date
    yearly: Figure
    evidence: tuple[str, ...]

    @property
    def money(self) -> Money:
        """The value of `yearly`."""
        assert isinstance(self.yearly.value, Money)
        return self.yearly.value


def leaving(snapshot: Snapshot, ledger: Ledger) -> tuple[Leaving, ...]:
    """Everyone whose subscription counts now and is set to end, largest first; without a rate, apart
    in the currency that was billed."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in ledger.leaving(snapshot.as_of):
        monthly = snapshot.convert(line.mrr, snapshot.today) or line.mrr
        groups.setdefault((line.customer, monthly.currency), []).append(line)
    found = (_leaving(snapshot, *key, lines) for key, lines in groups.items())
    return tuple(sorted(found, key=lambda one: (-one.money.amount, one.customer)))


def _leaving(snapshot: Snapshot, customer: str, currency: str, lines: list[Line]) -> Leaving:
    name = "MRR set to end"
    if currency == snapshot.currency:
        monthly = mrr_of(snapshot, name, lines, snapshot.today)
    else:
        monthly = mrr_as_billed(name, lines, currency)
    days = (snapshot.day_of(line.cancel_at) for line in lines if line.cancel_at is not None)
    return Leaving(customer, min(days), made(12 * monthly), tuple(line.ref for line in lines))
