"""Linear's filters on plain nodes: https://linear.app/developers/filtering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Test = Callable[[Any, Any], bool]

_TESTS: Mapping[str, Test] = {
    "eq": lambda value, bound: value == bound,
    "neq": lambda value, bound: value != bound,
    "in": lambda value, bound: value in bound,
    "nin": lambda value, bound: value not in bound,
    "null": lambda value, bound: (value is None) == bound,
    "gt": lambda value, bound: value is not None and value > bound,
    "gte": lambda value, bound: value is not None and value >= bound,
    "lt": lambda value, bound: value is not None and value < bound,
    "lte": lambda value, bound: value is not None and value <= bound,
    "eqIgnoreCase": lambda value, bound: str(value).lower() == str(bound).lower(),
    "contains": lambda value, bound: str(bound) in str(value),
    "startsWith": lambda value, bound: str(value).startswith(str(bound)),
}


def holds(node: Any, given: Mapping[str, Any]) -> bool:
    """Whether a node satisfies a filter: comparators at the leaves, relations and `and`/`or` between."""
    return all(_part(node, name, want) for name, want in given.items() if want is not None)


def _part(node: Any, name: str, want: Any) -> bool:
    if name in ("and", "or"):
        return (all if name == "and" else any)(holds(node, part) for part in want)
    if name in _TESTS and not isinstance(want, Mapping):
        return _TESTS[name](*_comparable(node, want))
    value = node.get(name) if isinstance(node, Mapping) else None
    if name == "hasBlockedByRelations" and isinstance(node, Mapping):
        value = any(relation["type"] == "blocks" for relation in node["inverseRelations"])
    if isinstance(value, Mapping):
        return holds(value, {k: v for k, v in want.items() if k != "null"}) and want.get("null") is not True
    return holds(value, want)


def _comparable(value: Any, bound: Any) -> tuple[Any, Any]:
    """Instants are compared in the one form that nodes have, however the client wrote them."""
    if isinstance(value, str) and isinstance(bound, str) and value.endswith("Z") and "T" in bound:
        head, _, tail = bound.replace("+00:00", "Z").removesuffix("Z").partition(".")
        return value, f"{head}.{(tail + '000')[:3]}Z"
    return value, bound
