"""Finance sets growth against what it costs and what is lost."""

from __future__ import annotations

from datetime import date

import pytest

from agents.finance import analyse
from agents.report import Status
from tests.agents import build
from tests.agents.build import ago, usd
from tests.agents.test_finance import figure, months_of


def test_cash_in_is_an_average_month_without_capital() -> None:
    records = (
        *months_of(100, 100, -60),
        build.bank_transaction("round", usd(9000), date(2026, 9, 5), category="funding"),
        build.bank_transaction("back", -usd(30), date(2026, 9, 6), category="refunds"),
    )
    found = figure("cash_in", *records)
    assert (found.value, found.note) == (usd(20), "average of 3 mo")
    assert figure("gross_burn", *records).value == usd("76.67")
    assert figure("cash_in").absent == "n/a: no full month of transactions"


def test_the_burn_multiple_looks_at_the_same_months_on_both_sides() -> None:
    before = build.subscription("before", 500, valid_from=ago(200))
    inside = build.subscription("inside", 20, valid_from=ago(60))
    after = build.subscription("after", 900, valid_from=ago(5))
    found = figure("burn_multiple", before, inside, after, *months_of(100, 100, 160))
    assert (found.value, found.note) == (1.5, "2026-08-01 up to 2026-11-01")


@pytest.mark.parametrize(
    ("nets", "monthly", "said"),
    [
        ((100, 100, 100), 0, "n/a: ARR did not grow"),
        ((100, 100, 100), -5, "n/a: ARR did not grow"),
        ((-100, -100, -100), 5, "n/a: profitable"),
        ((), 5, "n/a: no full month of transactions"),
    ],
)
def test_a_burn_multiple_that_would_say_nothing_is_no_number(
    nets: tuple[int, ...], monthly: int, said: str
) -> None:
    kept = build.subscription("kept", 50)
    moved = build.subscription(
        "moved",
        abs(monthly),
        valid_from=ago(60) if monthly > 0 else ago(400),
        valid_to=ago(60) if monthly < 0 else None,
    )
    found = figure("burn_multiple", kept, moved, *months_of(*nets))
    assert (found.value, found.absent, found.status) == (None, said, Status.NONE)


def test_the_rule_of_40_is_growth_and_margin() -> None:
    records = (
        build.subscription("a", 100),
        build.subscription("b", 50, valid_from=ago(60)),
        *months_of(-200, -200, -200),
        build.bank_transaction("rent", -usd(300), date(2026, 10, 5)),
    )
    found = figure("rule_of_40", *records)  # 150 / 100 - 1 + (600 - 300) / 600
    assert (found.value, found.note) == (1.0, "growth 50%, margin 50%")
    young = build.subscription("y", 100, valid_from=ago(60))
    assert figure("rule_of_40", young, *months_of(-1, -1, -1)).absent == "n/a: no MRR 365 days ago"
    assert figure("rule_of_40", records[0], *months_of(1, 1, 1)).absent == "n/a: nothing came in"


def test_quick_ratio_and_net_churn_of_a_month_without_losses() -> None:
    grown = (
        build.subscription("a1", 100, account="a.com", valid_to=ago(5)),
        build.subscription("a2", 110, account="a.com", valid_from=ago(5)),
    )
    assert figure("quick_ratio", *grown).absent == "n/a: nothing was lost in 30 days"
    assert figure("net_mrr_churn_rate", *grown).value == -0.1
    assert figure("mrr_churn_rate", *grown).value == 0.0


def test_customer_churn_counts_customers_whatever_they_paid() -> None:
    records = (
        *(build.subscription(f"k{n}", 1000) for n in range(3)),
        build.subscription("gone", 1, valid_to=ago(5)),
        build.subscription("a1", 10, account="k.com", valid_to=ago(5)),
        build.subscription("a2", 10, account="k.com"),
        build.subscription("free", 10, discounts=(build.discount(percent=100, starts_at=ago(5)),)),
        build.subscription("new", 10, valid_from=ago(5)),
    )
    found = figure("logo_churn_rate", *records)
    assert (found.value, found.note) == (1 / 6, "1 of 6")
    assert figure("customers", *records).value == 5


def test_metered_items_are_told_apart() -> None:
    items = (build.item(100, "seats"), build.item(999, "calls", metered=True))
    assert figure("mrr", build.subscription("s", items=items)).note == "1 metered item apart"


def test_what_belongs_together_is_shown_together() -> None:
    order = [metric.key for metric in analyse(build.snapshot()).metrics]
    assert order[:3] == ["mrr", "mrr_new", "mrr_expansion"]
    assert order.index("cash") < order.index("cash_in") < order.index("gross_burn") < order.index("runway")
    assert order[-6:] == [
        "overdue", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_over_90", "failed_payments",
    ]  # fmt: skip
