"""Linear's side of the demo: any query on the part of its schema in linear.graphql, executed for real.

Sources: https://linear.app/developers/graphql, /pagination, /filtering, /rate-limiting. A key goes into
`Authorization` as it is, an OAuth token with `Bearer`. Errors come as `errors[].extensions{type, code}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from agentos_cli.clock import utc_now
from agentos_cli.demo.company.board import Node
from agentos_cli.demo.company.marks import token, uuid_of
from agentos_cli.demo.company.tracker import LISTED
from agentos_cli.demo.company.world import World
from agentos_cli.demo.exchange import Reply, Request
from agentos_cli.demo.linear.filters import holds
from agentos_cli.demo.linear.price import price

FIRST, MOST = 50, 250
REQUESTS_AN_HOUR, POINTS_AN_HOUR, POINTS_A_QUERY = 5_000, 3_000_000, 10_000
HOUR_MS = 3_600_000

_ONE = {"team": "teams", "user": "users", "project": "projects", "cycle": "cycles", "issue": "issues"}


class LinearError(Exception):
    """Ends a request with an error of Linear's shape."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class LinearSide:
    """Answers as api.linear.app would for the demo company."""

    def __init__(self, world: World, key: str) -> None:
        self._key = key
        self._spent = 0
        self._tracker = world.tracker

    def answer(self, request: Request, number: int) -> Reply:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if given != self._key:
            return self.refusal("unauthorized", number)
        if request.method != "POST" or request.path.strip("/") != "graphql":
            return _failed(LinearError(404, "NOT_FOUND", "Not found"), number, {})
        try:
            body = _json(request)
            variables = body.get("variables") or {}
            document = _checked(body.get("query"))
            points = price(document, _schema(), variables, FIRST)
            if points > POINTS_A_QUERY:
                text = f"Query too complex: {points} points, {POINTS_A_QUERY} at most."
                raise LinearError(400, "INPUT_ERROR", text)
        except LinearError as error:
            return _failed(error, number, self._limits(number, 1))
        self._spent += points
        result = execute_sync(
            _schema(), document, root_value={"loop": request.loop, "tracker": self._tracker},
            variable_values=variables, operation_name=body.get("operationName"),
        )  # fmt: skip
        return Reply(200, _formatted(result.data, result.errors), self._limits(number, points))

    def refusal(self, kind: str, number: int, *, status: int = 500, wait: int | None = None) -> Reply:
        if kind == "ratelimit":
            text = "Rate limit exceeded. Only 5000 requests are allowed per 1 hour."
            headers = {}
            if wait is not None:
                reset = str(_now_ms() + wait * 1000)
                headers = {
                    "Retry-After": str(wait),
                    "X-RateLimit-Requests-Limit": str(REQUESTS_AN_HOUR),
                    "X-RateLimit-Requests-Remaining": "0",
                    "X-RateLimit-Requests-Reset": reset,
                }
            return _failed(LinearError(400, "RATELIMITED", text), number, headers)
        if kind in ("unauthorized", "expired"):
            text = "Authentication required, not authenticated"
            return _failed(LinearError(401, "AUTHENTICATION_ERROR", text), number, {})
        return _failed(LinearError(status, "INTERNAL_SERVER_ERROR", "As ordered"), number, {})

    def _limits(self, number: int, points: int) -> dict[str, str]:
        reset = str((_now_ms() // HOUR_MS + 1) * HOUR_MS)
        return {
            "X-Complexity": str(points),
            "X-RateLimit-Requests-Limit": str(REQUESTS_AN_HOUR),
            "X-RateLimit-Requests-Remaining": str(max(0, REQUESTS_AN_HOUR - number)),
            "X-RateLimit-Requests-Reset": reset,
            "X-RateLimit-Complexity-Limit": str(POINTS_AN_HOUR),
            "X-RateLimit-Complexity-Remaining": str(max(0, POINTS_AN_HOUR - self._spent)),
            "X-RateLimit-Complexity-Reset": reset,
            "X-Request-Id": token("linear", number, size=20),
        }


def _checked(query: object) -> DocumentNode:
    """The query, if it is one and asks only for what the schema has."""
    if not isinstance(query, str) or not query.strip():
        raise LinearError(400, "GRAPHQL_VALIDATION_FAILED", "Must provide query string.")
    return _parsed(query)


@lru_cache(maxsize=32)
def _parsed(query: str) -> DocumentNode:
    """Clients send the same few queries again and again."""
    try:
        document = parse(query)
    except GraphQLError as error:
        raise LinearError(400, "GRAPHQL_PARSE_FAILED", error.message) from None
    if problems := validate(_schema(), document):
        raise LinearError(400, "GRAPHQL_VALIDATION_FAILED", problems[0].message)
    return document


@cache
def _schema() -> GraphQLSchema:
    """The schema with a resolver on every connection; everything else is read from the nodes. Whose nodes
    these are is in the root: `loop` and `tracker`."""
    sdl = resources.files("agentos_cli.demo.linear").joinpath("linear.graphql").read_text(encoding="utf-8")
    schema = build_schema(sdl)
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for field in type_.fields.values():
                if str(field.type).endswith("Connection!"):
                    field.resolve = _connection
    query = schema.query_type
    assert query is not None
    for name in LISTED:
        query.fields[name].resolve = _listing(name)
    for one, many in _ONE.items():
        query.fields[one].resolve = _lookup(one.capitalize(), many)
    query.fields["viewer"].resolve = lambda root, _info: {**root["tracker"].viewer, "isMe": True}
    query.fields["organization"].resolve = lambda root, _info: root["tracker"].organization
    query.fields["rateLimitStatus"].resolve = lambda _root, _info: _status()
    return schema


def _listing(name: str) -> Any:
    def resolve(root: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Node:
        return connect(root["tracker"].nodes[name], info, arguments)

    return resolve


def _lookup(kind: str, many: str) -> Any:
    def resolve(root: Any, _info: GraphQLResolveInfo[Any], id: str) -> Node:  # noqa: A002
        found = next((node for node in root["tracker"].nodes[many] if id in _names(node)), None)
        if found is None:
            raise GraphQLError(
                f"Entity not found: {kind}",
                extensions={"type": "invalid input", "code": "INPUT_ERROR", "userError": True},
            )
        return cast("Node", found)

    return resolve


def _names(node: Node) -> tuple[str, ...]:
    """What a node can be asked for by: its id, an issue by its identifier too."""
    return (node["id"], node["identifier"]) if "identifier" in node else (node["id"],)


def _connection(source: Node, info: GraphQLResolveInfo[Any], **arguments: Any) -> Node:
    return connect(source[info.field_name], info, arguments)


def connect(nodes: Sequence[Node], info: GraphQLResolveInfo[Any], arguments: Mapping[str, Any]) -> Node:
    """One page of a connection: filtered, newest first by `orderBy`, cursors are ids."""
    kept = [node for node in nodes if arguments.get("includeArchived") or node.get("archivedAt") is None]
    kept = [node for node in kept if holds(node, arguments.get("filter") or {})]
    order = arguments.get("orderBy") or "createdAt"
    kept.sort(key=lambda node: (node[order], node["id"]), reverse=True)
    looping = bool(info.root_value["loop"])
    after, before = (None, None) if looping else (arguments.get("after"), arguments.get("before"))
    start = _place(kept, after) + 1 if after else 0
    end = _place(kept, before) if before else len(kept)
    first, last = _size(arguments.get("first")), _size(arguments.get("last"))
    if last is not None and first is None:
        start, more = max(start, end - last), False
    else:
        stop = min(end, start + (first or FIRST))
        more, end = stop < end, stop
    page = kept[start:end]
    info_ = {
        "hasNextPage": looping or more or (last is not None and end < len(kept)),
        "hasPreviousPage": start > 0,
        "startCursor": page[0]["id"] if page else None,
        "endCursor": page[-1]["id"] if page else None,
    }
    return {"nodes": page, "edges": [{"node": n, "cursor": n["id"]} for n in page], "pageInfo": info_}


def _place(nodes: Sequence[Node], cursor: str) -> int:
    for n, node in enumerate(nodes):
        if node["id"] == cursor:
            return n
    raise GraphQLError(
        "Argument Validation Error", extensions={"type": "invalid input", "code": "INVALID_INPUT"}
    )


def _size(given: int | None) -> int | None:
    if given is not None and not 1 <= given <= MOST:
        raise GraphQLError(
            f"Argument Validation Error - first must be between 1 and {MOST}",
            extensions={"type": "invalid input", "code": "INVALID_INPUT", "userError": True},
        )
    return given


def _now_ms() -> int:
    """Linear tells resets in milliseconds since 1970."""
    return int(utc_now().timestamp() * 1000)


def _status() -> Node:
    limit = {
        "type": "requests", "requestedAmount": 1.0, "allowedAmount": float(REQUESTS_AN_HOUR),
        "period": float(HOUR_MS), "remainingAmount": float(REQUESTS_AN_HOUR - 1),
        "reset": float(_now_ms()),
    }  # fmt: skip
    return {"identifier": uuid_of("linear"), "kind": "apiKey", "limits": [limit]}


def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        raise LinearError(400, "BAD_REQUEST", "POST body is not JSON.") from None
    if not isinstance(body, dict):
        raise LinearError(400, "BAD_REQUEST", "POST body is not an object.")
    return body


def _formatted(data: dict[str, Any] | None, errors: Sequence[GraphQLError] | None) -> dict[str, Any]:
    body: dict[str, Any] = {"data": data}
    if errors:
        body["errors"] = [error.formatted for error in errors]
    return body


_TYPES = {
    "AUTHENTICATION_ERROR": "authentication error",
    "RATELIMITED": "ratelimited",
    "INTERNAL_SERVER_ERROR": "internal error",
    "INPUT_ERROR": "invalid input",
}


def _failed(error: LinearError, number: int, headers: Mapping[str, str]) -> Reply:
    extensions = {
        "type": _TYPES.get(error.code, "graphql error"),
        "code": error.code,
        "statusCode": error.status,
        "userError": error.status < 500,
        "userPresentableMessage": f"{error}",
    }
    request_id = {"X-Request-Id": token("linear", number, size=20)}
    body = {"errors": [{"message": str(error), "extensions": extensions}]}
    return Reply(error.status, body, request_id | dict(headers))
