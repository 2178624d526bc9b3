"""Ideas as documents and as lines: the garden, one idea with how it grew, and what was found in them."""

from __future__ import annotations

import sys

from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import rows
from agentos_cli.renderers.skills import pairs

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class DreamItem(TypedDict):
    """An idea as it is listed. `stage` is seed, germinating, growing, flowering, bloom or archived;
    `strength` 0 to 100."""

    id: str
    title: str
    stage: str
    strength: int
    tags: list[str]
    changed_at: str


class DreamsDocument(TypedDict):
    """`agentos dreams list|add|archive`: `done` is what was done to these, None for a list; `more` counts
    those beyond the limit."""

    schema: str
    done: str | None
    dreams: list[DreamItem]
    more: int


class ClaimItem(TypedDict):
    """Something that an idea states: `type` insight, quantitative or hypothesis, as far as it was said."""

    text: str
    type: str
    source: str


class DreamDocument(TypedDict):
    """`agentos dreams show`: `trail` is how it came to be what it is, oldest first; `connections` ids of
    others, of which some may be gone; `origin` None for one that was added here."""

    schema: str
    dream: DreamItem
    essence: str
    context: str
    source: str
    created_at: str
    connections: list[str]
    claims: list[ClaimItem]
    trail: list[str]
    origin: str | None


SHAPES: dict[str, type] = {
    "dreams": DreamsDocument,
    "dream": DreamDocument,
}
"""Document name to its shape."""


def listed(document: DreamsDocument) -> str:
    """Ideas in rows, or what was done to one."""
    if document["done"] is not None:
        told = (f"idea {d['id']} {document['done']}: {d['title']}" for d in document["dreams"])
        return "\n".join(map(clean.line, told))
    if not document["dreams"]:
        return "no ideas: agentos dreams add 'What could be'"
    head = ("id", "stage", "strength", "changed", "idea", "tags")
    body = [
        (
            _cut(d["id"], 30),
            d["stage"],
            str(d["strength"]),
            d["changed_at"][:10],
            _cut(d["title"], 50),
            _tags(d),
        )
        for d in document["dreams"]
    ]
    more = f"\n\n{document['more']} more: --limit {len(body) + document['more']}" if document["more"] else ""
    return rows(head, body) + more


def shown(document: DreamDocument) -> str:
    """One idea for people."""
    dream = document["dream"]
    lines = [f"{dream['title']}  ({dream['id']})", f"{dream['stage']}, strength {dream['strength']}"]
    for name in ("essence", "context"):
        lines += ["", *_paragraph(str(document[name]))] if document[name] else []
    told = [
        *([("tags", ", ".join(dream["tags"]))] if dream["tags"] else []),
        *(("claims", f"{claim['text']}{_said(claim)}") for claim in document["claims"]),
        *(("near to", near) for near in document["connections"]),
        *(("trail", step) for step in document["trail"]),
        ("since", f"{document['created_at'][:10]}, changed {dream['changed_at'][:10]}"),
        ("from", document["origin"] or "here"),
    ]
    return "\n".join([*map(clean.line, lines), "", *pairs(told)])


def _said(claim: ClaimItem) -> str:
    told = ", ".join(filter(None, (claim["type"], claim["source"])))
    return f" ({told})" if told else ""


def _paragraph(text: str) -> list[str]:
    return text.splitlines()


def _tags(dream: DreamItem) -> str:
    return " ".join(dream["tags"][:4]) + (" ..." if len(dream["tags"]) > 4 else "")


def _cut(text: str, most: int) -> str:
    told = clean.line(text)
    return told if len(told) <= most else f"{told[: most - 1].rstrip()}…"
