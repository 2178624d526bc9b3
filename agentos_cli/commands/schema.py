"""`agentos schema [NAME]`: the contract of every JSON output."""

from __future__ import annotations

import json

import typer

from agentos_cli.commands.output import say
from agentos_cli.commands.table import shown
from agentos_cli.errors import UsageProblem


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(name, help=summary, epilog=shown("agentos schema", "agentos schema brief"))
    def schema(
        document: str | None = typer.Argument(None, metavar="NAME", help="Nothing: list the names."),
    ) -> None:
        from agentos_cli.renderers.schemas import SCHEMAS
        from agentos_cli.renderers.schemas import schema as made

        if document is None:
            return say("\n".join(SCHEMAS))
        if document not in SCHEMAS:
            raise UsageProblem(
                f"there is no output `{document[:40]}`", fix=f"choose from {', '.join(SCHEMAS)}"
            )
        return say(json.dumps(made(document), indent=2))
