"""`agentos logs`: what was done and what went wrong, from the log that is kept."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from agentos_cli.app import App
from agentos_cli.clock import sleep
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.spans import age
from agentos_cli.commands.table import shown
from agentos_cli.renderers import clean
from agentos_cli.renderers.logged import log_line

if TYPE_CHECKING:
    from agentos_cli.duties.runs import Wanted

PAUSE = 0.3
"""Seconds after which it is looked whether there is more."""


class Level(StrEnum):
    """From which level on lines are shown."""

    info = "info"
    warning = "warning"
    error = "error"


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(
        name,
        help=summary,
        epilog=shown(
            "agentos logs",
            "agentos logs --since 2h --level warning",
            "agentos logs --run run_20261123T070000_4f2a9c --json",
            "agentos logs --follow",
        ),
    )
    def logs(
        run: str | None = typer.Option(None, metavar="RUN", help="Only of this run."),
        since: str | None = typer.Option(None, metavar="AGE", help="Only younger than that: 15m, 2h, 1d."),
        level: Level = typer.Option(Level.info, help="Only this bad or worse."),
        limit: int = typer.Option(100, min=1, max=100_000, help="How many, the newest."),
        follow: bool = typer.Option(False, "--follow", "-f", help="Go on with what comes, until Ctrl-C."),
        as_json: Json = None,
        demo: Demo = False,
        tenant: Tenant = None,
    ) -> None:
        from agentos_cli.duties.runs import Wanted, log

        house, oldest = App.start(demo=demo, tenant=tenant), age(since, "--since")
        wanted = Wanted(run, house.clock() - oldest if oldest else None, level)
        if follow:
            return _follow(house, wanted, limit, as_json=as_json is not None)
        found = log(house, wanted, limit)
        if as_json is not None:
            return say_document({"schema": "agentos.logs/1", "lines": found}, as_json)
        return say("\n".join(map(log_line, found)) if found else "nothing of that is in the log")


def _follow(house: App, wanted: Wanted, limit: int, *, as_json: bool) -> None:
    """The newest lines that are kept, then each that comes, printed at once."""
    from agentos_cli.duties.runs import followed

    for item in followed(house, wanted, limit, lambda: sleep(PAUSE)):
        say(json.dumps(clean.tree(item), separators=(",", ":")) if as_json else log_line(item))
