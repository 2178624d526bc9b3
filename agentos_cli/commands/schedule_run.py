"""`agentos schedule run`: the embedded daemon, and how it fares."""

from __future__ import annotations

from typing import Annotated

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Json, Tenant, say, say_document
from agentos_cli.errors import UsageProblem

Every = Annotated[
    float, typer.Option("--every", min=1, max=60, metavar="SECONDS", help="How often to look what is due.")
]
Status = Annotated[bool, typer.Option("--status", help="Say how the daemon fares, and run nothing.")]
RUNS = ("agentos schedule run", "agentos schedule run --status")


def run_schedule(
    every: Every = 60.0, status: Status = False, json: Json = None, tenant: Tenant = None
) -> None:
    """Stay, and do what is due every minute, until SIGTERM. With --status: exit 1 when no daemon is well."""
    from agentos_cli.duties.daemon import run_daemon
    from agentos_cli.duties.daemon_state import daemon_document
    from agentos_cli.renderers.wakers import daemon_text

    if not status:
        if json is not None:
            raise UsageProblem("a daemon prints nothing", fix="--status --json, or AGENTOS_LOG=json")
        return run_daemon(App.open(tenant=tenant), every)
    document = daemon_document(App.start(tenant=tenant))
    if json is not None:
        say_document(document, json)
    else:
        say(daemon_text(document))
    if document["state"] not in ("ready", "starting"):
        raise typer.Exit(1)
    return None
