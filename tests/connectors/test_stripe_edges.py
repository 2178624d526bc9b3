"""Stripe at its edges: test mode among live, refunds beyond their charge, changes within a period, pauses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from agentos_cli.contract import Batch
from agents.finance.recurring import History
from agents.nouns import Payment, Subscription
from tests.connectors.stripe_shapes import (
    charge,
    customer,
    discount,
    invoice,
    item,
    line,
    price,
    routes,
    subscription,
    unit,
)
from tests.connectors.vendor import Shape, Vendor, one, read

LIVE, TEST, SILENT = "rk_live_1", "sk_test_1", "whatever"


def stripe(key: str, mode: str = "", **lists: Any) -> Mapping[str, Batch]:
    """`mode` is what was found out of the account when it was connected."""
    with Vendor(routes(**lists)) as vendor:
        return read("stripe", vendor.url, key=key, mode=mode)


def ids(found: Batch) -> list[str]:
    return [each.id for each in found.records]


def both(make: object, *names: str) -> list[Shape]:
    """A test-mode object, then a live one, as `make` makes them."""
    assert callable(make)
    return [make(name, livemode=mode) for name, mode in zip(names, (False, True), strict=True)]


# ── modes ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "mode", "kept", "left", "why"),
    [
        (LIVE, "", "2", "1", "test-mode record among live ones"),
        (LIVE, "test", "2", "1", "test-mode record among live ones"),
        (SILENT, "live", "2", "1", "test-mode record among live ones"),
        (SILENT, "test", "1", "2", "live-mode record among test ones"),
        (TEST, "live", "1", "2", "live-mode record among test ones"),
    ],
)
def test_the_key_says_which_mode_counts_else_what_was_found_out_when_connecting(
    key: str, mode: str, kept: str, left: str, why: str
) -> None:
    found = stripe(
        key,
        mode,
        customers=both(customer, "cus_1", "cus_2"),
        subscriptions=[subscription(key=f"sub_{n}", livemode=n == 2) for n in (1, 2)],
        invoices=both(invoice, "in_1", "in_2"),
        charges=both(charge, "ch_1", "ch_2"),
    )
    prefixes = {"customer": "cus", "subscription": "sub", "invoice": "in", "payment": "ch"}
    for kind, prefix in prefixes.items():
        assert ids(found[kind]) == [f"{prefix}_{kept}"], kind
        assert [(each.where, each.why) for each in found[kind].skipped] == [(f"{prefix}_{left}", why)]


def test_where_neither_says_it_a_live_record_makes_the_others_of_its_customer_a_test() -> None:
    charges = [charge(f"ch_{n}", customer="cus_1", livemode=n == 2) for n in (1, 2, 3)]
    found = stripe(SILENT, customers=[customer(livemode=True)], charges=charges)["payment"]
    assert (ids(found), len(found.skipped)) == (["ch_2"], 2)


def test_a_live_key_that_is_given_nothing_but_test_records_counts_none() -> None:
    found = stripe(LIVE, charges=[charge("ch_1", livemode=False)])["payment"]
    assert (found.records, len(found.skipped)) == ((), 1)


def test_a_bill_of_test_mode_says_nothing_of_a_live_subscription() -> None:
    """Same ids in both modes: the bill of the other one would rewrite the past."""
    bill = invoice("in_1", line("2026-01-01", "2026-02-01", 99), livemode=False)
    sold = subscription(livemode=True)
    found = stripe(LIVE, customers=[customer(livemode=True)], subscriptions=[sold], invoices=[bill])
    assert ids(found["subscription"]) == ["sub_1"]


@pytest.mark.parametrize(
    ("key", "caution"), [(LIVE, None), (SILENT, None), (TEST, "test mode: no real money")]
)
def test_everything_that_a_test_key_reads_is_said_to_be_a_test(key: str, caution: str | None) -> None:
    assert {found.caution for found in stripe(key).values()} == {caution}


# ── refunds ──────────────────────────────────────────────────────────────────────────────────────


def test_a_refund_larger_than_its_charge_is_told_and_never_income_below_nothing() -> None:
    charges = [
        charge("ch_1", amount=10000, amount_refunded=13000),
        charge("ch_2", amount=10000, amount_refunded=10000),
    ]
    found = stripe(TEST, charges=charges)["payment"]
    assert ids(found) == ["ch_2"]
    assert [(each.where, each.why) for each in found.skipped] == [
        ("ch_1", "amount_refunded is 13000, more than its amount 10000")
    ]


def test_a_company_whose_only_charge_was_refunded_too_much_is_read_all_the_same() -> None:
    found = stripe(TEST, charges=[charge("ch_1", amount=1, amount_refunded=2)], invoices=[invoice("in_1")])
    assert (found["payment"].records, ids(found["invoice"])) == ((), ["in_1"])


def test_a_partial_capture_gives_the_rest_back() -> None:
    """Of 100.00 that were held 60.00 were taken: Stripe says that 40.00 went back."""
    held = charge("ch_1", amount=10000, amount_captured=6000, amount_refunded=4000)
    paid = one(stripe(TEST, charges=[held])["payment"], Payment)
    assert (paid.amount.amount, paid.refunded.amount, paid.status) == (10000, 4000, "succeeded")


# ── changes within a period ──────────────────────────────────────────────────────────────────────


def mrr_on(plan: Shape, bills: list[list[Shape]], *days: str) -> list[int]:
    """MRR in cents at the start of each day, as the bills of a subscription tell it."""
    sent = [invoice(f"in_{number}", *lines) for number, lines in enumerate(bills)]
    versions = [
        each
        for each in stripe(TEST, subscriptions=[plan], invoices=sent)["subscription"].records
        if isinstance(each, Subscription)
    ]
    moments = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in days]
    return [sum(row.mrr.amount for row in History.of(versions).lines(moment)) for moment in moments]


def monthly(cents: int, seats: int = 1, key: str = "si_1") -> Shape:
    return item(key, seats, price() | unit(cents))


def yearly(cents: int, seats: int = 1) -> Shape:
    return item("si_1", seats, price(recurring={"interval": "year"}) | unit(cents))


def rest(start: str, end: str, amount: int, quantity: int = 1) -> Shape:
    """A charge, or a credit, for the rest of a period."""
    return line(start, end, amount, quantity=quantity, proration=True)


YEAR = line("2026-01-01", "2027-01-01", 120000)
CREDIT = line("2026-07-10", "2027-01-01", -57534, proration=True)


def test_annual_to_monthly_steps_on_the_day_of_the_change() -> None:
    """$1,200 a year, from 10 July on $120 a month; at once a new bill, and half a year given back."""
    plan, change = subscription(monthly(12000)), [CREDIT, line("2026-07-10", "2026-08-10", 12000)]
    assert mrr_on(plan, [[YEAR], change], "2026-07-09", "2026-07-10", "2026-11-01") == [10000, 12000, 12000]


def test_an_item_that_was_replaced_does_not_count_beside_the_one_that_replaced_it() -> None:
    """The year that was paid for would else go on counting up to its end, beside every month since."""
    bills = [
        [YEAR],
        [CREDIT, line("2026-07-10", "2026-08-10", 12000, key="si_2")],
        [line("2026-08-10", "2026-09-10", 12000, key="si_2")],
        [line("2026-09-10", "2026-10-10", 15000, key="si_2")],
    ]
    days = ("2026-07-09", "2026-07-10", "2026-08-20", "2026-09-10")
    assert mrr_on(subscription(monthly(15000, key="si_2")), bills, *days) == [10000, 12000, 12000, 15000]


def test_a_change_that_is_billed_with_the_next_period_counts_from_the_day_it_was_made() -> None:
    bills = [
        [line("2026-09-01", "2026-10-01", 10000)],
        [
            rest("2026-09-21", "2026-10-01", -3333),
            rest("2026-09-21", "2026-10-01", 6667, quantity=2),
            line("2026-10-01", "2026-11-01", 20000, quantity=2),
        ],
    ]
    days = ("2026-09-20", "2026-09-21", "2026-10-01")
    assert mrr_on(subscription(monthly(10000, 2)), bills, *days) == [10000, 20000, 20000]


@pytest.mark.parametrize(("charge_for_two", "between"), [(180822, 20000), (150000, 16591)])
def test_several_changes_within_a_year_are_several_steps(charge_for_two: int, between: int) -> None:
    """Two seats from April, four from November: the charge for nine months, brought to twelve, is the price
    of two seats to the cent; one for another price is believed as far as its rounding goes."""
    bills = [
        [YEAR],
        [
            rest("2026-04-01", "2027-01-01", -90411),
            rest("2026-04-01", "2027-01-01", charge_for_two, quantity=2),
        ],
        [
            rest("2026-11-01", "2027-01-01", -40110, quantity=2),
            rest("2026-11-01", "2027-01-01", 80219, quantity=4),
        ],
    ]
    days = ("2026-03-31", "2026-04-01", "2026-10-31", "2026-11-01")
    found = mrr_on(subscription(yearly(120000, 4)), bills, *days)
    assert found == [10000, between, between, 40000]


def test_an_item_that_is_taken_off_within_a_month_stops_there() -> None:
    both = [line("2026-09-01", "2026-10-01", 10000), line("2026-09-01", "2026-10-01", 3000, key="si_2")]
    off = line("2026-09-11", "2026-10-01", -2000, key="si_2", proration=True)
    bills = [both, [off, line("2026-10-01", "2026-11-01", 10000)], [line("2026-11-01", "2026-12-01", 12000)]]
    days = ("2026-09-10", "2026-09-11", "2026-10-15", "2026-11-01")
    assert mrr_on(subscription(monthly(12000)), bills, *days) == [13000, 10000, 10000, 12000]


def test_a_rest_of_a_period_that_no_bill_shows_says_only_when_terms_changed() -> None:
    lone = [line("2026-09-11", "2026-10-01", 5000, proration=True)]
    bills = [[line("2026-01-01", "2026-02-01", 10000)], lone]
    assert mrr_on(subscription(monthly(12000)), bills, "2026-09-10", "2026-09-11") == [10000, 12000]


# ── coupons and pauses ───────────────────────────────────────────────────────────────────────────


def test_a_full_coupon_is_a_subscription_that_counts_with_nothing() -> None:
    free = subscription(monthly(5000), discounts=[discount(percent_off=100)])
    (version,) = stripe(TEST, subscriptions=[free])["subscription"].records
    assert isinstance(version, Subscription)
    (row,) = History.of([version]).lines(datetime(2026, 11, 1, tzinfo=UTC))
    assert (row.mrr.amount, row.status) == (0, "active")


def test_a_pause_that_is_over_leaves_nothing_behind_but_voided_bills() -> None:
    """Its months count: what Stripe keeps of it is not to be told from a bill that was taken back."""
    bills = [invoice("in_1", line("2026-08-01", "2026-09-01", 5000)),
             invoice("in_2", line("2026-09-01", "2026-10-01", 5000), status="void"),
             invoice("in_3", line("2026-10-01", "2026-11-01", 5000))]  # fmt: skip
    found = stripe(TEST, subscriptions=[subscription(monthly(5000))], invoices=bills)["subscription"].records
    assert [each.status for each in found if isinstance(each, Subscription)] == ["active"]
