"""The worked examples of the published definitions, from records to the figure that is shown, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import pytest

from agents.finance import AGENT
from agents.money import Money
from agents.nouns import BankTransaction, Noun, Subscription
from agents.policy import Policy
from agents.report import Value
from tests.agents import build
from tests.agents.build import ago, usd
from tests.agents.explained import assert_explained

Records = Sequence[Noun]


def plan(price: int, interval: str = "month", every: int = 1, currency: str = "USD") -> Records:
    bought = build.item(price, currency=currency, interval=interval, interval_count=every)
    return [build.subscription("s", items=(bought,), currency=currency)]


def seats() -> Records:
    """Three seats of $50 with 20 % off for good."""
    bought = build.item(150, quantity=3)
    return [build.subscription("s", items=(bought,), discounts=(build.discount(percent=20),))]


def two_items() -> Records:
    """$300 a quarter and $20 a month, $6 a month off the whole."""
    items = (build.item(300, "quarterly", interval_count=3), build.item(20, "monthly"))
    return [build.subscription("s", items=items, discounts=(build.discount(amount_off=usd(6)),))]


def changed(who: str, before: int, after: int) -> list[Subscription]:
    """A customer who paid so much, and pays another amount since five days ago."""
    return [
        build.subscription(f"{who}1", before, account=f"{who}.com", valid_to=ago(5)),
        build.subscription(f"{who}2", after, account=f"{who}.com", valid_from=ago(5)),
    ]


def a_month() -> Records:
    """$10,000; new 1,000, expansion 500, contraction 200, churn 300, reactivation 100."""
    return [
        build.subscription("kept", 7000),
        *changed("up", 1500, 2000),
        *changed("down", 1200, 1000),
        build.subscription("gone", 300, valid_to=ago(5)),
        build.subscription("new", 1000, valid_from=ago(5)),
        build.subscription("back1", 100, account="back.com", valid_to=ago(390)),
        build.subscription("back2", 100, account="back.com", valid_from=ago(5)),
    ]


def customers(count: int, lost: int, monthly: int = 10, days: int = 5) -> list[Subscription]:
    """So many at the start, of whom some left."""
    return [
        build.subscription(f"s{n}", monthly, valid_to=ago(days) if n < lost else None) for n in range(count)
    ]


def paid_out(*nets: int) -> list[BankTransaction]:
    """Net burn of the last full months, August to October, and a sign of life in November."""
    months = [date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)]
    moved = [build.bank_transaction(f"{day}", -usd(net), day) for net, day in zip(nets, months, strict=True)]
    return [*moved, build.bank_transaction("now", -usd(1), date(2026, 11, 20))]


def burned() -> Records:
    """$1.5 M net burn and $1.0 M of new ARR in the same three months."""
    grown = build.subscription("new", items=(build.item(1_000_000, interval="year"),), valid_from=ago(60))
    more = build.subscription("later", 9000, valid_from=ago(10))
    return [grown, more, *paid_out(400_000, 500_000, 600_000)]


EXAMPLES: Iterable[tuple[str, Records, dict[str, object], Policy, str]] = [
    ("1", plan(1200, "year"), {"mrr": usd(100), "arr": usd(1200)}, build.POLICY, "USD"),
    ("2", plan(100, "year"), {"mrr": usd("8.33")}, build.POLICY, "USD"),
    ("3", plan(10, "week"), {"mrr": usd("43.33")}, build.POLICY, "USD"),
    ("4", seats(), {"mrr": usd(120)}, build.POLICY, "USD"),
    ("5", two_items(), {"mrr": usd(114)}, build.POLICY, "USD"),
    (
        "6",
        a_month(),
        {
            "mrr_new": usd(1000),
            "mrr_expansion": usd(500),
            "mrr_contraction": usd(200),
            "mrr_churn": usd(300),
            "mrr_reactivation": usd(100),
            "mrr": usd(11_100),
            "net_new_mrr": usd(1100),
            "quick_ratio": 3.2,
            "mrr_churn_rate": 0.05,
            "net_mrr_churn_rate": -0.01,
        },
        build.POLICY,
        "USD",
    ),
    ("7", customers(200, 10), {"logo_churn_rate": 0.05, "customers": 190}, build.POLICY, "USD"),
    # 6 of 100 lost in 90 days are 2 % a month
    (
        "8",
        customers(100, 6, monthly=100),
        {"arpa": usd(100), "ltv": usd(4000)},
        Policy(gross_margin=0.8),
        "USD",
    ),
    (
        "10",
        [build.cash_balance(usd(1_200_000)), *paid_out(90_000, 110_000, 100_000)],
        {"cash": usd(1_200_000), "net_burn": usd(100_000), "gross_burn": usd(100_000), "runway": 12.0},
        build.POLICY,
        "USD",
    ),
    # a twelfth of $1.0 M is $83,333.33, so that ARR is 4 cents short of it
    ("11", burned(), {"burn_multiple": pytest.approx(1.5, rel=1e-7)}, build.POLICY, "USD"),
    ("15", plan(12_000, "year", currency="JPY"), {"mrr": Money(1000, "JPY")}, build.POLICY, "JPY"),
]  # 9 is marketing's, 12 sales', 13 that of success, 14 the CEO's


@pytest.mark.parametrize(
    ("records", "expected", "policy", "currency"),
    [pytest.param(*rest, id=number) for number, *rest in EXAMPLES],
)
def test_the_worked_examples(
    records: Records, expected: dict[str, object], policy: Policy, currency: str
) -> None:
    report = AGENT.analyse(build.snapshot(*records, policy=policy, currency=currency))
    assert {key: build.figure(report, key).value for key in expected} == expected
    assert_explained(report)


def test_gross_retention_of_the_sixth_example() -> None:
    """The same movements within a year: GRR 95.0 %, and NRR without the new and the returned customers."""
    report = AGENT.analyse(build.snapshot(*a_month()))
    assert build.figure(report, "grr").value == 0.95
    assert build.figure(report, "nrr").value == 1.0


def test_the_items_of_the_fifth_example() -> None:
    """$95.00 and $19.00 after the discount."""
    one, other = Decimal(300), Decimal(20)
    for share, expected in ((one / 3, usd(95)), (other, usd(19))):
        alone = build.item(share, "this")
        rest = build.item(120 - share, "rest")
        off = (build.discount(amount_off=usd(6)),)
        whole = build.subscription("s", items=(alone, rest), discounts=off)
        gone = build.discount(percent=100, item_id="rest")
        kept = build.subscription("s", items=(alone, rest), discounts=(*off, gone))
        assert _mrr(whole) == usd(114)
        assert _mrr(kept) == expected


def _mrr(subscription: Subscription) -> Value:
    return build.figure(AGENT.analyse(build.snapshot(subscription)), "mrr").value
