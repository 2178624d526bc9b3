"""What a vendor answered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentos_cli.errors import Retryable
from agentos_cli.http.strict import NotJsonError, strict_json

_REQUEST_ID = ("request-id", "x-hubspot-correlation-id", "x-request-id")
_PLAIN_ID = re.compile(r"[A-Za-z0-9_.:-]{1,80}")


@dataclass(frozen=True, slots=True)
class Response:
    """`headers` have lower-case names; `body` is decoded (no gzip). `source`: who answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    source: str = "the server"

    def json(self) -> object:
        """The body as strict JSON: fractions are Decimal, objects are dicts. Raises Retryable."""
        try:
            return strict_json(self.body)
        except NotJsonError as problem:
            raise Retryable(
                f"{self.source} sent an answer that is not valid JSON: {problem}{self.request_id()}"
            ) from None

    def request_id(self) -> str:
        """` (request req_123)`, by which the vendor's support can find the call; "" if none was sent."""
        for name in _REQUEST_ID:
            if _PLAIN_ID.fullmatch(self.headers.get(name, "")):
                return f" (request {self.headers[name]})"
        return ""
