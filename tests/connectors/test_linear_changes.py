"""Linear in parts: a read that goes on where it stopped, and reads that ask only for what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from graphql import (
    FieldNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.connectors.linear import queries
from agentos_cli.connectors.linear.streams import STREAMS
from agentos_cli.contract import Page
from agentos_cli.demo.company.world import build_world
from agentos_cli.demo.server import serving
from agentos_cli.errors import CredentialRefused, CursorLost
from tests.connectors.partly import Partly
from tests.connectors.test_linear import (
    CURSOR,
    change,
    connection,
    graphql,
    issue,
    linear,
    refused,
    state,
    variables,
)
from tests.connectors.vendor import NOW, Answer, Call, Vendor, reaching

SINCE = NOW - timedelta(hours=1)
TEAM = {"id": "t1", "name": "Delivery", "archivedAt": None}


# ── what is asked for, and what is kept ──────────────────────────────────────────────────────────


def declared(fields: object, above: str = "") -> Iterator[str]:
    """The leaves of a declaration, as paths."""
    if isinstance(fields, Mapping):
        for name, inside in fields.items():
            yield from declared(inside, f"{above}/{name.rstrip('?')}")
    elif isinstance(fields, list):
        yield from declared(fields[0], above)
    else:
        yield above


def asked(selection: SelectionSetNode | None, above: str = "") -> Iterator[str]:
    """The leaves of a query, as paths."""
    if selection is None:
        yield above
        return
    for part in selection.selections:
        assert isinstance(part, FieldNode)
        yield from asked(part.selection_set, f"{above}/{part.name.value}")


def leaves(query: str, *path: str) -> set[str]:
    """What a query asks of each node of the connection under `path`."""
    (operation,) = parse(query).definitions
    assert isinstance(operation, OperationDefinitionNode)
    start = "".join(f"/{part}" for part in (*path, "nodes"))
    found = asked(operation.selection_set)
    return {leaf.removeprefix(start) for leaf in found if leaf.startswith(f"{start}/")}


@pytest.mark.parametrize("name", queries.LISTS)
def test_what_a_query_asks_for_is_what_is_declared(name: str) -> None:
    assert leaves(queries.LISTS[name], name) == set(declared(STREAMS[name].fields))


def test_the_rest_of_a_history_has_the_same_fields() -> None:
    first = leaves(queries.ISSUES, "issues", "nodes", "history")
    assert leaves(queries.HISTORY, "issue", "history") == first != set()


def test_every_query_is_among_those_that_are_validated() -> None:
    texts = {value for value in vars(queries).values() if isinstance(value, str) and "query " in value[:8]}
    assert texts and texts == set(queries.ALL)


# ── changes ──────────────────────────────────────────────────────────────────────────────────────


def source(vendor: Vendor, **cursors: str) -> Partly:
    made = Partly("linear", vendor.url)
    made.cursors = dict(cursors)
    return made


def changed(answers: Mapping[str, Answer] | None = None, **lists: Any) -> tuple[list[Page], list[Call]]:
    """What a read of changes since `SINCE` brings, and its requests."""
    with Vendor(graphql(answers or {}, **lists)) as vendor:
        return source(vendor, since=SINCE.isoformat()).read(whole=False), vendor.calls


def names(pages: Sequence[Page], stream: str) -> tuple[list[str], list[str]]:
    """The ids of the records that came of a stream, and those that are gone."""
    here = [raw["id"] for page in pages if page.stream == stream for raw in page.records]  # type: ignore[index]
    return here, [each for page in pages if page.stream == stream for each in page.gone]


def test_issues_that_changed_are_asked_for_and_those_that_wait_for_another() -> None:
    pages, calls = changed(teams=[TEAM], issues=[issue("i1")])
    (given,) = [found for call in calls if "filter" in (found := variables(call))]
    late, waiting = given["filter"]["or"]
    assert late == {"updatedAt": {"gt": SINCE.isoformat()}}
    assert waiting["hasBlockedByRelations"] == {"eq": True}
    assert given["orderBy"] == "updatedAt"
    assert names(pages, "issues") == (["i1"], [])
    assert len(calls) == 4


def test_what_is_in_the_bin_or_was_put_away_undone_is_gone() -> None:
    then = "2026-11-20T08:00:00.000Z"
    rows = [
        issue("done", archivedAt=then, state=state("completed")),
        issue("dropped", archivedAt=then, state=state("duplicate")),
        issue("undone", archivedAt=then, state=state("started")),
        issue("binned", archivedAt=then, state=state("completed"), trashed=True),
    ]
    lists: dict[str, Any] = {
        "teams": [TEAM, {"id": "t2", "archivedAt": then}],
        "projects": [
            {"id": "p1", "archivedAt": then, "status": state("completed")},
            {"id": "p2", "archivedAt": then, "status": state("started")},
            {"id": "p3", "archivedAt": then, "status": state("completed"), "trashed": True},
        ],
        "cycles": [
            {"id": "c1", "archivedAt": then, "completedAt": then},
            {"id": "c2", "archivedAt": then, "completedAt": None},
        ],
        "issues": rows,
    }
    for read in (changed(**lists)[0], whole(**lists)):
        assert names(read, "teams") == (["t1"], ["t2"])
        assert names(read, "projects") == (["p1"], ["p2", "p3"])
        assert names(read, "cycles") == (["c1"], ["c2"])
        assert names(read, "issues") == (["done", "dropped"], ["undone", "binned"])


def whole(**lists: Any) -> list[Page]:
    with Vendor(graphql({}, **lists)) as vendor:
        return source(vendor).read(whole=True)


def test_archived_work_counts() -> None:
    then = "2026-05-20T08:00:00.000Z"
    put_away = issue("i1", archivedAt=then, completedAt=then, state=state("completed"))
    (found,) = linear(issues=[put_away])["issue"].records
    assert found.state == "completed"


def test_a_changed_issue_comes_with_its_whole_history() -> None:
    first = change("backlog", "started", "2026-11-02T08:00:00Z")
    second = change("started", "completed", "2026-11-09T08:00:00Z")
    long = issue("i1", history=connection([first], CURSOR))
    rest: Answer = lambda _: {"data": {"issue": {"history": connection([second])}}}  # noqa: E731
    pages, _ = changed({"History": rest}, issues=[long])
    (record,) = next(page.records for page in pages if page.stream == "issues")
    assert record["history"]["nodes"] == [first, second]  # type: ignore[index]


@pytest.mark.parametrize("pages", [2, 4, 6])
def test_a_read_of_changes_goes_on_where_it_stopped(pages: int) -> None:
    with Vendor(graphql({"Issues": paged}, teams=[TEAM])) as vendor:
        made = source(vendor, since=SINCE.isoformat())
        made.read(whole=False, pages=pages)
        before = made.cursors.get("issues")
        vendor.calls.clear()
        made.read(whole=False, now=NOW + timedelta(hours=2))
        asked_for = [variables(call) for call in vendor.calls if b"query Issues" in call.body]
    assert len(made.kept.all().records["issues"]) == 4
    assert all(given["filter"] for given in asked_for)
    assert [given["after"] for given in asked_for][:1] == ([] if before == "end" else [before])
    assert datetime.fromisoformat(made.cursors["since"]) <= NOW - timedelta(minutes=5)


def test_without_a_whole_read_before_nothing_can_have_changed() -> None:
    with Vendor(graphql({})) as vendor, pytest.raises(CursorLost):
        source(vendor).read(whole=False)


# ── whole reads ──────────────────────────────────────────────────────────────────────────────────


def paged(call: Call) -> object:
    """Four pages of issues."""
    number = int(variables(call)["after"] or 0)
    return {"data": {"issues": connection([issue(f"i{number}")], str(number + 1) if number < 3 else None)}}


@pytest.mark.parametrize("pages", [1, 3, 5, 7])
def test_a_whole_read_goes_on_where_it_stopped(pages: int) -> None:
    with Vendor(graphql({"Issues": paged}, teams=[TEAM])) as vendor:
        made = source(vendor)
        made.read(whole=True, pages=pages)
        before = dict(made.cursors)
        vendor.calls.clear()
        made.read(whole=True)
        starts = [variables(call)["after"] for call in vendor.calls if b"query Issues" in call.body]
        again = {name for name in queries.LISTS for call in vendor.calls if f" {name}(".encode() in call.body}
    assert [raw["id"] for raw in made.kept.all().records["issues"]] == ["i0", "i1", "i2", "i3"]
    assert not {name for name, cursor in before.items() if cursor == "end"} & again
    assert starts[:1] == ([] if before.get("issues") == "end" else [before.get("issues")])


def test_a_cursor_that_linear_no_longer_knows_begins_its_list_anew() -> None:
    unknown = refused("INVALID_INPUT", 400)

    def answer(call: Call) -> object:
        return unknown(call) if variables(call)["after"] == "gone" else paged(call)

    with Vendor(graphql({"Issues": answer})) as vendor:
        made = source(vendor, issues="gone", teams="end", began=SINCE.isoformat())
        made.read(whole=True)
    assert len(made.kept.all().records["issues"]) == 4


def test_a_refused_key_is_not_tried_again_with_another_cursor() -> None:
    with Vendor(graphql({"Issues": refused("AUTHENTICATION_ERROR", 400)})) as vendor:
        made = source(vendor, issues="3", teams="end", projects="end", cycles="end")
        with pytest.raises(CredentialRefused):
            made.read(whole=True)
        assert len(vendor.calls) == 1


def test_the_next_read_asks_from_the_beginning_of_this_one_with_an_overlap() -> None:
    with Vendor(graphql({"Issues": paged})) as vendor:
        made = source(vendor)
        made.read(whole=True, pages=2)
        made.read(whole=True, now=NOW + timedelta(hours=3))
    assert datetime.fromisoformat(made.cursors["since"]) <= NOW - timedelta(minutes=5)
    assert set(made.cursors) == {"since"}


def test_the_sample_is_what_linear_sends_by_stream() -> None:
    with Vendor(graphql({}, teams=[TEAM])) as vendor, reaching("linear", vendor.url) as access:
        found = CATALOGUE["linear"].sample()(access)
    assert set(found) == set(CATALOGUE["linear"].fields())
    assert found["teams"] == [TEAM] and found["issues"] == []


# ── the demo company, as it grows older ──────────────────────────────────────────────────────────


def test_what_has_changed_is_all_that_a_whole_read_would_find() -> None:
    story = build_world(NOW, customers=12, deals=6, projects=4, team=8)
    days = [NOW - timedelta(days=back, hours=back % 7) for back in (150, 110, 61, 60, 31, 12, 9, 3, 1, 0)]
    with serving(story.seen(days[0])) as server:
        way = ("linear", server.urls["linear"], server.keys["linear"])
        made = Partly(*way)
        made.read(whole=True, now=days[0])
        for moment in days[1:]:
            server.show(story.seen(moment))
            made.read(whole=False, now=moment)
            fresh = Partly(*way)
            fresh.read(whole=True, now=moment)
            assert made.nouns() == fresh.nouns(), moment
        assert any(raw["archivedAt"] for raw in made.kept.all().records["issues"])


def test_a_read_of_changes_is_a_few_requests() -> None:
    story = build_world(NOW)
    with serving(story.seen(NOW - timedelta(days=1))) as server:
        made = Partly("linear", server.urls["linear"], server.keys["linear"])
        made.read(whole=True, now=NOW - timedelta(days=1))
        before = server.counts["linear"]
        server.show(story.seen(NOW))
        made.read(whole=False)
        assert server.counts["linear"] - before <= 6


def test_an_issue_that_waits_for_another_comes_though_it_was_not_changed_itself() -> None:
    story = build_world(NOW)
    waiting = {
        node["id"]
        for node in story.tracker.nodes["issues"]
        if node["inverseRelations"] and node["state"]["type"] not in ("completed", "canceled")
    }
    with serving(story) as server:
        made = Partly("linear", server.urls["linear"], server.keys["linear"])
        made.cursors = {"since": (NOW + timedelta(days=1)).isoformat()}
        pages = made.read(whole=False)
    assert set(names(pages, "issues")[0]) == waiting != set()
