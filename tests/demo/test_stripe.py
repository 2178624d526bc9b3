"""Stripe's side of the demo: complete pages, Stripe's own shapes and Stripe's own refusals."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentos_cli.demo.company.world import World
from agentos_cli.demo.server import DemoServer

Json = dict[str, Any]

FIXTURES: Json = json.loads(
    (Path(__file__).parents[1] / "specs/stripe/fixtures3.json").read_text(encoding="utf-8")
)["resources"]

LISTS = {
    "customers": "customer",
    "subscriptions": "subscription",
    "subscription_items": "subscription_item",
    "invoices": "invoice",
    "invoice_payments": "invoice_payment",
    "charges": "charge",
    "refunds": "refund",
    "payouts": "payout",
    "balance_transactions": "balance_transaction",
    "products": "product",
    "prices": "price",
    "coupons": "coupon",
}
LEGACY = {"charge": {"refunds"}, "invoice": {"subscription"}}
"""In the published examples, but sent only when expanded or by versions before ours."""


def every(client: httpx.Client, name: str, **query: str) -> list[Json]:
    """All objects of a list, page by page."""
    found: list[Json] = []
    params = (
        {"limit": "37", "status": "all", **query} if name == "subscriptions" else {"limit": "37", **query}
    )
    while True:
        answer = client.get(f"/v1/{name}", params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["data"]
        if not page["has_more"]:
            return found
        params["starting_after"] = found[-1]["id"]


@pytest.mark.parametrize("name", LISTS)
def test_pages_are_complete_and_newest_first(stripe: httpx.Client, name: str) -> None:
    found = every(stripe, name)
    ids = [entry["id"] for entry in found]
    whole = stripe.get(
        f"/v1/{name}", params={"limit": 100, "status": "all"} if name == "subscriptions" else {"limit": 100}
    )
    assert len(ids) == len(set(ids)) > 0
    assert ids[: len(whole.json()["data"])] == [entry["id"] for entry in whole.json()["data"]]
    created = [entry["created"] for entry in found]
    assert created == sorted(created, reverse=True)


@pytest.mark.parametrize(("name", "kind"), LISTS.items())
def test_objects_have_the_keys_of_the_published_example(stripe: httpx.Client, name: str, kind: str) -> None:
    example = FIXTURES[kind]
    entry = stripe.get(f"/v1/{name}", params={"limit": 1}).json()["data"][0]
    assert set(example) - LEGACY.get(kind, set()) == set(entry)
    assert entry["object"] == example["object"] == kind
    assert different_types(example, entry) == []


def different_types(example: Json, entry: Json) -> list[str]:
    """Keys whose values are of another JSON type than the example's, where both have one."""
    return [
        key
        for key in example.keys() & entry.keys()
        if example[key] is not None and entry[key] is not None and type(example[key]) is not type(entry[key])
    ]


def test_parts_have_the_keys_of_the_published_example(stripe: httpx.Client) -> None:
    query = {"status": "all", "expand[]": "data.discounts.source.coupon", "limit": "100"}
    discounts = [
        d for s in stripe.get("/v1/subscriptions", params=query).json()["data"] for d in s["discounts"]
    ]
    assert discounts
    assert set(discounts[0]) == set(FIXTURES["discount"])
    assert set(discounts[0]["source"]["coupon"]) == set(FIXTURES["coupon"])
    invoice = stripe.get("/v1/invoices", params={"limit": 1}).json()["data"][0]
    line = invoice["lines"]["data"][0]
    assert set(line) == set(FIXTURES["line_item"])
    assert set(invoice["status_transitions"]) == set(FIXTURES["invoice"]["status_transitions"])
    assert set(stripe.get("/v1/balance").json()) == set(FIXTURES["balance"])
    item = stripe.get("/v1/subscription_items", params={"limit": 1}).json()["data"][0]
    assert set(item["price"]) == set(FIXTURES["price"])
    assert set(item["plan"]) == set(FIXTURES["plan"])


def test_basil_and_later_put_period_and_parent_where_they_belong(stripe: httpx.Client) -> None:
    subscription = stripe.get("/v1/subscriptions", params={"limit": 1}).json()["data"][0]
    assert "current_period_end" not in subscription
    assert subscription["items"]["data"][0]["current_period_end"] > subscription["created"]
    billed = [i for i in every(stripe, "invoices") if i["parent"]]
    assert "charge" not in billed[0] and "payments" not in billed[0]
    expanded = stripe.get(f"/v1/invoices/{billed[0]['id']}", params={"expand[]": "payments"}).json()
    link = expanded["payments"]["data"][0]["payment"]
    assert link["type"] == "payment_intent"
    charges = stripe.get("/v1/charges", params={"payment_intent": link["payment_intent"]}).json()["data"]
    assert {charge["customer"] for charge in charges} == {billed[0]["customer"]}


def test_canceled_subscriptions_come_only_when_asked_for(stripe: httpx.Client) -> None:
    live = stripe.get("/v1/subscriptions", params={"limit": 100}).json()["data"]
    everything = every(stripe, "subscriptions")
    assert "canceled" not in {s["status"] for s in live}
    statuses = Counter(s["status"] for s in everything)
    assert statuses["canceled"] == len(everything) - len(live) > 0
    assert statuses["trialing"] == 1
    assert statuses["active"] + statuses["past_due"] == 45


