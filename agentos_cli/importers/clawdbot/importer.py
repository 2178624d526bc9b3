"""All the readers of a home, one after the other: from a folder to the pieces that an import is made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from agentos_cli.belongings import Archive, Belonging
from agentos_cli.importers.clawdbot.checks import reader as checklist
from agentos_cli.importers.clawdbot.credentials import known_secrets
from agentos_cli.importers.clawdbot.credentials import reader as credentials
from agentos_cli.importers.clawdbot.databases import reader as sqlite_era
from agentos_cli.importers.clawdbot.documents import memory, workspace
from agentos_cli.importers.clawdbot.ideas import reader as ideas
from agentos_cli.importers.clawdbot.place.locate import Located, locate, open_home
from agentos_cli.importers.clawdbot.rest import reader as custom
from agentos_cli.importers.clawdbot.schedules import reader as cron
from agentos_cli.importers.clawdbot.sessions import reader as sessions
from agentos_cli.importers.clawdbot.settings import agents, leftovers, models
from agentos_cli.importers.clawdbot.settings import reader as settings
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.clawdbot.skills import reader as skills
from agentos_cli.importers.piece import Piece, failed, skipped
from agentos_cli.importers.plan import unique
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Home
from agentos_cli.store.import_records import Outcome

GROUPS: dict[str, frozenset[str]] = {
    "agents": frozenset({Belonging.PROFILE}),
    "documents": frozenset({Belonging.DOCUMENT}),
    "knowledge": frozenset({Belonging.KNOWLEDGE}),
    "checks": frozenset({Belonging.CHECK}),
    "schedules": frozenset({Belonging.SCHEDULE}),
    "skills": frozenset({Belonging.SKILL, "skill-file"}),
    "models": frozenset({Belonging.PROVIDER, Belonging.ROUTE}),
    "ideas": frozenset({Belonging.IDEA}),
    "sessions": frozenset({Belonging.SESSION}),
    "settings": frozenset({Belonging.ARCHIVE}),
}
"""What `--only` may name, and the kinds that each stands for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked for. `given`: where the home is, None to look in the usual places; `only`: names of
    `GROUPS`, empty for all; `since`: no sessions that ended before; `timezone` for schedules without one."""

    given: Path | None
    only: frozenset[str] = frozenset()
    since: datetime | None = None
    sessions: bool = True
    timezone: str | None = None
    workspace: Path | None = None
    external: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a home: where it is, every piece, and how many entries the walk saw."""

    located: Located
    install: str
    pieces: list[Piece] = field(repr=False)
    entries: int = 0
    unseen: int = 0


Told = Callable[[str, int, int], None]
"""Hears of progress: the path that was read, the bytes that are done, the bytes in all."""


def read(
    asked: Asked, environ: Mapping[str, str], user_home: Path, now: datetime,
    keep: credentials.Keep | None = None, told: Told = lambda path, done, total: None,
) -> Found:  # fmt: skip
    """Everything in the home, as pieces. Raises DataProblem or UsageProblem if there is none, or if it is no
    home of this program. Nothing is written anywhere; `keep` hears of keys that could be kept."""
    located = locate(asked.given, environ, user_home)
    home = open_home(located)
    setup, pieces = settings.read_setup(
        home,
        located,
        timezone=asked.timezone,
        workspace=asked.workspace,
        allow_external_includes=asked.external,
    )
    redactor = Redactor(known_secrets.collect(home, setup.raw))
    progress = _Progress(home, told)
    for piece in _all(home, setup, redactor, asked, now, keep):
        pieces.append(_wanted(_of(home.install, piece), asked.only))
        progress.saw(piece.path)
    taken = {piece.path for piece in pieces}
    pieces += [_wanted(piece, asked.only) for piece in custom.read(home, setup, redactor, taken)]
    seen = {piece.path for piece in pieces}
    unseen = [failed(entry.path, "no reader looked at it") for entry in home.all() if entry.path not in seen]
    shown = [_shown(piece, redactor) for piece in [*pieces, *unseen]]
    return Found(located, home.install, unique(shown), len(home.all()), len(unseen))


def _all(
    home: Home, setup: Setup, redactor: Redactor, asked: Asked, now: datetime,
    keep: credentials.Keep | None,
) -> Iterator[Piece]:  # fmt: skip
    """Every reader but the last, which takes what the others left."""
    yield from agents.read(home, setup, redactor)
    yield from models.read(home, setup, redactor, keep)
    yield from leftovers.read(home, setup, redactor)
    yield from credentials.read(home, setup, redactor, keep)
    yield from workspace.read(home, setup, redactor)
    yield from memory.read(home, setup, redactor)
    yield from checklist.read(home, setup, redactor)
    yield from skills.read(home, setup, redactor)
    yield from ideas.read(home, setup, redactor)
    yield from cron.read(home, setup, redactor, timezone=asked.timezone, now=now)
    yield from _sessions(home, setup, redactor, asked)
    yield from sqlite_era.read(
        home,
        setup,
        redactor,
        timezone=asked.timezone,
        now=now,
        sessions=_with_sessions(asked),
        since=asked.since,
    )


def _sessions(home: Home, setup: Setup, redactor: Redactor, asked: Asked) -> Iterator[Piece]:
    if _with_sessions(asked):
        yield from sessions.read(home, setup, redactor, since=asked.since)
        return
    reason = "not asked for: --only" if asked.sessions else "not asked for: --no-sessions"
    for entry in home.all():
        if sessions.is_of_sessions(entry.path) and entry.problem is None:
            yield skipped(entry.path, reason)


def _shown(piece: Piece, redactor: Redactor) -> Piece:
    """The piece as it may be shown and kept: a file may be named like a key."""
    path, name = redactor.clean(piece.path).text, redactor.clean(piece.name).text
    return piece if (path, name) == (piece.path, piece.name) else replace(piece, path=path, name=name)


def _with_sessions(asked: Asked) -> bool:
    return asked.sessions and (not asked.only or "sessions" in asked.only)


def _of(install: str, piece: Piece) -> Piece:
    """Archives of several installations stand beside each other."""
    if not isinstance(piece.thing, Archive):
        return piece
    return replace(piece, thing=replace(piece.thing, name=f"{install[:8]}/{piece.thing.name}"))


def _wanted(piece: Piece, only: Collection[str]) -> Piece:
    """The piece, or that nobody asked for it."""
    lands = piece.outcome in {None, Outcome.IMPORTED, Outcome.REDACTED} or piece.thing is not None
    if not only or not lands or any(piece.kind in GROUPS[group] for group in only):
        return piece
    return replace(piece, thing=None, outcome=Outcome.SKIPPED, reason="not asked for: --only")


class _Progress:
    """Counts the bytes of each file once."""

    def __init__(self, home: Home, told: Told) -> None:
        self._sizes = {entry.path: entry.size for entry in home.all() if entry.problem is None}
        self._total, self._done, self._told = sum(self._sizes.values()), 0, told

    def saw(self, path: str) -> None:
        self._done += self._sizes.pop(path, 0)
        self._told(path, self._done, self._total)
