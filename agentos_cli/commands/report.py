"""`agentos finance` and its six colleagues: one agent's report from the store."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import (
    Accessible,
    All,
    Ascii,
    AsOf,
    Demo,
    Json,
    Output,
    Tenant,
    Width,
    show,
    style,
)
from agentos_cli.commands.table import shown


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command of the agent `name` on the app."""
    examples = (f"agentos {name}", f"agentos {name} --json=metrics", f"agentos {name} --demo -o md")

    @app.command(
        name, help=f"{summary} From what is stored: `agentos sync` reads anew.", epilog=shown(*examples)
    )
    def report(
        json: Json = None,
        output: Output = None,
        as_of: AsOf = None,
        demo: Demo = False,
        everything: All = False,
        ascii_only: Ascii = False,
        accessible: Accessible = False,
        width: Width = None,
        tenant: Tenant = None,
    ) -> None:
        house = App.open(as_of=as_of, demo=demo, tenant=tenant)
        look = style(
            house.loaded.settings.display,
            width=width,
            ascii_only=ascii_only,
            accessible=accessible,
            everything=everything,
        )
        show(house.desk.report(name), json, output, look)
