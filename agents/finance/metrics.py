"""What finance shows, in its order: for each figure its key, title, unit and limits."""

from __future__ import annotations

from functools import partial

from agents.figures import ANY, above, metric
from agents.finance import figures, receivables, revenue
from agents.finance.desk import Desk
from agents.finance.figures import MONTH, WATCH_SHARE, YEAR
from agents.nouns import BankTransaction, CashBalance, Invoice, Payment, Subscription
from agents.report import Good, Metric, Unit

MOVEMENTS = (
    ("new", "New MRR (30d)", Good.UP),
    ("expansion", "Expansion (30d)", Good.UP),
    ("contraction", "Contraction (30d)", Good.DOWN),
    ("churn", "Churned MRR (30d)", Good.DOWN),
    ("reactivation", "Reactivation (30d)", Good.UP),
)


def metrics(desk: Desk) -> tuple[Metric, ...]:
    """All figures of finance."""
    return (*_recurring(desk), *_cash(desk), *_owed(desk))


def _recurring(desk: Desk) -> tuple[Metric, ...]:
    ledger, policy = desk.ledger, desk.snapshot.policy
    limit, share = policy.churn_limit, policy.concentration_limit
    show = partial(metric, desk.snapshot, reads=(Subscription,))
    churn = partial(figures.rate, ledger, revenue.gross_churn, MONTH, f"limit {limit:.1%}")
    net = partial(figures.rate, ledger, revenue.net_retention, YEAR, "")
    gross = partial(figures.rate, ledger, revenue.gross_retention, YEAR, "")
    going = partial(figures.scheduled_churn, ledger)
    largest = partial(figures.concentration, ledger, desk.names)
    too_much, too_large = above(limit * WATCH_SHARE, limit), above(share * WATCH_SHARE, share)
    return (
        show("mrr", "MRR", Unit.MONEY, partial(figures.mrr, ledger)),
        *(
            show(f"mrr_{name}", title, Unit.MONEY, partial(figures.movement, ledger, name), good=good)
            for name, title, good in MOVEMENTS
        ),
        show("net_new_mrr", "Net new MRR (30d)", Unit.MONEY, partial(figures.net_new, ledger)),
        show("mrr_churn_rate", "Churn (30d)", Unit.RATIO, churn, good=Good.DOWN, grade=too_much),
        show("arr", "ARR", Unit.MONEY, partial(figures.arr, ledger)),
        show("arpa", "ARPA", Unit.MONEY, partial(figures.arpa, ledger)),
        show("ltv", "Lifetime value", Unit.MONEY, partial(figures.ltv, ledger)),
        show("nrr", "NRR (12 mo)", Unit.RATIO, net),
        show("grr", "GRR (12 mo)", Unit.RATIO, gross),
        show("scheduled_churn", "Scheduled churn", Unit.MONEY, going, good=Good.DOWN),
        show("concentration", "Largest customer", Unit.RATIO, largest, good=Good.DOWN, grade=too_large),
    )


def _cash(desk: Desk) -> tuple[Metric, ...]:
    cash, held, moved = desk.cash, (CashBalance,), (BankTransaction,)
    show = partial(metric, desk.snapshot)
    lasting = cash.runway_status()
    with_runway = partial(figures.cash_with_runway, cash)
    return (
        show("cash", "Cash", Unit.MONEY, with_runway, reads=held, grade=lambda value: lasting),
        show("gross_burn", "Gross burn", Unit.MONEY, cash.gross_burn, reads=moved, good=Good.DOWN),
        show("net_burn", "Net burn", Unit.MONEY, cash.net_burn, reads=moved, good=Good.DOWN),
        show("runway", "Runway", Unit.MONTHS, cash.runway, reads=(*held, *moved), grade=cash.grade()),
        show("spend_growth", "Spend growth", Unit.RATIO, cash.spend_growth, reads=moved, good=Good.DOWN),
    )


def _owed(desk: Desk) -> tuple[Metric, ...]:
    show = partial(metric, desk.snapshot, good=Good.DOWN, grade=ANY)
    late, failed = (
        partial(figure, desk.snapshot) for figure in (receivables.overdue, receivables.failed_payments)
    )
    return (
        show("overdue", "Overdue", Unit.MONEY, late, reads=(Invoice,)),
        show("failed_payments", "Failed payments", Unit.MONEY, failed, reads=(Payment, Invoice)),
    )
