"""A page of a terminal: lines of toned text that never get wider than they may."""

from __future__ import annotations

from rich.cells import cell_len

Span = tuple[str, str]
"""Text and its tone. The tone is never the only carrier of a meaning."""

Line = tuple[Span, ...]

TONES = {
    "": "",
    "bold": "1",
    "dim": "2",
    "better": "32",
    "worse": "31",
    "ok": "32",
    "watch": "33",
    "act": "1;31",
    "command": "36",
}
"""Tone to its terminal code (SGR): the sixteen colours every terminal has and its owner has chosen."""

LABEL = 10  # cells of the column of names beside their values
NARROW = 28  # cells below which a text beside a command is not worth reading


def pad(text: str, width: int) -> str:
    """Text with spaces after it up to `width` cells."""
    return text + " " * (width - cell_len(text))


def lead(text: str, width: int) -> str:
    """Text with spaces before it up to `width` cells."""
    return " " * (width - cell_len(text)) + text


def tone_of(status: str) -> str:
    """The tone of a status; figures without one have none."""
    return status if status in TONES else ""


class Page:
    """Lines of at most `width` cells, in Unicode or in ASCII."""

    def __init__(self, width: int, *, ascii_only: bool) -> None:
        self.width = max(20, width)
        self.ascii = ascii_only
        self.lines: list[Line] = []
        self._more = "..." if ascii_only else "…"

    def cut(self, text: str, room: int) -> str:
        """Text of at most `room` cells, ended by an ellipsis if some had to go."""
        if cell_len(text) <= room:
            return text
        keep = room - cell_len(self._more)
        if keep <= 0:
            return self._more[: max(0, room)]
        kept = text[:keep]
        while cell_len(kept) > keep:
            kept = kept[:-1]
        return kept.rstrip() + self._more

    def wrap(self, text: str, room: int, limit: int) -> list[str]:
        """Text in at most `limit` lines of `room` cells, broken between words; the last is cut."""
        lines: list[str] = []
        rest = [part for word in text.split() for part in _parts(word, room)]
        while rest and len(lines) < limit - 1:
            taken = 1
            while taken < len(rest) and cell_len(" ".join(rest[: taken + 1])) <= room:
                taken += 1
            lines.append(self.cut(" ".join(rest[:taken]), room))
            rest = rest[taken:]
        return [*lines, self.cut(" ".join(rest), room)] if rest else lines

    def say(self, *spans: Span) -> None:
        """One line. What does not fit is cut; spaces at its end are dropped."""
        line: list[Span] = []
        room = self.width
        for text, tone in spans:
            fits = self.cut(text, room)
            line.append((fits, tone))
            room -= cell_len(fits)
        while line and not line[-1][0].rstrip():
            line.pop()
        if line:
            line[-1] = (line[-1][0].rstrip(), line[-1][1])
        self.lines.append(tuple(line))

    def text(self, text: str, *, indent: str = "", tone: str = "", limit: int = 50) -> None:
        """A paragraph, wrapped."""
        for line in self.wrap(text, self.width - cell_len(indent), limit):
            self.say((indent, ""), (line, tone))

    def row(self, left: Span, right: Span, *, start: Span = ("", ""), tag: str = "") -> None:
        """`start left tag ... right`: the left text is cut, the right one (a command, a day) is not,
        but goes to a line of its own where both can't stand side by side."""
        beside = self.width - cell_len(start[0]) - cell_len(right[0]) - 2
        if right[0] and beside < min(NARROW, cell_len(left[0])):
            self.row(left, ("", ""), start=start, tag=tag)
            self.say((" " * min(cell_len(start[0]), self.width - cell_len(right[0])), ""), right)
            return
        tail = f"  {tag}" if tag and cell_len(tag) + NARROW <= beside else ""
        text = self.cut(left[0], beside - cell_len(tail))
        gap = beside - cell_len(text) - cell_len(tail) + 2
        self.say(start, (text, left[1]), (tail, "dim"), (" " * gap, ""), right)

    def fact(self, name: str, value: str, *, tone: str = "", indent: str = "") -> None:
        """A named value; a long one goes on in the same column."""
        for place, part in enumerate(self.wrap(value, self.width - LABEL - cell_len(indent), 9)):
            self.say((indent, ""), (pad("" if place else name, LABEL), "dim"), (part, tone))

    def rule(self, title: str) -> None:
        """A heading with a line to the edge."""
        bar = "-" if self.ascii else "─"
        title = self.cut(title, self.width - 4)
        self.say((title, "bold"), (" ", ""), (bar * (self.width - cell_len(title) - 1), "dim"))

    def blank(self) -> None:
        """An empty line."""
        self.lines.append(())

    def paint(self, *, color: bool) -> str:
        """The page as text; with `color`, toned spans carry terminal codes."""
        return "\n".join(
            "".join(_painted(span) if color else span[0] for span in line) for line in self.lines
        )


def _parts(word: str, room: int) -> list[str]:
    """A word in parts of at most `room` cells: itself, unless it is wider than a line."""
    parts = []
    while cell_len(word) > room > 1:
        size = len(word[:room])
        while cell_len(word[:size]) > room:
            size -= 1
        parts.append(word[:size])
        word = word[size:]
    return [*parts, word]


def _painted(span: Span) -> str:
    text, tone = span
    code = TONES[tone]
    return f"\x1b[{code}m{text}\x1b[0m" if code and text.strip() else text
