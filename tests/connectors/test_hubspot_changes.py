"""HubSpot in parts: a read that goes on where it stopped, and reads that ask only for what has changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.demo.company.world import build_world
from agentos_cli.demo.server import serving
from agentos_cli.errors import CursorLost, Fatal
from tests.connectors.partly import Partly
from tests.connectors.test_hubspot import ACME, PATHS, deal, of_company, routes, thing
from tests.connectors.vendor import NOW, Answer, Call, Shape, Vendor, reaching

SINCE = NOW - timedelta(hours=1)
SEARCH = {kind: f"/crm/v3/objects/{kind}/search" for kind in ("deals", "companies", "contacts", "tickets")}
READ = "/crm/v3/objects/deals/batch/read"
FIRMS = {kind: f"/crm/v4/associations/{kind}/companies/batch/read" for kind in ("deals", "tickets")}
Changes = dict[str, list[Shape]]


def at(minute: int) -> str:
    """An instant after `SINCE`."""
    return f"{SINCE + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%SZ}"


def modified(minute: int, made: Shape) -> Shape:
    """The object as it was changed so many minutes after `SINCE`."""
    moment = {"hs_lastmodifieddate": at(minute), "lastmodifieddate": at(minute)}
    return made | {"properties": made["properties"] | moment}


def searching(rows: list[Shape], most: int = 200) -> Answer:
    """HubSpot's search: by time of change, `after` counts, the past and the associations are not told."""

    def answer(call: Call) -> object:
        asked = json.loads(call.body)
        (only,) = asked["filterGroups"][0]["filters"]
        assert asked["sorts"] == [{"propertyName": only["propertyName"], "direction": "ASCENDING"}]
        assert (only["operator"], asked["limit"]) == ("GTE", 200)
        bound = datetime.fromtimestamp(int(only["value"]) / 1000, UTC)
        name = only["propertyName"]
        dated = sorted(rows, key=lambda row: str(row["properties"][name]))
        found = [row for row in dated if datetime.fromisoformat(row["properties"][name]) >= bound]
        start = int(asked.get("after", 0))
        following = {"paging": {"next": {"after": str(start + most)}}} if start + most < len(found) else {}
        bare = [{"id": r["id"], "properties": r["properties"]} for r in found[start : start + most]]
        return {"total": len(found), "results": bare} | following

    return answer


def batches(rows: list[Shape]) -> Answer:
    """The objects named, whole but for their associations."""

    def answer(call: Call) -> object:
        asked = json.loads(call.body)
        assert len(asked["inputs"]) <= 50
        wanted = {each["id"] for each in asked["inputs"]}
        assert "dealstage" in asked["propertiesWithHistory"]
        bare = [{key: v for key, v in row.items() if key != "associations"} for row in rows]
        return {"status": "COMPLETE", "results": [row for row in bare if row["id"] in wanted]}

    return answer


def firms(rows: list[Shape]) -> Answer:
    """What the objects named belong to; a number, as HubSpot tells it here."""

    def answer(call: Call) -> object:
        wanted = {each["id"] for each in json.loads(call.body)["inputs"]}
        found = [
            {"from": {"id": row["id"]}, "to": [{"toObjectId": int(to["id"])} for to in linked]}
            for row in rows
            if row["id"] in wanted
            and (linked := row.get("associations", {}).get("companies", {}).get("results"))
        ]
        return {"status": "COMPLETE", "results": found}

    return answer


def account(changes: Changes, more: Mapping[str, Answer] | None = None, **lists: Any) -> Vendor:
    """An account with these lists, and these changes to be found."""
    told = {kind: changes.get(kind, []) for kind in SEARCH}
    return Vendor(
        routes(
            {
                **{path: searching(told[kind]) for kind, path in SEARCH.items()},
                **{path: firms(told[kind]) for kind, path in FIRMS.items()},
                READ: batches(told["deals"]),
                **(more or {}),
            },
            **lists,
        )
    )


def asked(vendor: Vendor, path: str) -> list[Shape]:
    """The bodies of the requests for `path`."""
    return [json.loads(call.body) for call in vendor.calls if call.path == path]


def changed_since(moment: datetime, vendor: Vendor, **options: str) -> Partly:
    """A source that was read whole at `moment`."""
    source = Partly("hubspot", vendor.url, options=options)
    source.cursors = {"since": moment.isoformat(), "effort": options.get("effort_property", "")}
    return source


# ── changes ──────────────────────────────────────────────────────────────────────────────────────


