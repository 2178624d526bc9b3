"""What has changed in Stripe: few requests, the last word on each object, all that a whole read finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from agentos_cli.connectors.stripe.changes import MOST
from agentos_cli.connectors.stripe.events import KINDS
from agentos_cli.demo.company.world import build_world
from agentos_cli.demo.server import serving
from agentos_cli.errors import CursorLost
from tests.connectors.partly import Partly
from tests.connectors.stripe_shapes import (
    charge,
    customer,
    discount,
    event,
    example,
    invoice,
    item,
    listing,
    price,
    routes,
    subscription,
    told,
    unit,
)
from tests.connectors.vendor import NOW, Answer, Refusal, Shape, Vendor

SINCE = int((NOW - timedelta(hours=1)).timestamp())
AT = SINCE + 60
OLD = "2022-11-15"
PAID: Shape = {"object": "list", "has_more": False, "data": []}


class Company:
    """A vendor whose events a test tells, what is read of them, and what was asked."""

    def __init__(self, *events: Shape, more: Mapping[str, Answer] | None = None, **lists: Any) -> None:
        self._routes = routes({"/v1/events": told(events), **(more or {})}, **lists)

    def read(self, since: int | str = SINCE) -> Company:
        with Vendor(self._routes) as vendor:
            made = Partly("stripe", vendor.url, cursors={"since": str(since)})
            self.pages = made.read(whole=False)
            self.calls = vendor.calls
        self.cursors = made.cursors
        self.made = made
        return self

    def records(self, stream: str) -> list[Any]:
        return [raw for page in self.pages if page.stream == stream for raw in page.records]

    @property
    def gone(self) -> list[tuple[str, str]]:
        return [(page.stream, key) for page in self.pages for key in page.gone]

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for beside the events."""
        return sorted(call.path for call in self.calls if call.path != "/v1/events")


def thing(found: object) -> Answer:
    return lambda _: found


# ── what an event tells ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stream", "kind", "made"),
    [
        ("customers", "customer.updated", customer()),
        ("subscriptions", "customer.subscription.updated", subscription()),
        ("subscriptions", "customer.subscription.deleted", subscription(status="canceled")),
        ("invoices", "invoice.updated", invoice("in_1", status="draft")),
        ("invoices", "invoice.paid", invoice("in_1", payments=PAID)),
        ("charges", "charge.refunded", charge(amount_refunded=50)),
    ],
)
def test_an_object_that_its_event_tells_whole_is_not_asked_for(stream: str, kind: str, made: Shape) -> None:
    found = Company(event(kind, made, AT)).read()
    assert (found.records(stream), found.asked) == ([made], [])


OFF, HALF = discount(percent_off=50), discount("di_2", percent_off=10)
OWN = discount() | {"customer": "cus_1"}


@pytest.mark.parametrize(
    ("kind", "thin", "whole"),
    [
        ("customer.updated", customer(discount=discount() | {"source": {}}), customer(discount=OFF)),
        ("customer.subscription.updated", subscription(discounts=["di_1"]), subscription(discounts=[OFF])),
        (
            "customer.subscription.updated",
            subscription(item(discounts=["di_2"])),
            subscription(item(discounts=[HALF])),
        ),
        ("invoice.paid", invoice("in_1"), invoice("in_1", payments=PAID)),
        (
            "invoice.updated",
            invoice("in_1", discounts=["di_1"], payments=PAID),
            invoice("in_1", discounts=[OFF]),
        ),
    ],
    ids=["customer", "subscription", "item", "payments", "invoice"],
)
def test_what_only_expanding_gives_is_asked_for(kind: str, thin: Shape, whole: Shape) -> None:
    stream = f"{thin['object']}s"
    path = f"/v1/{stream}/{thin['id']}"
    found = Company(event(kind, thin, AT), more={path: thing(whole)}).read()
    assert (found.records(stream), found.asked) == ([whole], [path])
    (call,) = [call for call in found.calls if call.path == path]
    assert any(name.startswith("expand[") for name in call.query)


