"""Runs the embedded daemon for a house."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agentos_cli import telemetry
from agentos_cli.duties.ping import report_failure
from agentos_cli.duties.wakers import patience
from agentos_cli.scheduler.daemon import Daemon, Orders
from agentos_cli.scheduler.singleton import Post

if TYPE_CHECKING:
    from agentos_cli.app import App


def run_daemon(house: App, every: float) -> None:
    """Have a tick made every so many seconds until SIGTERM. Raises LeaseHeld when another daemon does.

    Logs to stderr: lines for people on a terminal, else JSON lines, those of the ticks included.
    """
    from agentos_cli.app import App

    tenant, now = house.loaded.settings.tenant, [house]
    watched = sys.stderr.isatty()
    if watched:
        telemetry.configure_logging(1, sys.stderr)
    elif not telemetry.logs_json():
        telemetry.configure_json_logging(sys.stderr)
    environ = {"AGENTOS_LOG": "text" if watched else "json", **house.environ, "AGENTOS_TENANT": tenant}

    def reread() -> None:
        now[0] = App.start(tenant=tenant)

    def failed(what: str) -> None:
        report_failure(now[0], [what])

    command = (sys.executable, "-m", "agentos_cli", "tick", "--by", "daemon")
    orders = Orders(command, environ, reread, failed, every, patience=lambda: patience(now[0]))
    Daemon(orders, Post(house.places.state, tenant)).run()
