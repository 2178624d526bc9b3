"""Linear: every field we read, every page there is, and queries that Linear's own schema accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_variable_values,
    parse,
    validate,
)

from agentos_cli.connectors.linear import queries
from agentos_cli.errors import CredentialRefused, Fatal, RateLimited, Retryable
from agents.nouns import Cycle, Issue, Move, Project, Team
from tests.connectors.vendor import NOW, Answer, Call, Refusal, Shape, Vendor, checked, one, read

SCHEMA = Path(__file__).parents[1] / "specs" / "linear" / "schema.graphql"
CURSOR = "WyIyMDI2Il0="


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text())


@pytest.mark.parametrize("query", queries.ALL, ids=lambda query: query.split()[1].split("(")[0])
def test_every_query_is_one_that_linears_schema_accepts(query: str, schema: GraphQLSchema) -> None:
    assert validate(schema, parse(query)) == []


def test_linears_schema_accepts_the_variables_of_a_read_of_changes(schema: GraphQLSchema) -> None:
    (operation,) = parse(queries.ISSUES).definitions
    assert isinstance(operation, OperationDefinitionNode)
    given = {"after": CURSOR, **queries.changed_since("2026-11-21T06:55:00+00:00")}
    for strange in ({}, {"filter": {"updatedSince": "2026"}}, {"orderBy": "size"}):
        found = get_variable_values(schema, operation.variable_definitions or (), {**given, **strange})
        assert isinstance(found, list) == bool(strange), found  # a list of errors


def connection(nodes: Sequence[object], after: str | None = None) -> Shape:
    return {"nodes": list(nodes), "pageInfo": {"hasNextPage": after is not None, "endCursor": after}}


def state(kind: str) -> Shape:
    return {"type": kind}


def change(before: str | None, after: str | None, moment: str) -> Shape:
    return {
        "createdAt": moment,
        "fromState": before and state(before),
        "toState": after and state(after),
    }


def issue(key: str = "i1", **changes: Any) -> Shape:
    """An issue in work, nothing special about it."""
    plain: Shape = {
        "id": key,
        "identifier": "ENG-1",
        "title": "Plan",
        "priority": 2,
        "estimate": None,
        "createdAt": "2026-11-01T08:00:00.000Z",
        "state": state("started"),
        "team": {"id": "t1"},
        "labels": {"nodes": []},
        "inverseRelations": {"nodes": []},
        "needs": {"nodes": []},
        "history": connection([]),
    }
    missing = (
        "startedAt",
        "completedAt",
        "canceledAt",
        "dueDate",
        "slaBreachesAt",
        "project",
        "cycle",
        "assignee",
    )
    return plain | dict.fromkeys(missing) | changes


def graphql(answers: Mapping[str, Answer], **lists: Sequence[object]) -> dict[str, Answer]:
    """/graphql, answering each query by its name; lists are whole unless an answer is given."""

    def answer(call: Call) -> object:
        asked = json.loads(call.body)
        name = asked["query"].split()[1].split("(")[0].split("{")[0]
        if name in answers:
            return answers[name](call)
        return {"data": {name.lower(): connection(lists.get(name.lower(), ()))}}

    return {"/graphql": answer}


def linear(answers: Mapping[str, Answer] | None = None, **lists: Any) -> dict[str, Any]:
    with Vendor(graphql(answers or {}, **lists)) as vendor:
        return read("linear", vendor.url, key="lin_api_1")


def variables(call: Call) -> Shape:
    found: Shape = json.loads(call.body)["variables"]
    return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ── records ──────────────────────────────────────────────────────────────────────────────────────


def test_teams_projects_and_cycles() -> None:
    project = {
        "id": "p1", "name": "Rollout", "status": state("started"), "health": "atRisk", "progress": 0.42,
        "targetDate": "2026-12-15", "startedAt": "2026-09-01T00:00:00.000Z", "completedAt": None,
    }  # fmt: skip
    cycle = {"id": "c1", "number": 7, "startsAt": "2026-11-16T00:00:00Z", "endsAt": "2026-11-30T00:00:00Z",
             "progress": 0.5, "team": {"id": "t1"}}  # fmt: skip
    found = linear(teams=[{"id": "t1", "name": "Delivery"}], projects=[project], cycles=[cycle])
    assert one(found["team"], Team) == Team("linear", "t1", "Delivery")
    assert one(found["project"], Project) == Project(
        "linear",
        "p1",
        "Rollout",
        "started",
        "at_risk",
        Decimal("0.42"),
        date(2026, 12, 15),
        moment("2026-09-01"),
        None,
    )
    assert one(found["cycle"], Cycle) == Cycle(
        "linear", "c1", "t1", 7, moment("2026-11-16"), moment("2026-11-30"), Decimal("0.5")
    )


def test_an_issue_with_everything() -> None:
    entries = [
        change("unstarted", "started", "2026-11-02T08:00:00Z"),
        change(None, None, "2026-11-03T08:00:00Z"),
        change("backlog", "unstarted", "2026-11-01T09:00:00Z"),
    ]
    full = issue(
        estimate=3,
        project={"id": "p1"},
        cycle={"id": "c1"},
        assignee={"name": "Ada"},
        labels={"nodes": [{"name": "Bug"}]},
        startedAt="2026-11-02T08:00:00.000Z",
        dueDate="2026-11-30",
        slaBreachesAt="2026-11-25T08:00:00.000Z",
        history=connection(entries),
    )
    found = one(linear(issues=[full])["issue"], Issue)
    assert found.moves == (
        Move("backlog", "unstarted", moment("2026-11-01T09:00")),
        Move("unstarted", "started", moment("2026-11-02T08:00")),
    )
    assert (found.key, found.priority, found.estimate, found.state) == ("ENG-1", 2, Decimal(3), "started")
    assert (found.team_id, found.project_id, found.cycle_id, found.assignee) == ("t1", "p1", "c1", "Ada")
    assert (found.due_on, found.sla_breaches_at) == (date(2026, 11, 30), moment("2026-11-25T08:00"))
    assert (found.labels, found.blocked, found.account) == (("Bug",), False, None)


def blocker(kind: str, relation: str = "blocks") -> Shape:
    return {"inverseRelations": {"nodes": [{"type": relation, "issue": {"state": state(kind)}}]}}


@pytest.mark.parametrize(
    ("about", "blocked"),
    [
        (blocker("started"), True),
        (blocker("completed"), False),
        (blocker("duplicate"), False),
        (blocker("started", "related"), False),
        ({"labels": {"nodes": [{"name": "Blocked"}]}}, True),
    ],
)
def test_blocked_is_who_waits_for_work_that_is_not_done(about: Shape, blocked: bool) -> None:
    assert one(linear(issues=[issue(**about)])["issue"], Issue).blocked is blocked


def test_the_account_is_the_customer_who_asked_or_the_label() -> None:
    label = {"labels": {"nodes": [{"name": "Account: Beta.example"}]}}
    asked = {"needs": {"nodes": [{"customer": None}, {"customer": {"domains": ["Acme.example"]}}]}}
    found = linear(issues=[issue("i1", **label, **asked), issue("i2", **label), issue("i3")])["issue"].records
    assert [each.account for each in found] == ["acme.example", "beta.example", None]


def test_a_duplicate_counts_as_canceled_and_an_unknown_state_is_told() -> None:
    found = linear(issues=[issue("i1", state=state("duplicate")), issue("i2", state=state("dreaming"))])[
        "issue"
    ]
    assert one(found, Issue).state == "canceled"
    assert (found.skipped[0].where, found.skipped[0].why[:20]) == ("i2", "type is `dreaming`, ")


# ── pages ────────────────────────────────────────────────────────────────────────────────────────


def test_every_page_is_read() -> None:
    def issues(call: Call) -> object:
        page = int(variables(call)["after"] or 0)
        following = None if page == 2 else str(page + 1)
        return {"data": {"issues": connection([issue(f"i{page}")], following)}}

    assert [each.id for each in linear({"Issues": issues})["issue"].records] == ["i0", "i1", "i2"]


def test_a_long_history_is_read_to_its_end() -> None:
    long = issue("i1", history=connection([change("backlog", "started", "2026-11-02T08:00:00Z")], CURSOR))

    def rest(call: Call) -> object:
        assert variables(call)["id"] == "i1"
        more = variables(call)["after"] == CURSOR
        entry = change("started", "completed", "2026-11-09T08:00:00Z" if more else "2026-11-10T08:00:00Z")
        return {"data": {"issue": {"history": connection([entry], "second" if more else None)}}}

    found = linear({"History": rest}, issues=[long, issue("i2")])["issue"].records
    assert [len(each.moves) for each in found] == [3, 0]


def test_a_cursor_that_loops_ends() -> None:
    with pytest.raises(Fatal, match=r"Linear teams.*circle"):
        linear({"Teams": lambda _: {"data": {"teams": connection([{"id": "t", "name": "T"}], CURSOR)}}})


def test_an_empty_page_that_promises_more_is_not_the_end() -> None:
    with pytest.raises(Retryable, match="more follow"):
        linear({"Cycles": lambda _: {"data": {"cycles": connection([], CURSOR)}}})


# ── errors ───────────────────────────────────────────────────────────────────────────────────────


def refused(code: str, status: int, **headers: str) -> Answer:
    body = {"errors": [{"message": "no \x1b[31m", "extensions": {"code": code, "type": "x"}}]}
    return lambda _: Refusal(status, body, headers)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("AUTHENTICATION_ERROR", CredentialRefused),
        ("FORBIDDEN", CredentialRefused),
        ("RATELIMITED", RateLimited),
        ("INTERNAL_SERVER_ERROR", Retryable),
        ("GRAPHQL_VALIDATION_FAILED", Fatal),
    ],
)
def test_linear_says_in_the_body_what_went_wrong(status: int, code: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        linear({"Issues": refused(code, status)})
    assert type(caught.value) is error


def test_the_wait_is_until_the_empty_budget_is_full_again() -> None:
    full = NOW + timedelta(minutes=40)
    headers = {
        "X-RateLimit-Requests-Remaining": "900",
        "X-RateLimit-Requests-Reset": "1",
        "X-RateLimit-Complexity-Remaining": "0",
        "X-RateLimit-Complexity-Reset": str(int(full.timestamp() * 1000)),
    }
    with pytest.raises(RateLimited) as caught:
        linear({"Issues": refused("RATELIMITED", 400, **headers)})
    assert caught.value.not_before == full


@pytest.mark.parametrize(("key", "sent"), [("lin_api_1", "lin_api_1"), ("lin_oauth_1", "Bearer lin_oauth_1")])
def test_a_key_goes_as_it_is_and_a_token_as_bearer(key: str, sent: str) -> None:
    about = {
        "data": {"viewer": {"id": "u", "name": "Ada"}, "organization": {"name": "Fern", "urlKey": "fern"}}
    }
    with Vendor(graphql({"Viewer": lambda _: about})) as vendor:
        assert checked("linear", vendor.url, key=key) == "Linear workspace Fern, as Ada"
        assert {call.headers["Authorization"] for call in vendor.calls} == {sent}


def test_a_page_in_another_form_is_refused() -> None:
    with pytest.raises(Fatal, match="Linear projects: the list cannot be read: pageInfo is missing"):
        linear({"Projects": lambda _: {"data": {"projects": {"nodes": []}}}})
