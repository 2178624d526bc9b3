"""What finance shows, in its order: for each figure its key, what it needs, and its limits."""

from __future__ import annotations

from functools import partial

from agents.figures import ANY, above, metric
from agents.finance import cash, efficiency, figures, rates, receivables
from agents.finance.cohorts import MONTHS
from agents.finance.definitions import DEFINITIONS
from agents.finance.desk import Desk
from agents.finance.figures import MOVEMENTS, WATCH_SHARE
from agents.finance.receivables import BUCKETS
from agents.nouns import BankTransaction, CashBalance, Invoice, Payment, Subscription
from agents.report import Metric


def metrics(desk: Desk) -> tuple[Metric, ...]:
    """All figures of finance."""
    return (*_recurring(desk), *_kept(desk), *_cash(desk), *_owed(desk))


def _recurring(desk: Desk) -> tuple[Metric, ...]:
    """What is paid, how that moved, and by whom."""
    ledger, share = desk.ledger, desk.snapshot.policy.concentration_limit
    show = partial(metric, desk.snapshot, DEFINITIONS, reads=(Subscription,))
    too_large = above(share * WATCH_SHARE, share)
    return (
        show("mrr", partial(figures.mrr, ledger)),
        *(show(f"mrr_{name}", partial(figures.movement, ledger, name)) for name in MOVEMENTS),
        show("net_new_mrr", partial(figures.net_new, ledger)),
        show("quick_ratio", partial(rates.quick_ratio, ledger)),
        show("arr", partial(figures.arr, ledger)),
        show("customers", partial(figures.customers, ledger)),
        show("arpa", partial(figures.arpa, ledger)),
        show("ltv", partial(figures.ltv, ledger)),
        show("concentration", partial(figures.concentration, ledger, desk.names), grade=too_large),
    )


def _kept(desk: Desk) -> tuple[Metric, ...]:
    """What is lost and what stays."""
    ledger, limit = desk.ledger, desk.snapshot.policy.churn_limit
    show = partial(metric, desk.snapshot, DEFINITIONS, reads=(Subscription,))
    too_much = above(limit * WATCH_SHARE, limit)
    return (
        show("mrr_churn_rate", partial(rates.mrr_churn_rate, ledger), grade=too_much),
        show("net_mrr_churn_rate", partial(rates.net_mrr_churn_rate, ledger)),
        show("logo_churn_rate", partial(rates.logo_churn_rate, ledger)),
        show("nrr", partial(rates.nrr, ledger)),
        show("grr", partial(rates.grr, ledger)),
        *(show(f"retention_{n}m", partial(desk.cohorts.retention, n), word=f"{n}") for n in MONTHS),
        show("scheduled_churn", partial(figures.scheduled_churn, ledger)),
    )


def _cash(desk: Desk) -> tuple[Metric, ...]:
    held, moved = (CashBalance,), (BankTransaction,)
    show = partial(metric, desk.snapshot, DEFINITIONS)
    lasting = desk.cash.runway_status()
    with_runway = partial(cash.with_runway, desk.cash)
    burn_multiple = partial(efficiency.burn_multiple, desk.ledger, desk.cash)
    rule_of_40 = partial(efficiency.rule_of_40, desk.ledger, desk.cash)
    return (
        show("cash", with_runway, reads=held, grade=lambda value: lasting),
        show("cash_in", desk.cash.cash_in, reads=moved),
        show("gross_burn", desk.cash.gross_burn, reads=moved),
        show("net_burn", desk.cash.net_burn, reads=moved),
        show("runway", desk.cash.runway, reads=(*held, *moved), grade=desk.cash.grade()),
        show("spend_growth", desk.cash.spend_growth, reads=moved),
        show("burn_multiple", burn_multiple, reads=(Subscription, *moved)),
        show("rule_of_40", rule_of_40, reads=(Subscription, *moved)),
    )


def _owed(desk: Desk) -> tuple[Metric, ...]:
    show = partial(metric, desk.snapshot, DEFINITIONS, grade=ANY)
    failed = partial(receivables.failed_payments, desk.snapshot)
    return (
        show("overdue", desk.bills.overdue, reads=(Invoice,)),
        *(
            show(f"overdue_{age.key}", partial(desk.bills.aged, age), reads=(Invoice,), word=age.label)
            for age in BUCKETS
        ),
        show("failed_payments", failed, reads=(Payment, Invoice)),
    )
