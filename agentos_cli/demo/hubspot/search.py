"""The filters of HubSpot's search: https://developers.hubspot.com/docs/api/crm/search#filter-search-results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from agentos_cli.demo.company.crm import Entity

Order = tuple[int, float, str]


def sort_key(value: object) -> Order:
    """Numbers, then dates, then words; an absent value last. Dates may be ISO or epoch milliseconds."""
    if value is None:
        return (2, 0.0, "")
    text = str(value)
    try:
        return (0, float(text), "")
    except ValueError:
        pass
    try:
        return (0, datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000, "")
    except ValueError:
        return (1, 0.0, text.lower())


_COMPARISONS: Mapping[str, Callable[[Order, Order], bool]] = {
    "EQ": lambda a, b: a == b,
    "NEQ": lambda a, b: a != b,
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
}


def matches(entity: Entity, groups: Sequence[Mapping[str, Any]]) -> bool:
    """Whether any group holds with all of its filters; no groups hold for all."""
    return not groups or any(all(_holds(entity, f) for f in group.get("filters", [])) for group in groups)


def _holds(entity: Entity, given: Mapping[str, Any]) -> bool:
    value = entity.props.get(str(given.get("propertyName")))
    operator = str(given.get("operator"))
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return (value is None) == (operator == "NOT_HAS_PROPERTY")
    key = sort_key(value)
    if operator in ("IN", "NOT_IN"):
        return (key in map(sort_key, given.get("values", []))) == (operator == "IN")
    if value is None:
        return False
    bound = sort_key(given.get("value"))
    if operator == "BETWEEN":
        return bound <= key <= sort_key(given.get("highValue"))
    return operator in _COMPARISONS and _COMPARISONS[operator](key, bound)
