"""The documents of `agentos migrate`: what an import would do, did, or took back; and as text."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import rows

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12

OUTCOMES = ("imported", "redacted", "unchanged", "conflict", "archived", "skipped", "failed")
"""What becomes of an item, in the order of the columns."""
SHOWN = 12
"""Lines of one list in the text; the JSON has all of them."""


class MigratedItem(TypedDict):
    """One item of the source: what became of it (`outcome`), why, and what it is called here (`thing`).
    `redacted`: secrets that were taken out of it, by type; `asks`: what is to be decided."""

    kind: str
    name: str
    path: str
    line: int | None
    outcome: str
    reason: str | None
    thing: str | None
    redacted: dict[str, int]
    asks: list[str]


class Tally(TypedDict):
    """How many items of one kind there are, and how many came to each outcome."""

    kind: str
    items: int
    outcomes: dict[str, int]


class Summary(TypedDict):
    """An import without its items. `done`: preview, applied or nothing. `files` is what the walk saw,
    `accounted` how many of these are the place of an item: the two are equal, and the sum of `outcomes` is
    `items`, or else `adds_up` is false. `verified`: how many things were read back as they were put away."""

    schema: str
    done: str
    id: str | None
    home: str
    install: str
    era: str
    version: str | None
    files: int
    accounted: int
    items: int
    outcomes: dict[str, int]
    adds_up: bool
    kinds: list[Tally]
    redacted: dict[str, int]
    warnings: list[str]
    verified: int | None


class MigrationDocument(Summary):
    """An import, planned or applied, with every item."""

    all: list[MigratedItem]


class ImportListItem(TypedDict):
    """One import that was applied."""

    id: str
    at: str
    undone_at: str | None
    home: str
    era: str
    items: int
    outcomes: dict[str, int]


class ImportsDocument(TypedDict):
    """Every import, newest first."""

    schema: str
    imports: list[ImportListItem]


class ImportDocument(TypedDict):
    """One import that was applied, with every item."""

    schema: str
    id: str
    at: str
    undone_at: str | None
    report: dict[str, object]
    all: list[MigratedItem]


class ArchiveDocument(TypedDict):
    """A text that an import archived, redacted, as it was kept."""

    schema: str
    id: str
    name: str
    lines: list[str]


class UndoneDocument(TypedDict):
    """What taking an import back came to: what was `removed`, what was `kept` since somebody changed it, and
    what was `gone` before."""

    schema: str
    id: str
    removed: list[MigratedItem]
    kept: list[MigratedItem]
    gone: list[MigratedItem]


SHAPES: dict[str, type] = {
    "migration": MigrationDocument,
    "imports": ImportsDocument,
    "import": ImportDocument,
    "undone": UndoneDocument,
    "archive": ArchiveDocument,
}
"""Document name to its shape."""


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────


def migration_text(document: MigrationDocument, again: str) -> str:
    """The plan, or what was done; `again` is the command line that applies a plan."""
    parts = [_head(document), _table(document["kinds"], document["outcomes"])]
    parts += [_secrets(document), _asked(document["all"]), _left(document["all"])]
    parts += ["\n".join(f"! {warning}" for warning in document["warnings"]), _foot(document, again)]
    return "\n\n".join(part for part in parts if part)


def import_text(document: ImportDocument) -> str:
    """One import that was applied."""
    state = f"taken back at {document['undone_at']}" if document["undone_at"] else "applied"
    head = (
        f"{document['id']}  {document['at']}  {state}\nfrom {clean.line(str(document['report'].get('home')))}"
    )
    body = [
        (item["outcome"], item["kind"], item["name"], item["reason"] or "; ".join(item["asks"]))
        for item in document["all"]
    ]
    return f"{head}\n\n{rows(('outcome', 'kind', 'name', 'note'), body)}"


def imports_text(document: ImportsDocument) -> str:
    """A line for each import."""
    body = [
        (
            one["id"],
            one["at"],
            "taken back" if one["undone_at"] else "applied",
            str(one["items"]),
            one["home"],
        )
        for one in document["imports"]
    ]
    return rows(("id", "at", "state", "items", "home"), body)


def undone_text(document: UndoneDocument) -> str:
    """What was taken away, and what was not."""
    lines = [f"{len(document['removed'])} things of {document['id']} taken away"]
    lines += [
        f"kept, since it was changed here: {i['kind']} {clean.line(i['name'])}" for i in document["kept"]
    ]
    if document["gone"]:
        lines.append(f"{len(document['gone'])} had been taken away before")
    return "\n".join(lines)


def _head(document: MigrationDocument) -> str:
    version = f" {document['version']}" if document["version"] else ""
    equal = "every one accounted for" if document["adds_up"] else "NOT all accounted for"
    return (
        f"{clean.line(document['home'])}  ({document['era']}{version})\n"
        f"{document['files']:,} files, {document['items']:,} items, {equal}"
    )


def _table(kinds: Sequence[Tally], outcomes: Mapping[str, int]) -> str:
    used = [outcome for outcome in OUTCOMES if outcomes.get(outcome)]
    total: Tally = {"kind": "total", "items": sum(outcomes.values()), "outcomes": dict(outcomes)}
    body = [
        (
            one["kind"],
            f"{one['items']:,}",
            *(f"{one['outcomes'].get(name, 0) or '.':>{len(name)}}" for name in used),
        )
        for one in [*kinds, total]
    ]
    return rows(("kind", "items", *used), body)


def _secrets(document: MigrationDocument) -> str:
    if not document["redacted"]:
        return ""
    found = sorted(document["redacted"].items(), key=lambda pair: (-pair[1], pair[0]))
    told = ", ".join(f"{count} {kind}" for kind, count in found[:SHOWN])
    return f"Secrets that do not come over: {sum(document['redacted'].values())} ({told})"


def _asked(items: Sequence[MigratedItem]) -> str:
    lines = [
        f"  {item['kind']} {clean.line(item['thing'] or item['name'])}: {clean.line(ask)}"
        for item in items
        for ask in item["asks"]
    ]
    return _list(f"For you to decide ({len(lines)})", lines)


def _left(items: Sequence[MigratedItem]) -> str:
    """What does not come over, by reason, the conflicts and failures first."""
    found: dict[tuple[str, str], list[str]] = {}
    for item in items:
        if item["outcome"] in {"conflict", "failed", "skipped"}:
            found.setdefault((item["outcome"], item["reason"] or ""), []).append(item["path"])
    order = sorted(found.items(), key=lambda pair: (pair[0][0] == "skipped", pair[0][0], -len(pair[1])))
    lines = [
        f"  {len(paths):>5}  {outcome}: {clean.line(reason)}  ({_first(paths)})"
        for (outcome, reason), paths in order
    ]
    return _list(f"What does not come over ({sum(map(len, found.values()))})", lines)


def _first(paths: Sequence[str]) -> str:
    return clean.line(paths[0]) + (" ..." if len(paths) > 1 else "")


def _list(head: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    more = [f"  and {len(lines) - SHOWN} more: --json has all of them"] if len(lines) > SHOWN else []
    return "\n".join([head, *lines[:SHOWN], *more])


def _foot(document: MigrationDocument, again: str) -> str:
    if document["done"] == "preview":
        return f"Nothing was written. To bring it over:  {again}"
    if document["done"] == "nothing":
        return "There is nothing to bring over. Nothing was written."
    return (
        f"Brought over as {document['id']}; {document['verified']:,} things were read back as they were put"
        f" away.\nTo take it back:  agentos migrate undo {document['id']}"
    )
