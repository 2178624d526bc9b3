"""Stripe's past: what bills tell of the terms that were, so that MRR can be had for any instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos_cli.connectors.stripe.bills import BillLine
from agentos_cli.connectors.stripe.history import Present, versions
from agentos_cli.contract import Batch
from agents.finance.recurring import History
from agents.nouns import Subscription, SubscriptionItem
from tests.connectors.stripe_shapes import (
    at,
    discount,
    invoice,
    item,
    line,
    price,
    routes,
    subscription,
    unit,
)
from tests.connectors.vendor import Shape, Vendor, read


def sold(plan: Shape, *bills: Shape) -> Batch:
    """The versions of one subscription with these bills."""
    with Vendor(routes(subscriptions=[plan], invoices=list(bills))) as vendor:
        return read("stripe", vendor.url)["subscription"]


def months(found: Batch, *days: str) -> list[int]:
    """MRR in minor units at the start of each day."""
    moments = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in days]
    return [sum(line.mrr.amount for line in History.of(_all(found)).lines(moment)) for moment in moments]


def _all(found: Batch) -> list[Subscription]:
    return [each for each in found.records if isinstance(each, Subscription)]


def gapless(found: Batch) -> bool:
    """Whether the versions follow each other without a gap, the last one open, each id once."""
    rows = _all(found)
    chained = all(before.valid_to == after.valid_from < (after.valid_to or datetime.max.replace(tzinfo=UTC))
                  for before, after in pairwise(rows))  # fmt: skip
    return chained and rows[-1].valid_to is None and len({each.id for each in rows}) == len(rows)


def bill(number: int, start: str, end: str, amount: int, **more: Any) -> Shape:
    return invoice(f"in_{number}", line(start, end, amount), **more)


def monthly(cents: int, quantity: int = 1) -> Shape:
    return item(quantity=quantity, cost=price() | unit(cents))


SPRING = [
    bill(1, "2026-01-01", "2026-02-01", 1000),
    bill(2, "2026-02-01", "2026-03-01", 1000),
    bill(3, "2026-03-01", "2026-04-01", 1500),
]


def test_without_bills_the_present_terms_hold_since_the_start() -> None:
    found = sold(subscription(monthly(2000)))
    assert [(each.id, each.valid_from.date().isoformat()) for each in _all(found)] == [
        ("sub_1", "2026-01-01")
    ]
    assert months(found, "2025-12-31", "2026-01-01", "2026-11-21") == [0, 2000, 2000]


def test_equal_bills_are_one_version() -> None:
    found = sold(subscription(monthly(1000)), *SPRING[:2])
    assert len(found.records) == 1


def test_a_rise_shows_at_the_bill_that_first_had_it() -> None:
    found = sold(subscription(monthly(1500)), *SPRING)
    assert months(found, "2026-01-01", "2026-02-28", "2026-03-01", "2026-11-01") == [1000, 1000, 1500, 1500]
    first, last = _all(found)
    assert (first.id, last.id) == (f"sub_1@{at('2026-01-01')}", "sub_1")
    assert {first.contract_id, last.contract_id} == {"sub_1"}
    assert (first.renews_at, first.status, last.status) == (None, "active", "active")
    assert gapless(found)


def test_a_change_within_a_period_shows_at_its_proration() -> None:
    upgrade = [
        line("2026-03-11", "2026-04-01", -1000, proration=True),
        line("2026-03-11", "2026-04-01", 3000, proration=True, quantity=3),
    ]
    found = sold(subscription(monthly(1500, quantity=3)), *SPRING, invoice("in_4", *upgrade))
    assert months(found, "2026-03-10", "2026-03-11") == [1500, 4500]
    assert gapless(found)


def test_drafts_and_voided_bills_say_nothing() -> None:
    void = bill(4, "2026-04-01", "2026-05-01", 9900, status="void")
    draft = bill(5, "2026-05-01", "2026-06-01", 9900, status="draft")
    found = sold(subscription(monthly(1500)), *SPRING, void, draft)
    assert months(found, "2026-04-15", "2026-05-15") == [1500, 1500]


def test_an_ended_subscription_counts_until_it_ended() -> None:
    plan = subscription(
        monthly(1500), status="canceled", ended_at=at("2026-04-01"), canceled_at=at("2026-03-20")
    )
    found = sold(plan, *SPRING)
    assert months(found, "2026-02-01", "2026-03-31", "2026-04-01", "2026-11-21") == [1000, 1500, 0, 0]
    last = _all(found)[-1]
    assert (last.status, last.ended_at, last.renews_at) == ("canceled", last.valid_from, None)
    assert all(each.ended_at is None for each in _all(found)[:-1])
    assert gapless(found)


def test_a_trial_does_not_count_and_what_follows_does() -> None:
    trial: Shape = {"trial_start": at("2026-01-01"), "trial_end": at("2026-01-15")}
    bills = [bill(1, "2026-01-01", "2026-01-15", 0), bill(2, "2026-01-15", "2026-02-15", 2000)]
    found = sold(subscription(monthly(2000), **trial), *bills)
    assert [each.status for each in _all(found)] == ["trialing", "active"]
    assert months(found, "2026-01-10", "2026-01-15") == [0, 2000]
    assert gapless(found)


def test_a_trial_that_is_running_counts_nothing() -> None:
    trial: Shape = {
        "trial_start": at("2026-11-16"),
        "trial_end": at("2026-11-30"),
        "start_date": at("2026-11-16"),
    }
    found = sold(subscription(monthly(2000), status="trialing", **trial))
    assert [each.status for each in _all(found)] == ["trialing"]
    assert months(found, "2026-11-21") == [0]


@pytest.mark.parametrize("status", ["unpaid", "past_due"])
def test_what_was_paid_for_stays_paid_for(status: str) -> None:
    open_bill = bill(3, "2026-03-01", "2026-04-01", 1000, status="open")
    found = sold(subscription(monthly(1000), status=status), *SPRING[:2], open_bill)
    assert [(each.status, each.valid_from.month) for each in _all(found)] == [("active", 1), (status, 3)]
    assert gapless(found)


def test_a_pause_counts_nothing_since_the_last_paid_period() -> None:
    pause = {"behavior": "void", "resumes_at": None}
    found = sold(subscription(monthly(1000), pause_collection=pause), *SPRING[:2])
    assert months(found, "2026-02-28", "2026-03-01") == [1000, 0]


def test_a_discount_that_is_over_counted_while_bills_carried_it() -> None:
    off = discount("di_9", "2026-01-01", "2026-03-01", percent_off=50, duration="repeating")
    bills = [
        bill(1, "2026-01-01", "2026-02-01", 1000, discounts=[off]),
        bill(2, "2026-02-01", "2026-03-01", 1000, discounts=[off]),
        bill(3, "2026-03-01", "2026-04-01", 1000),
    ]
    found = sold(subscription(monthly(1000)), *bills)
    assert months(found, "2026-01-15", "2026-02-15", "2026-03-01") == [500, 500, 1000]


def test_a_discount_taken_away_early_ends_with_its_last_bill() -> None:
    off = discount("di_9", percent_off=50)
    found = sold(subscription(monthly(1000)), bill(1, "2026-01-01", "2026-02-01", 1000, discounts=[off]))
    assert months(found, "2026-01-15", "2026-02-01") == [500, 1000]


def test_an_item_that_was_taken_off_counted_until_then() -> None:
    both = invoice(
        "in_1", line("2026-01-01", "2026-02-01", 1000), line("2026-01-01", "2026-02-01", 300, key="si_2")
    )
    found = sold(subscription(monthly(1000)), both, bill(2, "2026-02-01", "2026-03-01", 1000))
    assert months(found, "2026-01-15", "2026-02-01") == [1300, 1000]


def test_a_price_with_tiers_is_billed_in_several_lines() -> None:
    tiers = invoice("in_1", line("2026-01-01", "2026-02-01", 1000), line("2026-01-01", "2026-02-01", 200))
    found = sold(subscription(monthly(900)), tiers, bill(2, "2026-02-01", "2026-03-01", 900))
    assert months(found, "2026-01-15", "2026-02-01") == [1200, 900]


@pytest.mark.parametrize(
    ("start", "end", "amount", "expected"),
    [
        ("2025-01-01", "2026-01-01", 12000, 1000),
        ("2025-11-01", "2026-02-01", 3000, 1000),
        ("2026-02-01", "2026-03-01", 1000, 1000),
        ("2026-01-01", "2026-01-08", 300, 1300),
        ("2026-01-01", "2026-01-02", 12, 365),
    ],
    ids=["year", "quarter", "february", "week", "day"],
)
def test_a_past_bill_says_its_interval_by_its_length(
    start: str, end: str, amount: int, expected: int
) -> None:
    yearly = item(cost=price(recurring={"interval": "year", "interval_count": 2}) | unit(48000))
    found = sold(
        subscription(yearly, start_date=at(start)),
        bill(1, start, end, amount),
        bill(2, end, "2028-01-01", 48000),
    )
    assert months(found, start) == [expected]


def test_metered_lines_are_left_out() -> None:
    plan = subscription(
        monthly(1000), item("si_2", quantity=None, cost=price(recurring={"usage_type": "metered"}))
    )
    used = invoice(
        "in_1", line("2026-01-01", "2026-02-01", 1000), line("2026-01-01", "2026-02-01", 77, key="si_2")
    )
    assert months(sold(plan, used), "2026-01-15", "2026-11-21") == [1000, 1000]


def test_a_bill_that_cannot_be_read_is_told_and_the_rest_stands() -> None:
    strange = bill(9, "2026-02-01", "2026-03-01", 1000)
    strange["lines"]["data"][0]["period"] = {"start": "soon", "end": None}
    found = sold(subscription(monthly(1500)), SPRING[0], strange, SPRING[2])
    assert months(found, "2026-01-15", "2026-03-15") == [1000, 1500]
    assert [(each.where, each.why[:18]) for each in found.skipped] == [("in_9", "past terms unknown")]


# ── whatever the bills ───────────────────────────────────────────────────────────────────────────

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.integers(-40, 400).map(lambda days: BEGAN + timedelta(days=days))


@st.composite
def billed(draw: st.DrawFn) -> BillLine:
    start = draw(DAYS)
    end = start + timedelta(days=draw(st.sampled_from((1, 7, 28, 31, 91, 365))))
    item_id, amount = draw(st.sampled_from(("si_1", "si_2"))), draw(st.integers(0, 3))
    bill_id = draw(st.sampled_from("abc"))
    return BillLine(bill_id, "sub_1", item_id, "p", Decimal(amount), 1, start, end, draw(st.booleans()), True)


@given(
    lines=st.lists(billed(), max_size=8),
    since=st.none() | DAYS,
    trial=st.none() | st.tuples(DAYS, st.integers(1, 30)),
)
def test_versions_never_overlap_leave_no_gap_and_end_in_the_present(
    lines: list[BillLine], since: datetime | None, trial: tuple[datetime, int] | None
) -> None:
    items = (SubscriptionItem("si_1", "p", "month", 1, Decimal(2), 1, metered=False),)
    status = "active" if since is None else "canceled"
    period = None if trial is None else (trial[0], trial[0] + timedelta(days=trial[1]))
    rows = versions(Present(items, status, since), BEGAN, period, lines)
    assert rows[0].start == BEGAN
    assert all(before.start < after.start for before, after in pairwise(rows))
    assert (rows[-1].status, rows[-1].items) == (status, items)
    assert rows == versions(Present(items, status, since), BEGAN, period, lines[::-1])
