"""Imports as documents: what is planned, done, on record or taken back, in the shapes that are published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from agentos_cli.belongings import Archive
from agentos_cli.importers.clawdbot.importer import Found
from agentos_cli.renderers import clean
from agentos_cli.renderers.migration import (
    ArchiveDocument,
    ImportDocument,
    ImportListItem,
    ImportsDocument,
    MigratedItem,
    MigrationDocument,
    Tally,
    UndoneDocument,
)
from agentos_cli.store.import_records import ImportItem, ImportRecord, Outcome
from agentos_cli.store.imports import Undone


def migrated_item(item: ImportItem) -> MigratedItem:
    """One item as it is published."""
    return {
        "kind": item.kind,
        "name": item.name,
        "path": item.path,
        "line": item.line,
        "outcome": str(item.outcome),
        "reason": item.reason,
        "thing": item.thing,
        "redacted": dict(item.redacted),
        "asks": list(item.asks),
    }


def outcomes_of(items: Iterable[ImportItem]) -> dict[str, int]:
    """How many came to each outcome, those with none left out."""
    found = Counter(str(item.outcome) for item in items)
    return {str(outcome): found[outcome] for outcome in Outcome if found[outcome]}


def tallies(items: Iterable[ImportItem]) -> list[Tally]:
    """The same by kind, in the order of their first items."""
    by_kind: dict[str, list[ImportItem]] = {}
    for item in items:
        by_kind.setdefault(item.kind, []).append(item)
    return [
        {"kind": kind, "items": len(found), "outcomes": outcomes_of(found)} for kind, found in by_kind.items()
    ]


def imports_document(records: Iterable[ImportRecord]) -> ImportsDocument:
    """Every import, for `agentos migrate list`."""
    return {"schema": "agentos.imports/1", "imports": [_listed(record) for record in records]}


def import_document(record: ImportRecord, items: Iterable[ImportItem]) -> ImportDocument:
    """One import, for `agentos migrate show`."""
    return {
        "schema": "agentos.import/1",
        "id": record.id,
        "at": record.at.isoformat(timespec="seconds"),
        "undone_at": record.undone_at.isoformat(timespec="seconds") if record.undone_at else None,
        "report": dict(record.report),
        "all": [migrated_item(item) for item in items],
    }


def _listed(record: ImportRecord) -> ImportListItem:
    outcomes, items = record.report.get("outcomes"), record.report.get("items")
    return {
        "id": record.id,
        "at": record.at.isoformat(timespec="seconds"),
        "undone_at": record.undone_at.isoformat(timespec="seconds") if record.undone_at else None,
        "home": record.home,
        "era": record.era,
        "items": items if isinstance(items, int) else 0,
        "outcomes": dict(outcomes) if isinstance(outcomes, Mapping) else {},
    }


def archive_document(record: ImportRecord, archive: Archive) -> ArchiveDocument:
    """A text that an import archived."""
    return {
        "schema": "agentos.archive/1",
        "id": record.id,
        "name": archive.name,
        "lines": [*clean.lines(archive.text)],
    }


def undone_document(record: ImportRecord, undone: Undone) -> UndoneDocument:
    """What taking an import back came to."""
    return {
        "schema": "agentos.undone/1",
        "id": record.id,
        "removed": [migrated_item(item) for item in undone.removed],
        "kept": [migrated_item(item) for item in undone.kept],
        "gone": [migrated_item(item) for item in undone.gone],
    }


def migration_document(
    found: Found, items: Sequence[ImportItem], done: str, import_id: str | None = None
) -> MigrationDocument:
    """An import with every item; `done` is preview, applied or nothing."""
    redacted: Counter[str] = Counter()
    for item in items:
        redacted.update(item.redacted)
    outcomes, accounted = outcomes_of(items), found.entries - found.unseen
    return {
        "schema": "agentos.migration/1",
        "done": done,
        "id": import_id,
        "home": str(found.located.given or found.located.state),
        "install": found.install,
        "era": str(found.located.era),
        "version": found.located.version,
        "files": found.entries,
        "accounted": accounted,
        "items": len(items),
        "outcomes": outcomes,
        "adds_up": accounted == found.entries and sum(outcomes.values()) == len(items),
        "kinds": tallies(items),
        "redacted": dict(redacted),
        "warnings": _warnings(found),
        "verified": None,
        "all": [migrated_item(item) for item in items],
    }


def _warnings(found: Found) -> list[str]:
    told = [
        f"there is another home at {other}: bring it over by agentos migrate --from-clawdbot {other}"
        for other in found.located.others
    ]
    if found.located.running:
        told.append("the old program seems to be running: stop it before anything here is switched on")
    return told
