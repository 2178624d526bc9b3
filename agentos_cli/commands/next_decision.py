"""`agentos next`: one thing, and nothing else to look at."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import (
    Accessible,
    AsOf,
    Demo,
    Json,
    Output,
    Tenant,
    show,
    style,
)
from agentos_cli.commands.table import shown


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(
        name, help=summary, epilog=shown("agentos next", "agentos next --demo", "agentos next --json")
    )
    def next_decision(
        json: Json = None,
        output: Output = None,
        as_of: AsOf = None,
        demo: Demo = False,
        accessible: Accessible = False,
        tenant: Tenant = None,
    ) -> None:
        from agentos_cli.renderers.documents import decision_document

        house = App.open(as_of=as_of, demo=demo, tenant=tenant)
        look = style(house.loaded.settings.display, accessible=accessible)
        show(decision_document(house.desk.brief()), json, output, look)
