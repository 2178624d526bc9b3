"""Conversations as an agent's database holds them: a row for each event, which a transcript has as a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.databases.file import Database, Value
from agentos_cli.importers.clawdbot.databases.jobs import parsed
from agentos_cli.importers.clawdbot.schedules.shapes import Table, word
from agentos_cli.importers.clawdbot.sessions.index import canonical
from agentos_cli.importers.clawdbot.sessions.subagents import Errand
from agentos_cli.importers.clawdbot.sessions.transcripts import About, session_of
from agentos_cli.importers.piece import Piece, brought, failed, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Unreadable
from agentos_cli.store.values import clean

Errands = dict[str, Errand]
"""By the key of the session that was sent, in lower case."""


def errands(database: Database, agent: str, sent: Errands) -> None:
    """Adds every sub-agent that the database knows of. Raises Unreadable."""
    for row in database.rows("subagent_runs", ("run_id",)):
        told = {
            **parsed(row.get("payload_json"), database.path),
            **parsed(row.get("run_json"), database.path),
        }
        child = _text(row.get("child_session_key")) or word(told, "childSessionKey")
        parent = _text(row.get("requester_session_key")) or word(told, "requesterSessionKey")
        if child:
            key = canonical(child, agent)
            sent[key.lower()] = Errand(
                _text(row.get("run_id")) or word(told, "runId") or "",
                key,
                canonical(parent, agent) if parent else None,
                _text(row.get("label")) or word(told, "label"),
                _text(row.get("task")) or word(told, "task"),
            )


@dataclass(slots=True)
class Conversations:
    """Reads the conversations of one agent; `default` is the one whose keys may leave it out."""

    agent: str
    default: str
    sent: Errands
    redactor: Redactor
    since: datetime | None = None
    _nodes: dict[str, Table] = field(default_factory=dict)
    _current: dict[str, str] = field(default_factory=dict)

    def pieces(self, database: Database) -> Iterator[Piece]:
        """A piece for each conversation. Raises Unreadable."""
        self._learn(database)
        windows = {_text(row["session_id"]): row for row in database.rows("session_windows", ("session_id",))}
        said = map(_text, database.distinct("transcript_events", "session_id"))
        for session in dict.fromkeys([*said, *windows]):
            if session is not None:
                yield self._piece(database, session, windows.get(session, {}))

    def _learn(self, database: Database) -> None:
        for row in database.rows("session_nodes", ("session_key",)):
            key = _text(row.get("session_key"))
            if key is None:
                continue
            entry = parsed(row.get("entry_json"), database.path)
            told = {name: value for name, value in row.items() if name != "entry_json" and value is not None}
            self._nodes[key] = {**entry, **told}
            session = _text(row.get("current_session_id")) or word(entry, "sessionId")
            if session:
                self._current.setdefault(canonical(key, self.agent).lower(), f"{self.agent}/{clean(session)}")

    def _piece(self, database: Database, session: str, window: Mapping[str, Value]) -> Piece:
        def lines() -> Iterator[tuple[bytes, bool]]:
            for event in database.raw("transcript_events", "event_json", ("seq",), {"session_id": session}):
                yield event or b"", event is not None

        about, found = self._about(database.path, session, window)
        name = f"{about.agent}/{about.id}"
        try:
            made = session_of(lines, about, self.redactor)
        except DataProblem as problem:
            why = problem.why if isinstance(problem, Unreadable) else problem.what
            return failed(database.path, why, kind="session", name=name)
        told = made.session
        if not made.entries:
            return skipped(database.path, "nothing was said in it", kind="session", name=name)
        if self.since is not None and told.ended_at is not None and told.ended_at < self.since:
            return skipped(database.path, f"before {self.since:%Y-%m-%d}", kind="session", name=name)
        beside = (told.name, told.title, told.channel, told.parent, told.label, told.task)
        digest = sha256(repr((told.digest, beside)).encode()).hexdigest()
        kinds = sorted({*made.redacted, *found})
        both = {kind: made.redacted.get(kind, 0) + found.get(kind, 0) for kind in kinds}
        return brought(told, database.path, digest, redacted=both)

    def _about(self, path: str, session: str, window: Mapping[str, Value]) -> tuple[About, dict[str, int]]:
        """What is known of a conversation beside what was said in it, redacted."""
        found: dict[str, int] = {}

        def told(text: str | None) -> str | None:
            return self._clean(text, found) if text else None

        key = _text(window.get("session_key")) or next(
            (key for key, node in self._nodes.items() if node.get("current_session_id") == session), None
        )
        node = {**self._nodes.get(key or "", {}), **{n: v for n, v in window.items() if v is not None}}
        full = canonical(key, self.agent) if key else None
        errand = self.sent.get(full.lower()) if full else None
        parent = word(node, "spawned_by", "spawnedBy", "parent_session_key") or (errand and errand.parent)
        about = About(
            self.agent,
            self._clean(session, found),
            clean(path),
            told(full),
            told(word(node, "display_name", "displayName", "subject")),
            told(word(node, "channel", "lastChannel")),
            told(word(node, "model")),
            told(self._key_of(parent or None, f"{self.agent}/{clean(session)}")),
            told(word(node, "label") or (errand.label if errand else None)),
            told(errand.task if errand else None),
        )
        return about, found

    def _key_of(self, parent: str | None, own: str) -> str | None:
        """Who that is here; what it is called there where it is not known."""
        if parent is None:
            return None
        full = canonical(parent, self.agent)
        known = self._current.get(full.lower(), full)
        return None if known == own else known

    def _clean(self, text: str, found: dict[str, int]) -> str:
        told = self.redactor.clean(text)
        for kind, count in told.found.items():
            found[kind] = found.get(kind, 0) + count
        return clean(told.text)


def _text(value: Value) -> str | None:
    return None if value is None or value == "" else str(value)
