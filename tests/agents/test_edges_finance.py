"""What finance says where there is little, nothing, or something odd: never a silent zero."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agents.finance import AGENT
from agents.finance.revenue import item_mrr
from agents.money import Money
from agents.nouns import BankTransaction, CashBalance, Invoice, Noun, Payment, Subscription
from agents.report import Metric, Report
from agents.snapshot import Age, Snapshot
from tests.agents import build
from tests.agents.build import AS_OF, TODAY, ago, back, usd
from tests.agents.explained import assert_explained

Said = Money | int | float | str


def report(snapshot: Snapshot) -> Report:
    found = AGENT.analyse(snapshot)
    assert_explained(found)
    return found


def of(*records: Noun) -> Report:
    return report(build.snapshot(*records))


def figure(key: str, *records: Noun) -> Metric:
    return build.figure(of(*records), key)


def said(found: Report) -> dict[str, Said]:
    """What every figure says: its value, or why there is none."""
    return {m.key: m.absent or "?" if m.value is None else m.value for m in found.metrics}


def says(found: Report, expected: Mapping[str, Said]) -> None:
    everything = said(found)
    assert {key: everything[key] for key in expected} == expected


# ── little or nothing ────────────────────────────────────────────────────────────────────────────


def test_a_company_without_customers() -> None:
    """Sources were read and hold nothing: sums are a true 0, whatever would divide by it says why not."""
    assert said(of()) == {
        **dict.fromkeys(
            ("mrr", "mrr_new", "mrr_expansion", "mrr_contraction", "mrr_churn", "mrr_reactivation"), usd(0)
        ),
        "net_new_mrr": usd(0),
        "quick_ratio": "n/a: nothing was lost in 30 days",
        "arr": usd(0),
        "customers": 0,
        "arpa": "n/a: no paying customer",
        "ltv": "n/a: no paying customer now",
        "concentration": "n/a: no MRR",
        "mrr_churn_rate": "n/a: no MRR 30 days ago",
        "net_mrr_churn_rate": "n/a: no MRR 30 days ago",
        "logo_churn_rate": "n/a: no paying customer 30 days ago",
        "nrr": "n/a: no MRR 365 days ago",
        "grr": "n/a: no MRR 365 days ago",
        "retention_1m": "n/a: nobody started 1 full month ago",
        **{f"retention_{n}m": f"n/a: nobody started {n} full months ago" for n in (3, 6, 12)},
        "scheduled_churn": usd(0),
        "cash": "n/a: no balance known",
        **dict.fromkeys(
            ("cash_in", "gross_burn", "net_burn", "burn_multiple", "rule_of_40"),
            "n/a: no full month of transactions",
        ),
        "runway": "n/a: no balance known",
        "spend_growth": "n/a: too few full months",
        **dict.fromkeys(("overdue", "failed_payments"), usd(0)),
        **dict.fromkeys((f"overdue_{age}" for age in ("1_30", "31_60", "61_90", "over_90")), usd(0)),
    }


def test_the_first_month() -> None:
    """One customer since last week, one payment of salaries: there is no month to look back on yet."""
    found = of(
        build.subscription("s", 100, valid_from=ago(7)),
        build.cash_balance(usd(5000)),
        build.bank_transaction("t", -usd(800), back(5)),
    )
    says(
        found,
        {
            "mrr": usd(100),
            "mrr_new": usd(100),
            "customers": 1,
            "arpa": usd(100),
            "mrr_churn_rate": "n/a: no MRR 30 days ago",
            "nrr": "n/a: no MRR 365 days ago",
            "ltv": "n/a: no paying customer 90 days ago",
            "concentration": 1.0,
            "cash": usd(5000),
            "net_burn": "n/a: no full month of transactions",
            "runway": "n/a: no full month of transactions",
            "rule_of_40": "n/a: no full month of transactions",
        },
    )
    assert build.figure(found, "mrr").series[:5] == (usd(0),) * 5
    assert build.figure(found, "cash").note == "runway not known"


def test_a_source_that_was_never_read_is_no_data_and_one_that_is_empty_is_zero() -> None:
    banks = (CashBalance, BankTransaction)
    unread = build.sources(missing=(*banks, Invoice))
    found = report(build.snapshot(build.subscription("s", 10), sources=unread))
    says(found, {"mrr": usd(10), **dict.fromkeys(("cash", "runway", "burn_multiple", "overdue"), "no data")})
    assert found.health.state == "degraded"
    says(of(build.subscription("s", 10)), {"overdue": usd(0), "failed_payments": usd(0)})


def test_a_stale_source_still_says_its_number_and_how_old_it_is() -> None:
    stale = build.sources(stale=(Subscription, Payment))
    found = report(build.snapshot(build.subscription("s", 10), sources=stale))
    for key, value in (("mrr", usd(10)), ("burn_multiple", None), ("failed_payments", usd(0))):
        shown = build.figure(found, key)
        assert (shown.value, shown.freshness.age, shown.freshness.problem) == (
            value,
            Age.STALE,
            "key expired",
        )
    assert build.figure(found, "overdue").freshness.age is Age.FRESH


# ── currencies ───────────────────────────────────────────────────────────────────────────────────


def test_a_missing_rate_makes_every_figure_it_touches_partial() -> None:
    franc = "not converted: 1 item (CHF)"
    found = of(
        build.subscription("a", 100),
        build.subscription("b", 100, currency="CHF"),
        build.invoice("i", Money.of(70, "CHF"), due_at=ago(5)),
        build.payment("p", Money.of(70, "CHF"), status="failed"),
        build.cash_balance(Money.of(900, "CHF")),
        build.bank_transaction("t", -Money.of(40, "CHF"), date(2026, 10, 1)),
        build.bank_transaction("u", -usd(10), back(1)),
    )
    said_partial = {m.key: (m.value, m.partial) for m in found.metrics if m.partial}
    assert said_partial == {
        **{key: (usd(100), franc) for key in ("mrr", "arpa")},
        **{
            key: (usd(0), franc)
            for key in (
                "mrr_new", "mrr_expansion", "mrr_contraction", "mrr_churn", "mrr_reactivation",
                "net_new_mrr", "scheduled_churn", "cash", "cash_in", "gross_burn", "net_burn",
                "overdue", "overdue_1_30", "failed_payments",
            )
        },
        "arr": (usd(1200), franc),
        "customers": (1, franc),
        "ltv": (None, franc),
        "quick_ratio": (None, franc),
        "concentration": (1.0, franc),
        **dict.fromkeys(("mrr_churn_rate", "net_mrr_churn_rate", "logo_churn_rate"), (0.0, franc)),
        **dict.fromkeys(("nrr", "grr"), (1.0, franc)),
    }  # fmt: skip


def test_a_customer_with_two_currencies_is_one_customer() -> None:
    euros, rate = Money.of(50, "EUR"), build.fx_rate("EUR", "1.20")
    one = build.subscription("a", 100, account="a.com")
    other = build.subscription("b", 50, account="a.com", currency="EUR", valid_from=ago(5))
    found = of(one, other, rate, build.invoice("i", euros, account="a.com", due_at=ago(40)))
    says(
        found,
        {
            "mrr": usd(160),
            "customers": 1,
            "mrr_new": usd(0),
            "mrr_expansion": usd(60),
            "overdue": usd(60),
            "retention_12m": 1.0,
        },
    )
    (debt,) = [alert for alert in found.alerts if alert.rule == "overdue"]
    assert debt.value == euros  # as it was billed
    gone = build.subscription("b", 50, account="a.com", currency="EUR", valid_to=ago(5))
    says(of(one, gone, rate), {"mrr_churn": usd(0), "mrr_contraction": usd(60), "logo_churn_rate": 0.0})


@pytest.mark.parametrize(
    ("currency", "price", "discounted"),
    [
        ("JPY", Money(1000, "JPY"), Money(667, "JPY")),  # no minor unit
        ("KWD", Money(1000000, "KWD"), Money(666667, "KWD")),  # a thousand fils
        ("USD", Money(100000, "USD"), Money(66667, "USD")),
    ],
)
def test_amounts_are_rounded_to_the_minor_unit_of_their_currency(
    currency: str, price: Money, discounted: Money
) -> None:
    yearly = (build.item(12000, currency=currency, interval="year"),)
    third = (build.discount(percent="33.3333"),)
    for discounts, expected in (((), price), (third, discounted)):
        sold = build.subscription("s", currency=currency, items=yearly, discounts=discounts)
        found = report(build.snapshot(sold, currency=currency))
        assert build.figure(found, "mrr").value == expected
        assert build.figure(found, "arr").value == expected.times(12)


def test_yen_and_dinars_are_converted_by_their_own_minor_units() -> None:
    found = of(
        build.subscription("y", 10_000, currency="JPY"),
        build.subscription("k", "10.005", currency="KWD"),
        build.fx_rate("JPY", "0.0065"),
        build.fx_rate("KWD", "3.25"),
    )
    assert build.figure(found, "mrr").value == usd("97.52")  # 65.00 + 32.52 (32.51625)


# ── subscriptions that change ────────────────────────────────────────────────────────────────────


def test_annual_to_monthly_in_mid_period_is_the_change_of_mrr_and_no_churn() -> None:
    yearly = (build.item(1200, interval="year"),)
    records = (
        build.subscription("v1", items=yearly, contract_id="c", account="a.com", valid_to=ago(12)),
        build.subscription("v2", 120, contract_id="c", account="a.com", valid_from=ago(12)),
    )
    says(
        of(*records),
        {"mrr": usd(120), "mrr_expansion": usd(20), "mrr_churn": usd(0), "mrr_new": usd(0), "nrr": 1.2},
    )
    same = build.subscription("v2", 100, contract_id="c", account="a.com", valid_from=ago(12))
    says(of(records[0], same), {"net_new_mrr": usd(0), "quick_ratio": "n/a: nothing was lost in 30 days"})


def test_a_full_coupon_is_no_mrr_but_no_churned_customer_either() -> None:
    free = (build.discount(percent=100, starts_at=ago(10)),)
    found = of(build.subscription("s", 50, discounts=free), build.subscription("t", 50))
    says(
        found,
        {
            "mrr": usd(50),
            "customers": 1,
            "mrr_churn": usd(0),
            "mrr_contraction": usd(50),
            "logo_churn_rate": 0.0,
            "mrr_churn_rate": 0.5,
        },
    )
    ended = build.subscription("s", 50, discounts=free, valid_to=ago(3))
    says(of(ended, build.subscription("t", 50)), {"mrr_churn": usd(50), "logo_churn_rate": 0.5})


def test_a_trial_is_new_revenue_when_it_converts_and_not_before() -> None:
    trial = build.subscription("v1", 30, account="a.com", status="trialing", valid_from=ago(50))
    says(of(trial), {"mrr": usd(0), "customers": 0, "mrr_new": usd(0), "arpa": "n/a: no paying customer"})
    until = build.subscription(
        "v1", 30, account="a.com", status="trialing", valid_from=ago(50), valid_to=ago(20)
    )
    paying = build.subscription("v2", 30, account="a.com", valid_from=ago(20))
    found = of(until, paying)
    says(found, {"mrr": usd(30), "mrr_new": usd(30), "mrr_expansion": usd(0), "mrr_reactivation": usd(0)})
    assert build.figure(found, "mrr_new").series == (usd(0),) * 4 + (usd(30),) * 3
    gone = build.subscription(
        "v1", 30, account="a.com", status="trialing", valid_from=ago(50), valid_to=ago(20)
    )
    says(of(gone), {"mrr_churn": usd(0), "logo_churn_rate": "n/a: no paying customer 30 days ago"})


def test_a_pause_is_churn_and_its_end_is_reactivation() -> None:
    paid = build.subscription("v1", 30, account="a.com", valid_to=ago(40))
    paused = build.subscription(
        "v2", 30, account="a.com", status="paused", valid_from=ago(40), valid_to=ago(10)
    )
    again = build.subscription("v3", 30, account="a.com", valid_from=ago(10))
    found = of(paid, paused, again)
    says(found, {"mrr": usd(30), "mrr_reactivation": usd(30), "mrr_new": usd(0), "nrr": 1.0})
    earlier = report(build.snapshot(paid, paused, again, as_of=ago(15)))
    says(earlier, {"mrr": usd(0), "mrr_churn": usd(30), "logo_churn_rate": 1.0})


def test_several_discounts_are_spread_by_largest_remainder() -> None:
    """10.00 off three items of 100.00, 100.00 and 99.99, then a tenth off, then 1.01 off: to the cent."""
    items = tuple(build.item(price, name) for name, price in (("a", 100), ("b", 100), ("c", "99.99")))
    off = tuple(
        build.discount(amount_off=one) if isinstance(one, Money) else build.discount(percent=one)
        for one in (usd(10), 10, usd("1.01"))
    )
    sold = build.subscription("s", items=items, discounts=off)
    # 10.00 off is 3.34, 3.33, 3.33; a tenth off leaves 86.994, 87.003, 86.994; 1.01 off is 0.34, 0.34, 0.33
    assert item_mrr(sold, AS_OF) == {"a": 8665, "b": 8666, "c": 8666}
    assert figure("mrr", sold).value == usd("259.97")


# ── midnight ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_sale_across_midnight_belongs_to_the_month_of_the_company(zone: str) -> None:
    """23:59 of the last of October is October's, one minute later is November's, where the company is."""
    here = ZoneInfo(zone)
    midnight = datetime(2026, 11, 1, tzinfo=here)
    late = build.subscription("late", 20, valid_from=midnight - timedelta(minutes=1))
    early = build.subscription("early", 50, valid_from=midnight + timedelta(minutes=1))
    old = build.subscription("old", 100)
    burn = [build.bank_transaction(f"{day}", -usd(80), day) for day in (date(2026, 10, 1), back(3))]
    found = report(build.snapshot(old, late, early, *burn, zone=here))
    multiple = build.figure(found, "burn_multiple")  # October alone: 80 burned, 12 x 20 of ARR added
    assert (multiple.value, multiple.note) == (80 / 240, "2026-10-01 up to 2026-11-01")
    assert build.figure(found, "mrr").value == usd(170)


@pytest.mark.parametrize(("zone", "days"), [("America/New_York", None), ("Asia/Tokyo", 1), ("UTC", None)])
def test_an_invoice_is_overdue_when_its_day_is_over_where_the_company_is(zone: str, days: int | None) -> None:
    """Due 2026-11-22 22:00 UTC, seen at 23:30: in Tokyo it is the 23rd both times, in New York the 22nd."""
    due = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)  # 23:30 in Tokyo, 9:30 in New York
    seen = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # 8:30 of the 23rd in Tokyo, 18:30 in New York
    bill = build.invoice("i", usd(10), due_at=due)
    found = report(build.snapshot(bill, as_of=seen, zone=ZoneInfo(zone)))
    says(found, {"overdue": usd(10) if days else usd(0), "overdue_1_30": usd(10) if days else usd(0)})


# ── money that goes back ─────────────────────────────────────────────────────────────────────────


def test_a_refund_larger_than_its_charge_is_money_out_and_no_negative_income() -> None:
    """100 came in and 130 went back, on the last of October."""
    last = date(2026, 10, 31)
    found = of(
        build.subscription("s", 100),
        build.cash_balance(usd(1000)),
        build.bank_transaction("open", -usd(1), date(2026, 10, 1)),
        build.bank_transaction("in", usd(100), last, category="revenue"),
        build.bank_transaction("back", -usd(130), last, category="refunds"),
        build.bank_transaction("now", -usd(1), back(1)),
        build.payment("p", usd(100), refunded=usd(130)),
    )
    says(
        found,
        {
            "cash_in": usd(100),
            "gross_burn": usd(131),
            "net_burn": usd(31),
            "failed_payments": usd(0),
            "mrr": usd(100),
        },
    )
    assert build.figure(found, "runway").value == pytest.approx(1000 / 31)


def test_an_overdrawn_account_has_no_runway_left() -> None:
    found = of(
        build.cash_balance(-usd(60)),
        build.bank_transaction("out", -usd(30), date(2026, 10, 1)),
        build.bank_transaction("now", -usd(1), TODAY),
    )
    says(found, {"cash": -usd(60), "runway": -2.0})
