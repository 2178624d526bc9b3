"""`agentos agents list|check`: the seven agents and whether they can do their work."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import AsOf, Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import group
from agentos_cli.errors import UsageProblem
from agentos_cli.renderers.listings import AgentStateItem, rows


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    agents = group(summary, "agentos agents list", "agentos agents check ops", "agentos agents list --json")
    app.add_typer(agents, name=name)
    agents.command("list")(list_agents)
    agents.command("check")(check_agent)


def list_agents(json: Json = None, as_of: AsOf = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """List the agents: what they read, their health, their last run."""
    items = App.open(as_of=as_of, demo=demo, tenant=tenant).agents()
    if json is not None:
        return say_document({"schema": "agentos.agents/1", "agents": items}, json)
    body = [(i["name"], i["health"], _last(i), ", ".join(i["reads"])) for i in items]
    return say(rows(("agent", "health", "last run", "reads"), body))


def check_agent(
    agent: str = typer.Argument(..., help="finance, sales, ops, marketing, hr, success or ceo."),
    json: Json = None,
    as_of: AsOf = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Run one agent now and say whether it could do its work. Exit 1 when it is blind or failed."""
    house = App.open(as_of=as_of, demo=demo, tenant=tenant)
    items = [item for item in house.agents(run=agent) if item["name"] == agent]
    if not items:
        raise UsageProblem(f"there is no agent `{agent[:40]}`", fix="agentos agents list")
    item = items[0]
    if json is not None:
        say_document({"schema": "agentos.agents/1", "agents": items}, json)
    else:
        say("\n".join([f"{item['name']}: {item['health']}", *(f"  {reason}" for reason in item["reasons"])]))
    if item["health"] in {"blind", "failed"}:
        raise typer.Exit(1)


def _last(item: AgentStateItem) -> str:
    if item["last_run"] is None:
        return "never"
    return f"{item['last_run'][:16]} {item['last_ms']} ms{'' if item['last_ok'] else ' FAILED'}"
