"""What finance shows, in its order: for each figure its key, what it needs, and its limits."""

from __future__ import annotations

from functools import partial

from agents.figures import ANY, above, metric
from agents.finance import figures, receivables, revenue
from agents.finance.definitions import DEFINITIONS
from agents.finance.desk import Desk
from agents.finance.figures import MONTH, MOVEMENTS, WATCH_SHARE, YEAR
from agents.nouns import BankTransaction, CashBalance, Invoice, Payment, Subscription
from agents.report import Metric


def metrics(desk: Desk) -> tuple[Metric, ...]:
    """All figures of finance."""
    return (*_recurring(desk), *_cash(desk), *_owed(desk))


def _recurring(desk: Desk) -> tuple[Metric, ...]:
    ledger, policy = desk.ledger, desk.snapshot.policy
    limit, share = policy.churn_limit, policy.concentration_limit
    show = partial(metric, desk.snapshot, DEFINITIONS, reads=(Subscription,))
    churn = partial(figures.rate, ledger, revenue.gross_churn, MONTH, f"limit {limit:.1%}")
    too_much, too_large = above(limit * WATCH_SHARE, limit), above(share * WATCH_SHARE, share)
    return (
        show("mrr", partial(figures.mrr, ledger)),
        *(show(f"mrr_{name}", partial(figures.movement, ledger, name)) for name in MOVEMENTS),
        show("net_new_mrr", partial(figures.net_new, ledger)),
        show("mrr_churn_rate", churn, grade=too_much),
        show("arr", partial(figures.arr, ledger)),
        show("arpa", partial(figures.arpa, ledger)),
        show("ltv", partial(figures.ltv, ledger)),
        show("nrr", partial(figures.rate, ledger, revenue.net_retention, YEAR, "")),
        show("grr", partial(figures.rate, ledger, revenue.gross_retention, YEAR, "")),
        show("scheduled_churn", partial(figures.scheduled_churn, ledger)),
        show("concentration", partial(figures.concentration, ledger, desk.names), grade=too_large),
    )


def _cash(desk: Desk) -> tuple[Metric, ...]:
    cash, held, moved = desk.cash, (CashBalance,), (BankTransaction,)
    show = partial(metric, desk.snapshot, DEFINITIONS)
    lasting = cash.runway_status()
    with_runway = partial(figures.cash_with_runway, cash)
    return (
        show("cash", with_runway, reads=held, grade=lambda value: lasting),
        show("gross_burn", cash.gross_burn, reads=moved),
        show("net_burn", cash.net_burn, reads=moved),
        show("runway", cash.runway, reads=(*held, *moved), grade=cash.grade()),
        show("spend_growth", cash.spend_growth, reads=moved),
    )


def _owed(desk: Desk) -> tuple[Metric, ...]:
    show = partial(metric, desk.snapshot, DEFINITIONS, grade=ANY)
    late, failed = (
        partial(figure, desk.snapshot) for figure in (receivables.overdue, receivables.failed_payments)
    )
    return (
        show("overdue", late, reads=(Invoice,)),
        show("failed_payments", failed, reads=(Payment, Invoice)),
    )
