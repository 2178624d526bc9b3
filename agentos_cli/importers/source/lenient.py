"""The lenient reading of JSON5, as people write it by hand: comments, commas at the end, bare keys."""

from __future__ import annotations

import math
import re

import msgspec

from agentos_cli.importers.source.opening import Unreadable

MOST = 16_000_000
"""Characters of a text that is parsed."""
DEEPEST = 100
"""How deeply lists and objects may be nested: deeper than any that a program wrote."""

_NEAR = re.compile(r"near (\d+)")


def parse(text: str, path: str) -> object:
    """The value of a JSON or JSON5 text; of a key that comes twice the last one counts, as in the
    program that wrote it. Raises Unreadable, which names the line where that is known, and quotes nothing.

    What JSON5 is: https://spec.json5.org. NaN, Infinity and half characters are refused, since nothing could
    keep them.
    """
    if len(text) > MOST:
        raise Unreadable(f"is larger than {MOST // 1_000_000} MB", path=path)
    value = _strictly(text)
    if value is _NOT:
        value = _leniently(text, path)
    flaw = _flaw(value)
    if flaw:
        raise Unreadable(flaw, path=path)
    return value


_NOT = object()


def _strictly(text: str) -> object:
    try:
        value: object = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return _NOT
    return value


def _leniently(text: str, path: str) -> object:
    from pyjson5 import Json5Exception, decode

    why = ""
    try:
        value: object = decode(text, DEEPEST)
    except Json5Exception as problem:
        why = _why(problem.args[0] if problem.args else "", text)
    except (ValueError, OverflowError):
        why = "a number is too long"
    except RecursionError:
        why = "is nested too deeply"
    if why:  # raised out here, since the parser's own error carries what it had read
        raise Unreadable(why, path=path)
    return value


def _why(said: object, text: str) -> str:
    words = str(said)
    if not text.strip():
        return "is empty"
    if words.startswith("Maximum nesting"):
        return "is nested too deeply"
    near = _NEAR.search(words)
    at = int(near[1]) if near else len(text)
    if words.startswith("Extra data"):
        at += len(text[at:]) - len(text[at:].lstrip())
        return f"line {_line(text, at)}: something stands behind the end of the JSON"
    if words.startswith(("Unclosed", "No JSON")):
        return f"line {_line(text, at)}: is cut off, or something in it is never closed"
    return f"line {_line(text, at)}: is not JSON, nor JSON5"


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _flaw(value: object) -> str | None:
    """What nothing could keep; looked for level by level, so that depth costs no stack."""
    level: list[object] = [value]
    for depth in range(DEEPEST + 1):
        inside: list[object] = []
        for each in level:
            if isinstance(each, dict | list):
                if depth == DEEPEST:
                    return "is nested too deeply"
                inside += each.values() if isinstance(each, dict) else each
                if isinstance(each, dict) and not all(map(_whole, each)):
                    return "holds half a character"
            elif isinstance(each, str) and not _whole(each):
                return "holds half a character"
            elif isinstance(each, float) and not math.isfinite(each):
                return "holds NaN or Infinity"
        level = inside
    return None


def _whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
