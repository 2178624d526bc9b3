"""Linear's side of the demo: its schema to the letter, complete pages, filters, prices and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    parse,
    print_ast,
)

from agentos_cli.demo.company.world import World
from agentos_cli.demo.linear import api as linear_api
from agentos_cli.demo.server import DemoServer

Json = dict[str, Any]
OURS = Path(linear_api.__file__).with_name("linear.graphql")
THEIRS = Path(__file__).parents[1] / "specs/linear/schema.graphql"


LISTED = {
    "teams": "Team",
    "users": "User",
    "projects": "Project",
    "cycles": "Cycle",
    "issues": "Issue",
    "issueLabels": "IssueLabel",
    "workflowStates": "WorkflowState",
    "projectStatuses": "ProjectStatus",
    "customers": "Customer",
}


def facts(document: DocumentNode) -> Iterator[str]:
    """Everything that a schema says, one fact a line: kinds, interfaces, fields, types, arguments, values."""
    for d in document.definitions:
        if isinstance(d, ScalarTypeDefinitionNode):
            yield f"scalar {d.name.value}"
        elif isinstance(d, EnumTypeDefinitionNode):
            yield from (f"enum {d.name.value}.{value.name.value}" for value in d.values or ())
        elif isinstance(d, InputObjectTypeDefinitionNode):
            yield from (f"input {d.name.value}.{_typed(field)}" for field in d.fields or ())
        elif isinstance(d, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            yield from (f"{d.kind} {d.name.value} is {print_ast(i)}" for i in d.interfaces or ())
            for field in d.fields or ():
                yield f"{d.kind} {d.name.value}.{_typed(field)}"
                yield from (
                    f"{d.kind} {d.name.value}.{field.name.value}({_typed(argument)})"
                    for argument in field.arguments or ()
                )


def _typed(field: FieldDefinitionNode | InputValueDefinitionNode) -> str:
    return f"{field.name.value}: {print_ast(field.type)}"


def test_the_schema_is_a_part_of_linears_own() -> None:
    theirs = set(facts(parse(THEIRS.read_text(encoding="utf-8"), no_location=True)))
    ours = set(facts(parse(OURS.read_text(encoding="utf-8"), no_location=True)))
    assert len(ours) > 500
    assert ours <= theirs, sorted(ours - theirs)[:5]


def ask(client: httpx.Client, query: str, **variables: Any) -> Json:
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    assert "errors" not in body, body["errors"]
    data: Json = body["data"]
    return data


def every(client: httpx.Client, name: str, fields: str, first: int = 40, **more: Any) -> list[Json]:
    extra = "".join(f", {key}: {value}" for key, value in more.items())
    query = f"""query($after: String) {{ {name}(first: {first}, after: $after{extra}) {{
        nodes {{ id {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    found: list[Json] = []
    after = None
    while True:
        page = ask(client, query, after=after)[name]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("name", LISTED)
def test_pages_are_complete(linear: httpx.Client, world: World, name: str) -> None:
    found = every(linear, name, "createdAt updatedAt", first=7, includeArchived="true", orderBy="updatedAt")
    assert sorted(node["id"] for node in found) == sorted(node["id"] for node in world.tracker.nodes[name])
    moments = [node["updatedAt"] for node in found]
    assert moments == sorted(moments, reverse=True)


def test_every_field_of_the_schema_can_be_asked_for(linear: httpx.Client) -> None:
    """One query per type with all of its plain fields: what the schema promises, the data keeps."""
    document = parse(OURS.read_text(encoding="utf-8"))
    types = {d.name.value: d for d in document.definitions if isinstance(d, ObjectTypeDefinitionNode)}
    plain = {"ID", "String", "Int", "Float", "Boolean", "DateTime", "TimelessDate"}
    plain |= {d.name.value for d in document.definitions if isinstance(d, EnumTypeDefinitionNode)}
    for connection, kind in LISTED.items():
        fields = [f.name.value for f in types[kind].fields or () if print_ast(f.type).strip("[]!") in plain]
        assert every(linear, connection, " ".join(fields), first=50)
    for nested in ("history", "relations", "inverseRelations", "needs", "labels", "children", "subscribers"):
        every(linear, "issues", f"{nested}(first: 3) {{ nodes {{ id createdAt archivedAt }} }}", first=100)


def test_archived_issues_come_only_when_asked_for(linear: httpx.Client) -> None:
    live = every(linear, "issues", "archivedAt", first=250)
    whole = every(linear, "issues", "archivedAt", first=250, includeArchived="true")
    assert all(issue["archivedAt"] is None for issue in live)
    assert len(whole) - len(live) == sum(issue["archivedAt"] is not None for issue in whole) > 0


def test_filters_hold(linear: httpx.Client) -> None:
    whole = every(linear, "issues", "updatedAt state { type } team { key }", first=250)
    since = sorted(issue["updatedAt"] for issue in whole)[len(whole) // 2]
    later = every(linear, "issues", "updatedAt", filter=f'{{updatedAt: {{gte: "{since}"}}}}')
    assert {issue["id"] for issue in later} == {issue["id"] for issue in whole if issue["updatedAt"] >= since}
    given = '{and: [{state: {type: {in: ["started"]}}}, {team: {key: {eq: "SUP"}}}]}'
    started = every(linear, "issues", "title", filter=given)
    expected = [i for i in whole if i["state"]["type"] == "started" and i["team"]["key"] == "SUP"]
    assert {issue["id"] for issue in started} == {issue["id"] for issue in expected} != set()


def test_history_leads_to_the_present_state(linear: httpx.Client) -> None:
    change = "createdAt fromState { type } toState { type } toAssignee { id }"
    fields = f"state {{ type }} history(first: 30) {{ nodes {{ {change} }} }}"
    for issue in every(linear, "issues", fields, first=25):
        entries = issue["history"]["nodes"]
        assert [e["createdAt"] for e in entries] == sorted((e["createdAt"] for e in entries), reverse=True)
        moves = [entry for entry in entries if entry["toState"]]
        assert (moves[0]["toState"] if moves else {"type": "backlog"}) == issue["state"]


def test_nodes_edges_and_single_lookups_agree(linear: httpx.Client) -> None:
    data = ask(
        linear,
        "{ issues(first: 1) { nodes { id identifier } edges { cursor node { id } } } viewer { isMe } }",
    )
    node, edge = data["issues"]["nodes"][0], data["issues"]["edges"][0]
    assert node["id"] == edge["node"]["id"]
    assert data["viewer"]["isMe"]
    one = ask(linear, "query($id: String!) { issue(id: $id) { id } }", id=node["identifier"])
    assert one["issue"]["id"] == node["id"]


def test_last_and_before_walk_back(linear: httpx.Client) -> None:
    ids = [node["id"] for node in every(linear, "issues", "title", first=250)]
    query = "query($b: String) { issues(last: 3, before: $b) { nodes { id } pageInfo { hasPreviousPage } } }"
    page = ask(linear, query, b=ids[10])["issues"]
    assert [node["id"] for node in page["nodes"]] == ids[7:10]
    assert page["pageInfo"]["hasPreviousPage"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("{ weather }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("{ issues(", 400, "GRAPHQL_PARSE_FAILED"),
        ("", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("{ issues(first: 251) { nodes { id } } }", 200, "INVALID_INPUT"),
        ('{ issue(id: "ENG-0") { id } }', 200, "INPUT_ERROR"),
        ("{ issues(first: 250) { nodes { history { nodes { id } } } } }", 400, "INPUT_ERROR"),
    ],
)
def test_refusals_have_linears_shape(linear: httpx.Client, query: str, status: int, code: str) -> None:
    answer = linear.post("/graphql", json={"query": query})
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["extensions"]["code"] == code


def test_a_wrong_key_is_refused_and_prices_are_announced(demo: DemoServer, linear: httpx.Client) -> None:
    with httpx.Client(base_url=demo.urls["linear"]) as anybody:
        refused = anybody.post(
            "/graphql", json={"query": "{ viewer { id } }"}, headers={"Authorization": "no"}
        )
    assert refused.json()["errors"][0]["extensions"]["code"] == "AUTHENTICATION_ERROR"
    answer = linear.post("/graphql", json={"query": "{ issues(first: 10) { nodes { id title } } }"})
    assert answer.headers["X-Complexity"] == "12"  # ten objects of 1.2 points
    assert int(answer.headers["X-RateLimit-Requests-Reset"]) > 10**12
