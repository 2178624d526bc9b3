"""Jobs as they were written at one time or another, and a home that holds nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from agentos_cli.importers.clawdbot.settings.setup import AgentSetup, Setup
from agentos_cli.importers.source.home import Home
from tests.importers.building import Content, as_json, write

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MADE = 1_769_414_400_000
"""2026-01-26 08:00 UTC, in milliseconds."""
BRIEF, VAT, POLL = (f"{n}b8f5a0e-1111-4222-8333-444455556666" for n in (0, 5, 7))


def job(identity: str = BRIEF, name: str = "Morning brief", **other: object) -> dict[str, object]:
    """A job as version 2026.1.24 wrote it."""
    return {
        "id": identity, "agentId": "main", "name": name, "enabled": True, "createdAtMs": MADE,
        "updatedAtMs": MADE, "schedule": {"kind": "cron", "expr": "30 7 * * 1-5", "tz": "Europe/Berlin"},
        "sessionTarget": "isolated", "wakeMode": "next-heartbeat",
        "payload": {"kind": "agentTurn", "message": "Summarise overnight mail."}, "state": {}, **other,
    }  # fmt: skip


def at(**schedule: object) -> dict[str, object]:
    """One that is done once."""
    return job(
        VAT, "Pay VAT", schedule=schedule, payload={"kind": "systemEvent", "text": "Reminder: pay VAT"}
    )


def run(ms: int, status: str = "ok", **other: object) -> dict[str, object]:
    """A line of a log of runs: begun at that time, a minute long."""
    told = {"ts": ms + 60_000, "jobId": BRIEF, "action": "finished", "status": status, "runAtMs": ms}
    return {**told, "durationMs": 60_000, **other}


def home(folder: Path, jobs: object = None, **files: Content) -> Home:
    """A state directory with these jobs, and other files below `cron` (`__` stands for `/`, `_` for `.`)."""
    named = {name.replace("__", "/").replace("_", "."): content for name, content in files.items()}
    if jobs is not None:
        named["cron/jobs.json"] = jobs if isinstance(jobs, str) else as_json(jobs)
    made = Home("abc", "clawdbot")
    made.add("state", write(folder / "state", named))
    return made


def setup(timezone: str | None = None, cron_store: str | None = None) -> Setup:
    """The settings of a home with one agent."""
    agents = (AgentSetup("main", "workspace", True),)
    return Setup(agents, "clawdbot", timezone=timezone, cron_store=cron_store)