def test_a_changed_deal_comes_with_its_past_and_its_company() -> None:
    way = (("new", "2026-10-01T08:00:00Z"), ("won", "2026-11-20T08:00:00Z"))
    firm = thing("31", domain="acme.example")
    sold = modified(5, deal("7", *way, amount="900", closedate="2026-11-20T08:00:00Z", hours="40"))
    changes = {"deals": [sold | of_company("31")], "companies": [modified(4, firm)]}
    with account(changes) as vendor:
        source = changed_since(SINCE, vendor, effort_property="hours")
        source.read(whole=False)
        found = source.nouns()["deal"][0][0]
    for part in ("account='acme.example'", "effort_hours=Decimal('40')", "stage_id='won'", "stage_id='new'"):
        assert part in found


def test_only_what_was_changed_is_asked_for_and_short_lists_whole() -> None:
    old, new = modified(-1, thing("1")), modified(1, thing("2"))
    with account({"contacts": [old, new]}, contacts=[old, new]) as vendor:
        source = changed_since(SINCE, vendor)
        pages = source.read(whole=False)
        paths = [call.path for call in vendor.calls]
    assert [raw["id"] for page in pages if page.stream == "contacts" for raw in page.records] == ["2"]  # type: ignore[index]
    assert sorted(paths) == sorted([*SEARCH.values(), PATHS["owners"], "/crm/v3/pipelines/deals",
                                    "/crm/v3/pipelines/tickets"])  # fmt: skip


def test_many_changed_deals_are_read_again_fifty_at_a_time() -> None:
    changes = {"deals": [modified(1, deal(str(n))) for n in range(120)]}
    with account(changes) as vendor:
        source = changed_since(SINCE, vendor)
        source.read(whole=False)
        sizes = [len(body["inputs"]) for body in asked(vendor, READ)]
        belonging = [len(body["inputs"]) for body in asked(vendor, FIRMS["deals"])]
    assert (sizes, belonging) == ([50, 50, 20], [120])
    assert len(source.kept.all().records["deals"]) == 120


def test_an_object_that_changes_while_pages_are_read_pushes_no_other_off_them() -> None:
    rows = [modified(n // 10, thing(str(n))) for n in range(450)]
    answer = searching(rows)

    def moving(call: Call) -> object:
        found = answer(call)
        rows[0] = modified(59, rows[0])  # leaves the first page: by number all behind it would move up
        return found

    with account({}, {SEARCH["contacts"]: moving}) as vendor:
        source = changed_since(SINCE, vendor)
        source.read(whole=False)
    assert {raw["id"] for raw in source.kept.all().records["contacts"]} == {str(n) for n in range(450)}


def test_more_changes_in_one_instant_than_a_page_holds_are_counted_through() -> None:
    rows = [modified(3, thing(str(n))) for n in range(450)]
    with account({"companies": rows}) as vendor:
        source = changed_since(SINCE, vendor)
        source.read(whole=False)
        starts = [body.get("after") for body in asked(vendor, SEARCH["companies"])]
    assert len(source.kept.all().shared["companies"]) == 450
    assert starts == [None, None, "200", "400"]


@pytest.mark.parametrize("pages", [3, 6, 9])
def test_a_read_of_changes_goes_on_where_it_stopped(pages: int) -> None:
    rows = [modified(n // 10, thing(str(n))) for n in range(450)]
    with account({"contacts": rows, "companies": [modified(1, thing("31"))]}) as vendor:
        source = changed_since(SINCE, vendor)
        source.read(whole=False, pages=pages)
        before = source.cursors.get("contacts")
        vendor.calls.clear()
        source.read(whole=False, now=NOW + timedelta(hours=2))
        bounds = [
            body["filterGroups"][0]["filters"][0]["value"] for body in asked(vendor, SEARCH["contacts"])
        ]
    found = source.kept.all()
    assert (len(found.records["contacts"]), len(found.shared["companies"])) == (450, 1)
    assert before is None or bounds[:1] == ([] if before == "end" else before.split(" ")[:1])
    assert datetime.fromisoformat(source.cursors["since"]) <= NOW - timedelta(minutes=5)


def test_a_search_that_loops_ends() -> None:
    loop: Shape = {"total": 1, "results": [modified(1, thing("1"))], "paging": {"next": {"after": "200"}}}
    with (
        account({}, {SEARCH["contacts"]: lambda _: loop}) as vendor,
        pytest.raises(Fatal, match=r"contacts/search.*circle"),
    ):
        changed_since(SINCE, vendor).read(whole=False)


def test_too_many_changes_are_a_matter_for_a_whole_read() -> None:
    many: Shape = {"total": 10_001, "results": []}
    with (
        account({}, {SEARCH["tickets"]: lambda _: many}) as vendor,
        pytest.raises(CursorLost, match="10001 changes"),
    ):
        changed_since(SINCE, vendor).read(whole=False)


def test_without_a_whole_read_before_nothing_can_have_changed() -> None:
    with account({}) as vendor, pytest.raises(CursorLost):
        Partly("hubspot", vendor.url).read(whole=False)


def test_another_property_with_the_effort_is_read_of_every_deal() -> None:
    with account({}) as vendor:
        source = changed_since(SINCE, vendor, effort_property="hours")
        source.options = {"effort_property": "days"}
        with pytest.raises(CursorLost):
            source.read(whole=False)


# ── whole reads ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("pages", [1, 4, 8])
def test_a_whole_read_goes_on_where_it_stopped(pages: int) -> None:
    contacts = [thing(str(n)) for n in range(350)]
    deals = [deal(str(n)) for n in range(130)]
    with account({}, contacts=contacts, deals=deals, companies=[ACME]) as vendor:
        source = Partly("hubspot", vendor.url)
        source.read(whole=True, pages=pages)
        before = dict(source.cursors)
        vendor.calls.clear()
        source.read(whole=True)
        again = {call.path for call in vendor.calls}
        starts = [call.query.get("after") for call in vendor.calls if call.path == PATHS["contacts"]]
    found = source.kept.all().records
    assert (len(found["contacts"]), len(found["deals"]), len(found["companies"])) == (350, 130, 1)
    done = {name for name, cursor in before.items() if cursor == "end"}
    assert not {path for name, path in PATHS.items() if name in done} & again
    assert before.get("contacts") == "end" or starts[0] == before.get("contacts")


def test_the_next_read_asks_from_the_beginning_of_this_one_with_an_overlap() -> None:
    with account({}) as vendor:
        source = Partly("hubspot", vendor.url)
        source.read(whole=True, pages=2)
        source.read(whole=True, now=NOW + timedelta(hours=3))
    assert datetime.fromisoformat(source.cursors["since"]) <= NOW - timedelta(minutes=5)
    assert set(source.cursors) == {"since", "effort"}


def test_the_vendors_clock_counts_where_ours_is_ahead() -> None:
    with account({}) as vendor:
        source = Partly("hubspot", vendor.url)
        source.read(whole=True, now=datetime.now(UTC) + timedelta(days=400))
    assert datetime.fromisoformat(source.cursors["since"]) <= datetime.now(UTC) - timedelta(minutes=5)


def test_the_sample_is_what_hubspot_sends_by_stream() -> None:
    with account({}, companies=[ACME]) as vendor, reaching("hubspot", vendor.url) as access:
        found = CATALOGUE["hubspot"].sample()(access)
    assert set(found) == set(CATALOGUE["hubspot"].fields())
    assert found["companies"] == [ACME] and found["deals"] == []


# ── the demo company, as it grows older ──────────────────────────────────────────────────────────


def test_what_has_changed_is_all_that_a_whole_read_would_find() -> None:
    story = build_world(NOW, customers=12, deals=6, projects=2, team=8)
    days = [NOW - timedelta(days=back, hours=back % 7) for back in (150, 110, 61, 60, 31, 12, 3, 1, 0)]
    with serving(story.seen(days[0])) as server:
        way = ("hubspot", server.urls["hubspot"], server.keys["hubspot"])
        source = Partly(*way, options={"effort_property": "agentos_effort_hours"})
        source.read(whole=True, now=days[0])
        for moment in days[1:]:
            server.show(story.seen(moment))
            source.read(whole=False, now=moment)
            fresh = Partly(*way, options=source.options)
            fresh.read(whole=True, now=moment)
            assert source.nouns() == fresh.nouns(), moment


def test_a_read_of_changes_is_a_few_requests() -> None:
    story = build_world(NOW)
    with serving(story.seen(NOW - timedelta(days=1))) as server:
        source = Partly("hubspot", server.urls["hubspot"], server.keys["hubspot"])
        source.read(whole=True, now=NOW - timedelta(days=1))
        before = server.counts["hubspot"]
        server.show(story.seen(NOW))
        source.read(whole=False)
    assert server.counts["hubspot"] - before <= 10
