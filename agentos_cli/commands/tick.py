"""`agentos tick`: do everything that is due now, once. What cron, systemd, launchd and the daemon call."""

from __future__ import annotations

import signal
import threading
from enum import StrEnum

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Json, Tenant, say, say_document
from agentos_cli.commands.table import shown
from agentos_cli.telemetry import notice


class By(StrEnum):
    """Who can wake the house."""

    hand = "hand"
    cron = "cron"
    systemd = "systemd"
    launchd = "launchd"
    daemon = "daemon"


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(name, help=summary, epilog=shown("agentos tick", "agentos tick --by cron --json"))
    def tick_command(
        by: By = typer.Option(By.hand, help="Who wakes the house."), json: Json = None, tenant: Tenant = None
    ) -> None:
        from agentos_cli.duties.tick import document, tick
        from agentos_cli.renderers.schedules import ticked

        done = tick(App.open(tenant=tenant), str(by), _until_stopped())
        for step in done.steps:
            if step.problem:
                notice(f"{step.name}: {step.problem.what} ({step.problem.fix or 'agentos doctor'})")
        if json is not None:
            say_document(document(done), json)
        elif text := ticked(document(done)):
            say(text)
        raise typer.Exit(done.exit_code)


def _until_stopped() -> threading.Event:
    """Set once this process is asked to end: what runs is given back, and nothing new is begun."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop
