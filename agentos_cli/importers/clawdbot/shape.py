"""Looks into parsed settings whose shape nobody promises: what is not what it should be is not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256


def block(value: object, *path: str) -> Mapping[str, object]:
    """The object at the end of a path; an empty one if there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> list[object]:
    """A list's items; none if it is no list."""
    return value if isinstance(value, list) else []


def text(value: object) -> str | None:
    """A text without space around it; None if there is none, or it is empty."""
    return value.strip() or None if isinstance(value, str) else None


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list, or the one text there is, without those that are empty."""
    found = map(text, value if isinstance(value, list) else [value])
    return tuple(each for each in found if each is not None)


def number(value: object) -> int | float | None:
    """A number; None if it is none. True and false are none."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def digest(value: object) -> str:
    """Stands for a JSON value: the same whatever the order of its keys."""
    said = json.dumps(value, sort_keys=True, separators=(",", ":"), default=dict)
    return sha256(said.encode()).hexdigest()
