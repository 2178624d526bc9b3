"""What a vendor answered, and the strict reading of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NoReturn

from agentos_cli.errors import Retryable

DEEPEST = 100
MOST_DIGITS = 40

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_REQUEST_ID = ("request-id", "x-hubspot-correlation-id", "x-request-id")
_PLAIN_ID = re.compile(r"[A-Za-z0-9_.:-]{1,80}")


class NotJsonError(ValueError):
    """Why a text is not the JSON we accept, in a few words that quote nothing of it."""


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


def strict_json(body: bytes) -> object:
    """Parses UTF-8 JSON; raises NotJsonError for what other parsers wave through.

    Refused: NaN and Infinity, a key twice in one object, numbers of more than 40 digits or an exponent
    beyond 40, nesting deeper than 100, half a surrogate pair. Fractions come as Decimal, never float.
    """
    if not body.strip():
        raise NotJsonError("it is empty")
    if body.lstrip()[:1] == b"<":
        raise NotJsonError("it is a web page")
    try:
        value: object = json.loads(
            body.decode("utf-8"),
            parse_float=_decimal,
            parse_int=_whole,
            parse_constant=_constant,
            object_pairs_hook=_unique,
        )
    except NotJsonError:
        raise
    except UnicodeDecodeError:
        raise NotJsonError("it is not UTF-8") from None
    except RecursionError:
        raise NotJsonError("it is nested too deeply") from None
    except ValueError as problem:
        at = f" at byte {problem.pos}" if isinstance(problem, json.JSONDecodeError) else ""
        raise NotJsonError(f"it is malformed or cut off{at}") from None
    if body.count(b"[") + body.count(b"{") > DEEPEST and isinstance(value, dict | list):
        _check_depth(value)
    if _SURROGATE.search(body):
        _check_text(value)
    return value


def _decimal(text: str) -> Decimal:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MOST_DIGITS or len(exponent) > 3 or abs(int(exponent or 0)) > MOST_DIGITS:
        raise NotJsonError("a number is too long")
    return Decimal(text)


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise NotJsonError("a number is too long")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise NotJsonError(f"it contains {text}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotJsonError("an object has one key twice")
    return made


def _check_depth(value: dict[str, object] | list[object]) -> None:
    level = [value]
    for _ in range(DEEPEST):
        inside = (outer.values() if isinstance(outer, dict) else outer for outer in level)
        level = [each for values in inside for each in values if type(each) is dict or type(each) is list]
        if not level:
            return
    raise NotJsonError("it is nested too deeply")


def _check_text(value: object) -> None:
    """Half a surrogate pair cannot be stored or printed anywhere, so it stops here."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError:
        raise NotJsonError("it contains half a character") from None
