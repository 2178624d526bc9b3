"""A transcript as a session: read once for what it amounts to, and again for its entries.

The first reading keeps no text, only the tree; the second gives the entries line by line and makes sure that
they are the same lines. So a transcript may be larger than memory. To look for secrets is most of the work:
a line that is the same as in the first reading, which found none in it, is not looked through again.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from agentos_cli.belongings import Entry, Session, SessionCounts, Tokens
from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.sessions.lines import HEADER, OTHER, Line, LineReader
from agentos_cli.importers.clawdbot.sessions.tree import Shape, Tree
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.store.values import clean

Lines = Callable[[], Iterator[tuple[bytes, bool]]]
"""Reads the lines anew at each call, as `Home.lines` does: each with whether it is whole."""
ENDS = {True: b"\n", False: b"\0"}
"""What stands for the end of a line in the digest, by whether it is whole."""
LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a session beside its transcript; all of it redacted. See `belongings.Session`."""

    agent: str
    id: str
    file: str
    name: str | None = None
    title: str | None = None
    channel: str | None = None
    model: str | None = None
    parent: str | None = None
    label: str | None = None
    task: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A session, how many entries it has, and how many secrets of each type were taken out of it."""

    session: Session
    entries: int = 0
    redacted: Mapping[str, int] = field(default_factory=dict)


def session_of(lines: Lines, about: About, redactor: Redactor) -> Transcript:
    """The session that lines of JSON are, each an object as https://github.com/badlogic/pi-mono describes it.
    Raises what `lines` raises; lines that cannot be read are counted."""
    scan = _Scan(redactor)
    for raw, whole in lines():
        scan.take(raw, whole)
    shape, digest = scan.tree.shape(), scan.digest.hexdigest()
    session = Session(
        about.agent,
        about.id,
        about.file,
        digest,
        scan.counts(shape),
        lambda: _entries(lines, shape, scan.harmless, digest, redactor),
        name=about.name,
        title=scan.title or about.title or scan.opening,
        channel=about.channel,
        model=scan.model or about.model,
        began_at=scan.began_at,
        ended_at=scan.ended_at,
        parent=about.parent,
        label=about.label,
        task=about.task,
    )
    return Transcript(session, scan.tree.entries, dict(sorted(scan.reader.found.items())))


class _Scan:
    """The first reading: what there is, without the texts."""

    def __init__(self, redactor: Redactor) -> None:
        self.digest, self.reader, self.tree = sha256(), LineReader(redactor), Tree()
        self.harmless = array("q", [0])
        self.title: str | None = None
        self.opening: str | None = None
        self.model: str | None = None
        self.began_at: datetime | None = None
        self.ended_at: datetime | None = None
        self._codes: dict[tuple[str, str | None], int] = {("", None): 0}
        self._kinds = bytearray(1)
        self._unreadable = self._mirrors = self._turns = 0
        self._tokens = Tokens()

    def take(self, raw: bytes, whole: bool) -> None:
        """The next line."""
        self.digest.update(raw)
        self.digest.update(ENDS[whole])
        before = self.reader.touched
        line = _line(self.reader, raw)
        self.harmless.append(hash(raw) if before == self.reader.touched else 0)
        if line is not None:
            self._time(line)
        if line is None or line.type == HEADER:
            self._unreadable += line is None and bool(raw.strip() or not whole)
            self.tree.skip()
            self._kinds.append(0)
            return
        is_new = self.tree.add(line.id, line.parent)
        self._kinds.append(self._code(line) if is_new and not line.mirror else 0)
        if is_new:
            self._count(line)

    def _count(self, line: Line) -> None:
        if line.mirror:
            self._mirrors += 1
        elif line.turn:
            self._turns += 1
            self.model = line.model or self.model
            if (told := line.tokens) is not None:
                self._tokens += told
        elif line.type == "session_info":
            self.title = clean(line.text[:LONGEST_TITLE]) or None
        elif self.opening is None and line.role == "user":
            self.opening = _headline(line.text)

    def _time(self, line: Line) -> None:
        if line.at is not None:
            self.began_at = line.at if self.began_at is None else min(self.began_at, line.at)
            self.ended_at = line.at if self.ended_at is None else max(self.ended_at, line.at)

    def _code(self, line: Line) -> int:
        """A byte for its type and role, so that they can be counted once the main line is known."""
        kind = (line.type if line.type in {"message", "compaction"} else OTHER, line.role)
        return self._codes.setdefault(kind, len(self._codes))

    def counts(self, shape: Shape) -> SessionCounts:
        """What it all amounts to."""
        kinds = list(self._codes)
        told = Counter(zip(self._kinds, shape.live, strict=True))
        messages: dict[str, int] = {}
        abandoned = compactions = 0
        for (code, live), count in sorted(told.items()):
            kind, role = kinds[code]
            if kind == "message" and live:
                messages[role or OTHER] = count
            elif kind == "message":
                abandoned += count
            elif kind == "compaction" and live:
                compactions += count
        return SessionCounts(
            messages,
            messages.get("tool_result", 0),
            compactions,
            abandoned,
            self._mirrors,
            self._unreadable,
            self._turns,
            self._tokens,
        )


def _entries(
    lines: Lines, shape: Shape, harmless: Sequence[int], digest: str, redactor: Redactor
) -> Iterator[Entry]:
    """The second reading; `harmless` has, by line, the hash of one in which no secret was. Raises DataProblem
    if the lines are not those of the first reading."""
    seen, careful, quick = sha256(), LineReader(redactor), LineReader(None)
    for seq, (raw, whole) in enumerate(lines(), 1):
        seen.update(raw)
        seen.update(ENDS[whole])
        if seq >= len(shape):
            break
        reader = quick if raw and hash(raw) == harmless[seq] else careful
        line = _line(reader, raw)
        if line is not None and line.type != HEADER:
            yield _entry(seq, line, shape)
    if seen.hexdigest() != digest:
        raise DataProblem("a transcript changed while it was read", fix="run the import again")


def _entry(seq: int, line: Line, shape: Shape) -> Entry:
    return Entry(
        seq,
        line.type,
        line.name,
        shape.parents[seq] or None,
        line.role,
        line.at,
        line.provider,
        line.model,
        line.tool,
        line.tokens,
        line.stop,
        line.mirror,
        bool(shape.live[seq]),
        line.text,
    )


def _line(reader: LineReader, raw: bytes) -> Line | None:
    """What a line says. The last one may lack its end and be complete nevertheless; an over-long one is
    empty."""
    return reader.read(raw) if raw else None


def _headline(text: str) -> str | None:
    """The first line of a text that says something."""
    return next((clean(line.strip()[:LONGEST_TITLE]) for line in text.splitlines() if line.strip()), None)
