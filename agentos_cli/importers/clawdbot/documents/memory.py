"""Reads what the agents remember: `MEMORY.md` and the daily notes below `memory/`, entry by entry.

An entry is what stands under one heading of the first or second level. The entries of a file, one after the
other, are the file without its secrets, to the letter. Notes of a conversation say which one it was:
https://docs.openclaw.ai/concepts/memory and src/hooks/bundled/session-memory of openclaw/openclaw.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from agentos_cli.belongings import Knowledge, Note
from agentos_cli.importers.clawdbot.documents import front_matter
from agentos_cli.importers.clawdbot.documents.workspace import (
    MARKDOWN,
    Place,
    behind,
    broken,
    cut,
    of,
    places,
    take,
    why_not,
)
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.piece import Piece, brought
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Entry, Home, Unreadable
from agentos_cli.store.values import clean

HEARTBEAT = "memory/heartbeat-state.json"
"""Read with the checks of the heartbeat."""
LONG, TOO_LONG = 20_000, 50_000
"""Characters from which on an entry ends at the next blank line, and at the next line whatever it is."""
MOST_NOTES = 10_000
"""Of one file; from then on headings begin none."""
MOST_TITLE = 200

DAY = re.compile(r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{2})[-/.](?P<day>\d{2})(?!\d)")
OF_SESSION = re.compile(r"^#[ \t]+Session:", re.MULTILINE)
FIELD = r"^[ \t]*[-*][ \t]+\*\*Session {}:?\*\*:?[ \t]*`?"
SESSION = re.compile(FIELD.format("ID") + r"(?P<id>[\w.-]{1,128})`?[ \t]*\r?$", re.MULTILINE | re.ASCII)
SESSION_KEY = re.compile(FIELD.format("Key") + r"agent:(?P<agent>[\w-]{1,64}):", re.MULTILINE | re.ASCII)


def read(home: Home, setup: Setup, redactor: Redactor) -> Iterator[Piece]:
    """The memory of every workspace, a piece for each file."""
    for place in places(setup):
        for entry in of(home, place, "memory"):
            if entry.path.partition("/")[2] != HEARTBEAT:
                yield _piece(home, setup, place, entry, redactor)


def _piece(home: Home, setup: Setup, place: Place, entry: Entry, redactor: Redactor) -> Piece:
    if entry.problem is not None:
        return behind(entry.path, entry.problem, redactor)
    if not entry.name.lower().endswith(MARKDOWN):
        return behind(entry.path, why_not(entry.name), redactor)
    try:
        return _knowledge(home, setup, place, entry, redactor)
    except Unreadable as problem:
        return broken(entry.path, problem.why, redactor)
    except (ValueError, RecursionError):
        return broken(entry.path, "cannot be understood", redactor)


def _knowledge(home: Home, setup: Setup, place: Place, entry: Entry, redactor: Redactor) -> Piece:
    path, taken = entry.path.partition("/")[2], take(home, entry.path, redactor)
    if not taken.text.strip():
        return behind(entry.path, "empty", redactor)
    notes = split(taken.text, day_in(path))
    if taken.redacted:
        notes = _at_lines_of(home.text(entry.path), notes, day_in(path))
    name = redactor.clean(clean(path)).text
    known = Knowledge(place.agent, name, notes, session=session_in(taken.text, place.agent))
    asks = [*taken.asks, *cut(setup, path, taken.text)]
    return brought(known, entry.path, taken.digest, redacted=taken.redacted, asks=asks)


def _at_lines_of(source: str, notes: tuple[Note, ...], day: date | None) -> tuple[Note, ...]:
    """The notes with the lines they have in the source: a secret of several lines became one."""
    there = split(clean(source), day)
    if len(there) != len(notes):
        return notes
    return tuple(
        Note(at.line, note.title, note.text, note.day) for at, note in zip(there, notes, strict=True)
    )


def day_in(text: str) -> date | None:
    """The day that a path or a heading names: 2026-01-16, 2026/01/16 or 2026.01.16."""
    for match in DAY.finditer(text):
        try:
            return date(int(match["year"]), int(match["month"]), int(match["day"]))
        except ValueError:
            continue
    return None


def session_in(text: str, agent: str) -> str | None:
    """The key of the session that a note was made of."""
    began = OF_SESSION.search(text)
    found = SESSION.search(text, began.end()) if began else None
    if began is None or found is None:
        return None
    of_agent = SESSION_KEY.search(text, began.end())
    return f"{of_agent['agent'] if of_agent else agent}/{found['id']}"


def split(text: str, day: date | None = None) -> tuple[Note, ...]:
    """A file's entries. `day` is the file's own; a heading with a day gives it to what stands below it."""
    splitter = _Splitter(day, _front(text))
    # as editors count: by line feeds alone
    for number, line in enumerate(io.StringIO(text, newline="\n"), 1):
        splitter.take(number, line)
    splitter.end()
    return tuple(splitter.notes)


def _front(text: str) -> int:
    """How many lines of front matter there are, in which `#` begins no heading."""
    front, body = front_matter.split(text)
    return 0 if front is None else text.count("\n", 0, len(text) - len(body))


@dataclass(slots=True)
class _Splitter:
    """Takes a file line by line. `above` is the day of the heading of the first level that is open; `fence`
    what closes the code that is open; `due`: a new entry is to begin as soon as it can."""

    file_day: date | None
    front: int
    notes: list[Note] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    size: int = 0
    line: int = 1
    title: str = ""
    day: date | None = None
    above: date | None = None
    fence: str = ""
    due: bool = False
    blank: bool = True

    def __post_init__(self) -> None:
        self.day = self.file_day

    def take(self, number: int, line: str) -> None:
        """The next line of the file."""
        if number > self.front and not self._in_code(line):
            self._look(number, line)
        self.lines.append(line)
        self.size += len(line)
        self.blank = self.blank and not line.strip()

    def end(self) -> None:
        """What was taken so far is an entry."""
        if self.lines:
            self.notes.append(Note(self.line, self.title, "".join(self.lines), self.day))
        self.lines, self.size, self.due, self.blank = [], 0, False, True

    def _look(self, number: int, line: str) -> None:
        found = heading(line)
        if found is not None and len(self.notes) < MOST_NOTES:
            self._begin(number)
            level, self.title = found
            own = day_in(self.title)
            self.above = own if level == 1 else self.above
            self.day = own or self.above or self.file_day
        elif self.size >= TOO_LONG or (self.due and line.strip()):
            self._begin(number)
        elif self.size >= LONG and not line.strip():
            self.due = True

    def _begin(self, number: int) -> None:
        """Blank lines alone are no entry; they belong to the one below."""
        if not self.blank:
            self.end()
            self.line = number

    def _in_code(self, line: str) -> bool:
        """Whether a line is within fenced code, or one of its fences."""
        bare = line.lstrip(" ")
        mark = bare[:1]
        if mark not in ("`", "~") or len(line) - len(bare) > 3:
            return bool(self.fence)
        rest = bare.lstrip(mark)
        marks = mark * (len(bare) - len(rest))
        if self.fence:
            if marks.startswith(self.fence) and not rest.strip():
                self.fence = ""
            return True
        if len(marks) >= 3 and not (mark == "`" and "`" in rest):
            self.fence = marks
            return True
        return False


def heading(line: str) -> tuple[int, str] | None:
    """Level and title of a line that is a heading of the first or second level."""
    bare = line.lstrip(" ")
    rest = bare.lstrip("#")
    level = len(bare) - len(rest)
    if level not in (1, 2) or len(line) - len(bare) > 3 or rest[:1] not in ("", " ", "\t", "\r", "\n"):
        return None
    title = rest.strip()
    open_end = title.rstrip("#")
    if not open_end or open_end[-1] in " \t":
        title = open_end.rstrip()
    return level, title[:MOST_TITLE]
