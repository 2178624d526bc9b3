"""Stripe at its edges: test mode among live, refunds beyond their charge, changes within a period, pauses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from agentos_cli.contract import Batch
from agents.nouns import Payment
from tests.connectors.stripe_shapes import charge, customer, invoice, line, routes, subscription
from tests.connectors.vendor import Shape, Vendor, one, read

LIVE, TEST, SILENT = "rk_live_1", "sk_test_1", "whatever"


def stripe(key: str, **lists: Any) -> Mapping[str, Batch]:
    with Vendor(routes(**lists)) as vendor:
        return read("stripe", vendor.url, key=key)


def ids(found: Batch) -> list[str]:
    return [each.id for each in found.records]


def both(make: object, *names: str) -> list[Shape]:
    """A test-mode object, then a live one, as `make` makes them."""
    assert callable(make)
    return [make(name, livemode=mode) for name, mode in zip(names, (False, True), strict=True)]


# ── modes ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("key", "kept", "left", "why"),
    [
        (LIVE, "2", "1", "test-mode record among live ones"),
        (SILENT, "2", "1", "test-mode record among live ones"),
        (TEST, "1", "2", "live-mode record among test ones"),
    ],
)
def test_the_key_says_which_mode_counts_whichever_comes_first(
    key: str, kept: str, left: str, why: str
) -> None:
    found = stripe(
        key,
        customers=both(customer, "cus_1", "cus_2"),
        subscriptions=[subscription(key=f"sub_{n}", livemode=n == 2) for n in (1, 2)],
        invoices=both(invoice, "in_1", "in_2"),
        charges=both(charge, "ch_1", "ch_2"),
    )
    prefixes = {"customer": "cus", "subscription": "sub", "invoice": "in", "payment": "ch"}
    for kind, prefix in prefixes.items():
        assert ids(found[kind]) == [f"{prefix}_{kept}"], kind
        assert [(each.where, each.why) for each in found[kind].skipped] == [(f"{prefix}_{left}", why)]


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
