"""`agentos search`: words in everything that is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, Width, say, say_document, style
from agentos_cli.commands.table import shown
from agentos_cli.config.model import Display

if TYPE_CHECKING:
    from agentos_cli.renderers.found import FoundDocument

EXAMPLES = (
    "agentos search supplier prices",
    "agentos search '\"night oven\" -rent' --in knowledge,sessions",
)

Words = typer.Argument(
    ..., metavar="WORDS", help='All of these; "words that stand together" in quotes; -not this one.'
)
Limit = typer.Option(20, min=1, max=1_000, help="How many, the best first.")


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""
    app.command(name, help=summary, epilog=shown(*EXAMPLES))(search)


def search(
    words: list[str] = Words,
    within: str | None = typer.Option(
        None, "--in", metavar="ROOMS", help="Only knowledge, documents, sessions, skills, dreams."
    ),
    limit: int = Limit,
    width: Width = None,
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Search everything that is kept: a line for each place, and what to type to see all of it."""
    from agentos_cli.duties import search as duty

    house = App.open(demo=demo, tenant=tenant)
    say_found(
        duty.everywhere(house, " ".join(words), within, limit), house.loaded.settings.display, width, json
    )


def searching(room: str, summary: str) -> Callable[..., None]:
    """The command `search` of a room of its own."""

    def search_room(
        words: list[str] = Words,
        limit: int = Limit,
        width: Width = None,
        json: Json = None,
        demo: Demo = False,
        tenant: Tenant = None,
    ) -> None:
        search(words, room, limit, width, json, demo, tenant)

    search_room.__doc__ = summary
    return search_room


def say_found(document: FoundDocument, display: Display, width: int | None, json: str | None) -> None:
    """Print what was found."""
    from agentos_cli.renderers.found import found_text

    if json is not None:
        return say_document(document, json)
    look = style(display, width=width)
    return say(found_text(document, look.width, look.color))