@pytest.mark.parametrize(
    ("version", "again"),
    [("2026-10-28.endive", ()), ("2025-03-31.basil", ()), ("2025-02-24.acacia", ("sub",)),
     (OLD, ("sub",)), ("2020-08-27", ("sub",)), ("2019-12-03", ("sub", "cus", "ch")),
     ("2027-04-28.fuchsia", ("sub", "cus", "ch")), (None, ("sub", "cus", "ch")), (7, ("sub", "cus", "ch"))],
)  # fmt: skip
def test_an_event_in_a_form_that_we_do_not_read_says_only_that_something_changed(
    version: object, again: Sequence[str]
) -> None:
    """Customers and charges have kept their form for long; "basil" gave subscriptions another."""
    made = [subscription(), customer(), charge()]
    kinds = ("customer.subscription.updated", "customer.updated", "charge.updated")
    events = [event(k, each, AT, api_version=version) for k, each in zip(kinds, made, strict=True)]
    paths: dict[str, Answer] = {f"/v1/{each['object']}s/{each['id']}": thing(each) for each in made}
    found = Company(*events, more=paths).read()
    assert found.asked == sorted(path for path in paths if path.split("/")[3].split("_")[0] in again)
    assert {stream: len(found.records(stream)) for stream in ("subscriptions", "customers", "charges")} == {
        "subscriptions": 1, "customers": 1, "charges": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "thing_", "path"),
    [
        ("charge.dispute.created", example("dispute", charge="ch_1"), "/v1/charges/ch_1"),
        ("charge.refund.updated", example("refund", charge="ch_1"), "/v1/charges/ch_1"),
        ("invoice_payment.paid", example("invoice_payment", invoice="in_1"), "/v1/invoices/in_1"),
        ("customer.discount.created", OWN | {"subscription": None}, "/v1/customers/cus_1"),
        ("customer.discount.deleted", OWN | {"subscription": "sub_1"}, "/v1/subscriptions/sub_1"),
    ],
)
def test_an_event_of_something_else_leads_to_what_it_changed(kind: str, thing_: Shape, path: str) -> None:
    made = {
        "charges": charge(),
        "invoices": invoice("in_1"),
        "customers": customer(),
        "subscriptions": subscription(),
    }
    stream = path.split("/")[2]
    found = Company(event(kind, thing_, AT), more={path: thing(made[stream])}).read()
    assert (found.asked, found.records(stream)) == ([path], [made[stream]])


def test_a_refund_without_a_charge_changes_nothing_of_ours() -> None:
    found = Company(event("charge.refund.updated", example("refund", charge=None), AT)).read()
    assert (found.asked, [page.records for page in found.pages]) == ([], [()])


def test_who_was_deleted_is_gone_and_stays_so() -> None:
    events = [
        event("customer.updated", customer(), AT),
        event("customer.deleted", customer(), AT),  # in the same second
        event("invoice.deleted", invoice("in_1", status="draft"), AT),
        event("invoice.created", invoice("in_1", status="draft"), AT - 5),
    ]
    found = Company(*events).read()
    assert (found.gone, found.asked) == ([("customers", "cus_1"), ("invoices", "in_1")], [])
    assert not found.records("customers") and not found.records("invoices")


@pytest.mark.parametrize(
    "answer", [Refusal(404, {"error": {"code": "resource_missing"}}, {}), {"id": "cus_1", "deleted": True}]
)
def test_what_cannot_be_found_again_is_gone(answer: object) -> None:
    changed = event("customer.updated", customer(discount=OFF), AT)
    assert Company(changed, more={"/v1/customers/cus_1": thing(answer)}).read().gone == [
        ("customers", "cus_1")
    ]


# ── the last word ────────────────────────────────────────────────────────────────────────────────


def test_the_newest_event_of_an_object_counts() -> None:
    names = {AT: "Old", AT + 20: "New", AT + 10: "Middle"}
    found = Company(*(event("customer.updated", customer(name=n), at) for at, n in names.items())).read()
    assert [each["name"] for each in found.records("customers")] == ["New"]


def test_events_of_one_second_that_do_not_agree_are_settled_by_asking() -> None:
    """A bill is made, sent and paid within a second; in which order its events come is not said."""
    states = [subscription(status=status) for status in ("incomplete", "active")]
    events = [event("customer.subscription.updated", each, AT) for each in states]
    path = "/v1/subscriptions/sub_1"
    found = Company(*events, more={path: thing(states[1])}).read()
    assert ([each["status"] for each in found.records("subscriptions")], found.asked) == (["active"], [path])


def test_events_of_one_second_that_differ_in_nothing_we_read_agree() -> None:
    made = [charge(description=text) for text in ("a", "b")]
    found = Company(*(event("charge.updated", each, AT) for each in made)).read()
    assert (len(found.records("charges")), found.asked) == (1, [])


# ── few requests ─────────────────────────────────────────────────────────────────────────────────


def test_a_hundred_changed_objects_are_two_requests() -> None:
    changed = [customer(f"cus_{n}") for n in range(40)] + [subscription(key=f"sub_{n}") for n in range(60)]
    kinds = {"customer": "customer.updated", "subscription": "customer.subscription.updated"}
    found = Company(*(event(kinds[each["object"]], each, AT + n) for n, each in enumerate(changed))).read()
    assert len(found.records("customers") + found.records("subscriptions")) == 100
    assert len(found.calls) == 2


def test_new_bills_are_asked_for_a_page_at_a_time_and_old_ones_alone() -> None:
    new = [invoice(f"in_{n}", created=AT - n, payments=PAID) for n in range(150)]
    old = [invoice(f"in_{n}", created=AT - 86_400 * n, payments=PAID) for n in (700, 900, 1100, 1300)]
    between = [
        invoice(f"in_x{day}_{n}", created=AT - 86_400 * day - n, payments=PAID)
        for day in (800, 1000, 1200)
        for n in range(120)
    ]
    thin = [{name: value for name, value in each.items() if name != "payments"} for each in [*new, *old]]
    events = [event("invoice.paid", each, AT) for each in thin]
    alone = {f"/v1/invoices/{each['id']}": thing(each) for each in old}
    rows = sorted([*new, *old, *between], key=lambda each: -each["created"])
    found = Company(*events, more=alone, invoices=rows).read()
    assert sorted(each["id"] for each in found.records("invoices")) == sorted(
        each["id"] for each in [*new, *old]
    )
    assert all("payments" in each for each in found.records("invoices"))
    assert found.asked == [*["/v1/invoices"] * 3, "/v1/invoices/in_1100", "/v1/invoices/in_1300"]


def test_what_a_changed_subscription_only_names_is_looked_up() -> None:
    tiered = price("price_t", billing_scheme="tiered", tiers_mode="volume", unit_amount=None)
    tiers = [{"up_to": None} | unit(700)]
    short = {"object": "list", "data": [item(cost=tiered)], "has_more": True}
    rest = [item(f"si_{n}", cost=tiered) for n in range(12)]
    more: dict[str, Answer] = {
        "/v1/prices/price_t": thing(tiered | {"tiers": tiers}),
        "/v1/subscription_items": listing(rest),
    }
    found = Company(event("customer.subscription.updated", subscription(items=short), AT), more=more).read()
    assert [page.stream for page in found.pages][:2] == ["prices", "subscriptions"]
    assert len(found.records("subscriptions")[0]["items"]["data"]) == 12


# ── from when on ─────────────────────────────────────────────────────────────────────────────────


def test_only_events_since_the_cursor_are_asked_for_by_kind() -> None:
    found = Company().read()
    assert {call.query["created[gte]"] for call in found.calls} == {str(SINCE)}
    kinds = [{v for n, v in call.query.items() if n.startswith("types[")} for call in found.calls]
    assert sorted(map(sorted, kinds)) == sorted(map(sorted, KINDS))
    assert all(len(each) <= 20 for each in kinds)


def test_the_cursor_moves_with_the_last_page_only() -> None:
    found = Company(event("customer.updated", customer(), AT), event("charge.updated", charge(), AT)).read()
    assert [bool(page.lasting) for page in found.pages] == [False, False, True]
    assert found.cursors == {"since": str(int((NOW - timedelta(minutes=5)).timestamp()))}


@pytest.mark.parametrize("since", [int((NOW - timedelta(days=30, seconds=1)).timestamp()), "", "soon"])
def test_what_lies_beyond_thirty_days_is_a_matter_for_a_whole_read(since: int | str) -> None:
    with pytest.raises(CursorLost):
        Company().read(since)


def test_a_key_that_may_not_read_events_is_good_for_whole_reads() -> None:
    """Keys of before did not need it: that is no refusal of the key."""
    refusal = Refusal(403, {"error": {"type": "invalid_request_error"}}, {})
    with pytest.raises(CursorLost, match="does not let this key read events"):
        Company(more={"/v1/events": thing(refusal)}).read()


def test_too_many_changes_are_a_matter_for_a_whole_read() -> None:
    small = {"id": "cus_1", "object": "customer", "created": 1, "livemode": False}
    many = [event("customer.updated", small, AT, id=f"evt_{n}") for n in range(MOST + 1)]
    with pytest.raises(CursorLost, match="more than 2,000 changes"):
        Company(*many).read()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda each: each | {"data": {}},
        lambda each: each | {"created": None},
        lambda each: each | {"data": {"object": {"id": 7}}},
        lambda each: each | {"type": "payout.paid"},
        lambda each: 7,
    ],
)
def test_an_event_that_cannot_be_read_may_hide_any_change(spoil: Callable[[Shape], object]) -> None:
    with pytest.raises(CursorLost, match="cannot be read"):
        strange = spoil(event("customer.updated", customer(), AT))
        Company(more={"/v1/events": thing({"data": [strange], "has_more": False})}).read()


# ── all of it ────────────────────────────────────────────────────────────────────────────────────


def test_what_has_changed_is_all_that_a_whole_read_would_find() -> None:
    story = build_world(NOW, customers=25, deals=6, projects=4, team=8)
    back = (170, 145, 120, 110, 85, 75, 61, 58, 40, 31, 17, 12, 9, 4, 3, 1, 0)
    days = [NOW - timedelta(days=each, hours=each % 7) for each in back]
    with serving(story.seen(days[0])) as server:
        way = ("stripe", server.urls["stripe"], server.keys["stripe"])
        made = Partly(*way)
        made.read(whole=True, now=days[0])
        for moment in days[1:]:
            server.show(story.seen(moment))
            made.read(whole=False, now=moment)
            fresh = Partly(*way)
            fresh.read(whole=True, now=moment)
            assert made.nouns() == fresh.nouns(), moment


def test_a_day_of_the_demo_company_is_a_few_requests() -> None:
    story = build_world(NOW)
    yesterday = NOW - timedelta(days=1)
    with serving(story.seen(yesterday)) as server:
        made = Partly("stripe", server.urls["stripe"], server.keys["stripe"])
        made.read(whole=True, now=yesterday)
        before = server.counts["stripe"]
        server.show(story.seen(NOW))
        made.read(whole=False)
        assert server.counts["stripe"] - before <= 6
