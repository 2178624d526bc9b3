"""`agentos show ID`: everything about one decision, risk or alert."""

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
from agentos_cli.errors import UsageProblem


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(name, help=summary, epilog=shown("agentos show R7KQ2", "agentos show X03FA --json"))
    def show_finding(
        finding: str = typer.Argument(..., metavar="ID", help="The id that the brief prints."),
        json: Json = None,
        output: Output = None,
        as_of: AsOf = None,
        demo: Demo = False,
        accessible: Accessible = False,
        tenant: Tenant = None,
    ) -> None:
        house = App.open(as_of=as_of, demo=demo, tenant=tenant)
        document = house.desk.finding(finding)
        if document is None:
            raise UsageProblem(
                f"nothing in this brief has the id `{finding[:20]}`", fix="agentos brief --all"
            )
        show(document, json, output, style(house.loaded.settings.display, accessible=accessible))
