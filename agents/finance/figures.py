"""What recurring revenue is at an instant, and how it moved: MRR, ARR, customers and what they are worth.

Definitions: docs/metrics.md. The ratios of movements are in `rates`, start months in `cohorts`, cash in
`cash`, what customers owe in `receivables`, growth set against cash in `efficiency`.
"""

from __future__ import annotations

from datetime import datetime

from agents.figures import Figure, made, number
from agents.finance.ledger import Ledger, Period
from agents.finance.terms import mrr_of, mrr_of_one
from agents.formula import given
from agents.money import Money
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
    goal, (late, metered) = ledger.snapshot.policy.mrr_goal, ledger.tally(at)
    aim = "" if goal is None else f"goal {Money.of(str(goal), ledger.snapshot.currency).short()}"
    note = joined(
        aim,
        f"{late} past due counted" if late else "",
        f"{plural(metered, 'metered item')} apart" if metered else "",
    )
    return made(ledger.mrr("MRR", at), note or "", partial=book.partial)


def movement(ledger: Ledger, name: str, at: datetime) -> Figure:
    """One of the `MOVEMENTS` of MRR over 30 days."""
    period = ledger.period(at, MONTH)
    count = period.counts.get(name, 0)
    note = plural(count, "customer") if count else ""
    return made(ledger.moved(name, period), note, partial=not_counted(period))


def net_new(ledger: Ledger, at: datetime) -> Figure:
    """What all movements of 30 days add up to, without what exchange rates did."""
    period = ledger.period(at, MONTH)
    new, expansion, contraction, churn, reactivation = (ledger.moved(name, period) for name in MOVEMENTS)
    rates = Money(period.fx, ledger.snapshot.currency)
    note = f"exchange rates {rates.short()} apart" if rates else ""
    net = new + reactivation + expansion - contraction - churn
    return made(net, note, partial=not_counted(period))


def arr(ledger: Ledger, at: datetime) -> Figure:
    """12 x MRR."""
    book = ledger.book(at)
    return made(12 * ledger.mrr("MRR", at), partial=book.partial)


def customers(ledger: Ledger, at: datetime) -> Figure:
    """How many pay."""
    return number(ledger.paying("paying customers", at), partial=ledger.book(at).partial)


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
    lost = ledger.lost("customers lost in 90 days", period)
    a_month = lost / ledger.at_start("customers 90 days ago", period) * MONTH / QUARTER
    earned = (
        ledger.mrr("MRR", at)
        / ledger.paying("paying customers", at)
        * given("gross margin", margin, "policy.gross_margin", Unit.RATIO)
    )
    if not period.at_start or not book.paying:
        missing = "90 days ago" if book.paying else "now"
        return made(earned / a_month, absent=f"n/a: no paying customer {missing}")
    note = "margin not deducted" if margin == 1 else f"margin {margin:.0%}"
    return made(earned / a_month, note, absent="n/a: no customer lost in 90 days", partial=book.partial)


def scheduled_churn(ledger: Ledger, at: datetime) -> Figure:
    """MRR of subscriptions that count now and are set to end."""
    if at < ledger.snapshot.as_of:
        return Figure(None, absent="n/a: known of today only")
    going = ledger.leaving(at)
    amount = mrr_of(ledger.snapshot, "MRR set to end", going, ledger.snapshot.day_of(at))
    note = plural(len(going), "subscription") if going else ""
    return made(amount, note, partial=ledger.book(at).partial)


def concentration(ledger: Ledger, called: dict[str, str], at: datetime) -> Figure:
    """The largest customer's share of MRR."""
    book = ledger.book(at)
    if not book.total:
        return Figure(None, absent="n/a: no MRR")
    most = book.largest or ""
    share = mrr_of_one(ledger, "MRR of the largest customer", most, at) / ledger.mrr("MRR", at)
    return made(share, called.get(most, most), partial=book.partial)


def not_counted(period: Period) -> str | None:
    """What no rate was known for, at either end of a period."""
    return period.after.partial or period.before.partial
