"""`agentos runs list|show`: what ran, when, how long it took, and whether it worked."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import group, refuse_before
from agentos_cli.contract import Connection
from agentos_cli.renderers.logged import run_item, run_table, run_text

EXAMPLES = (
    "agentos runs",
    "agentos runs list --source stripe",
    "agentos runs show run_20261123T070000_4f2a9c",
    "agentos runs --json",
)


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app; without a command it lists."""
    runs = group(summary, *EXAMPLES)
    app.add_typer(runs, name=name)
    runs.callback(invoke_without_command=True)(bare)
    runs.command("list")(list_runs)
    runs.command("show")(show_run)


Limit = typer.Option(20, min=1, max=10_000, help="How many, newest first.")
Agent = typer.Option(None, help="Only this agent.")
Source = typer.Option(None, help="Only this source.")


def bare(
    context: typer.Context,
    limit: int = Limit,
    agent: str | None = Agent,
    source: str | None = Source,
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List what ran, where no command of the group is named."""
    if context.invoked_subcommand is not None:
        return refuse_before(context)
    return list_runs(limit, agent, source, json, demo, tenant)


def list_runs(
    limit: int = Limit,
    agent: str | None = Agent,
    source: str | None = Source,
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List what ran, newest first."""
    work = "agent" if agent else "source" if source else None
    store = App.open(demo=demo, tenant=tenant).store
    _known(agent, source, store.connections())
    found = store.runs(limit, work, agent or source)
    if json is not None:
        return say_document({"schema": "agentos.runs/1", "runs": [run_item(r) for r in found]}, json)
    return say(run_table(found) if found else "nothing ran yet: agentos brief")


def show_run(
    run: str = typer.Argument(
        ..., metavar="RUN", help="Its id as `agentos runs` lists it, or its beginning."
    ),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Show everything of one run: its sources, its agents, its brief, what went wrong, its log."""
    from agentos_cli.duties.runs import show

    document = show(App.open(demo=demo, tenant=tenant), run)
    return say(run_text(document)) if json is None else say_document(document, json)


def _known(agent: str | None, source: str | None, connections: Iterable[Connection]) -> None:
    """Raises UsageProblem for an agent or source that there is not."""
    if agent:
        from agentos_cli.briefing.morning import agent_called

        agent_called(agent)
    if source:
        from agentos_cli.sources import spec

        spec(source, connections)
