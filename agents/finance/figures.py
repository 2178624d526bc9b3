"""What each figure of finance is at an instant: recurring revenue, and cash with its runway.

Definitions: docs/metrics.md. Burn and runway alone are in `cash`, what customers owe in `receivables`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from agents.figures import Figure, made
from agents.finance import revenue
from agents.finance.cash import CashBook
from agents.finance.ledger import Ledger, Period
from agents.finance.revenue import Movements
from agents.money import Money, total
from agents.quantity import text
from agents.unit import Unit
from agents.wording import joined, plural

MONTH, QUARTER, YEAR = 30, 90, 365
"""Days over which movements, customer churn, and retention are measured."""
WATCH_SHARE = 0.75
"""The part of a limit above which a figure is watched."""

MOVEMENTS = ("new", "expansion", "contraction", "churn", "reactivation")


def mrr(ledger: Ledger, at: datetime) -> Figure:
    """What subscriptions come to a month; past-due ones as the policy says, metered items apart."""
    book = ledger.book(at)
    goal, lines = ledger.snapshot.policy.mrr_goal, ledger.lines(at)
    aim = "" if goal is None else f"goal {Money.of(str(goal), ledger.snapshot.currency).short()}"
    late = sum(line.status == "past_due" for line in lines)
    metered = sum(line.metered for line in lines)
    note = joined(
        aim,
        f"{late} past due counted" if late else "",
        f"{plural(metered, 'metered item')} apart" if metered else "",
    )
    return made(ledger.mrr("MRR", at), note or "", partial=book.partial)


def movement(ledger: Ledger, name: str, at: datetime) -> Figure:
    """One of the `MOVEMENTS` of MRR over 30 days."""
    period = ledger.period(at, MONTH)
    found = period.customers.get(name, ())
    note = plural(len(found), "customer") if found else ""
    return made(ledger.moved(name, period), note, partial=_left_out(period))


def net_new(ledger: Ledger, at: datetime) -> Figure:
    """What all movements of 30 days add up to, without what exchange rates did."""
    period = ledger.period(at, MONTH)
    new, expansion, contraction, churn, reactivation = (ledger.moved(name, period) for name in MOVEMENTS)
    note = f"exchange rates {_money(ledger, period.fx).short()} apart" if period.fx else ""
    net = new + reactivation + expansion - contraction - churn
    return made(net, note, partial=_left_out(period))


def rate(
    ledger: Ledger, of: Callable[[Movements], float | None], days: int, note: str, at: datetime
) -> Figure:
    """A ratio made `of` the movements of so many `days`."""
    period = ledger.period(at, days)
    value = of(period.movements)
    refs = _refs(ledger, period.start, period.end)
    if value is None:
        return Figure(None, refs, absent=f"n/a: no MRR {days} days ago")
    return Figure(value, refs, note, partial=_left_out(period))


def arr(ledger: Ledger, at: datetime) -> Figure:
    """12 x MRR."""
    book = ledger.book(at)
    return made(12 * ledger.mrr("MRR", at), partial=book.partial)


def arpa(ledger: Ledger, at: datetime) -> Figure:
    """MRR over paying customers."""
    book = ledger.book(at)
    average = ledger.mrr("MRR", at) / ledger.paying("paying customers", at)
    note = plural(book.paying, "customer")
    return made(average, note, absent="n/a: no paying customer", partial=book.partial)


def ltv(ledger: Ledger, at: datetime) -> Figure:
    """ARPA x margin / monthly customer churn; churn is the average month of the last 90 days."""
    period, book = ledger.period(at, QUARTER), ledger.book(at)
    margin = ledger.snapshot.policy.gross_margin
    average = revenue.arpa(_money(ledger, book.total), book.paying)
    lost = revenue.logo_churn(period.at_start, period.lost)
    refs = _refs(ledger, at, period.start)
    if average is None or lost is None:
        return Figure(None, refs, absent="n/a: no paying customer 90 days ago")
    value = revenue.ltv(average, margin, lost * MONTH / QUARTER)
    if value is None:
        return Figure(None, refs, absent="n/a: no customer lost in 90 days")
    note = "margin not deducted" if margin == 1 else f"margin {margin:.0%}"
    return Figure(value, refs, note, partial=book.partial)


def scheduled_churn(ledger: Ledger, at: datetime) -> Figure:
    """MRR of subscriptions that count now and are set to end."""
    if at < ledger.snapshot.as_of:
        return Figure(None, absent="n/a: known of today only")
    going = [line for line in ledger.lines(at) if ledger.is_leaving(line, at)]
    day = ledger.snapshot.day_of(at)
    known = [(line, ledger.snapshot.convert(line.mrr, day)) for line in going]
    amount = total((mrr for _, mrr in known if mrr), ledger.snapshot.currency)
    note = plural(len(going), "subscription") if going else ""
    return Figure(amount, tuple(line.ref for line in going), note, partial=ledger.book(at).partial)


def concentration(ledger: Ledger, called: dict[str, str], at: datetime) -> Figure:
    """The largest customer's share of MRR."""
    book = ledger.book(at)
    if not book.total:
        return Figure(None, absent="n/a: no MRR")
    who, refs = max(sorted(book.amounts), key=book.amounts.__getitem__), _refs(ledger, at)
    return Figure(book.amounts[who] / book.total, refs, called.get(who, who), partial=book.partial)


def cash_with_runway(cash: CashBook, at: datetime) -> Figure:
    """What all accounts held, and in the note how long that lasts."""
    held, runway = cash.cash(at), cash.runway(at)
    if isinstance(runway.value, float):
        note = f"runway {text(runway.value, Unit.MONTHS)}"
    else:
        note = "profitable" if runway.absent == "n/a: profitable" else "runway not known"
    return Figure(held.value, held.evidence, note, held.absent, held.partial)


def _refs(ledger: Ledger, *instants: datetime) -> tuple[str, ...]:
    found = (ref for at in instants for refs in ledger.refs(at).values() for ref in refs)
    return tuple(dict.fromkeys(found))


def _money(ledger: Ledger, amount: int) -> Money:
    return Money(amount, ledger.snapshot.currency)


def _left_out(period: Period) -> str | None:
    return period.after.partial or period.before.partial
