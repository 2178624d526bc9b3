"""The smaller JSON documents, and aligned rows: goals, tasks, sources, runs, settings, checks.

Shapes follow the rules of `shapes`. `SHAPES` joins the registry of `documents`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from agentos_cli.renderers import clean

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class EnergyDocument(TypedDict):
    """The energy that priorities are ranked for now, 0 to 100, and where that number comes from."""

    schema: str
    level: int
    origin: str


class GoalItem(TypedDict):
    """A quarterly goal; `quarter` like `2026-Q4`."""

    id: str
    title: str
    quarter: str
    weight: float
    tags: list[str]
    open: bool


class GoalsDocument(TypedDict):
    """All goals, closed ones included."""

    schema: str
    goals: list[GoalItem]


class TaskItem(TypedDict):
    """One of the user's tasks. `impact` is in minor units of `currency`; `demand` 0 to 100."""

    id: str
    title: str
    impact: int | None
    currency: str | None
    due: str | None
    minutes: int
    demand: int
    tags: list[str]
    done: bool


class TasksDocument(TypedDict):
    """All tasks, done ones included."""

    schema: str
    tasks: list[TaskItem]


class AgentStateItem(TypedDict):
    """An agent: what it reads, and whether it can do its work (ok, degraded, blind or failed)."""

    name: str
    title: str
    reads: list[str]
    health: str
    reasons: list[str]
    last_run: str | None
    last_ms: int | None
    last_ok: bool | None


class AgentsDocument(TypedDict):
    """All agents."""

    schema: str
    agents: list[AgentStateItem]


class MetricItem(TypedDict):
    """What a metric means. `good` is the better way: up, down or neither. A blank in `key` and `title`,
    as in `cac_<channel>`, stands for a family of metrics; `inputs` are what it is made from."""

    key: str
    title: str
    agent: str
    unit: str
    good: str
    sentence: str
    formula: str
    inputs: list[str]
    source: str
    edge_cases: list[str]


class MetricsDocument(TypedDict):
    """The definitions of all metrics, or of the one that was asked for."""

    schema: str
    metrics: list[MetricItem]


class ConnectorItem(TypedDict):
    """A source. `state` is one of not connected, never read, fresh, stale, failing; `breaker` says in
    words whether it would be called now."""

    source: str
    title: str
    connected: bool
    credential: str | None
    state: str
    synced_at: str | None
    life_minutes: int
    skipped: int
    breaker: str
    problem: str | None
    fix: str | None


class ConnectorsDocument(TypedDict):
    """All sources."""

    schema: str
    connectors: list[ConnectorItem]


class ConnectedDocument(TypedDict):
    """One source that was connected, tested, reset or disconnected, and what it said of itself."""

    schema: str
    source: str
    done: str
    said: str
    credential: str | None


class SkippedItem(TypedDict):
    """One record that could not be read: `where` is a vendor's id or `file.csv:LINE`, `why` one line."""

    source: str
    kind: str
    where: str
    why: str


class SkippedDocument(TypedDict):
    """What the last reading of each source left out, since it could not be read."""

    schema: str
    skipped: list[SkippedItem]


class SnoozeDocument(TypedDict):
    """A finding that was put off `until` an instant; null: it is back."""

    schema: str
    id: str
    until: str | None


class DoneDocument(TypedDict):
    """Something that was done to files: `done` in a word, and the files, folders or stores it is about."""

    schema: str
    done: str
    places: list[str]


class SyncItem(TypedDict):
    """How one source fared. `changed` counts records that are new, other or gone. `how` it was read: `whole`,
    `changes`, or `resumed` (a whole read that went on); `pages` where it has pages."""

    source: str
    ok: bool
    records: int
    changed: int
    skipped: int
    duration_ms: int
    problem: str | None
    fix: str | None
    how: str | None
    pages: int | None


class SyncDocument(TypedDict):
    """One sync of all sources that were asked for."""

    schema: str
    sources: list[SyncItem]


class RunItem(TypedDict):
    """One agent run or source sync. `metrics` are figures by key; money as `AMOUNT CUR` in minor units."""

    run_id: str
    work: str
    name: str
    started_at: str
    duration_ms: int
    success: bool
    metrics: dict[str, int | float | str | bool | None]
    error: str | None


class RunsDocument(TypedDict):
    """Recent runs, newest first."""

    schema: str
    runs: list[RunItem]


class StatusDocument(TypedDict):
    """Where things stand, without the network. `database` is its schema's state; `daemon` how the embedded
    daemon of this machine fares; `woken_by` who woke the house last, and when."""

    schema: str
    version: str
    tenant: str
    store: str
    database: str
    connected: list[str]
    last_brief: str | None
    zone: str
    daemon: str
    woken_by: str | None
    woken_at: str | None


class CheckItem(TypedDict):
    """One check: `status` is ok, warn or fail; `fix` the command or act that mends it."""

    name: str
    status: str
    says: str
    fix: str | None


class DoctorDocument(TypedDict):
    """All checks of the installation; `ok` is false when one fails."""

    schema: str
    ok: bool
    checks: list[CheckItem]


class SettingItem(TypedDict):
    """One setting in force; `origin` is a file, `environment` or `default`."""

    key: str
    value: object
    origin: str


class ConfigDocument(TypedDict):
    """The settings in force and the files they came from."""

    schema: str
    files: list[str]
    settings: list[SettingItem]


class DatabaseDocument(TypedDict):
    """What was done to the database, where, and what was found."""

    schema: str
    done: str
    place: str
    findings: list[str]


class ErrorBody(TypedDict):
    """A failure: `code` for programs, `message` and `fix` for people."""

    code: str
    message: str
    fix: str | None
    detail: str | None


class ErrorDocument(TypedDict):
    """What stderr carries when a command with `--json` fails."""

    schema: str
    error: ErrorBody


SHAPES: dict[str, type] = {
    "energy": EnergyDocument,
    "goals": GoalsDocument,
    "tasks": TasksDocument,
    "agents": AgentsDocument,
    "metrics": MetricsDocument,
    "connectors": ConnectorsDocument,
    "connected": ConnectedDocument,
    "skipped": SkippedDocument,
    "snooze": SnoozeDocument,
    "done": DoneDocument,
    "sync": SyncDocument,
    "runs": RunsDocument,
    "status": StatusDocument,
    "doctor": DoctorDocument,
    "config": ConfigDocument,
    "database": DatabaseDocument,
    "error": ErrorDocument,
}
"""Document name to its shape."""


def rows(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Aligned columns under lower-case heads, two spaces apart; the last column is not padded."""
    cells = [list(head), *([clean.line(cell) for cell in row] for row in body)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "\n".join(lines)
