"""The figures of finance: recurring revenue, cash, and what customers owe. Definitions: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from agents import receivables, revenue
from agents.accounts import names
from agents.cash import CashBook
from agents.figures import Figure, above, metric
from agents.ledger import Ledger, Period
from agents.money import Money, total
from agents.nouns import BankTransaction, CashBalance, Invoice, Payment, Subscription
from agents.quantity import text
from agents.report import Good, Metric, Unit
from agents.revenue import Movements
from agents.snapshot import Snapshot
from agents.wording import joined, plural

MONTH, QUARTER, YEAR = 30, 90, 365
"""Days over which movements, customer churn, and retention are measured."""
WATCH_SHARE = 0.75
"""The part of a limit above which a figure is watched."""

MOVEMENTS = (
    ("mrr_new", "New MRR (30d)", "new", Good.UP),
    ("mrr_expansion", "Expansion (30d)", "expansion", Good.UP),
    ("mrr_contraction", "Contraction (30d)", "contraction", Good.DOWN),
    ("mrr_churn", "Churned MRR (30d)", "churn", Good.DOWN),
    ("mrr_reactivation", "Reactivation (30d)", "reactivation", Good.UP),
)


def metrics(snapshot: Snapshot, ledger: Ledger, cash: CashBook) -> tuple[Metric, ...]:
    """All of them, in the order in which finance shows them."""
    return (*_recurring(snapshot, ledger), *_cash(snapshot, cash), *_owed(snapshot))


# ── recurring revenue ────────────────────────────────────────────────────────────────────────────


def _recurring(snapshot: Snapshot, ledger: Ledger) -> list[Metric]:
    show = partial(metric, snapshot, reads=(Subscription,))
    limit, share = snapshot.policy.churn_limit, snapshot.policy.concentration_limit
    return [
        show("mrr", "MRR", Unit.MONEY, partial(_mrr, ledger)),
        *(
            show(key, title, Unit.MONEY, partial(_movement, ledger, name), good=good)
            for key, title, name, good in MOVEMENTS
        ),
        show("net_new_mrr", "Net new MRR (30d)", Unit.MONEY, partial(_net_new, ledger)),
        show(
            "mrr_churn_rate",
            "Churn (30d)",
            Unit.RATIO,
            partial(_rate, ledger, revenue.gross_churn, MONTH, f"limit {limit:.1%}"),
            good=Good.DOWN,
            grade=above(limit * WATCH_SHARE, limit),
        ),
        show("arr", "ARR", Unit.MONEY, partial(_arr, ledger)),
        show("arpa", "ARPA", Unit.MONEY, partial(_arpa, ledger)),
        show("ltv", "Lifetime value", Unit.MONEY, partial(_ltv, ledger)),
        show("nrr", "NRR (12 mo)", Unit.RATIO, partial(_rate, ledger, revenue.net_retention, YEAR, "")),
        show("grr", "GRR (12 mo)", Unit.RATIO, partial(_rate, ledger, revenue.gross_retention, YEAR, "")),
        show(
            "scheduled_churn",
            "Scheduled churn",
            Unit.MONEY,
            partial(_scheduled, ledger),
            good=Good.DOWN,
        ),
        show(
            "concentration",
            "Largest customer",
            Unit.RATIO,
            partial(_concentration, ledger, names(snapshot)),
            good=Good.DOWN,
            grade=above(share * WATCH_SHARE, share),
        ),
    ]


def _money(ledger: Ledger, amount: int) -> Money:
    return Money(amount, ledger.snapshot.currency)


def _mrr(ledger: Ledger, at: datetime) -> Figure:
    book = ledger.book(at)
    goal, lines = ledger.snapshot.policy.mrr_goal, ledger.lines(at)
    aim = "" if goal is None else f"goal {Money.of(str(goal), ledger.snapshot.currency).short()}"
    late = sum(line.subscription.status == "past_due" for line in lines)
    metered = sum(item.metered for line in lines for item in line.subscription.items)
    note = joined(
        aim,
        f"{late} past due counted" if late else "",
        f"{plural(metered, 'metered item')} apart" if metered else "",
    )
    return Figure(_money(ledger, book.total), book.refs, note or "", partial=book.partial)


def _movement(ledger: Ledger, name: str, at: datetime) -> Figure:
    period = ledger.period(at, MONTH)
    found = period.customers.get(name, ())
    note = plural(len(found), "customer") if found else ""
    return Figure(
        _money(ledger, sum(size for _, size in found)), period.refs(name), note, partial=_left_out(period)
    )


def _net_new(ledger: Ledger, at: datetime) -> Figure:
    period = ledger.period(at, MONTH)
    refs = tuple(ref for _, _, name, _ in MOVEMENTS for ref in period.refs(name))
    note = f"exchange rates {_money(ledger, period.fx).short()} apart" if period.fx else ""
    return Figure(_money(ledger, period.movements.net_new), refs, note, partial=_left_out(period))


def _rate(
    ledger: Ledger, of: Callable[[Movements], float | None], days: int, note: str, at: datetime
) -> Figure:
    period = ledger.period(at, days)
    value = of(period.movements)
    refs = tuple(dict.fromkeys((*period.before.refs, *period.after.refs)))
    if value is None:
        return Figure(None, refs, absent=f"n/a: no MRR {days} days ago")
    return Figure(value, refs, note, partial=_left_out(period))


def _left_out(period: Period) -> str | None:
    return period.after.partial or period.before.partial


def _arr(ledger: Ledger, at: datetime) -> Figure:
    book = ledger.book(at)
    return Figure(revenue.arr(_money(ledger, book.total)), book.refs, partial=book.partial)


def _arpa(ledger: Ledger, at: datetime) -> Figure:
    book = ledger.book(at)
    value = revenue.arpa(_money(ledger, book.total), book.paying)
    if value is None:
        return Figure(None, absent="n/a: no paying customer")
    return Figure(value, book.refs, plural(book.paying, "customer"), partial=book.partial)


def _ltv(ledger: Ledger, at: datetime) -> Figure:
    """ARPA x margin / monthly customer churn; churn is the average month of the last 90 days."""
    period, book = ledger.period(at, QUARTER), ledger.book(at)
    margin = ledger.snapshot.policy.gross_margin
    arpa = revenue.arpa(_money(ledger, book.total), book.paying)
    rate = revenue.logo_churn(period.at_start, period.lost)
    refs = tuple(dict.fromkeys((*book.refs, *period.before.refs)))
    if arpa is None or rate is None:
        return Figure(None, refs, absent="n/a: no paying customer 90 days ago")
    value = revenue.ltv(arpa, margin, rate * MONTH / QUARTER)
    if value is None:
        return Figure(None, refs, absent="n/a: no customer lost in 90 days")
    note = "margin not deducted" if margin == 1 else f"margin {margin:.0%}"
    return Figure(value, refs, note, partial=book.partial)


def _scheduled(ledger: Ledger, at: datetime) -> Figure:
    """MRR of subscriptions that count now and are set to end."""
    if at < ledger.snapshot.as_of:
        return Figure(None, absent="n/a: known of today only")
    going = [line for line in ledger.lines(at) if ledger.is_leaving(line, at)]
    day = ledger.snapshot.day_of(at)
    known = [(line, ledger.snapshot.convert(line.mrr, day)) for line in going]
    amount = total((mrr for _, mrr in known if mrr), ledger.snapshot.currency)
    note = plural(len(going), "subscription") if going else ""
    return Figure(
        amount, tuple(line.subscription.ref for line in going), note, partial=ledger.book(at).partial
    )


def _concentration(ledger: Ledger, called: dict[str, str], at: datetime) -> Figure:
    """The largest customer's share of MRR."""
    book = ledger.book(at)
    if not book.total:
        return Figure(None, book.refs, absent="n/a: no MRR")
    who = max(sorted(book.amounts), key=book.amounts.__getitem__)
    return Figure(book.amounts[who] / book.total, book.refs, called.get(who, who), partial=book.partial)


