"""Imports from other programs' homes, for this house: preview, apply, look at, take back."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from agentos_cli.app import App
from agentos_cli.errors import UsageProblem
from agentos_cli.importers import plan
from agentos_cli.importers.clawdbot.importer import Asked, Found, Told, read
from agentos_cli.importers.documents import (
    archive_document,
    import_document,
    imports_document,
    migrated_item,
    migration_document,
    undone_document,
)
from agentos_cli.importers.plan import Known
from agentos_cli.importers.secrets.keys import Keys
from agentos_cli.renderers.migration import (
    ArchiveDocument,
    ImportDocument,
    ImportsDocument,
    MigrationDocument,
    UndoneDocument,
)
from agentos_cli.store.import_records import ImportItem, ImportRecord
from agentos_cli.store.imports import Step
from agentos_cli.store.schema import SchemaState

Stored = Callable[[int, int], None]
"""Hears of progress: how many things are put away, of how many."""
PATIENCE = 3600.0
"""Seconds that an import may have the store's lease of that name."""


def preview(house: App, asked: Asked, *, overwrite: bool, told: Told) -> MigrationDocument:
    """What an import would do. Nothing is written, neither here nor there."""
    found, steps = _planned(house, asked, overwrite, told, Keys(house.vault, takes=False))
    return migration_document(found, [step.item for step in steps], "preview")


def apply(
    house: App, asked: Asked, *, overwrite: bool, secrets: bool, told: Told, stored: Stored
) -> MigrationDocument:
    """Bring everything over in one transaction, and read it back. With `secrets` keys go into the vault."""
    keys = Keys(house.vault, takes=secrets)
    found, steps = _planned(house, asked, overwrite, told, keys)
    if not plan.writes(steps):
        return migration_document(found, [step.item for step in steps], "nothing")
    now = house.clock()
    document = migration_document(found, [step.item for step in steps], "applied", _id(now))
    left_out = {"all", "schema", "id", "verified"}
    report = {key: value for key, value in document.items() if key not in left_out} | {"keys": keys.new}
    home, era = document["home"], document["era"]
    record = ImportRecord(str(document["id"]), found.install, home, era, now, report)
    imports = house.store.imports()
    with house.store.lease("import", PATIENCE), keys.kept():
        items = imports.apply(record, steps, _counted(steps, stored))
    document["all"] = [migrated_item(item) for item in items]
    document["verified"] = _verified(house, items)
    return document


def _counted(steps: Sequence[Step], stored: Stored) -> Callable[[Step], None]:
    """Tells after each thing how many of them are put away."""
    left = [step for step in steps if step.thing is not None]
    total = len(left)

    def one(step: Step) -> None:
        if step.thing is not None:
            left.pop()
            stored(total - len(left), total)

    return one


def listed(house: App) -> ImportsDocument:
    """Every import that was applied."""
    return imports_document(house.store.imports().all())


def show(house: App, import_id: str) -> ImportDocument:
    """One import and what became of every item. Raises UsageProblem if there is none of this id."""
    record = _found(house, import_id)
    return import_document(record, house.store.imports().items(record.id))


def archive(house: App, import_id: str, name: str) -> ArchiveDocument:
    """A text that an import archived, by its name or the end of it. Raises UsageProblem if there is none."""
    record = _found(house, import_id)
    kept = {item.thing for item in house.store.imports().items(record.id) if item.kind == "archive"}
    for thing in sorted(filter(None, kept)):
        found = house.store.archives().get(thing)
        if found is not None and (thing == name or thing.endswith(f"/{name}")):
            return archive_document(record, found.archive)
    names = ", ".join(sorted(thing.partition("/")[2] for thing in filter(None, kept)))
    raise UsageProblem(
        f"{record.id} archived nothing of that name", fix=f"--archive one of: {names or 'none'}"
    )


def undo(house: App, import_id: str) -> UndoneDocument:
    """Take an import back. Raises UsageProblem if there is none of this id, or it was taken back before."""
    record = _found(house, import_id)
    if record.undone_at is not None:
        raise UsageProblem(f"{record.id} was taken back before", fix="agentos migrate list")
    with house.store.lease("import", PATIENCE):
        undone = house.store.imports().undo(record, house.clock())
    used = {kept.provider.credential for kept in house.store.models().providers()}
    for reference in sorted(set(_references(record)) - used):
        house.vault.forget(reference)
    return undone_document(record, undone)


def _planned(house: App, asked: Asked, overwrite: bool, told: Told, keys: Keys) -> tuple[Found, list[Step]]:
    environ = house.environ
    user_home = Path(environ.get("HOME") or "~").expanduser()
    found = read(asked, environ, user_home, house.clock(), keys, told)
    known = _known(house, found)
    return found, plan.steps(found.pieces, known, overwrite=overwrite)


def _known(house: App, found: Found) -> Known:
    """What earlier imports made; where there is no database yet, nothing."""
    if house.store.check_schema() is SchemaState.EMPTY:
        return Known({}, {})
    house.store.require_schema()
    imports = house.store.imports()
    kept = imports.kept(found.install)
    return Known(kept, imports.standing(plan.wanted(found.pieces, kept)))


def _verified(house: App, items: Sequence[ImportItem]) -> int:
    """How many of the things that were put away stand as they were put."""
    made = {(i.kind, i.thing): i.target_digest for i in items if i.thing and i.outcome != "unchanged"}
    standing = house.store.imports().standing(made)
    return sum(standing.get(name) == digest for name, digest in made.items())


def _found(house: App, import_id: str) -> ImportRecord:
    found = [record for record in house.store.imports().all() if record.id.startswith(import_id)]
    if len(found) != 1:
        many = f"{len(found)} imports begin with" if found else "there is no import"
        raise UsageProblem(f"{many} `{import_id[:40]}`", fix="agentos migrate list")
    return found[0]


def _references(record: ImportRecord) -> list[str]:
    """Of the keys that the import put into the vault."""
    kept = record.report.get("keys")
    return [str(each) for each in kept] if isinstance(kept, list) else []


def _id(now: datetime) -> str:
    """`import_20261123T120000_4f2a`: sorts by time."""
    return f"import_{now:%Y%m%dT%H%M%S}_{os.urandom(2).hex()}"
