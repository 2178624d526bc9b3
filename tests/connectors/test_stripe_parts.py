"""Stripe in parts: long lists in windows of time, whatever they hold, and reads that go on where one died."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from agentos_cli.connectors import stripe as connector
from agentos_cli.connectors.stripe.feed import HEAD, MOST, OPENED, Window, left, split
from agentos_cli.contract import Page
from agents.nouns import Customer
from tests.connectors.partly import Partly
from tests.connectors.stripe_shapes import (
    charge,
    customer,
    discount,
    example,
    invoice,
    item,
    listing,
    price,
    routes,
    subscription,
)
from tests.connectors.vendor import NOW, Answer, Call, Shape, Vendor, reaching

NEWEST = int(NOW.timestamp()) - 60
COUNT = 1650


def grown(count: int = COUNT) -> list[Shape]:
    """Customers of a company that grows: half of them came in the last year, the first ten years ago."""
    chance = random.Random(7)
    times = sorted((NEWEST - int(3e8 * chance.random() ** 3) for _ in range(count)), reverse=True)
    return [small(n, made) for n, made in enumerate(times)]


def small(number: int, created: object) -> Shape:
    """A customer with little to tell: many of them are quickly sent."""
    return {"id": f"cus_{number}", "livemode": False, "created": created}


def stripe(rows: Sequence[Shape]) -> Vendor:
    return Vendor(routes(customers=rows))


def kept(made: Partly) -> list[str]:
    return sorted(str(raw["id"]) for raw in made.kept.all().records["customers"])


def asked(vendor: Vendor, name: str = "customers") -> list[Call]:
    return [call for call in vendor.calls if call.path == f"/v1/{name}"]


# ── windows ──────────────────────────────────────────────────────────────────────────────────────


def test_a_long_list_is_read_in_windows_and_no_page_of_it_twice() -> None:
    rows = grown()
    with stripe(rows) as vendor:
        made = Partly("stripe", vendor.url)
        pages = made.read(whole=True)
        calls = asked(vendor)
    assert kept(made) == sorted(row["id"] for row in rows)
    found = Counter(str(raw["id"]) for page in pages for raw in page.records if isinstance(raw, dict))
    assert len(found) == COUNT and found.total() <= COUNT + 5  # who came in the second at which it was split
    windows = {call.query["created[gte]"] for call in calls if "created[gte]" in call.query}
    assert 2 < len(windows) < MOST
    assert len(calls) < COUNT / 100 + 2 * MOST  # the pages, a half empty one for each window, some steps back


def test_a_short_list_is_read_as_one() -> None:
    with stripe(grown(100 * HEAD)) as vendor:
        Partly("stripe", vendor.url).read(whole=True)
        assert len(asked(vendor)) == HEAD
        assert not any("created" in name for call in vendor.calls for name in call.query)


@pytest.mark.parametrize("made", [NEWEST, None, "2026-11-01", 0])
def test_times_that_split_nothing_lose_nothing(made: object) -> None:
    """Everything in one second, and times that cannot be read."""
    rows = [small(n, made) for n in range(100 * HEAD + 250)]
    with stripe(rows) as vendor:
        again = Partly("stripe", vendor.url)
        again.read(whole=True)
    assert kept(again) == sorted(row["id"] for row in rows)


@pytest.mark.parametrize(
    ("high", "known"),
    [(NEWEST, (NEWEST - 10_000_000, 400_000)), (NEWEST, (OPENED, 3600)), (NEWEST, (NEWEST - 3600, 3600)),
     (50, (47, 3600)), (50, (50, 3600))],
)  # fmt: skip
def test_windows_meet_and_do_not_overlap(high: int, known: tuple[int, int]) -> None:
    parts = split("charges", 0, high, known)
    assert 1 <= len(parts) <= MOST
    assert (parts[0].high, parts[-1].low) == (high, 0)
    for newer, older in pairwise(parts):
        assert older.high is not None
        assert older.low <= older.high == newer.low - 1


def test_a_window_is_told_by_its_cursor() -> None:
    window = Window("charges", 3, 17, 40)
    assert left("charges", {"charges": "done", window.name: window.cursor, "charges:4": "done"}) == [window]
    assert left("charges", {"since": "1", "customers": "done"}) == [Window("charges")]


# ── going on ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("pages", [1, HEAD, HEAD + 4, 20, 27])
def test_a_read_goes_on_where_one_died(pages: int) -> None:
    rows = grown()
    with stripe(rows) as vendor:
        Partly("stripe", vendor.url).read(whole=True)
        alone = len(vendor.calls)
        vendor.calls.clear()
        made = Partly("stripe", vendor.url)
        made.read(whole=True, pages=pages)
        made.read(whole=True)
        assert len(vendor.calls) <= alone + 40  # what was under way, and steps back that are made again
    assert kept(made) == sorted(row["id"] for row in rows)


def test_a_second_in_which_a_read_died_is_read_again() -> None:
    """A page ends within a second in which many were created at once."""
    rows = [small(n, NEWEST - n // 130) for n in range(400)]
    with stripe(rows) as vendor:
        made = Partly("stripe", vendor.url)
        while not any(kept(made)):
            made.read(whole=True, pages=1)
        made.read(whole=True)
    assert kept(made) == sorted(row["id"] for row in rows)


def test_a_read_that_dies_again_and_again_ends() -> None:
    rows, chance = grown(), random.Random(11)
    with stripe(rows) as vendor:
        made = Partly("stripe", vendor.url)
        for _ in range(20):
            made.read(whole=True, pages=chance.randrange(1, 4))
        made.read(whole=True)
    assert kept(made) == sorted(row["id"] for row in rows)


def test_a_customer_who_was_deleted_meanwhile_does_not_stop_it() -> None:
    rows = grown()
    with stripe(rows) as vendor:
        made = Partly("stripe", vendor.url)
        made.read(whole=True, pages=12)
        last = made.read(whole=True, pages=1)[0].records[-1]
        assert isinstance(last, dict)
        rows.remove(last)
        made.read(whole=True)
    assert set(kept(made)) == {row["id"] for row in [*rows, last]}


# ── what lists only name ─────────────────────────────────────────────────────────────────────────


def order(pages: Sequence[Page]) -> list[str]:
    return [page.stream for page in pages if page.records]


def test_what_records_share_is_kept_before_them() -> None:
    """Else a sync that dies in between goes on behind them, and would never look it up."""
    tiered = price("price_t", billing_scheme="tiered", tiers_mode="volume", unit_amount=None)
    named = discount() | {"source": {"type": "coupon", "coupon": "HALF"}}
    sold = [
        subscription(item(cost=tiered), key="sub_1", discounts=[named]),
        subscription(item(cost=tiered), key="sub_2"),
    ]
    more: dict[str, Answer] = {
        "/v1/prices/price_t": lambda _: tiered | {"tiers": []},
        "/v1/coupons": listing([example("coupon", id="HALF")]),
    }
    with Vendor(routes(more, customers=[], subscriptions=sold)) as vendor:
        made = Partly("stripe", vendor.url)
        assert order(made.read(whole=True)) == ["prices", "coupons", "subscriptions"]
        asked_for = Counter(call.path for call in vendor.calls)
        assert (asked_for["/v1/prices/price_t"], asked_for["/v1/coupons"]) == (1, 1)
        again = Partly("stripe", vendor.url)
        again.read(whole=True, pages=2)  # dies before the subscriptions are there
        assert order(again.read(whole=True))[-3:] == ["prices", "coupons", "subscriptions"]


def test_what_records_share_is_kept_once_in_a_list() -> None:
    named = discount() | {"source": {"type": "coupon", "coupon": "HALF"}}
    sold = [subscription(key=f"sub_{n}", discounts=[named]) for n in range(250)]
    more = {"/v1/coupons": listing([example("coupon", id="HALF")])}
    with Vendor(routes(more, customers=[], subscriptions=sold)) as vendor:
        pages = Partly("stripe", vendor.url).read(whole=True)
    assert order(pages) == ["coupons", "subscriptions", "subscriptions", "subscriptions"]


def test_coupons_and_prices_that_nobody_needs_are_not_asked_for() -> None:
    with Vendor(routes(subscriptions=[subscription()], invoices=[invoice("in_1")])) as vendor:
        Partly("stripe", vendor.url).read(whole=True)
        assert {call.path.split("/")[2] for call in vendor.calls} == {
            "customers", "subscriptions", "invoices", "charges",
        }  # fmt: skip


# ── from when on changes are asked for ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("ours", [timedelta(hours=-3), timedelta(hours=3)], ids=["behind", "ahead"])
def test_changes_are_asked_for_from_the_beginning_of_the_read_by_the_earlier_clock(ours: timedelta) -> None:
    """Stripe's clock, here the one of this machine, counts where ours is ahead of it."""
    theirs = datetime.now(UTC).replace(microsecond=0)
    with Vendor(routes()) as vendor:
        made = Partly("stripe", vendor.url)
        made.read(whole=True, pages=2, now=theirs + ours)
        assert "since" not in made.cursors  # not before all is there
        made.read(whole=True, now=theirs + ours + timedelta(hours=5))  # it died, and goes on much later
    since = datetime.fromtimestamp(int(made.cursors["since"]), UTC)
    expected = theirs + min(ours, timedelta(0)) - timedelta(minutes=5)
    assert expected <= since <= expected + timedelta(seconds=30)
    assert set(made.cursors) == {"since"}


def test_the_sample_is_the_newest_of_each_list_as_it_comes() -> None:
    more: dict[str, Answer] = {
        "/v1/coupons": listing([example("coupon")]),
        "/v1/prices": listing([price()]),
    }
    rows = [customer(f"cus_{n}") for n in range(30)]
    with (
        Vendor(routes(more, customers=rows, charges=[charge()])) as vendor,
        reaching("stripe", vendor.url) as access,
    ):
        found = connector.sample(access)
        assert len(vendor.calls) == 6
    assert {name: len(each) for name, each in found.items()} == {
        "customers": 10, "subscriptions": 0, "invoices": 0, "charges": 1, "coupons": 1, "prices": 1,
    }  # fmt: skip
    assert found["customers"][0] == rows[0]


def test_names_of_customers_come_through() -> None:
    """Nothing of the above is worth anything if what is kept cannot be read."""
    with stripe(grown(30)) as vendor:
        made = Partly("stripe", vendor.url)
        made.read(whole=True)
        assert len(made.nouns()[Customer.kind][0]) == 30
