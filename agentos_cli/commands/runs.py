"""`agentos runs`: what ran, when, how long it took, and whether it worked."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import shown
from agentos_cli.contract import Connection
from agentos_cli.renderers.listings import RunItem, rows
from agentos_cli.telemetry import RunRecord


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(
        name,
        help=summary,
        epilog=shown("agentos runs", "agentos runs --source stripe", "agentos runs --json"),
    )
    def runs(
        limit: int = typer.Option(20, min=1, max=10_000, help="How many, newest first."),
        agent: str | None = typer.Option(None, help="Only this agent."),
        source: str | None = typer.Option(None, help="Only this source."),
        json: Json = None,
        demo: Demo = False,
        tenant: Tenant = None,
    ) -> None:
        work = "agent" if agent else "source" if source else None
        store = App.open(demo=demo, tenant=tenant).store
        _known(agent, source, store.connections())
        found = store.runs(limit, work, agent or source)
        if json is not None:
            return say_document({"schema": "agentos.runs/1", "runs": [_item(r) for r in found]}, json)
        if not found:
            return say("nothing ran yet: agentos brief")
        body = [
            (
                f"{r.started_at:%Y-%m-%d %H:%M:%SZ}",
                r.work,
                r.name,
                f"{r.duration_ms} ms",
                _result(r),
                r.run_id,
            )
            for r in found
        ]
        return say(rows(("started", "work", "name", "time", "result", "run"), body))


def _known(agent: str | None, source: str | None, connections: Iterable[Connection]) -> None:
    """Raises UsageProblem for an agent or source that there is not."""
    if agent:
        from agentos_cli.briefing.morning import agent_called

        agent_called(agent)
    if source:
        from agentos_cli.sources import spec

        spec(source, connections)


def _result(run: RunRecord) -> str:
    return "ok" if run.success else f"FAILED: {run.error}"


def _item(run: RunRecord) -> RunItem:
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
