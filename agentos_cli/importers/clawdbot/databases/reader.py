"""The homes of mid-2026 and later, which keep jobs and conversations in databases: what of these comes over.

`state/openclaw.sqlite` holds what all agents share, `agents/<id>/agent/openclaw-agent.sqlite` one agent's
conversations. Their tables drift between releases, so each is asked what it has; see
https://github.com/openclaw/openclaw: src/state/openclaw-state-schema.sql and openclaw-agent-schema.sql.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from agentos_cli.importers.clawdbot.databases.file import Database, opened
from agentos_cli.importers.clawdbot.databases.jobs import sources
from agentos_cli.importers.clawdbot.databases.sessions import Conversations, Errands, errands
from agentos_cli.importers.clawdbot.schedules import reader as cron
from agentos_cli.importers.clawdbot.schedules.plans import Wishes
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.piece import Piece, failed, part, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.store.values import clean

SHARED = re.compile(r"state/(?:state/)?openclaw\.sqlite")
AGENT = re.compile(r"state/agents/(?P<agent>[^/]+)/(?:agent/)?openclaw-agent\.sqlite")
BESIDE = {
    "-wal": "the newest of its database, read together with it",
    "-shm": "an index of its database's log: not needed to read it",
    "-journal": "what its database would go back to after a crash",
}
KIND = "table"
WANTED: Mapping[str, tuple[str, ...]] = {
    "cron_jobs": (
        "job_id", "name", "description", "enabled", "delete_after_run", "created_at_ms", "agent_id",
        "schedule_kind", "schedule_expr", "schedule_tz", "every_ms", "anchor_ms", "at", "stagger_ms",
        "session_target", "wake_mode", "payload_kind", "payload_message", "payload_model", "payload_thinking",
        "payload_timeout_seconds", "delivery_mode", "delivery_channel", "delivery_to", "last_run_status",
        "sort_order", "job_json", "state_json",
    ),
    "cron_run_logs": (
        "job_id", "seq", "ts", "status", "error", "summary", "run_at_ms", "duration_ms", "entry_json",
    ),
    "session_nodes": (
        "session_key", "current_session_id", "entry_json", "parent_session_key", "spawned_by", "label",
        "display_name",
    ),
    "session_windows": (
        "session_id", "session_key", "channel", "model", "parent_session_key", "spawned_by", "display_name",
    ),
    "transcript_events": ("session_id", "seq", "event_json"),
    "subagent_runs": (
        "run_id", "child_session_key", "requester_session_key", "label", "task", "payload_json", "run_json",
    ),
}  # fmt: skip
"""All columns that are ever read. None of them is there to hold a secret."""
SECRET = re.compile(
    r"auth|token|credential|identit|secret|vapid|_keys?$|machine_state|pairing|approvals_config"
)
DERIVED = re.compile(r"(?:memory_(?:index|embedding)|session_transcript|transcript_event_|.*_fts)")


def read(
    home: Home, setup: Setup, redactor: Redactor, *, timezone: str | None, now: datetime,
    sessions: bool = True, since: datetime | None = None,
) -> Iterator[Piece]:  # fmt: skip
    """Jobs as paused schedules, conversations as sessions, and a piece for every other table that has rows.
    `sessions`: whether these are wanted; `since`: not what ended before."""
    wishes = Wishes(timezone, setup.timezone, now)
    sent: Errands = {}
    files = [entry.path for entry in home.under("state")]
    for path in filter(SHARED.fullmatch, files):
        yield from _guarded(home, path, _shared(home, setup, redactor, path, wishes, sent))
    for path in files:
        if place := AGENT.fullmatch(path):
            about = Conversations(clean(place["agent"]), setup.default.id, sent, redactor, since)
            yield from _guarded(home, path, _agents(home, path, about, sessions))
        else:
            yield from _beside(path)


def _guarded(home: Home, path: str, found: Iterator[Piece]) -> Iterator[Piece]:
    """What a database gave until it turned out broken, and that it did."""
    try:
        yield from found
    except Unreadable as problem:
        yield failed(path, problem.why)
    except (ValueError, RecursionError, MemoryError):
        yield failed(path, "it could not be understood")


def _beside(path: str) -> Iterator[Piece]:
    for ending, reason in BESIDE.items():
        of = path.removesuffix(ending)
        if of != path and any(kind.fullmatch(of) for kind in (SHARED, AGENT)):
            yield skipped(path, reason)


def _shared(
    home: Home, setup: Setup, redactor: Redactor, path: str, wishes: Wishes, sent: Errands
) -> Iterator[Piece]:
    database = opened(home, path, WANTED)
    try:
        errands(database, setup.default.id, sent)
        jobs = sources(database, redactor)
        yield from cron.pieces(jobs, redactor, wishes, cron.called(home, setup, redactor).values())
        yield from _tables(database, {"cron_jobs", "cron_run_logs", "subagent_runs"})
    finally:
        database.close()


def _agents(home: Home, path: str, about: Conversations, wanted: bool) -> Iterator[Piece]:
    database = opened(home, path, WANTED)
    if wanted:  # it stays open: conversations are read from it again when they are put away
        yield from about.pieces(database)
    else:
        yield skipped(path, "not asked for: --no-sessions", kind="session", name=f"{path}:sessions")
    yield from _tables(database, {"session_nodes", "session_windows", "transcript_events"})


def _tables(database: Database, understood: set[str]) -> Iterator[Piece]:
    """Every table that has rows, and what became of them."""
    for table, count in database.tables.items():
        name = f"{database.path}:{clean(table)[:80]}"
        if count is None:
            yield failed(database.path, "the table is damaged", kind=KIND, name=name)
        elif count:
            rows = "a row" if count == 1 else f"{count:,} rows"
            if table in understood:
                yield part(database.path, f"{rows}, with schedules and sessions", kind=KIND, name=name)
            else:
                yield skipped(database.path, f"{rows}: {_why(table)}", kind=KIND, name=name)
    if all(count == 0 for count in database.tables.values()):
        yield skipped(database.path, "nothing is in it")


def _why(name: str) -> str:
    if SECRET.search(name):
        return "secrets and who may do what, which are never read"
    if DERIVED.match(name):
        return "made from what comes over otherwise, and made anew here"
    return "not understood yet: nothing here corresponds to it"
