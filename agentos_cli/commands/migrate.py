"""`agentos migrate --from-clawdbot`, `list`, `show`, `undo`: bring over what another program kept."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from agentos_cli.app import App, instant
from agentos_cli.commands.output import Json, Tenant, say, say_document
from agentos_cli.commands.table import group, shown
from agentos_cli.errors import UsageProblem

if TYPE_CHECKING:
    from agentos_cli.duties.migrate import Stored
    from agentos_cli.importers.clawdbot.importer import Asked, Told

EXAMPLES = (
    "agentos migrate --from-clawdbot                 # look in the usual places, show the plan",
    "agentos migrate --from-clawdbot ~/.clawdbot --yes",
    "agentos migrate --from-clawdbot backup/ --only schedules,skills --timezone Europe/Berlin",
    "agentos migrate list",
    "agentos migrate undo import_20261123T070000_4f2a",
)
SHOWING = (
    "agentos migrate show import_20261123",
    "agentos migrate show import_20261123 --archive source-config.redacted.json",
)
ID = typer.Argument(..., metavar="ID", help="The import's id, or its beginning: agentos migrate list")


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app; with `--from-clawdbot` and no command it previews or applies."""
    migrate = group(summary, *EXAMPLES)
    app.add_typer(migrate, name=name)
    migrate.callback(invoke_without_command=True)(bring)
    migrate.command("list", epilog=shown("agentos migrate list"))(list_imports)
    migrate.command("show", epilog=shown(*SHOWING))(show_import)
    migrate.command("undo", epilog=shown("agentos migrate undo import_20261123"))(undo_import)


def bring(
    context: typer.Context,
    from_clawdbot: str | None = typer.Option(
        None, "--from-clawdbot", metavar="[HOME]",
        help="A Clawdbot, Moltbot or OpenClaw home: its state directory, your home, a workspace or a backup.",
    ),
    yes: bool = typer.Option(False, "--yes", help="Apply the plan; without it nothing is written."),
    only: str | None = typer.Option(
        None, "--only", metavar="KINDS",
        help="Only these: agents, documents, knowledge, checks, schedules, skills, models, ideas, "
        "sessions, settings.",
    ),
    since: str | None = typer.Option(None, "--since", metavar="DAY", help="No sessions that ended before."),
    no_sessions: bool = typer.Option(False, "--no-sessions", help="Leave conversations behind."),
    timezone: str | None = typer.Option(
        None, "--timezone", metavar="ZONE", help="The zone of schedules that name none."
    ),
    workspace: Path | None = typer.Option(None, "--workspace", help="Where the default workspace is now."),
    import_secrets: bool = typer.Option(
        False, "--import-secrets", help="Put API keys into the vault (never logins, never bots' tokens)."
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace what was changed here since."),
    external: bool = typer.Option(
        False, "--allow-external-includes", help="Read settings that $include names outside of the home."
    ),
    json: Json = None,
    tenant: Tenant = None,
) -> None:  # fmt: skip
    """Preview or apply an import, where no command of the group is named."""
    if context.invoked_subcommand is not None:
        if from_clawdbot is not None:
            raise UsageProblem("--from-clawdbot goes without a command", fix="agentos migrate --help")
        return
    if from_clawdbot is None:
        raise UsageProblem("say where from", fix="agentos migrate --from-clawdbot")
    house = App.open(tenant=tenant) if yes else App.start(tenant=tenant)  # a preview makes no database
    asked = _asked(house, from_clawdbot, only, since, not no_sessions, timezone, workspace, external)
    _run(house, asked, yes, overwrite, import_secrets, json)


def list_imports(json: Json = None, tenant: Tenant = None) -> None:
    """List what was brought over, newest first."""
    from agentos_cli.duties import migrate
    from agentos_cli.renderers.migration import imports_text

    document = migrate.listed(App.open(tenant=tenant))
    if json is not None:
        return say_document(document, json)
    return say(imports_text(document) if document["imports"] else "nothing was brought over yet")


def show_import(
    import_id: str = ID,
    archive: str | None = typer.Option(
        None, "--archive", metavar="NAME", help="Print one of its archives instead, as it was kept."
    ),
    json: Json = None,
    tenant: Tenant = None,
) -> None:
    """Show what became of every item of an import, or one of the texts that it archived."""
    from agentos_cli.duties import migrate
    from agentos_cli.renderers.migration import import_text

    house = App.open(tenant=tenant)
    if archive is not None:
        kept = migrate.archive(house, import_id, archive)
        return say("\n".join(kept["lines"])) if json is None else say_document(kept, json)
    document = migrate.show(house, import_id)
    return say(import_text(document)) if json is None else say_document(document, json)


def undo_import(import_id: str = ID, json: Json = None, tenant: Tenant = None) -> None:
    """Take an import back: everything that it made and nobody changed since."""
    from agentos_cli.duties import migrate
    from agentos_cli.renderers.migration import undone_text

    document = migrate.undo(App.open(tenant=tenant), import_id)
    return say(undone_text(document)) if json is None else say_document(document, json)


def _run(house: App, asked: Asked, yes: bool, overwrite: bool, secrets: bool, json: str | None) -> None:
    from agentos_cli.duties import migrate
    from agentos_cli.renderers.migration import migration_text

    with _progress() as (told, stored):
        if yes:
            document = migrate.apply(
                house, asked, overwrite=overwrite, secrets=secrets, told=told, stored=stored
            )
        else:
            document = migrate.preview(house, asked, overwrite=overwrite, told=told)
    if json is not None:
        return say_document(document, json)
    return say(migration_text(document, shlex.join(["agentos", *_words(), "--yes"])))


def _asked(
    house: App, home: str, only: str | None, since: str | None, sessions: bool, timezone: str | None,
    workspace: Path | None, external: bool,
) -> Asked:  # fmt: skip
    """What the words of the command line mean. Raises UsageProblem for those that mean nothing."""
    from agentos_cli.importers.clawdbot.importer import GROUPS, Asked
    from agentos_cli.scheduler.cron import zone_named

    kinds = frozenset(filter(None, (word.strip() for word in (only or "").split(","))))
    if unknown := sorted(kinds - GROUPS.keys()):
        raise UsageProblem(f"`{unknown[0][:40]}` cannot be asked for", fix=f"--only {','.join(GROUPS)}")
    return Asked(
        given=Path(home).expanduser() if home else None,
        only=kinds,
        since=instant(since, house.zone) if since else None,
        sessions=sessions,
        timezone=zone_named(timezone).key if timezone else None,
        workspace=workspace.expanduser() if workspace else None,
        external=external,
    )


def _words() -> list[str]:
    """The command line as it was typed, for saying how to apply the plan."""
    return [word for word in sys.argv[1:] if not word.startswith("--json")]


@contextmanager
def _progress() -> Iterator[tuple[Told, Stored]]:
    """A bar on stderr while files are read, and one while things are put away, where somebody watches."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda path, done, total: None, lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        read, kept = bar.add_task("reading", total=None), bar.add_task("storing", visible=False)
        yield (
            lambda path, done, total: bar.update(read, completed=done, total=total),
            lambda done, total: bar.update(kept, completed=done, total=total, visible=True),
        )
