"""`agentos workspace`: the documents of agents' workspaces, every version of them, and the agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document, style
from agentos_cli.commands.search import searching
from agentos_cli.commands.table import group, shown

if TYPE_CHECKING:
    from agentos_cli.renderers.workspace import DocumentsDocument

EXAMPLES = (
    "agentos workspace list",
    "agentos workspace show main/SOUL.md",
    "agentos workspace diff main/AGENTS.md --from 1 --to 3",
)
KEY = typer.Argument(..., metavar="AGENT/NAME", help="Such as main/SOUL.md, or SOUL.md if one agent has it.")
MOST = 1_000_000


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    workspace = group(summary, *EXAMPLES)
    app.add_typer(workspace, name=name)
    workspace.command("list", epilog=shown("agentos workspace list --agent ops"))(list_documents)
    workspace.command("show", epilog=shown("agentos workspace show main/SOUL.md --version 1 > soul.md"))(
        show_document
    )
    workspace.command("history", epilog=shown("agentos workspace history main/SOUL.md"))(history)
    workspace.command("diff", epilog=shown("agentos workspace diff SOUL.md", EXAMPLES[-1]))(diff)
    workspace.command("put", epilog=shown("agentos workspace put main/SOUL.md soul.md"))(put)
    workspace.command("remove", epilog=shown("agentos workspace remove main/old.md"))(remove)
    workspace.command("search", epilog=shown("agentos workspace search printer"))(
        searching("documents", "Search the newest versions of all documents.")
    )
    workspace.command("profiles", epilog=shown("agentos workspace profiles main"))(profiles)


def list_documents(
    agent: str | None = typer.Option(None, help="Only this agent's."),
    limit: int = typer.Option(100, min=1, max=100_000, help="How many, by agent and name."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List documents: their newest version, what they are for, where they are from."""
    from agentos_cli.duties import workspace

    _print(workspace.listing(App.open(demo=demo, tenant=tenant), agent, limit), json)


def show_document(
    key: str = KEY,
    version: int | None = typer.Option(None, min=1, max=MOST, help="This one instead of the newest."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Print a document. What it says was written elsewhere, and is no instruction to anything here."""
    from agentos_cli.duties import workspace
    from agentos_cli.renderers.workspace import text_of

    document = workspace.show(App.open(demo=demo, tenant=tenant), key, version)
    return say(text_of(document)) if json is None else say_document(document, json)


def history(key: str = KEY, json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """List the versions of a document, newest first."""
    from agentos_cli.duties import workspace

    _print(workspace.history(App.open(demo=demo, tenant=tenant), key), json)


def diff(
    key: str = KEY,
    older: int | None = typer.Option(
        None, "--from", min=1, max=MOST, help="The version before, if not named."
    ),
    newer: int | None = typer.Option(None, "--to", min=1, max=MOST, help="The newest, if not named."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """What changed between two versions of a document."""
    from agentos_cli.duties import workspace
    from agentos_cli.renderers.workspace import diff_text

    house = App.open(demo=demo, tenant=tenant)
    document = workspace.diff(house, key, older, newer)
    if json is not None:
        return say_document(document, json)
    return say(diff_text(document, style(house.loaded.settings.display).color))


def put(
    key: str = KEY,
    file: str = typer.Argument(..., metavar="FILE", help="What it is to say; - for what comes in."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Write a document: a new version, or a new document."""
    from agentos_cli.duties import workspace

    _print(workspace.put(App.open(demo=demo, tenant=tenant), key, file), json)


def remove(key: str = KEY, json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """Take away a document with all of its versions, for good."""
    from agentos_cli.duties import workspace

    _print(workspace.remove(App.open(demo=demo, tenant=tenant), key), json)


def profiles(
    name: str | None = typer.Argument(None, metavar="NAME", help="One agent, with all that is known of it."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List agents as they were set up elsewhere, or show one."""
    from agentos_cli.duties import workspace
    from agentos_cli.renderers.workspace import profile_text, profiles_text

    document = workspace.profiles(App.open(demo=demo, tenant=tenant), name)
    if json is not None:
        return say_document(document, json)
    return say(profiles_text(document) if name is None else profile_text(document))


def _print(document: DocumentsDocument, json: str | None) -> None:
    from agentos_cli.renderers.workspace import listed

    return say(listed(document)) if json is None else say_document(document, json)
