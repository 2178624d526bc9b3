"""Growth set against the cash that it takes: burn multiple, Rule of 40."""

from __future__ import annotations

from datetime import datetime, timedelta

from agents.figures import Figure, made
from agents.finance.cash import NO_MONTH, CashBook
from agents.finance.figures import MOVEMENTS, YEAR, not_counted
from agents.finance.ledger import Ledger
from agents.wording import joined


def burn_multiple(ledger: Ledger, cash: CashBook, at: datetime) -> Figure:
    """Net burn of the last full burn months / net new ARR of the same months, after David Sacks."""
    burn, day = cash.burn(at), ledger.snapshot.start_of
    if burn is None:
        return Figure(None, absent=NO_MONTH)
    if burn.out <= burn.into:
        return Figure(None, absent="n/a: profitable")
    period = ledger.between(day(burn.start), day(burn.end))
    new, expansion, contraction, churn, reactivation = (ledger.moved(name, period) for name in MOVEMENTS)
    grown = 12 * (new + reactivation + expansion - contraction - churn)
    if not grown.value or grown.value < 0:
        return Figure(None, absent="n/a: ARR did not grow")
    multiple = (burn.paid_out() - burn.came_in()) / grown
    partial = joined(burn.partial or "", not_counted(period) or "")
    return made(multiple, f"{burn.start} up to {burn.end}", partial=partial)


def rule_of_40(ledger: Ledger, cash: CashBook, at: datetime) -> Figure:
    """ARR growth over 365 days + (in - out) / in of the last full burn months; 0.4 is the rule."""
    burn, start = cash.burn(at), at - timedelta(days=YEAR)
    if burn is None:
        return Figure(None, absent=NO_MONTH)
    on = ledger.snapshot.day_of(at)
    now, before = ledger.mrr("MRR", at), ledger.mrr("MRR 365 days ago", start, on)
    growth = now / before - 1
    came_in = burn.came_in()
    margin = (came_in - burn.paid_out()) / came_in
    if growth.value is None or margin.value is None:
        missing = "no MRR 365 days ago" if growth.value is None else "nothing came in"
        return made(growth + margin, absent=f"n/a: {missing}")
    note = f"growth {float(growth.value):.0%}, margin {float(margin.value):.0%}"
    without_rate = ledger.book(at).partial or ledger.book(start, on).partial
    return made(growth + margin, note, partial=joined(burn.partial or "", without_rate or ""))
