"""Workspace documents, their versions and the agents they are of, as JSON documents and as lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import rows

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class DocumentItem(TypedDict):
    """One version of a document of an agent's workspace. `role`: instructions, persona, profile, owner,
    notes, startup or checklist; `size` in characters; `origin` None if a person wrote it here."""

    key: str
    agent: str
    name: str
    version: int
    role: str
    size: int
    origin: str | None
    at: str


class DocumentsDocument(TypedDict):
    """`agentos workspace list|history|put|remove`: `done` is what was done to these, None for a list; `more`
    are beyond the limit."""

    schema: str
    done: str | None
    documents: list[DocumentItem]
    more: int


class DocumentDocument(TypedDict):
    """`agentos workspace show`: one version, line by line."""

    schema: str
    document: DocumentItem
    lines: list[str]


class DocumentDiffDocument(TypedDict):
    """`agentos workspace diff`: what a version changed, as lines of a unified diff; none, if nothing."""

    schema: str
    key: str
    older: int
    newer: int
    lines: list[str]


class ProfileItem(TypedDict):
    """An agent as it was set up elsewhere. `role` is a hint which of the seven it resembles."""

    id: str
    name: str
    is_default: bool
    role: str | None
    identity: dict[str, str]
    settings: dict[str, object]
    origin: str | None


class ProfilesDocument(TypedDict):
    """`agentos workspace profiles`: all of them, or the one that was named."""

    schema: str
    profiles: list[ProfileItem]


SHAPES: dict[str, type] = {
    "documents": DocumentsDocument,
    "document": DocumentDocument,
    "document_diff": DocumentDiffDocument,
    "profiles": ProfilesDocument,
}
"""Document name to its shape."""
NONE = "no documents: agentos migrate --from-clawdbot, or agentos workspace put AGENT/NAME FILE"
GREEN, RED, CYAN, OFF = "\x1b[32m", "\x1b[31m", "\x1b[36m", "\x1b[0m"


def listed(document: DocumentsDocument) -> str:
    """Documents or versions in rows, or what was done to one."""
    found = document["documents"]
    if document["done"] is not None:
        done = document["done"]
        return "\n".join(clean.line(f"{d['key']}: version {d['version']} {done}") for d in found)
    if not found:
        return NONE
    body = [
        (
            d["key"],
            str(d["version"]),
            d["role"],
            f"{d['size']:,}",
            d["at"][:10],
            d["origin"] or "written here",
        )
        for d in found
    ]
    more = f"\n\n{document['more']} more: --limit {len(found) + document['more']}" if document["more"] else ""
    return rows(("document", "version", "role", "characters", "since", "from"), body) + more


def text_of(document: DocumentDocument) -> str:
    """The document itself, and nothing beside it."""
    return "\n".join(document["lines"])


def diff_text(document: DocumentDiffDocument, color: bool) -> str:
    """What changed, added lines green and removed ones red where there is colour."""
    if not document["lines"]:
        return f"versions {document['older']} and {document['newer']} say the same"
    return "\n".join(_colored(line, color) for line in document["lines"])


def profiles_text(document: ProfilesDocument) -> str:
    """Agents in rows."""
    body = [
        (
            p["id"],
            p["name"],
            "default" if p["is_default"] else "",
            p["role"] or "",
            _of(p["settings"], "model"),
        )
        for p in document["profiles"]
    ]
    none = "no profiles: agentos migrate --from-clawdbot"
    return rows(("agent", "name", "", "resembles", "model"), body) if body else none


def profile_text(document: ProfilesDocument) -> str:
    """One agent with all that is known of it."""
    (profile,) = document["profiles"]
    told = [f"{profile['id']}  {profile['name']}{'  the default agent' if profile['is_default'] else ''}"]
    told += [f"{name:<10}  {value}" for name, value in profile["identity"].items()]
    told += [f"{name:<10}  {_said(value)}" for name, value in profile["settings"].items()]
    told += [f"resembles   {profile['role']}: a guess, yours to confirm"] if profile["role"] else []
    told.append(f"from        {profile['origin'] or 'here'}")
    return "\n".join(map(clean.line, told))


def _of(settings: Mapping[str, object], name: str) -> str:
    return _said(settings[name]) if settings.get(name) else ""


def _said(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _colored(line: str, color: bool) -> str:
    paint = {"+": GREEN, "-": RED, "@": CYAN}.get(line[:1]) if color else None
    return f"{paint}{line}{OFF}" if paint else line
