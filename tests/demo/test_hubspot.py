"""HubSpot's side of the demo: complete pages, strings for values, history, search and HubSpot's refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from agentos_cli.demo.company.world import World
from agentos_cli.demo.server import DemoServer

Json = dict[str, Any]
KINDS = ("deals", "contacts", "companies", "tickets")


def every(client: httpx.Client, kind: str, limit: int = 47, **query: str) -> list[Json]:
    found: list[Json] = []
    params = {"limit": str(limit), **query}
    while True:
        answer = client.get(f"/crm/v3/objects/{kind}", params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["results"]
        if "paging" not in page:
            return found
        params["after"] = page["paging"]["next"]["after"]


@pytest.mark.parametrize("kind", KINDS)
def test_pages_are_complete(hubspot: httpx.Client, world: World, kind: str) -> None:
    ids = [entry["id"] for entry in every(hubspot, kind)]
    assert ids == [entity.id for entity in world.crm.objects[kind]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_strings_and_unknown_properties_are_left_out(hubspot: httpx.Client, kind: str) -> None:
    wanted = "hubspot_owner_id,closedate,closed_date,no_such_property,lifecyclestage"
    for entry in every(hubspot, kind, properties=wanted)[:50]:
        assert all(value is None or isinstance(value, str) for value in entry["properties"].values())
        assert entry["properties"]["hs_object_id"] == entry["id"]
        assert "no_such_property" not in entry["properties"]
        assert entry["archived"] is False


def test_history_is_newest_first_and_makes_pages_small(hubspot: httpx.Client) -> None:
    deal = every(hubspot, "deals", properties="dealstage", propertiesWithHistory="dealstage")[0]
    way = deal["propertiesWithHistory"]["dealstage"]
    assert way[0]["value"] == deal["properties"]["dealstage"]
    assert [step["timestamp"] for step in way] == sorted((s["timestamp"] for s in way), reverse=True)
    too_many = {"limit": "51", "propertiesWithHistory": "dealstage"}
    assert hubspot.get("/crm/v3/objects/deals", params=too_many).status_code == 400
    assert hubspot.get("/crm/v3/objects/deals", params={"limit": "100"}).status_code == 200


def test_some_deals_were_expected_to_bring_something_else(hubspot: httpx.Client) -> None:
    """Amount and close date have a past, the newest value first and equal to the present one."""
    names = ("amount", "closedate")
    deals = every(hubspot, "deals", properties=",".join(names), propertiesWithHistory=",".join(names))
    for name in names:
        pasts = [(deal["properties"][name], deal["propertiesWithHistory"][name]) for deal in deals]
        assert all(past[0]["value"] == now for now, past in pasts)
        assert all(past[0]["timestamp"] > past[1]["timestamp"] for _, past in pasts if len(past) > 1)
        changed = [past for _, past in pasts if len({row["value"] for row in past}) > 1]
        assert len(changed) > 10
    assert {row["sourceType"] for row in deals[0]["propertiesWithHistory"]["amount"]} == {"CRM_UI"}


def test_a_batch_with_history_is_at_most_fifty(hubspot: httpx.Client, world: World) -> None:
    inputs = [{"id": deal.id} for deal in world.crm.objects["deals"][:51]]
    asked: Json = {"inputs": inputs, "propertiesWithHistory": ["amount"]}
    assert hubspot.post("/crm/v3/objects/deals/batch/read", json=asked).status_code == 400
    asked["inputs"] = inputs[:50]
    found = hubspot.post("/crm/v3/objects/deals/batch/read", json=asked).json()["results"]
    assert [len(deal["propertiesWithHistory"]["amount"]) >= 1 for deal in found] == [True] * 50


def test_every_deal_and_ticket_belongs_to_a_company(hubspot: httpx.Client, world: World) -> None:
    companies = {entity.id for entity in world.crm.objects["companies"]}
    for kind, one in (("deals", "deal"), ("tickets", "ticket")):
        for entry in every(hubspot, kind, associations="companies"):
            links = entry["associations"]["companies"]["results"]
            assert {link["id"] for link in links} <= companies
            assert {link["type"] for link in links} == {f"{one}_to_company", f"{one}_to_company_unlabeled"}


def test_search_filters_sorts_and_pages(hubspot: httpx.Client) -> None:
    closed = {"propertyName": "hs_is_closed", "operator": "EQ", "value": "true"}
    query: Json = {
        "filterGroups": [{"filters": [closed]}],
        "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "ASCENDING"}],
        "properties": ["dealname"],
        "limit": 50,
    }
    found: list[Json] = []
    while True:
        page = hubspot.post("/crm/v3/objects/deals/search", json=query).json()
        found += page["results"]
        if "paging" not in page:
            break
        query["after"] = page["paging"]["next"]["after"]
    moments = [entry["properties"]["hs_lastmodifieddate"] for entry in found]
    assert len({entry["id"] for entry in found}) == page["total"] == len(found)
    assert moments == sorted(moments)
    closed["value"] = "false"
    assert hubspot.post("/crm/v3/objects/deals/search", json={**query, "after": "0"}).json()["total"] == 12


def test_search_ends_at_ten_thousand(hubspot: httpx.Client) -> None:
    answer = hubspot.post("/crm/v3/objects/contacts/search", json={"limit": 200, "after": "9900"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"operator": "GTE", "value": "18000"}, lambda amount: amount >= 18000),
        (
            {"operator": "BETWEEN", "value": "5000", "highValue": "9000"},
            lambda amount: 5000 <= amount <= 9000,
        ),
        ({"operator": "IN", "values": ["14000"]}, lambda amount: amount == 14000),
        ({"operator": "HAS_PROPERTY"}, lambda amount: True),
    ],
)
def test_search_compares_numbers_as_numbers(
    hubspot: httpx.Client, given: Json, expected: Callable[[float], bool]
) -> None:
    every_amount = [float(deal["properties"]["amount"]) for deal in every(hubspot, "deals")]
    query = {"filterGroups": [{"filters": [{"propertyName": "amount", **given}]}], "limit": 200}
    found = hubspot.post("/crm/v3/objects/deals/search", json=query).json()["results"]
    assert len(found) == sum(expected(amount) for amount in every_amount) > 0


def test_pipelines_say_what_is_closed(hubspot: httpx.Client) -> None:
    stages = hubspot.get("/crm/v3/pipelines/deals").json()["results"][0]["stages"]
    closed = {stage["id"]: stage["metadata"] for stage in stages if stage["metadata"]["isClosed"] == "true"}
    assert {id_: float(data["probability"]) for id_, data in closed.items()} == {
        "closedwon": 1.0,
        "closedlost": 0.0,
    }
    tickets = hubspot.get("/crm/v3/pipelines/tickets").json()["results"][0]["stages"]
    assert [stage["metadata"]["ticketState"] for stage in tickets].count("CLOSED") == 1


def test_owners_own_the_deals(hubspot: httpx.Client) -> None:
    owners = {owner["id"] for owner in hubspot.get("/crm/v3/owners", params={"limit": 1}).json()["results"]}
    assert len(owners) == 1
    owners = {owner["id"] for owner in hubspot.get("/crm/v3/owners", params={"limit": 100}).json()["results"]}
    deals = every(hubspot, "deals", properties="hubspot_owner_id")
    assert {deal["properties"]["hubspot_owner_id"] for deal in deals} <= owners


def test_batches_name_what_was_not_found(hubspot: httpx.Client, world: World) -> None:
    deal = world.crm.objects["deals"][0]
    query = {"inputs": [{"id": deal.id}, {"id": "1"}]}
    read = hubspot.post("/crm/v3/objects/deals/batch/read", json=query)
    assert read.status_code == 207
    assert [entry["id"] for entry in read.json()["results"]] == [deal.id]
    assert read.json()["errors"][0]["context"]["ids"] == ["1"]
    links = hubspot.post(
        "/crm/v4/associations/deals/companies/batch/read", json={"inputs": [{"id": deal.id}]}
    )
    assert links.status_code == 200
    assert links.json()["results"][0]["to"][0]["toObjectId"] == int(deal.links["companies"][0])


@pytest.mark.parametrize(
    ("path", "status", "category"),
    [
        ("/crm/v3/objects/deals?limit=500", 400, "VALIDATION_ERROR"),
        ("/crm/v3/objects/deals?after=abc", 400, "VALIDATION_ERROR"),
        ("/crm/v3/objects/weather", 400, "VALIDATION_ERROR"),
        ("/crm/v3/objects/deals/1", 404, "OBJECT_NOT_FOUND"),
        ("/crm/v3/weather", 404, "OBJECT_NOT_FOUND"),
    ],
)
def test_refusals_have_hubspots_shape(hubspot: httpx.Client, path: str, status: int, category: str) -> None:
    answer = hubspot.get(path)
    body = answer.json()
    assert (answer.status_code, body["status"], body["category"]) == (status, "error", category)
    assert body["correlationId"]


def test_a_wrong_token_is_refused_and_limits_are_announced(demo: DemoServer, hubspot: httpx.Client) -> None:
    with httpx.Client(base_url=demo.urls["hubspot"]) as anybody:
        refused = anybody.get("/crm/v3/owners", headers={"Authorization": "Bearer pat-other"})
    assert (refused.status_code, refused.json()["category"]) == (401, "INVALID_AUTHENTICATION")
    assert "X-HubSpot-RateLimit-Remaining" in hubspot.get("/account-info/v3/details").headers
