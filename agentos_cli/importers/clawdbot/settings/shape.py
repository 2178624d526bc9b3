"""Looks into parsed settings whose shape nobody promises: what is not what it should be is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256

REFERENCE = re.compile(r"\$\{[A-Z_][A-Z0-9_]*\}")
"""A variable of the environment, which is named and not told."""
PLAIN = frozenset({"api-version", "version", "v", "region", "location", "project"})
"""What stands in an address behind `?` and is no secret."""
HELD_URL = "[REDACTED:url]"


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


def plain_url(address: str) -> str:
    """An address without what may be a secret in it: the name and password before the host, and what stands
    behind `?`, but for versions, places and `${NAME}`."""
    before, mark, query = address.partition("?")
    scheme, slashes, rest = before.partition("://")
    host, slash, path = rest.partition("/")
    before = f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}" if slashes else before
    told = (_plain_pair(*pair.partition("=")) for pair in query.split("&"))
    return f"{before}{mark}{'&'.join(told)}"


def _plain_pair(name: str, equals: str, value: str) -> str:
    is_plain = not equals or name.lower() in PLAIN or REFERENCE.fullmatch(value)
    return f"{name}{equals}{value}" if is_plain else f"{name}={HELD_URL}"


def digest(value: object) -> str:
    """Stands for a JSON value: the same whatever the order of its keys."""
    said = json.dumps(value, sort_keys=True, separators=(",", ":"), default=dict)
    return sha256(said.encode()).hexdigest()
