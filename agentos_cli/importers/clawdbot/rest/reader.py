"""Reads what no other reader took: folders of somebody's own making, and says of all the rest why it stays.

Of a custom folder (`pulse-v3/`, `bot:dream-weaver/`) every file is looked at and named: Markdown comes over
as notes, ideas of a known shape came with the others, and nothing that could be run is ever kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from hashlib import sha256

from agentos_cli.belongings import Document
from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.documents.workspace import SECRET, take
from agentos_cli.importers.clawdbot.rest import unread
from agentos_cli.importers.clawdbot.rest.folders import is_custom
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.piece import Piece, brought, failed, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import MOST, Entry, Home, Unreadable
from agentos_cli.importers.source.lenient import parse
from agentos_cli.store.values import clean

MARKDOWN = (".md", ".markdown")
SCRIPTS = (
    ".sh", ".bash", ".zsh", ".fish", ".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl", ".ps1", ".bat",
    ".cmd", ".php", ".lua", ".applescript", ".command",
)  # fmt: skip
PROGRAMS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\0asm")
HEAD = 8_192


def read(home: Home, setup: Setup, redactor: Redactor, taken: Collection[str]) -> Iterator[Piece]:
    """A piece for every entry that is not `taken`: the last reader of all."""
    for entry in home.all():
        if entry.path not in taken:
            try:
                yield _piece(home, setup, redactor, entry)
            except Unreadable as problem:
                yield failed(entry.path, problem.why)
            except (DataProblem, ValueError, RecursionError, OverflowError):
                yield failed(entry.path, "cannot be understood")


def _piece(home: Home, setup: Setup, redactor: Redactor, entry: Entry) -> Piece:
    if entry.problem is not None:
        return skipped(entry.path, entry.problem)
    if SECRET.fullmatch(entry.name):
        return skipped(entry.path, "by its name it may hold keys or passwords: never copied")
    known = None if is_custom(entry.path) else unread.reason(entry.path)
    if known is not None:
        return skipped(entry.path, known)
    if entry.name.lower().endswith(MARKDOWN) and entry.size <= MOST:
        return _note(home, setup, redactor, entry)
    return _inventoried(home, entry)


def _note(home: Home, setup: Setup, redactor: Redactor, entry: Entry) -> Piece:
    """A Markdown text as a note of the default agent, under the path that it had."""
    told = take(home, entry.path, redactor)
    if not told.text.strip():
        return skipped(entry.path, "empty")
    note = Document(setup.default.id, clean(entry.path), "notes", told.text)
    return brought(note, entry.path, told.digest, redacted=told.redacted, asks=told.asks)


def _inventoried(home: Home, entry: Entry) -> Piece:
    """That a file is there: what it is, how large, and its hash, which tells whether it is the same again."""
    if entry.size > MOST:
        return skipped(entry.path, f"not understood: {entry.size} bytes, too large to be looked into")
    content = home.read(entry.path)
    digest = sha256(content).hexdigest()
    said = f"not understood: {kind(entry.name, content)}; {entry.size} bytes, SHA-256 {digest[:16]}"
    return replace(skipped(entry.path, said), digest=digest)


def kind(name: str, content: bytes) -> str:
    """What a file is, by what is in it before what it is called."""
    head, ending = content[:HEAD], name.lower()
    kinds = {
        "empty": not content.strip(),
        "an SQLite database, not opened": head.startswith(b"SQLite format 3\0"),
        "a program, never run or kept": head.startswith(PROGRAMS),
        "data of an unknown kind": b"\0" in head,
        "a script, never run or kept": head.startswith(b"#!") or ending.endswith(SCRIPTS),
        "lines of JSON, of no known shape": ending.endswith((".jsonl", ".ndjson")),
    }
    told = next((what for what, holds in kinds.items() if holds), None)
    if told is None and (ending.endswith((".json", ".json5")) or head.lstrip()[:1] in (b"{", b"[")):
        return _json(content)
    return told or "text, of no known shape"


def _json(content: bytes) -> str:
    try:
        value = parse(content.decode("utf-8-sig", "replace"), "")
    except (DataProblem, ValueError, RecursionError):
        return "JSON that cannot be read"
    size = len(value) if isinstance(value, dict | list) else 0
    what = "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "one value"
    return f"JSON of no known shape ({what} of {size})" if size else f"JSON of no known shape ({what})"
