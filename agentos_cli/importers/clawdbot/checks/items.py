"""A checklist in Markdown, taken apart: the items at the top of its lists, and what stands outside of lists.

An item goes on with what is indented below it: nested lists, further lines, code between fences.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

HEADING = re.compile(r"(#+)(?:\s+(.*?))?(?:\s+#+)?\s*")
BULLET = re.compile(r"(\s*)(?:[-*+]|[0-9]{1,9}[.)])(?:\s+(.*)|\s*)")
BOX = re.compile(r"\[([ xX]?)\](?:\s+|$)")
RULE = re.compile(r"\s*([-*_])(?:\s*\1){2,}\s*")
FENCE = re.compile(r"\s*(```+|~~~+)")


@dataclass(frozen=True, slots=True)
class Item:
    """One item: the heading it stands under, "" for none, its text without bullet and box, its first line
    (from 1), and whether its box is ticked."""

    group: str
    text: str
    line: int
    is_done: bool = False


@dataclass(slots=True)
class _Part:
    """Lines that belong together: an item at a depth of `indent`, or (None) what stands outside of lists."""

    group: str
    line: int
    indent: int | None
    lines: list[str] = field(default_factory=list)


def items(text: str) -> Iterator[Item]:
    """The items at the top of every list that say something, in their order."""
    for part in _parts(text):
        if part.indent is None:
            continue
        first, *rest = part.lines
        box = BOX.match(first)
        first = first[box.end() :] if box else first
        told = "\n".join([first.strip(), *textwrap.dedent("\n".join(rest)).split("\n")]).strip()
        if told:
            yield Item(part.group, told, part.line, box is not None and box[1] in ("x", "X"))


def prose(text: str) -> Item | None:
    """All that stands outside of lists, headings apart, as one item; None where that is nothing."""
    parts = [part for part in _parts(text) if part.indent is None and any(map(str.strip, part.lines))]
    told = [f"{part.group}\n{_joined(part)}" if part.group else _joined(part) for part in parts]
    return Item("", "\n\n".join(told), parts[0].line) if told else None


def _joined(part: _Part) -> str:
    return "\n".join(part.lines).strip("\n")


def _parts(text: str) -> list[_Part]:
    parts: list[_Part] = []
    group, fence, at = "", "", None
    for number, raw in enumerate(_without_front_matter(text), 1):
        line = raw.rstrip().expandtabs(4)
        indent = len(line) - len(line.lstrip())
        inside = at is not None and at.indent is not None and (indent > at.indent or bool(fence))
        mark = FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        elif not inside and (heading := HEADING.fullmatch(line.strip())):
            group, at = (heading[2] or "").strip(), None
            continue
        elif RULE.fullmatch(line) and not inside:
            at = None
            continue
        elif (bullet := BULLET.fullmatch(line)) and not inside:
            at = _Part(group, number, indent, [bullet[2] or ""])
            parts.append(at)
            continue
        if at is None or (line and not inside and not _goes_on(at, bool(mark or fence))):
            at = _Part(group, number, None)
            parts.append(at)
        at.lines.append(line)
    return parts


def _goes_on(part: _Part, code: bool) -> bool:
    """Whether a line that is not indented belongs to what is before it: always outside of lists; to an item
    only if no blank line lies between, and never code."""
    return part.indent is None or (bool(part.lines[-1].strip()) and not code)


def _without_front_matter(text: str) -> list[str]:
    """The lines, those between `---` at the very beginning emptied."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].strip() == "---" and "---" in (ends := [line.strip() for line in lines[1:]]):
        end = ends.index("---") + 1
        return [""] * (end + 1) + lines[end + 1 :]
    return lines
