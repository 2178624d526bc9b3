"""What is remembered, as JSON documents and as lines."""

from __future__ import annotations

import sys

from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import rows

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class KnowledgeItem(TypedDict):
    """One entry: `key` is what is typed to see it, `AGENT/PATH:LINE`. `says` is its title and first line;
    `scope` private or shared; `session` the conversation it was made of; `origin` None if a person wrote it
    here."""

    key: str
    agent: str
    path: str
    line: int
    day: str | None
    says: str
    scope: str
    session: str | None
    origin: str | None


class KnowledgeDocument(TypedDict):
    """`agentos knowledge list|add|remove`: `done` is what was done to these, None for a list; `more` are
    beyond the limit."""

    schema: str
    done: str | None
    entries: list[KnowledgeItem]
    more: int


class EntryItem(TypedDict):
    """An entry with its text, line by line."""

    entry: KnowledgeItem
    lines: list[str]


class KnowledgeTextDocument(TypedDict):
    """`agentos knowledge show`: the entries of a file, or one of them."""

    schema: str
    entries: list[EntryItem]


SHAPES: dict[str, type] = {"knowledge": KnowledgeDocument, "knowledge_text": KnowledgeTextDocument}
"""Document name to its shape."""
NONE = "nothing is remembered: agentos knowledge add 'The supplier delivers on Tuesdays'"
WIDEST = 60


def listed(document: KnowledgeDocument) -> str:
    """Entries in rows, or what was done to one."""
    found = document["entries"]
    if document["done"] is not None:
        return "\n".join(clean.line(f"{e['key']} {document['done']}: {e['says']}") for e in found)
    if not found:
        return NONE
    body = [(e["day"] or "-", e["key"], _short(e["says"])) for e in found]
    more = f"\n\n{document['more']} more: --limit {len(found) + document['more']}" if document["more"] else ""
    return rows(("day", "where", "says"), body) + more


def text_of(document: KnowledgeTextDocument) -> str:
    """Entries as they stand, each below where it is from."""
    told: list[str] = []
    for item in document["entries"]:
        entry = item["entry"]
        about = (entry["day"], f"of {entry['session']}" if entry["session"] else None, entry["scope"])
        told.append(clean.line(f"── {entry['key']}  {'  '.join(filter(None, about))}"))
        told += [*item["lines"], ""]
    return "\n".join(told).rstrip("\n")


def _short(text: str) -> str:
    told = clean.line(text)
    return told if len(told) <= WIDEST else f"{told[: WIDEST - 1].rstrip()}…"
