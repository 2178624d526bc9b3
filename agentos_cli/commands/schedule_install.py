"""`agentos schedule install`: make systemd, cron or launchd call `agentos tick` every minute."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Json, Tenant, note, say, say_document
from agentos_cli.errors import UsageProblem

Systemd = Annotated[bool, typer.Option("--systemd", help="A timer of your own systemd (Linux).")]
Cron = Annotated[bool, typer.Option("--cron", help="A line in your crontab.")]
Launchd = Annotated[bool, typer.Option("--launchd", help="An agent of launchd (macOS).")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be written, and do nothing.")]
Remove = Annotated[bool, typer.Option("--remove", help="Take it away again.")]
EnvFile = Annotated[
    Path | None,
    typer.Option(
        "--env-file",
        metavar="PATH",
        help="Variables for env:NAME keys; by default waker.env beside config.toml.",
    ),
]
INSTALLS = (
    "agentos schedule install --dry-run",
    "agentos schedule install --cron",
    "agentos schedule install --remove",
)
PARTIAL = 3


def install_schedule(
    systemd: Systemd = False,
    cron: Cron = False,
    launchd: Launchd = False,
    dry_run: DryRun = False,
    remove: Remove = False,
    env_file: EnvFile = None,
    json: Json = None,
    tenant: Tenant = None,
) -> None:
    """Have the system look every minute what is due, by what suits it. Exit 3: something is missing."""
    from agentos_cli.duties.wakers import WAKERS, install
    from agentos_cli.renderers.wakers import waker_text

    named = [name for name, on in zip(WAKERS, (systemd, cron, launchd), strict=True) if on]
    if len(named) > 1:
        raise UsageProblem("one of --systemd, --cron and --launchd at a time", fix=f"--{named[0]}")
    house = App.start(tenant=tenant) if dry_run or remove else App.open(tenant=tenant)
    document = install(house, named[0] if named else None, dry_run=dry_run, remove=remove, env_file=env_file)
    if json is not None:
        say_document(document, json)
    else:
        say(waker_text(document))
    if document["missing"]:
        raise typer.Exit(PARTIAL)


def failed_unit(unit: str, tenant: Tenant = None) -> None:
    """Tell the dead-man's switch that a unit of systemd failed: for units, not for people."""
    from agentos_cli.duties.wakers import tell_failure

    heard = tell_failure(App.start(tenant=tenant), unit)
    note(
        f"{unit} failed; " + ("the dead-man's switch was told" if heard else "no dead-man's switch was told")
    )
