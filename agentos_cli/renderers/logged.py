"""What the log says, and one run with all that is known of it, as documents and as lines."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import RunItem, rows
from agentos_cli.telemetry import RunRecord

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class ExceptionItem(TypedDict):
    """An error as the log keeps it."""

    type: str
    message: str


class LogItem(TypedDict):
    """One line of the log. `ts` is in UTC; `level` is debug, info, warning, error or critical; `run`,
    `agent`, `source` and `schedule` say what it is about; `fields` hold what else there is, of a run its
    whole record."""

    ts: str
    level: str
    logger: str
    message: str
    run: str | None
    agent: str | None
    source: str | None
    schedule: str | None
    exception: ExceptionItem | None
    fields: dict[str, object]


class LogsDocument(TypedDict):
    """`agentos logs`: the newest lines that were asked for, oldest first."""

    schema: str
    lines: list[LogItem]


class BriefingItem(TypedDict):
    """The briefing that a run made."""

    as_of: str
    verdict: str


class RunDocument(TypedDict):
    """`agentos runs show`: everything of one run. `duration_ms` counts what went on side by side once;
    `success` is whether all of it came; `log` holds the lines that are still kept."""

    schema: str
    run_id: str
    started_at: str
    ended_at: str
    duration_ms: int
    success: bool
    briefing: BriefingItem | None
    runs: list[RunItem]
    log: list[LogItem]


SHAPES: dict[str, type] = {"logs": LogsDocument, "run": RunDocument}
"""Document name to its shape."""

KNOWN = ("ts", "level", "logger", "message", "run", "agent", "source", "schedule", "exception")


def log_item(line: Mapping[str, object]) -> LogItem:
    """A line as it was kept, in the shape that is published; whatever is not of that shape is left out."""
    error = line.get("exception")
    return {
        "ts": str(line["ts"]),
        "level": str(line["level"]),
        "logger": _text(line, "logger") or "",
        "message": _text(line, "message") or "",
        "run": _text(line, "run"),
        "agent": _text(line, "agent"),
        "source": _text(line, "source"),
        "schedule": _text(line, "schedule"),
        "exception": {"type": str(error.get("type")), "message": str(error.get("message"))}
        if isinstance(error, Mapping)
        else None,
        "fields": {key: value for key, value in line.items() if key not in KNOWN},
    }


def log_line(item: LogItem) -> str:
    """One line for people: when, how bad, about what, and the message."""
    told = f": {item['exception']['type']}: {item['exception']['message']}" if item["exception"] else ""
    about = " ".join(filter(None, (item["schedule"], item["source"], item["agent"])))
    when = item["ts"].replace("T", " ")
    parts = (f"{when:<24}", f"{item['level']:<8}", f"{about or '-':<12}", item["message"] + told)
    return clean.line("  ".join(parts))


def run_item(run: RunRecord) -> RunItem:
    """One agent run or source sync."""
    return {
        "run_id": run.run_id,
        "work": run.work,
        "name": run.name,
        "started_at": run.started_at.isoformat(timespec="seconds"),
        "duration_ms": run.duration_ms,
        "success": run.success,
        "metrics": dict(run.metrics),
        "error": run.error,
    }


def run_document(
    runs: Sequence[RunRecord], briefing: BriefingItem | None, log: Sequence[LogItem]
) -> RunDocument:
    """All of one run, whose parts are `runs`, oldest first."""
    first, took = min(run.started_at for run in runs), duration(runs)
    return {
        "schema": "agentos.run/1",
        "run_id": runs[0].run_id,
        "started_at": first.isoformat(timespec="seconds"),
        "ended_at": (first + timedelta(milliseconds=took)).isoformat(timespec="seconds"),
        "duration_ms": took,
        "success": all(run.success for run in runs),
        "briefing": briefing,
        "runs": [run_item(run) for run in runs],
        "log": list(log),
    }


def duration(runs: Sequence[RunRecord]) -> int:
    """How long all of it took: sources are read side by side, then agents run side by side, then the CEO."""
    stages = ("agent:ceo", "agent", "source")
    longest: dict[str, int] = {}
    for run in runs:
        whole = f"{run.work}:{run.name}"
        stage = whole if whole in stages or run.work not in stages else run.work
        longest[stage] = max(longest.get(stage, 0), run.duration_ms)
    return sum(longest.values())


def run_table(runs: Sequence[RunRecord]) -> str:
    """Runs in rows, as they are given."""
    body = [
        (
            f"{r.started_at:%Y-%m-%d %H:%M:%SZ}",
            r.work,
            r.name,
            f"{r.duration_ms} ms",
            "ok" if r.success else f"FAILED: {r.error}",
            r.run_id,
        )
        for r in runs
    ]
    return rows(("started", "work", "name", "time", "result", "run"), body)


def run_text(document: RunDocument) -> str:
    """One run for people."""
    started = datetime.fromisoformat(document["started_at"])
    failed = sum(not run["success"] for run in document["runs"])
    result = f"{failed} of {len(document['runs'])} FAILED" if failed else "ok"
    parts = [f"{document['run_id']}  {started:%Y-%m-%d %H:%M:%SZ}  {document['duration_ms']} ms  {result}"]
    body = [
        (
            run["work"],
            run["name"],
            f"{run['duration_ms']} ms",
            "ok" if run["success"] else f"FAILED: {run['error']}",
            _counts(run) if run["work"] == "source" else "",
        )
        for run in document["runs"]
    ]
    parts += ["", rows(("work", "name", "time", "result", ""), body)]
    if briefing := document["briefing"]:
        parts += ["", clean.line(f"brief  {briefing['verdict']}")]
    if document["log"]:
        parts += ["", *map(log_line, document["log"])]
    return "\n".join(parts)


def _counts(run: RunItem) -> str:
    return ", ".join(f"{value} {key}" for key, value in run["metrics"].items() if isinstance(value, int))


def _text(line: Mapping[str, object], key: str) -> str | None:
    value = line.get(key)
    return value if isinstance(value, str) else None