# ── cash ─────────────────────────────────────────────────────────────────────────────────────────


def _cash(snapshot: Snapshot, cash: CashBook) -> list[Metric]:
    held, moved = (CashBalance,), (BankTransaction,)
    show = partial(metric, snapshot)
    return [
        show(
            "cash",
            "Cash",
            Unit.MONEY,
            partial(_cash_with_runway, cash),
            reads=held,
            grade=lambda _: cash.runway_status(),
        ),
        show("gross_burn", "Gross burn", Unit.MONEY, cash.gross_burn, reads=moved, good=Good.DOWN),
        show("net_burn", "Net burn", Unit.MONEY, cash.net_burn, reads=moved, good=Good.DOWN),
        show("runway", "Runway", Unit.MONTHS, cash.runway, reads=(*held, *moved), grade=cash.grade()),
        show("spend_growth", "Spend growth", Unit.RATIO, cash.spend_growth, reads=moved, good=Good.DOWN),
    ]


def _cash_with_runway(cash: CashBook, at: datetime) -> Figure:
    held, runway = cash.cash(at), cash.runway(at)
    if isinstance(runway.value, float):
        note = f"runway {text(runway.value, Unit.MONTHS)}"
    else:
        note = "profitable" if runway.absent == "n/a: profitable" else "runway not known"
    return Figure(held.value, held.evidence, note, held.absent, held.partial)


# ── receivables ──────────────────────────────────────────────────────────────────────────────────


def _owed(snapshot: Snapshot) -> list[Metric]:
    return [
        metric(
            snapshot,
            "overdue",
            "Overdue",
            Unit.MONEY,
            partial(receivables.overdue, snapshot),
            reads=(Invoice,),
            good=Good.DOWN,
            grade=above(0, float("inf")),
        ),
        metric(
            snapshot,
            "failed_payments",
            "Failed payments",
            Unit.MONEY,
            partial(receivables.failed_payments, snapshot),
            reads=(Payment, Invoice),
            good=Good.DOWN,
            grade=above(0, float("inf")),
        ),
    ]
