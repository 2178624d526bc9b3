"""Looks under what veils a text: `\\u0041` of JSON, `%41` of URLs, base64. Each gives back where it was."""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Iterator

_ESCAPED = re.compile(r"\\+u00([2-7][0-9A-Fa-f])|\\+(/)")
_PERCENT = re.compile(r"%([2-7][0-9A-Fa-f])")
_BASE64 = re.compile(
    r"[A-Za-z0-9+/_-]{20,}(?:(?:\\r|\\n|\r?\n)+[A-Za-z0-9+/_-]{16,})*(?:\\n|\r?\n)?[A-Za-z0-9+/_-]*={0,2}"
)
_MIXED = re.compile(r"[A-Z](?<=[a-z0-9][A-Z])[A-Za-z0-9+/_-]{10}")
_BREAKS = re.compile(r"\\[rn]|\s")
MOST = 200_000
"""Characters of a run in base64 that are looked into."""


class View:
    """A text without one kind of escapes, which knows where each part of it was."""

    def __init__(self, text: str, escapes: re.Pattern[str]) -> None:
        parts, self._new, self._old, at, length = [], [0], [0], 0, 0
        for found in escapes.finditer(text):
            hexed, char = found[1], found[found.lastindex or 0]
            plain = text[at : found.start()]
            parts += [plain, chr(int(hexed, 16)) if hexed else char]
            length += len(plain)
            self._new += [length, length + 1]
            self._old += [found.start(), found.end()]
            at, length = found.end(), length + 1
        self.text = "".join([*parts, text[at:]])

    def old(self, at: int) -> int:
        """Where in the original text this place is."""
        place = bisect_right(self._new, at) - 1
        return self._old[place] + at - self._new[place]


def views(text: str) -> Iterator[View]:
    """The text without the escapes of JSON, and without those of URLs, as far as it has any."""
    if "\\" in text and ("\\u00" in text or "\\/" in text):
        yield View(text, _ESCAPED)
    if "%" in text and _PERCENT.search(text):
        yield View(text, _PERCENT)


def may_be_base64(joined: str) -> bool:
    """Whether one of the tokens may be base64: quick."""
    return _MIXED.search(joined) is not None


def in_base64(text: str, joined: str) -> Iterator[tuple[int, int, str]]:
    """Runs of base64 that hold printable text, where they are, and that text. `joined`: the text's tokens."""
    if not may_be_base64(joined):
        return
    for found in _BASE64.finditer(text):
        if len(found[0]) >= 24 and _MIXED.search(found[0]):
            told = _decoded(found[0][:MOST])
            if told:
                yield found.start(), found.end(), told


def _decoded(run: str) -> str | None:
    plain = _BREAKS.sub("", run).rstrip("=").replace("-", "+").replace("_", "/")
    for skipped in range(4):
        part = plain[skipped:]
        head = _bytes(part[:32])
        if head and _printable(head):
            whole = _bytes(part)
            if whole and _printable(whole):
                return whole.decode("utf-8", "replace")
    return None


def _bytes(part: str) -> bytes | None:
    whole = part[: len(part) - (len(part) % 4 == 1)]
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4))
    except (binascii.Error, ValueError):
        return None


def _printable(raw: bytes) -> bool:
    """Whether at least nine of ten bytes are of a text."""
    good = sum(32 <= byte < 127 or byte in (9, 10, 13) for byte in raw[:512])
    return good * 10 >= min(len(raw), 512) * 9
