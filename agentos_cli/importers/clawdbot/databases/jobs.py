"""Jobs and their runs as the tables `cron_jobs` and `cron_run_logs` hold them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from agentos_cli.importers.clawdbot.databases.file import Database, Value
from agentos_cli.importers.clawdbot.schedules.reader import Source
from agentos_cli.importers.clawdbot.schedules.runs import Log, lines_of, log_of
from agentos_cli.importers.clawdbot.schedules.shapes import Table
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source import lenient
from agentos_cli.importers.source.home import Unreadable

Row = Mapping[str, Value]
JOB = {
    "job_id": "id", "name": "name", "description": "description", "enabled": "enabled",
    "delete_after_run": "deleteAfterRun", "created_at_ms": "createdAtMs", "agent_id": "agentId",
    "session_target": "sessionTarget", "wake_mode": "wakeMode",
}  # fmt: skip
SCHEDULE = {
    "schedule_kind": "kind", "schedule_expr": "expr", "schedule_tz": "tz", "every_ms": "everyMs",
    "anchor_ms": "anchorMs", "at": "at", "stagger_ms": "staggerMs",
}  # fmt: skip
PAYLOAD = {
    "payload_kind": "kind", "payload_message": "message", "payload_model": "model",
    "payload_thinking": "thinking", "payload_timeout_seconds": "timeoutSeconds",
}  # fmt: skip
DELIVERY = {"delivery_mode": "mode", "delivery_channel": "channel", "delivery_to": "to"}
RUN = {
    "ts": "ts", "job_id": "jobId", "status": "status", "error": "error", "summary": "summary",
    "run_at_ms": "runAtMs", "duration_ms": "durationMs",
}  # fmt: skip


def sources(database: Database, redactor: Redactor) -> list[Source]:
    """Every job, as it is kept whole, or else as its columns say. Raises Unreadable."""
    runs: dict[str, list[Table]] = defaultdict(list)
    for row in database.rows("cron_run_logs", ("job_id", "ts", "seq")):
        entry = parsed(row.get("entry_json"), database.path)
        runs[str(row.get("job_id"))].append({**_picked(row, RUN), **entry})
    found = []
    for place, row in enumerate(database.rows("cron_jobs", ("sort_order", "job_id")), 1):
        raw = _job(row, database.path)
        state = parsed(row.get("state_json"), database.path)
        if not state and row.get("last_run_status"):
            state = {"lastRunStatus": row["last_run_status"]}
        log = log_of(lines_of(runs.get(str(row.get("job_id")), ())), redactor)
        found.append(Source(raw, database.path, place, state, log if log.runs else Log()))
    return found


def _job(row: Row, path: str) -> Table:
    """What is kept whole counts, what it leaves out is in the columns."""
    kept = parsed(row.get("job_json"), path)
    columns: dict[str, object] = dict(_picked(row, JOB))
    for name, fields in (("schedule", SCHEDULE), ("payload", PAYLOAD), ("delivery", DELIVERY)):
        picked = _picked(row, fields)
        if picked and name not in kept:
            columns[name] = picked
    return {**columns, **kept}


def _picked(row: Row, names: Mapping[str, str]) -> dict[str, object]:
    return {name: row[column] for column, name in names.items() if row.get(column) is not None}


def parsed(text: Value, path: str) -> Table:
    """The table that a text of JSON is; an empty one for anything else."""
    try:
        value = lenient.parse(text, path) if isinstance(text, str) and text else None
    except Unreadable:
        return {}
    return value if isinstance(value, Mapping) else {}
