"""`agentos energy [LEVEL]`: what you have to give now; decisions are ranked to fit it."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import shown


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(
        name, help=summary, epilog=shown("agentos energy", "agentos energy high", "agentos energy 35")
    )
    def energy(
        level: str | None = typer.Argument(None, help="low, medium, high, or 0 to 100. Nothing: show it."),
        json: Json = None,
        demo: Demo = False,
        tenant: Tenant = None,
    ) -> None:
        from agentos_cli.plans import level as parsed

        house = App.open(demo=demo, tenant=tenant)
        if level is not None:
            house.plans.set_energy(parsed(level))
        now = house.snapshot(()).energy
        if json is not None:
            return say_document(
                {"schema": "agentos.energy/1", "level": now.level, "origin": now.origin}, json
            )
        return say(f"energy {now.level} of 100, {now.origin}")
