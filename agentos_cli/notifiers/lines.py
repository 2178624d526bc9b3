"""Reads the Markdown that our renderers write, so that a channel can draw it in its own way.

Only what they use is known: headings, bullets, numbers, quotations, tables, bold, code, links. Anything else
is text. Text from outside arrives escaped and is text again here; each channel escapes it for itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from agentos_cli.notifiers.fitting import Size, left_out, one_line, sound
from agentos_cli.notifiers.message import Message


class Look(Enum):
    """How a piece of text looks."""

    PLAIN = "plain"
    BOLD = "bold"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one line. `link` is an https address that it leads to."""

    text: str
    look: Look = Look.PLAIN
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what stands before it (indent, bullet, number, bar), and its pieces."""

    mark: str
    spans: tuple[Span, ...]

    @property
    def length(self) -> int:
        """In characters, as they are read."""
        return len(self.mark) + sum(len(span.text) for span in self.spans)

    def half(self) -> Line:
        """About half of it, and an ellipsis; nothing of one that is as good as empty."""
        left = self.length // 2
        if left < 2:
            return Line("", ())
        kept = []
        for span in self.spans:
            kept.append(replace(span, text=span.text[:left]))
            left -= len(span.text)
            if left <= 0:
                break
        return Line(self.mark, (*kept, Span("…")))


Draw = Callable[[Span], str]
"""A piece in the channel's own writing, its text escaped."""

_START = re.compile(
    r"(?P<indent> *)(?:(?P<heading>#{1,6}) +|(?P<bullet>[-*+]) +|(?P<number>\d{1,9}\.) +|(?P<quote>>) ?)?"
)
_RULE = re.compile(r"\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?")
_PIECE = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])|`(?P<code>[^`]*)`|(?P<bold>\*\*)"
    r"|\[(?P<label>(?:\\.|[^\\\]])*)\]\((?P<link>https://[^\s()<>]+)\)"
)
_CELL = re.compile(r"(?<!\\)\|")
_MENTION = re.compile(r"(?<![\w.+-])@(?=\w)")


def body(message: Message, *, quote: str = "> ") -> list[Line]:
    """Every line of the message, its empty ones too, but for a title that the subject says already.
    `quote` stands before quoted lines, in the channel's own writing."""
    rows = [row for row in sound(message.markdown).strip().split("\n") if not _RULE.fullmatch(row.strip())]
    found = [_line(row, quote) for row in rows]
    return found[1:] if found and _says(found[0], message.subject) else found


def fitted(
    lines: Iterable[Line], draw: Draw, message: Message, *, each: int, whole: int, size: Size
) -> list[str]:
    """The drawn lines in parts of at most `each`, at most `whole` together; if something had to go, the last
    line says how much, and where it is. `whole` must leave room for that."""
    given = list(lines)
    drawn = [_drawn(line, draw, each, size) for line in given]
    left = sum(line.length for line in given)
    room = whole - size(left_out(10**9, message)) - 2
    if sum(size(text) + 1 for _, text in drawn) <= whole and sum(line.length for line, _ in drawn) == left:
        room = whole
    parts: list[str] = [""]
    taken = 0
    for line, text in drawn:
        taken += size(text) + 1
        if taken > room:
            break
        left -= line.length
        joined = f"{parts[-1]}\n{text}" if parts[-1] else text
        if size(joined) > each:
            parts.append(text)
        else:
            parts[-1] = joined
    return [*_full(parts), left_out(left, message)] if left > 0 else _full(parts)


def tame(text: str) -> str:
    """Text that calls nobody and leads nowhere: where a channel would make a mention or a link of it, a
    character without width stands in between."""
    text = _MENTION.sub("@\u200b", text).replace("://", ":\u200b//")
    return text.replace("www.", "www\u200b.")


def around(text: str, sign: str) -> str:
    """`text` between two signs, which stand close to it: a space in between would undo them."""
    core = text.strip()
    return text.replace(core, f"{sign}{core}{sign}", 1) if core else text


def _says(line: Line, subject: str) -> bool:
    """Whether the line is a title, and this one."""
    title = "".join(span.text for span in line.spans).strip()
    bold = all(span.look is Look.BOLD for span in line.spans)
    return bool(title) and bold and not line.mark and title == one_line(subject, len(subject))


def _full(parts: list[str]) -> list[str]:
    return [part.strip("\n") for part in parts if part.strip()]


def _drawn(line: Line, draw: Draw, limit: int, size: Size) -> tuple[Line, str]:
    """As much of the line as the limit allows, and how it is drawn."""
    while True:
        text = line.mark + "".join(map(draw, line.spans))
        if size(text) <= limit:
            return line, text
        line = line.half()


def _line(text: str, quote: str) -> Line:
    start = _START.match(text)
    assert start is not None  # it matches nothing, too
    rest = text[start.end() :]
    if start["heading"]:
        return Line("", tuple(replace(span, look=Look.BOLD) for span in _spans(rest)))
    if rest.lstrip().startswith("|"):
        cells = [cell.strip() for cell in _CELL.split(rest.strip())]
        rest = "  ".join(cell for cell in cells if cell)
    mark = start["indent"]
    if start["bullet"]:
        mark += "• "
    elif start["number"]:
        mark += f"{start['number']} "
    elif start["quote"]:
        mark += quote
    return Line(mark, tuple(_spans(rest.rstrip())))


def _spans(text: str) -> Iterator[Span]:
    look, plain, place = Look.PLAIN, "", 0
    for found in _PIECE.finditer(text):
        plain += html.unescape(text[place : found.start()])
        place = found.end()
        if found["escaped"]:
            plain += found["escaped"]
            continue
        if plain:
            yield Span(plain, look)
        plain = ""
        if found["bold"]:
            look = Look.PLAIN if look is Look.BOLD else Look.BOLD
        elif found["link"]:
            yield Span(html.unescape(re.sub(r"\\(.)", r"\1", found["label"])), look, found["link"])
        elif found["code"]:
            yield Span(found["code"], Look.CODE)
    plain += html.unescape(text[place:])
    if plain:
        yield Span(plain, look)
