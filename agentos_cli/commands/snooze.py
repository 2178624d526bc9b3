"""`agentos snooze ID`: a finding leaves the brief until then."""

from __future__ import annotations

from datetime import datetime, timedelta

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import shown
from agentos_cli.errors import UsageProblem


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(
        name, help=summary, epilog=shown("agentos snooze R7KQ2 --days 3", "agentos snooze R7KQ2 --wake")
    )
    def snooze(
        finding: str = typer.Argument(..., metavar="ID", help="The id that the brief prints."),
        days: int = typer.Option(1, min=1, max=365, help="For how long."),
        wake: bool = typer.Option(False, "--wake", help="Bring it back now."),
        json: Json = None,
        demo: Demo = False,
        tenant: Tenant = None,
    ) -> None:
        house, wanted = App.open(demo=demo, tenant=tenant), finding.strip().upper()
        if wake:
            house.plans.wake(wanted)
            return _told(wanted, None, json)
        if house.desk.finding(wanted) is None:
            raise UsageProblem(
                f"nothing in this brief has the id `{finding[:20]}`", fix="agentos brief --all"
            )
        until = (house.clock() + timedelta(days=days)).astimezone(house.zone)
        house.plans.snooze(wanted, until)
        return _told(wanted, until, json)


def _told(finding: str, until: datetime | None, json: str | None) -> None:
    if json is not None:
        at = until.isoformat(timespec="seconds") if until else None
        return say_document({"schema": "agentos.snooze/1", "id": finding, "until": at}, json)
    if until is None:
        return say(f"{finding} is back in the brief")
    return say(f"{finding} is out of the brief until {until:%Y-%m-%d %H:%M %Z}")
