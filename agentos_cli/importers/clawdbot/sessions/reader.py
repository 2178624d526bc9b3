"""Every conversation in a home: the transcripts, with what their index and the sub-agents say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256

from agentos_cli.belongings import Session
from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.sessions.index import Named, read_index
from agentos_cli.importers.clawdbot.sessions.lines import LineReader
from agentos_cli.importers.clawdbot.sessions.subagents import Errand, read_errands
from agentos_cli.importers.clawdbot.sessions.transcripts import About, session_of
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.piece import Piece, brought, failed, part, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Entry, Home, Unreadable
from agentos_cli.store.values import clean

REGISTER = "state/subagents/runs.json"
PLACE = re.compile(r"state/(?:agents/(?P<agent>[^/]+)/)?sessions/(?P<file>.+)")
INDEX = "sessions.json"
TRANSCRIPT = re.compile(
    r"(?P<id>.+?)(?:-topic-(?P<topic>[^/.]+))?\.jsonl(?:\.(?P<put_away>[a-z]+\.\d{4}-.*))?"
)
ILLEGIBLE = "not one line of it can be read"
KEPT_WITH = "with the sessions that it names"


def is_of_sessions(path: str) -> bool:
    """Whether a path in a home belongs to its sessions."""
    return path.startswith("state/subagents/") or PLACE.fullmatch(path) is not None


def read(home: Home, setup: Setup, redactor: Redactor, *, since: datetime | None = None) -> Iterator[Piece]:
    """A piece for every transcript, and for every file beside them; `since`: not what ended before."""
    book = _Book(redactor, setup.default.id)
    files = [_File.of(entry, book.agent) for entry in home.all() if entry.problem is None]
    mine = sorted(filter(None, files), key=lambda file: (file.is_flat, file.path))
    yield from _told(home, setup, book, mine)
    for file in mine:
        if file.found is not None:
            yield _session(home, file, book, since)
        elif file.name != INDEX:
            yield skipped(file.path, _left(file.name))
    yield from book.untold(mine)


@dataclass(frozen=True, slots=True)
class _File:
    """A file in a folder of sessions. `found`: the name of a transcript, taken apart."""

    path: str
    size: int
    mtime: float
    agent: str
    name: str
    is_flat: bool
    found: re.Match[str] | None

    @classmethod
    def of(cls, entry: Entry, default: str) -> _File | None:
        """None for a file that lies elsewhere. The oldest homes have one folder, of the default agent."""
        place = PLACE.fullmatch(entry.path)
        if place is None:
            return None
        agent, name = place["agent"] or default, place["file"]
        found = TRANSCRIPT.fullmatch(name)
        return cls(entry.path, entry.size, entry.mtime, agent, name, place["agent"] is None, found)

    @property
    def id(self) -> str:
        """What the session is called: the name of the file without its ending, which none shares."""
        return clean(self.name.replace(".jsonl", "", 1))


@dataclass(slots=True)
class _Book:
    """What indexes and sub-agents say, and which sessions were brought so far. `agent` is the default one."""

    redactor: Redactor
    agent: str
    by_file: dict[tuple[str, str], Named] = field(default_factory=dict)
    by_id: dict[tuple[str, str], Named] = field(default_factory=dict)
    by_key: dict[str, tuple[str, str]] = field(default_factory=dict)
    indexes: dict[tuple[str, str], str] = field(default_factory=dict)
    errands: dict[str, Errand] = field(default_factory=dict)
    brought: dict[str, tuple[str, str]] = field(default_factory=dict)

    def learn(self, agent: str, path: str, named: Named) -> None:
        """What an index says of one session; of two that say something the first one counts."""
        if named.file:
            self.by_file.setdefault((agent, named.file), named)
        self.by_id.setdefault((agent, named.session), named)
        self.by_key.setdefault(named.key.lower(), (agent, named.session))
        self.indexes.setdefault((agent, named.session), path)

    def about(self, file: _File) -> tuple[About, dict[str, int]]:
        """What is known of a transcript beside what it says itself, redacted."""
        base = file.found["id"] if file.found else file.id
        named = self.by_file.get((file.agent, file.name)) or self.by_id.get((file.agent, base))
        errand = self.errands.get(named.key.lower()) if named else None
        reader = LineReader(self.redactor)

        def told(text: str | None) -> str | None:
            return clean(reader.clean(text)) if text else None

        agent = clean(file.agent)
        parent = (named.spawned_by if named else None) or (errand.parent if errand else None)
        about = About(
            agent,
            reader.clean(file.id),
            reader.clean(clean(file.path)),
            told(named.key if named else None),
            told(named.title if named else None),
            told(named.channel if named else None),
            told(named.model if named else None),
            told(self._key_of(parent, f"{file.agent}/{file.id}")),
            told((named.label if named else None) or (errand.label if errand else None)),
            told(errand.task if errand else None),
        )
        return about, reader.found

    def _key_of(self, key: str | None, own: str) -> str | None:
        """Who that is here; what it is called there where no index knows it."""
        known = self.by_key.get(key.lower()) if key else None
        parent = "/".join(known) if known else key
        return None if parent == own else parent

    def untold(self, files: list[_File]) -> Iterator[Piece]:
        """What is named somewhere and has no transcript."""
        there = {(file.agent, file.found["id"]) for file in files if file.found}
        there |= {(file.agent, file.name) for file in files if file.found}
        for (agent, session), path in sorted(self.indexes.items()):
            named = self.by_id[agent, session]
            if (agent, session) not in there and (agent, named.file or "") not in there:
                yield skipped(path, "no transcript", kind="session", name=self._safe(f"{agent}/{session}"))
        for child, errand in sorted(self.errands.items()):
            if self.by_key.get(child) not in there:
                name = self._safe(errand.id)
                yield skipped(
                    REGISTER, "no transcript of this sub-agent is known", kind="sub-agent", name=name
                )

    def _safe(self, text: str) -> str:
        return clean(self.redactor.clean(text).text)


def _told(home: Home, setup: Setup, book: _Book, files: list[_File]) -> Iterator[Piece]:
    """Reads every index and the register of sub-agents; a piece for each of these files."""
    session = setup.raw.get("session")
    main = session.get("mainKey") if isinstance(session, Mapping) else None
    for file in files:
        if file.name != INDEX:
            continue
        try:
            for named in read_index(home, file.path, file.agent, main if isinstance(main, str) else "main"):
                book.learn(file.agent, file.path, named)
            yield part(file.path, KEPT_WITH, kind="session")
        except DataProblem as problem:
            yield failed(file.path, _why(problem))
    for entry in home.under("state/subagents"):
        if entry.path != REGISTER:
            yield skipped(entry.path, "no file of the register of sub-agents")
            continue
        try:
            for errand in read_errands(home, entry.path, book.agent):
                book.errands[errand.child.lower()] = errand
            yield part(entry.path, KEPT_WITH, kind="session")
        except DataProblem as problem:
            yield failed(entry.path, _why(problem))


def _session(home: Home, file: _File, book: _Book, since: datetime | None) -> Piece:
    about, found = book.about(file)
    try:
        made = session_of(lambda: home.lines(file.path, file.size), about, book.redactor)
    except (DataProblem, OSError) as problem:
        return failed(file.path, _why(problem))
    if not made.entries:
        silent = made.session.counts.unreadable == 0
        return (skipped if silent else failed)(file.path, "nothing was said in it" if silent else ILLEGIBLE)
    ended = made.session.ended_at or datetime.fromtimestamp(file.mtime, UTC)
    if since is not None and ended < since:
        return skipped(file.path, f"before {since:%Y-%m-%d}")
    first = book.brought.setdefault(made.session.key, (made.session.digest, file.path))
    if first[1] == file.path:
        return _brought(file, made.session, made.redacted, found)
    if first[0] == made.session.digest:  # the oldest folder was copied into the newer one
        return skipped(file.path, f"the same transcript as {clean(first[1])}")
    return _brought(file, replace(made.session, id=f"{made.session.id}-legacy"), made.redacted, found)


def _brought(file: _File, session: Session, redacted: Mapping[str, int], more: Mapping[str, int]) -> Piece:
    told = (session.name, session.title, session.channel, session.parent, session.label, session.task)
    digest = sha256(repr((session.digest, told)).encode()).hexdigest()
    kinds = sorted({*redacted, *more})
    both = {kind: redacted.get(kind, 0) + more.get(kind, 0) for kind in kinds}
    return brought(session, file.path, digest, redacted=both)


def _left(name: str) -> str:
    """Why a file beside the transcripts is none."""
    if name.endswith(".lock"):
        return "a lock"
    if name.startswith(f"{INDEX}."):
        return "an older or half-written copy of the index"
    if ".jsonl" in name:
        return "an older or half-written copy of a transcript"
    return "no transcript"


def _why(problem: DataProblem | OSError) -> str:
    if isinstance(problem, Unreadable):
        return problem.why
    return problem.what if isinstance(problem, DataProblem) else f"cannot be read: {problem.strerror}"
