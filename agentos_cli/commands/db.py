"""`agentos db upgrade|backup|restore|check`: the database, looked after."""

from __future__ import annotations

from pathlib import Path

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Json, Tenant, say, say_document
from agentos_cli.commands.table import group, shown
from agentos_cli.errors import UsageProblem


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    db = group(summary, "agentos db check", "agentos db backup ~/agentos-backup.db")
    app.add_typer(db, name=name)
    db.command("upgrade")(upgrade)
    db.command("backup", epilog=shown("agentos db backup ~/agentos-backup.db"))(backup)
    db.command("restore", epilog=shown("agentos db restore ~/agentos-backup.db --yes"))(restore)
    db.command("check")(check)


def upgrade(json: Json = None, tenant: Tenant = None) -> None:
    """Create the database or bring it to this version's schema; a backup is made first."""
    house = App.start(tenant=tenant)
    house.store.upgrade()
    _done(house, "upgraded", ["the schema is current"], json)


def backup(
    path: Path = typer.Argument(..., help="A new file."), json: Json = None, tenant: Tenant = None
) -> None:
    """Write a verified copy while others may go on working."""
    house = App.open(tenant=tenant)
    house.store.backup(path)
    _done(house, "backed up", [f"verified copy: {path}"], json)


def restore(
    path: Path = typer.Argument(..., help="A file made by `agentos db backup`."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    json: Json = None,
    tenant: Tenant = None,
) -> None:
    """Put a backup in the place of the database; the present one is kept beside it."""
    from agentos_cli.setup import agreed

    house = App.start(tenant=tenant)
    if not agreed(yes, f"Replace {house.url} by {path}? What came since is lost."):
        raise UsageProblem("nothing was restored", fix="agentos db restore FILE --yes")
    kept = house.store.restore(path)
    _done(house, "restored", [f"from {path}", *([f"the former database is {kept}"] if kept else [])], json)


def check(json: Json = None, tenant: Tenant = None) -> None:
    """Verify the database's content, schema and isolation. Exit 7 when something is wrong."""
    house = App.start(tenant=tenant)
    found = house.store.check()
    _done(house, "checked", [f"{'ok ' if f.ok else 'BAD'} {f.name}: {f.detail}" for f in found], json)
    if not all(f.ok for f in found):
        raise typer.Exit(7)


def _done(house: App, done: str, findings: list[str], json: str | None) -> None:
    if json is not None:
        document = {"schema": "agentos.database/1", "done": done, "place": house.url, "findings": findings}
        return say_document(document, json)
    return say("\n".join([f"{done}: {house.url}", *(f"  {line}" for line in findings)]))
