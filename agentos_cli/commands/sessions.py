"""`agentos sessions list|show|search|cost`: conversations that were brought over, and what they cost."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import typer

from agentos_cli.app import App, instant
from agentos_cli.commands.output import Demo, Json, Tenant, Width, say, say_document, style
from agentos_cli.commands.search import searching
from agentos_cli.commands.spans import SHAPE, span
from agentos_cli.commands.table import group, refuse_before, shown

EXAMPLES = (
    "agentos sessions",
    "agentos sessions list --agent main --since 30d",
    "agentos sessions show 8a1c2f7e --branches",
    "agentos sessions search invoice Acme",
    "agentos sessions cost --by month",
)


class By(StrEnum):
    """What costs can be added up by."""

    model = "model"
    agent = "agent"
    month = "month"


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app; without a command it lists."""
    sessions = group(summary, *EXAMPLES)
    app.add_typer(sessions, name=name)
    sessions.callback(invoke_without_command=True)(bare)
    sessions.command("list", epilog=shown("agentos sessions list --since 2026-01-01"))(list_sessions)
    sessions.command("show", epilog=shown("agentos sessions show 8a1c2f7e --role user"))(show_session)
    said = shown("agentos sessions search '\"sent the invoice\" -draft'")
    sessions.command("search", epilog=said)(searching("sessions", "Find what was said, by its words."))
    sessions.command("cost", epilog=shown("agentos sessions cost --by agent"))(cost)


Limit = typer.Option(20, min=1, max=100_000, help="How many, newest first.")
Agent = typer.Option(None, help="Only this agent's.")
Since = typer.Option(None, metavar="WHEN", help="Only since then: a day, 2026-01-31, or 30d ago.")


def bare(
    context: typer.Context,
    limit: int = Limit,
    agent: str | None = Agent,
    since: str | None = Since,
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List sessions, where no command of the group is named."""
    if context.invoked_subcommand is not None:
        return refuse_before(context)
    return list_sessions(limit, agent, since, json, demo, tenant)


def list_sessions(
    limit: int = Limit,
    agent: str | None = Agent,
    since: str | None = Since,
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List sessions, newest first."""
    from agentos_cli.duties import sessions
    from agentos_cli.renderers.sessions import sessions_text

    house = App.open(demo=demo, tenant=tenant)
    document = sessions.listed(house, limit, agent, _instant(house, since))
    if json is not None:
        return say_document(document, json)
    return say(sessions_text(document) if document["sessions"] else "no sessions: agentos migrate --help")


def show_session(
    key: str = typer.Argument(..., metavar="KEY", help="Its key as listed, or a part of it."),
    entries: int = typer.Option(20, min=0, max=1_000_000, help="How many entries, the newest ones."),
    role: list[str] = typer.Option([], help="Only these: user, assistant, tool_result, compaction ..."),
    branches: bool = typer.Option(False, "--branches", help="Abandoned branches too, indented."),
    full: bool = typer.Option(False, "--full", help="Every line of every entry."),
    width: Width = None,
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Show one session: when, what it cost, whom it sent out, and what was said last."""
    from agentos_cli.duties import sessions
    from agentos_cli.renderers.sessions import session_text

    house = App.open(demo=demo, tenant=tenant)
    document = sessions.show(house, key, sessions.Wanted(entries, tuple(role), branches))
    if json is not None:
        return say_document(document, json)
    look = style(house.loaded.settings.display, width=width)
    return say(session_text(document, look.width, full))


def cost(
    by: By = typer.Option(By.model, help="Added up by what."),
    agent: str | None = Agent,
    since: str | None = Since,
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """What all of it cost at list prices, beside what was reported there."""
    from agentos_cli.duties import sessions
    from agentos_cli.renderers.sessions import costs_text

    house = App.open(demo=demo, tenant=tenant)
    document = sessions.costs(house, by, agent, _instant(house, since))
    return say(costs_text(document)) if json is None else say_document(document, json)


def _instant(house: App, text: str | None) -> datetime | None:
    """The beginning of a day, an instant, or so long ago. Raises UsageProblem."""
    if text is None:
        return None
    if SHAPE.fullmatch(text.strip().lower()):
        return house.clock() - span(text, "--since")
    return instant(f"{text}T00:00" if len(text) == len("2026-01-31") else text, house.zone)
