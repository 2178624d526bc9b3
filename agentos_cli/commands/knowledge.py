"""`agentos knowledge`: what is remembered, by day and by file, yours and what was brought over."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.search import searching
from agentos_cli.commands.spans import SHAPE, span
from agentos_cli.commands.table import group, shown
from agentos_cli.errors import UsageProblem

if TYPE_CHECKING:
    from agentos_cli.renderers.knowledge import KnowledgeDocument

EXAMPLES = (
    "agentos knowledge list --since 30d",
    "agentos knowledge add 'The supplier delivers on Tuesdays' --title Supplier",
    "agentos knowledge show main/MEMORY.md:7",
)
PLACE = typer.Argument(..., metavar="PATH[:LINE]", help="A file, or the entry in which a line of it is.")


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    knowledge = group(summary, *EXAMPLES)
    app.add_typer(knowledge, name=name)
    knowledge.command("list", epilog=shown("agentos knowledge list --since 2026-01-01"))(list_entries)
    knowledge.command("show", epilog=shown("agentos knowledge show memory/2026-01-16.md"))(show_entries)
    knowledge.command("search", epilog=shown("agentos knowledge search supplier prices"))(
        searching("knowledge", "Search what is remembered.")
    )
    knowledge.command("add", epilog=shown(EXAMPLES[1]))(add_entry)
    knowledge.command("remove", epilog=shown("agentos knowledge remove own/2026-11-23.md:3"))(remove)


def list_entries(
    since: str | None = typer.Option(None, metavar="DAY", help="Only of days since: 2026-01-31, or 30d ago."),
    agent: str | None = typer.Option(None, help="Only this agent's; `own` for yours."),
    limit: int = typer.Option(50, min=1, max=100_000, help="How many, newest day first."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List what is remembered, newest day first."""
    from agentos_cli.duties import knowledge

    house = App.open(demo=demo, tenant=tenant)
    _print(knowledge.listing(house, _day(house, since), agent, limit), json)


def show_entries(place: str = PLACE, json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """Print the entries of a file, or one of them."""
    from agentos_cli.duties import knowledge
    from agentos_cli.renderers.knowledge import text_of

    document = knowledge.show(App.open(demo=demo, tenant=tenant), place)
    return say(text_of(document)) if json is None else say_document(document, json)


def add_entry(
    text: str = typer.Argument(..., metavar="TEXT", help="What to remember."),
    title: str | None = typer.Option(None, help="What it is about."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Remember something, dated today."""
    from agentos_cli.duties import knowledge

    _print(knowledge.add(App.open(demo=demo, tenant=tenant), text, title), json)


def remove(place: str = PLACE, json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """Forget an entry, or all of a file."""
    from agentos_cli.duties import knowledge

    _print(knowledge.remove(App.open(demo=demo, tenant=tenant), place), json)


def _day(house: App, text: str | None) -> date | None:
    """A day, or so long ago. Raises UsageProblem."""
    if text is None:
        return None
    if SHAPE.fullmatch(text.strip().lower()):
        return house.today - span(text, "--since")
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise UsageProblem(f"`{text[:40]}` is no day", fix="--since 2026-01-31, or --since 30d") from None


def _print(document: KnowledgeDocument, json: str | None) -> None:
    from agentos_cli.renderers.knowledge import listed

    return say(listed(document)) if json is None else say_document(document, json)
