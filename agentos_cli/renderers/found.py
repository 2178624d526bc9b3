"""What a search found, as a JSON document and as lines, one for each place."""

from __future__ import annotations

import sys

from agentos_cli.renderers import clean

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class FoundItem(TypedDict):
    """One place. `room`: knowledge, document, session, skill or idea; `thing` its key there, `part` which
    part of it: a line of knowledge, a version, an entry of a session. `text` is some of it in one line, and
    `marks` where in that the words are, each from and up to a character; `open` is the command that shows
    all."""

    room: str
    thing: str
    part: int
    title: str
    day: str | None
    text: str
    marks: list[list[int]]
    open: str


class FoundDocument(TypedDict):
    """`agentos search`, and `search` of a room: the best first. `rooms` were looked through."""

    schema: str
    words: str
    rooms: list[str]
    found: list[FoundItem]


SHAPES: dict[str, type] = {"found": FoundDocument}
"""Document name to its shape."""
LEAST = 30
"""Characters of text in a line, however narrow."""
BOLD, OFF = "\x1b[1m", "\x1b[22m"


def found_text(document: FoundDocument, width: int, color: bool) -> str:
    """A line for each place, with the words in bold where there is colour; then how to see the whole."""
    found = document["found"]
    if not found:
        return "nothing was found"
    heads = [[item["room"], _where(item), item["day"] or ""] for item in found]
    widths = [max(map(len, column)) for column in zip(*heads, strict=True)]
    lines = []
    for item, head in zip(found, heads, strict=True):
        told = "  ".join(cell.ljust(size) for cell, size in zip(head, widths, strict=True) if size)
        lines.append(f"{told}  {_marked(item, max(LEAST, width - len(told) - 2), color)}".rstrip())
    first = {item["room"]: item["open"] for item in reversed(found)}
    return "\n".join([*lines, "", *(clean.line(f"all of it: {line}") for line in reversed(first.values()))])


def _where(item: FoundItem) -> str:
    part = f":{item['part']}" if item["room"] in ("knowledge", "session") else ""
    return clean.line(f"{item['thing']}{part}")


def _marked(item: FoundItem, width: int, color: bool) -> str:
    """So much of the text, with the first word that was looked for near its beginning."""
    text, marks = item["text"], item["marks"]
    first = marks[0][0] if marks else 0
    begin = 0 if len(text) <= width else max(0, min(first - width // 4, len(text) - width))
    end = min(len(text), begin + width)
    told, at = [], begin
    for start, stop in marks if color else ():
        if at <= start and stop <= end:
            told += [text[at:start], BOLD, text[start:stop], OFF]
            at = stop
    whole = "".join([*told, text[at:end]])
    return _dotted(whole, begin > 0, end < len(text))


def _dotted(text: str, before: bool, after: bool) -> str:
    inner = text[1:] if before and not text.startswith(BOLD) else text
    inner = inner[:-1] if after and not inner.endswith(OFF) else inner
    return f"{'…' if before else ''}{inner}{'…' if after else ''}"
