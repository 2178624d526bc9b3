"""`agentos tick`: do everything that is due now, once. What cron, systemd, launchd and the daemon call."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Json, Tenant, say, say_document
from agentos_cli.commands.table import shown
from agentos_cli.telemetry import notice

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


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

        house = App.open(tenant=tenant)
        with _asked_to_stop() as stop:
            done = tick(house, str(by), stop)
        for step in done.steps:
            if step.problem:
                notice(f"{step.name}: {step.problem.what} ({step.problem.fix or 'agentos doctor'})")
        if json is not None:
            say_document(document(done), json)
        elif text := ticked(document(done)):
            say(text)
        raise typer.Exit(done.exit_code)


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Set once this process is asked to end: what runs is given back, and nothing new is begun."""
    stop = threading.Event()
    former = {number: signal.signal(number, lambda *_: stop.set()) for number in ENDING}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