def test_created_windows_split_a_list(stripe: httpx.Client) -> None:
    everything = every(stripe, "invoices")
    middle = everything[len(everything) // 2]["created"]
    later = every(stripe, "invoices", **{"created[gte]": str(middle)})
    earlier = every(stripe, "invoices", **{"created[lt]": str(middle)})
    assert later + earlier == everything


def test_ending_before_walks_back(stripe: httpx.Client) -> None:
    everything = every(stripe, "charges")
    page = stripe.get("/v1/charges", params={"limit": 5, "ending_before": everything[20]["id"]}).json()
    assert page["data"] == everything[15:20]
    assert page["has_more"]


def test_an_object_is_the_same_alone(stripe: httpx.Client) -> None:
    listed = stripe.get("/v1/customers", params={"limit": 1}).json()["data"][0]
    assert stripe.get(f"/v1/customers/{listed['id']}").json() == listed


@pytest.mark.parametrize(
    ("path", "status", "code", "param"),
    [
        ("/v1/customers?limit=101", 400, None, "limit"),
        ("/v1/customers?limit=many", 400, None, "limit"),
        ("/v1/customers?starting_after=cus_no", 400, "resource_missing", "starting_after"),
        ("/v1/customers/cus_no", 404, "resource_missing", "id"),
        ("/v1/invoices?expand[]=data.weather", 400, None, None),
        ("/v1/invoices?expand[]=a.b.c.d.e", 400, None, None),
        ("/v1/weather", 404, None, None),
    ],
)
def test_refusals_have_stripes_shape(
    stripe: httpx.Client, path: str, status: int, code: str | None, param: str | None
) -> None:
    answer = stripe.get(path)
    error = answer.json()["error"]
    assert answer.status_code == status
    assert error["type"] == "invalid_request_error"
    assert (error.get("code"), error.get("param")) == (code, param)
    assert answer.headers["Request-Id"].startswith("req_")


def test_a_wrong_key_is_refused_and_basic_auth_accepted(demo: DemoServer) -> None:
    url = f"{demo.urls['stripe']}/v1/balance"
    with httpx.Client() as anybody:
        assert anybody.get(url).status_code == 401
        wrong = anybody.get(url, headers={"Authorization": "Bearer sk_test_someone_else"})
        assert wrong.status_code == 401
        assert "someone" not in wrong.text
        assert anybody.get(url, auth=(demo.keys["stripe"], "")).status_code == 200


def test_money_adds_up(stripe: httpx.Client, world: World) -> None:
    """Charges belong to their invoices, payouts are the net of what they cover, nothing is left over."""
    invoices = {i["id"]: i for i in every(stripe, "invoices")}
    links = {
        p["payment"]["payment_intent"]: invoices[p["invoice"]] for p in every(stripe, "invoice_payments")
    }
    paid: Counter[str] = Counter()
    for charge in every(stripe, "charges"):
        if charge["status"] == "succeeded":
            paid[links[charge["payment_intent"]]["id"]] += charge["amount"]
    assert all(paid[id_] == invoice["amount_paid"] for id_, invoice in invoices.items())
    for invoice in invoices.values():
        lines = invoice["lines"]["data"]
        off = sum(part["amount"] for line in lines for part in line["discount_amounts"])
        assert sum(line["amount"] for line in lines) - off == invoice["total"]
    entries = every(stripe, "balance_transactions")
    balance = stripe.get("/v1/balance").json()
    for currency in ("usd", "eur"):
        held = sum(
            part["amount"]
            for kind in ("available", "pending")
            for part in balance[kind]
            if part["currency"] == currency
        )
        assert sum(entry["net"] for entry in entries if entry["currency"] == currency) == held


def test_the_sdk_reads_it(demo: DemoServer) -> None:
    """The official SDK pages through it, with its own way of writing lists in a query."""
    import stripe as sdk

    found = sdk.StripeClient(demo.keys["stripe"], base_addresses={"api": demo.urls["stripe"]})
    invoices = list(found.v1.invoices.list({"limit": 100, "expand": ["data.payments"]}).auto_paging_iter())
    assert len(invoices) == len({invoice.id for invoice in invoices}) > 300


# ── events ───────────────────────────────────────────────────────────────────────────────────────


def test_events_are_those_of_the_last_thirty_days_newest_first(stripe: httpx.Client, world: World) -> None:
    found = every(stripe, "events")
    times = [each["created"] for each in found]
    assert times == sorted(times, reverse=True)
    now = int(world.as_of.timestamp())
    assert now - 30 * 86_400 <= min(times) and max(times) <= now
    assert len({each["id"] for each in found}) == len(found) > 100
    assert all(set(each) == set(FIXTURES["event"]) for each in found)


def test_events_can_be_asked_for_by_kind(stripe: httpx.Client) -> None:
    kinds = Counter(each["type"] for each in every(stripe, "events"))
    two = every(stripe, "events", **{"types[0]": "invoice.paid", "types[1]": "charge.failed"})
    assert Counter(each["type"] for each in two) == {
        kind: kinds[kind] for kind in ("invoice.paid", "charge.failed")
    }
    alike = {each["type"] for each in every(stripe, "events", type="customer.subscription.*")}
    assert alike == {kind for kind in kinds if kind.startswith("customer.subscription.")}
    assert len(alike) >= 3


def test_an_event_has_the_object_as_it_was_then(stripe: httpx.Client) -> None:
    """The bill that is paid now was a draft when it was made."""
    bills = [each for each in every(stripe, "events") if each["type"].startswith("invoice.")]
    states: dict[str, list[str]] = {}
    for each in reversed(bills):
        states.setdefault(each["data"]["object"]["id"], []).append(each["data"]["object"]["status"])
    assert ["draft", "open", "paid"] in states.values()
    id_ = next(id_ for id_, said in states.items() if said[-1] == "paid")
    last = next(each["data"]["object"] for each in bills if each["data"]["object"]["id"] == id_)
    assert last == stripe.get(f"/v1/invoices/{id_}").json()
