"""Recurring revenue comes out exactly as the published definitions say."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.finance import revenue
from agents.finance.recurring import History
from agents.finance.revenue import Movements
from agents.money import Money
from agents.nouns import Discount, Subscription, SubscriptionItem
from tests.agents.build import AS_OF, ago, discount, item, subscription, usd


def mrr(*items: SubscriptionItem, discounts: tuple[Discount, ...] = (), currency: str = "USD") -> Money:
    sub = subscription("s", items=items, discounts=discounts, currency=currency)
    (line,) = History.of([sub]).lines(AS_OF)
    return line.mrr


def counts(sub: Subscription, at: datetime) -> bool:
    """Whether it counts in MRR at an instant."""
    return bool(History.of([sub]).lines(at))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (item(1200, interval="year"), usd(100)),  # worked example 1
        (item(100, interval="year"), usd("8.33")),  # 2
        (item(10, interval="week"), usd("43.33")),  # 3
        (item(1, interval="day"), usd("30.42")),
        (item(90, interval_count=3), usd(30)),
        (item(100, interval="week", interval_count=2), usd("216.67")),
        (item(2400, interval="year", interval_count=2), usd(100)),
    ],
)
def test_an_item_is_normalised_to_a_month(line: SubscriptionItem, expected: Money) -> None:
    assert mrr(line) == expected


def test_a_percentage_comes_off_every_unit() -> None:  # worked example 4
    assert mrr(item(150, quantity=3), discounts=(discount(percent=20),)) == usd(120)


def test_a_fixed_discount_is_spread_over_the_items_by_amount() -> None:  # worked example 5
    sub = subscription(
        "s",
        items=(item(300, "quarterly", interval_count=3), item(20, "monthly")),
        discounts=(discount(amount_off=usd(6)),),
    )
    assert revenue.item_mrr(sub, AS_OF) == {"quarterly": 9500, "monthly": 1900}


def test_a_currency_without_minor_units() -> None:  # worked example 15
    assert mrr(item(12000, interval="year", currency="JPY"), currency="JPY") == Money(1000, "JPY")


def test_a_fixed_discount_counts_per_bill() -> None:
    assert mrr(item(1200, interval="year"), discounts=(discount(amount_off=usd(120)),)) == usd(90)


def test_a_fixed_discount_never_takes_more_than_there_is() -> None:
    assert mrr(item(10), discounts=(discount(amount_off=usd(50)),)) == usd(0)


def test_a_discount_on_one_item_leaves_the_others_alone() -> None:
    sub = subscription(
        "s", items=(item(100, "a"), item(100, "b")), discounts=(discount(percent=50, item_id="b"),)
    )
    assert revenue.item_mrr(sub, AS_OF) == {"a": 10000, "b": 5000}


def test_discounts_apply_in_their_order() -> None:
    tenth, ten = discount(percent=10), discount(amount_off=usd(10))
    assert mrr(item(100), discounts=(tenth, ten)) == usd(80)
    assert mrr(item(100), discounts=(ten, tenth)) == usd(81)


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        (discount(percent=50, once=True), usd(100)),
        (discount(percent=50, ends_at=AS_OF), usd(100)),
        (discount(percent=50, ends_at=AS_OF + timedelta(seconds=1)), usd(50)),
        (discount(percent=50, starts_at=AS_OF), usd(50)),
        (discount(percent=50, starts_at=AS_OF + timedelta(seconds=1)), usd(100)),
        (discount(amount_off=Money.of(5, "EUR")), usd(100)),
    ],
)
def test_only_a_recurring_discount_in_force_counts(reduction: Discount, expected: Money) -> None:
    assert mrr(item(100), discounts=(reduction,)) == expected


def test_metered_items_are_no_recurring_revenue() -> None:
    assert mrr(item(100, "seats"), item(999, "calls", metered=True)) == usd(100)


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        ("active", True),
        ("past_due", True),
        ("trialing", False),
        ("unpaid", False),
        ("paused", False),
        ("incomplete", False),
        ("canceled", False),
    ],
)
def test_which_statuses_count(status: str, counted: bool) -> None:
    assert bool(History.of([subscription("s", status=status)]).lines(AS_OF)) is counted


def test_past_due_can_be_left_out() -> None:
    assert not History.of([subscription("s", status="past_due")], count_past_due=False).lines(AS_OF)


def test_a_version_counts_from_its_start_until_before_its_end() -> None:
    sub = subscription("s", valid_from=ago(10), valid_to=ago(5))
    before = timedelta(seconds=1)
    assert counts(sub, ago(10)) and counts(sub, ago(5) - before)
    assert not counts(sub, ago(10) - before) and not counts(sub, ago(5))


def test_a_subscription_set_to_cancel_counts_until_it_ends() -> None:
    sub = subscription("s", cancel_at=ago(-3), ended_at=ago(-3))
    assert counts(sub, AS_OF) and not counts(sub, ago(-3))


def test_one_company_with_two_billing_records_is_one_customer() -> None:
    found = History.of(
        [
            subscription("a", 10, account="acme.com", customer_id="c1"),
            subscription("b", 20, account="acme.com", customer_id="c2"),
            subscription("c", 30, customer_id="c3"),
        ]
    )
    assert found.book(AS_OF, partial(billed, "USD")).amounts == {
        "acme.com": 3000,
        "stripe:customer:c3": 3000,
    }


# ── movements ────────────────────────────────────────────────────────────────────────────────────


def billed(currency: str, money: Money) -> Money | None:
    """What is billed in one currency, nothing converted."""
    return money if money.currency == currency else None


def moved_in(currency: str, subs: Iterable[Subscription], start: datetime) -> Movements:
    return History.of(subs).moved(start, AS_OF, partial(billed, currency)).movements


def moved(*subs: Subscription) -> Movements:
    return moved_in("USD", subs, ago(30))


def test_each_movement_has_its_name() -> None:
    def plan(name: str, monthly: int, start: float, end: float | None = None) -> Subscription:
        until = None if end is None else ago(end)
        return subscription(f"{name}{start}", monthly, account=name, valid_from=ago(start), valid_to=until)

    assert moved(plan("new", 10, 5)) == Movements(new=1000)
    assert moved(plan("gone", 10, 90, 5)) == Movements(opening=1000, churn=1000)
    assert moved(plan("up", 10, 90, 5), plan("up", 25, 5)) == Movements(opening=1000, expansion=1500)
    assert moved(plan("down", 25, 90, 5), plan("down", 10, 5)) == Movements(opening=2500, contraction=1500)
    assert moved(plan("back", 10, 90, 60), plan("back", 15, 5)) == Movements(reactivation=1500)
    assert moved(plan("brief", 10, 20, 5)) == Movements()


def test_a_full_discount_is_no_churn_until_the_subscription_ends() -> None:
    free = discount(percent=100, starts_at=ago(10))
    assert moved(subscription("s", 10, discounts=(free,))) == Movements(opening=1000, contraction=1000)
    over = discount(percent=100, starts_at=ago(60), ends_at=ago(10))
    assert moved(subscription("s", 10, discounts=(over,))) == Movements(expansion=1000)


def test_the_end_of_a_free_start_is_a_new_customer() -> None:
    free = discount(percent=100, ends_at=ago(10))
    assert moved(subscription("s", 10, discounts=(free,))) == Movements(new=1000)


def test_currencies_stay_apart() -> None:
    both = [subscription("a", 10, valid_from=ago(5)), subscription("b", 10, currency="EUR", valid_to=ago(5))]
    assert moved_in("USD", both, ago(30)) == Movements(new=1000)
    assert moved_in("EUR", both, ago(30)) == Movements(opening=1000, churn=1000)


DAYS = st.integers(0, 100)
VERSIONS = st.builds(
    lambda n, who, price, start, length, status, currency, free: subscription(
        f"s{n}",
        price,
        account=who,
        currency=currency,
        status=status,
        valid_from=ago(start),
        valid_to=None if length == 100 else ago(start - length),
        discounts=(discount(percent=free, ends_at=ago(free)),) if free else (),
    ),
    st.integers(0, 10**6),
    st.sampled_from(["a.com", "b.com", "c.com", None]),
    st.decimals(0, 1000, places=2),
    DAYS,
    DAYS,
    st.sampled_from(["active", "past_due", "trialing", "canceled"]),
    st.sampled_from(["USD", "EUR"]),
    st.sampled_from([0, 20, 100]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VERSIONS, max_size=12), DAYS, st.randoms(use_true_random=False))
def test_movements_always_add_up_and_order_never_matters(
    versions: list[Subscription], days: int, chance: random.Random
) -> None:
    start, shuffled = ago(days), versions[:]
    chance.shuffle(shuffled)
    for currency in ("USD", "EUR"):
        m, worth = moved_in(currency, versions, start), partial(billed, currency)
        opening, closing = (History.of(versions).book(at, worth).total for at in (start, AS_OF))
        assert m.opening == opening
        parts = m.new + m.reactivation + m.expansion - m.contraction - m.churn
        assert m.opening + parts == m.closing == closing
        assert min(m.new, m.reactivation, m.expansion, m.contraction, m.churn) >= 0
        assert m.contraction + m.churn <= m.opening
        assert moved_in(currency, shuffled, start) == m


def test_cost_of_a_customer() -> None:
    assert revenue.cac(usd(50000), 25) == usd(2000)  # worked example 9
    assert revenue.cac(usd(100), 0) is None


def test_rounding_happens_once_per_item() -> None:
    third = item("0.01", "a", interval_count=3)
    assert mrr(third, item("0.01", "b", interval_count=3)) == usd(0)
    assert mrr(item(Decimal("0.06"), interval="year")) == usd("0.01")
