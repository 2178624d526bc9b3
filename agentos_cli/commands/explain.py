"""`agentos explain FIGURE`: how a number was made, down to the records, and whether they add up."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import (
    All,
    Ascii,
    AsOf,
    Demo,
    Json,
    Restated,
    Tenant,
    Width,
    asked_again,
    say,
    say_document,
    style,
)
from agentos_cli.commands.table import shown

EXAMPLES = (
    "agentos explain mrr                     a figure, by the key that `agentos metrics list` names",
    "agentos explain RKN4W                   the number of a decision, risk or alert",
    "agentos explain runway --as-of 2026-10-01 --restated",
    "agentos explain mrr --all --json        every record, for a script",
)


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(name, help=summary, epilog=shown(*EXAMPLES))
    def explain(
        figure: str = typer.Argument(..., metavar="FIGURE", help="A metric's key, or an id of the brief."),
        restated: Restated = False,
        json: Json = None,
        as_of: AsOf = None,
        demo: Demo = False,
        everything: All = False,
        ascii_only: Ascii = False,
        width: Width = None,
        tenant: Tenant = None,
    ) -> None:
        house = App.open(as_of=as_of, demo=demo, tenant=tenant)
        document = (house.hindsight if asked_again(restated, as_of) else house.desk).explain(figure)
        if json is not None:
            return say_document(document, json)
        from agentos_cli.renderers.explained import explained

        look = style(house.loaded.settings.display, width=width, ascii_only=ascii_only, everything=everything)
        return say(explained(document, look))
