"""One request and its reply, as the three vendors' sides see them: plain data, no sockets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is below the vendor's base address; header names are lower case. `loop` orders a cursor that
    never ends, see `faults`."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = b""
    loop: bool = False

    def first(self, name: str) -> str | None:
        """The first value of a query parameter."""
        values = self.query.get(name)
        return values[0] if values else None

    @property
    def bearer(self) -> str | None:
        """The token of `Authorization: Bearer ...`."""
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if kind.lower() == "bearer" and value.strip() else None


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: `body` is sent as JSON."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Vendor(Protocol):
    """One vendor's side of the conversation. `number` counts its requests, for ids in headers."""

    def answer(self, request: Request, number: int) -> Reply:
        """The vendor's reply, its own refusals included."""
        ...

    def refusal(self, kind: str, number: int, *, status: int = 500, wait: int | None = None) -> Reply:
        """A failure in the vendor's own words. `kind`: status, ratelimit, unauthorized or expired; `wait` are
        the seconds after which to come back."""
        ...
