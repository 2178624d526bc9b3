"""`agentos snooze ID [DAYS]`: a finding leaves the brief until then."""

from __future__ import annotations

from datetime import timedelta

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Tenant, say
from agentos_cli.commands.table import shown


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(
        name, help=summary, epilog=shown("agentos snooze R7KQ2 --days 3", "agentos snooze R7KQ2 --wake")
    )
    def snooze(
        finding: str = typer.Argument(..., metavar="ID", help="The id that the brief prints."),
        days: int = typer.Option(1, min=1, max=365, help="For how long."),
        wake: bool = typer.Option(False, "--wake", help="Bring it back now."),
        demo: Demo = False,
        tenant: Tenant = None,
    ) -> None:
        house = App.open(demo=demo, tenant=tenant)
        if wake:
            house.plans.wake(finding)
            return say(f"{finding.upper()} is back in the brief")
        until = house.clock() + timedelta(days=days)
        house.plans.snooze(finding, until)
        return say(
            f"{finding.upper()} is out of the brief until {until.astimezone(house.zone):%Y-%m-%d %H:%M %Z}"
        )
