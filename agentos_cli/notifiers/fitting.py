"""Makes text fit a channel: whole characters only, cut at a sensible place, and saying that it was cut."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping

from agentos_cli.notifiers.message import Message

Size = Callable[[str], int]

_LONGEST_NOTE = 120
_BAD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls but for tab and line feed, marks that turn the direction of writing, halves of characters."""
_JOINED = re.compile("[\u0300-\u036f\u200d\ufe0f\U0001f3fb-\U0001f3ff]")
"""What belongs to the character before it."""
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_:-]{1,128}", re.ASCII)


def sound(text: str) -> str:
    """`text` without control characters and half characters, lines ended by a line feed."""
    return _BAD.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, limit: int, size: Size = len) -> str:
    """`text` as one line of at most `limit`."""
    line = " ".join(sound(text).split())
    return line if size(line) <= limit else _shortened(line, limit - size("…"), size).rstrip() + "…"


def utf16(text: str) -> int:
    """The length as JavaScript counts it; never less than what anybody else counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8(text: str) -> int:
    """The length in bytes."""
    return len(text.encode("utf-8", "replace"))


def cut(text: str, limit: int, message: Message, size: Size = len) -> str:
    """`text` if it has at most `limit`, else its beginning up to a paragraph, line or word, and where the
    rest is. The limit must leave room for that (120)."""
    if size(text) <= limit:
        return text
    kept = _shortened(text, limit - _LONGEST_NOTE, size)
    least = len(kept) * 2 // 3
    for end in ("\n\n", "\n", " "):
        place = kept.rfind(end)
        if place >= least:
            kept = kept[:place]
            break
    return f"{kept.rstrip()}\n\n{left_out(len(text) - len(kept), message)}"


def left_out(characters: int, message: Message) -> str:
    """`… cut here, 1,203 more characters: agentos brief`."""
    event = message.key.partition(":")[0]
    where = "brief" if message.kind == "BriefingReady" else f"events show {event}"
    if not _PLAIN_KEY.fullmatch(event) or len(event) > 40:
        where = "events list"
    return f"… cut here, {characters:,} more characters: agentos {where}"


def token(message: Message) -> str:
    """32 hex digits that stand for the key: the same for every attempt, and safe anywhere."""
    return hashlib.sha256(message.key.encode("utf-8", "replace")).hexdigest()[:32]


def header_key(message: Message) -> str:
    """The key as a header and a signature may have it: itself, or 32 digits that stand for it."""
    return message.key if _PLAIN_KEY.fullmatch(message.key) else f"key_{token(message)}"


def encoded(document: Mapping[str, object]) -> bytes:
    """JSON in UTF-8, every string in it sound; what JSON does not know becomes a string."""
    return json.dumps(_clean(document), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _clean(part: object) -> object:
    if isinstance(part, str):
        return sound(part)
    if isinstance(part, Mapping):
        return {sound(str(name)): _clean(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_clean(value) for value in part]
    if part is None or isinstance(part, bool | int):
        return part
    if isinstance(part, float):
        return part if abs(part) < float("inf") else None
    return sound(str(part))


def _shortened(text: str, limit: int, size: Size) -> str:
    """The longest beginning within `limit` that ends between two characters as people see them."""
    least, most = 0, min(len(text), limit)
    while least < most:
        middle = (least + most + 1) // 2
        if size(text[:middle]) <= limit:
            least = middle
        else:
            most = middle - 1
    while 0 < least < len(text) and (_JOINED.match(text[least]) or text[least - 1] == "\u200d"):
        least -= 1
    return text[:least]
