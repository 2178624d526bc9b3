"""The strict reading of JSON."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from itertools import compress
from typing import NoReturn

import msgspec

DEEPEST = 100
MOST_DIGITS = 40

_BOXES = frozenset({dict, list})
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SPACED = re.compile(rb'"[ \t\r\n]+:')
_DIGITS = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))
_TOO_LONG = b"0" * (MOST_DIGITS + 1)


class NotJsonError(ValueError):
    """Why a text is not the JSON we accept, in a few words that quote nothing of it."""


def strict_json(body: bytes) -> object:
    """Parses UTF-8 JSON; raises NotJsonError for what other parsers wave through.

    Refused: NaN and Infinity, a key twice in one object, numbers of more than 40 digits or an exponent
    beyond 40, nesting deeper than 100, half a surrogate pair. Fractions come as Decimal, never float.
    """
    try:
        value: object = _DECODER.decode(body)
    except (ValueError, RecursionError):
        return _carefully(body)
    return value if _is_plain(body, value) else _carefully(body)


def _is_plain(body: bytes, value: object) -> bool:
    """Whether nothing in a text that was parsed can be what we refuse. A key that came twice shows in fewer
    names than there are colons behind a quote; whoever has such a colon in a text is read carefully, too."""
    if _SURROGATE.search(body) or _SPACED.search(body) or _TOO_LONG in body.translate(_DIGITS):
        return False
    names = _names(value)
    return names is not None and names == body.count(b'":')


def _names(value: object) -> int | None:
    """How many names all objects in it have; None where it is nested too deeply."""
    level: list[dict[str, object] | list[object]] = [value] if isinstance(value, dict | list) else []
    names = 0
    for _ in range(DEEPEST):
        if not level:
            return names
        inside: list[object] = []
        for box in level:
            if isinstance(box, dict):
                names += len(box)
                inside += box.values()
            else:
                inside += box
        level = list(compress(inside, map(_BOXES.__contains__, map(type, inside))))  # type: ignore[arg-type]
    return None if level else names


def _carefully(body: bytes) -> object:
    """As `strict_json`, in three times its time; says what is wrong."""
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
    if _names(value) is None:
        raise NotJsonError("it is nested too deeply")
    if _SURROGATE.search(body):
        _check_text(value)
    return value


def _decimal(text: str) -> Decimal:
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MOST_DIGITS or len(exponent) > 3 or abs(int(exponent or 0)) > MOST_DIGITS:
        raise NotJsonError("a number is too long")
    return Decimal(text)


def _whole(text: str) -> int:
    if len(text.removeprefix("-")) > MOST_DIGITS:
        raise NotJsonError("a number is too long")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise NotJsonError(f"it contains {text}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise NotJsonError("an object has one key twice")
    return made


def _check_text(value: object) -> None:
    """Half a surrogate pair cannot be stored or printed anywhere, so it stops here."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError:
        raise NotJsonError("it contains half a character") from None


_DECODER = msgspec.json.Decoder(float_hook=_decimal)
