"""`agentos dreams list|show|search|add|archive`: the idea garden."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.search import searching
from agentos_cli.commands.table import group, shown

if TYPE_CHECKING:
    from agentos_cli.renderers.ideas import DreamsDocument

ID = typer.Argument(..., metavar="ID", help="Its id as `agentos dreams list` has it, or the beginning of it.")


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    dreams = group(summary, "agentos dreams list", "agentos dreams add 'A bread club' --tag revenue")
    app.add_typer(dreams, name=name)
    dreams.command("list", epilog=shown("agentos dreams list --stage bloom --tag revenue"))(list_dreams)
    dreams.command("show", epilog=shown("agentos dreams show bread-club"))(show_dream)
    dreams.command("search", epilog=shown("agentos dreams search monthly"))(
        searching("dreams", "Search ideas.")
    )
    dreams.command("add", epilog=shown("agentos dreams add 'A bread club' --essence 'Pay monthly'"))(
        add_dream
    )
    dreams.command("archive", epilog=shown("agentos dreams archive bread-club"))(archive_dream)


def list_dreams(
    stage: str | None = typer.Option(None, help="seed, germinating, growing, flowering, bloom or archived."),
    tag: str | None = typer.Option(None, help="Only those with this tag."),
    limit: int = typer.Option(50, min=1, max=10_000, help="How many, the strongest first."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List ideas, the strongest first; archived ones only with --stage archived."""
    from agentos_cli.duties import dreams

    _print(dreams.listing(App.open(demo=demo, tenant=tenant), stage, tag, limit), json)


def show_dream(dream: str = ID, json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """Show one idea: what it is, what it claims, what it is near to, and how it grew."""
    from agentos_cli.duties import dreams
    from agentos_cli.renderers import ideas as drawn

    document = dreams.show(App.open(demo=demo, tenant=tenant), dream)
    return say(drawn.shown(document)) if json is None else say_document(document, json)


def add_dream(
    title: str = typer.Argument(..., help="The idea in a few words."),
    essence: str = typer.Option("", help="What it is about, in a sentence."),
    tag: list[str] = typer.Option([], "--tag", help="What it belongs to."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Add an idea, as a seed."""
    from agentos_cli.duties import dreams

    _print(dreams.add(App.open(demo=demo, tenant=tenant), title, essence, tag), json)


def archive_dream(dream: str = ID, json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """Lay an idea aside; it can still be found."""
    from agentos_cli.duties import dreams

    _print(dreams.archive(App.open(demo=demo, tenant=tenant), dream), json)


def _print(document: DreamsDocument, json: str | None) -> None:
    from agentos_cli.renderers import ideas as drawn

    return say(drawn.listed(document)) if json is None else say_document(document, json)
