"""Month by month, in the company's zone, every table adds up."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.finance.monthly import TICK, Month, monthly
from agents.finance.recurring import History
from agents.finance.revenue import Movements
from agents.nouns import FxRate, Noun, Subscription
from tests.agents.build import AS_OF, NEW_YORK, ago, back, discount, snapshot, subscription


def months(*records: Noun, count: int = 3, currency: str | None = None) -> tuple[Month, ...]:
    seen = snapshot(*records)
    return monthly(seen, History.of(seen.all(Subscription)), count, currency)


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=NEW_YORK).astimezone(UTC)


def test_a_month_is_one_of_the_company_and_the_running_one_ends_now() -> None:
    late = subscription("s", 10, account="a.com", valid_from=at(2026, 10, 31, 23))
    september, october, november = months(late)
    assert [m.first.month for m in (september, october, november)] == [9, 10, 11]
    assert october.movements == Movements(new=1000) and november.movements == Movements(opening=1000)
    assert (october.end, october.running) == (at(2026, 11, 1) - TICK, False)
    assert (november.end, november.running) == (AS_OF, True)


def test_a_sale_on_the_stroke_of_midnight_is_of_the_new_month() -> None:
    _, october, november = months(subscription("s", 10, valid_from=at(2026, 11, 1)))
    assert october.closing == november.opening == 0 and november.movements.new == 1000


def test_every_movement_in_its_month() -> None:
    found = months(
        subscription("a1", 10, account="a.com", valid_from=ago(300), valid_to=at(2026, 9, 9)),
        subscription("a2", 30, account="a.com", valid_from=at(2026, 9, 9), valid_to=at(2026, 10, 9)),
        subscription("a3", 20, account="a.com", valid_from=at(2026, 10, 9), valid_to=at(2026, 10, 10)),
        subscription("a4", 5, account="a.com", valid_from=at(2026, 11, 2)),
    )
    assert [month.movements for month in found] == [
        Movements(opening=1000, expansion=2000),
        Movements(opening=3000, churn=3000),
        Movements(reactivation=500),
    ]
    assert [month.closing for month in found] == [3000, 0, 500]


def test_what_rates_did_stands_apart() -> None:
    euro = subscription("e", 100, account="e.com", currency="EUR")
    rates = [
        FxRate("files", f"r{n}", back(n), "EUR", "USD", Decimal("1.1") if n > 40 else Decimal("1.2"))
        for n in range(0, 120, 3)
    ]
    _, october, november = months(euro, *rates)
    assert (october.opening, october.fx, october.closing) == (11000, 1000, 12000)
    assert october.movements == Movements(opening=12000) and november.fx == 0
    (alone,) = months(euro, *rates, count=1, currency="EUR")
    assert (alone.opening, alone.fx, alone.closing) == (10000, 0, 10000)


def test_what_has_no_rate_is_said_and_not_zero() -> None:
    (month,) = months(subscription("c", 10, currency="CHF"), count=1)
    assert (month.closing, month.partial) == (0, "not converted: 1 item (CHF)")


EVENTS = st.builds(
    lambda n, who, price, begin, length, currency, free: subscription(
        f"s{n}", price, account=who, currency=currency, valid_from=ago(begin), valid_to=ago(begin - length),
        discounts=(discount(percent=free, ends_at=ago(begin - 20)),) if free else (),
    ),
    st.integers(0, 10**6), st.sampled_from(["a.com", "b.com"]), st.decimals(0, 1000, places=2),
    st.integers(0, 120), st.integers(0, 130), st.sampled_from(["USD", "EUR", "CHF"]),
    st.sampled_from([0, 50, 100]),
)  # fmt: skip
RATES = [FxRate("files", f"r{n}", back(n), "EUR", "USD", Decimal(100 + n) / 90) for n in range(0, 130, 4)]


@settings(max_examples=80, deadline=None)
@given(st.lists(EVENTS, max_size=12, unique_by=lambda s: s.id))
def test_every_month_adds_up_and_opens_where_the_last_one_closed(found: list[Subscription]) -> None:
    for currency in (None, "USD", "EUR", "CHF"):
        table = months(*found, *RATES, count=5, currency=currency)
        assert all(month.adds_up for month in table)
        assert [m.opening for m in table[1:]] == [m.closing for m in table[:-1]]
        assert all(month.fx == 0 for month in table if currency is not None)


def test_the_months_of_all_customers_are_those_of_each() -> None:
    found = [
        subscription(
            f"s{n}", 10 + n, account=f"{n % 3}.com", valid_from=ago(10 * n), valid_to=ago(5 * n - 20)
        )
        for n in range(12)
    ]
    seen = snapshot(*found)
    history = History.of(found)
    whole = monthly(seen, history, 4)
    each = [monthly(seen, history.only(f"{n}.com"), 4) for n in range(3)]
    for place, month in enumerate(whole):
        alone = [asdict(one[place].movements) for one in each]
        assert asdict(month.movements) == {name: sum(one[name] for one in alone) for name in alone[0]}
        assert month.closing == sum(one[place].closing for one in each)
