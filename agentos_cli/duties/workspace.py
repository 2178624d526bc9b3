"""The documents of agents' workspaces: looked at, compared, and written anew."""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches, unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from agentos_cli.errors import DataProblem, UsageProblem
from agentos_cli.renderers import clean
from agentos_cli.renderers.workspace import (
    DocumentDiffDocument,
    DocumentDocument,
    DocumentItem,
    DocumentsDocument,
    ProfileItem,
    ProfilesDocument,
)

if TYPE_CHECKING:
    from agentos_cli.app import App
    from agentos_cli.store.documents import KeptDocument, Version
    from agentos_cli.store.profiles import KeptProfile

MOST = 16_000_000
"""Bytes of a document."""
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}/[^/\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,254}")


def listing(house: App, agent: str | None, limit: int) -> DocumentsDocument:
    """The newest version of every document, of one agent or of all."""
    found = [version for version in house.store.documents().all() if agent in (None, version.agent)]
    return _document(None, found[:limit], len(found) - limit)


def show(house: App, key: str, version: int | None) -> DocumentDocument:
    """One version of a document, the newest if none is named."""
    kept = _kept(house, key, version)
    lines = clean.lines(kept.text)
    return {"schema": "agentos.document/1", "document": _item(kept.about), "lines": list(lines)}


def history(house: App, key: str) -> DocumentsDocument:
    """Every version of a document, newest first."""
    about = _kept(house, key, None).about
    return _document(None, house.store.documents().versions(about.agent, about.name))


def diff(house: App, key: str, older: int | None, newer: int | None) -> DocumentDiffDocument:
    """What changed between two versions: the newest and the one before it, where none is named."""
    new = _kept(house, key, newer)
    about = new.about
    old = _kept(house, about.key, older if older is not None else max(1, about.version - 1))
    before, after = clean.lines(old.text), clean.lines(new.text)
    first, second = (clean.line(f"{about.key} version {each.about.version}") for each in (old, new))
    lines = unified_diff(before, after, first, second, lineterm="")
    return {
        "schema": "agentos.document_diff/1",
        "key": about.key,
        "older": old.about.version,
        "newer": about.version,
        "lines": [clean.Spaced(line) for line in lines],
    }


def put(house: App, key: str, file: str) -> DocumentsDocument:
    """A new version of a document from a file, or from what comes in for `-`."""
    known = [version.key for version in house.store.documents().all()]
    meant = key if key in known else _alone(key, known) or key
    if not KEY.fullmatch(meant):
        raise UsageProblem(f"`{clean.line(key)[:60]}` names no document", fix="AGENT/NAME: main/SOUL.md")
    agent, _, name = meant.partition("/")
    documents, text = house.store.documents(), _text(file)
    before = {version.version for version in documents.versions(agent, name)}
    number = documents.put(agent, name, text, house.clock())
    newest = documents.versions(agent, name)[:1]
    return _document("says that already" if number in before else "was written", newest)


def remove(house: App, key: str) -> DocumentsDocument:
    """Take away a document with all of its versions."""
    about = _kept(house, key, None).about
    house.store.documents().remove(about.agent, about.name)
    return _document("and all before it removed", [about])


def profiles(house: App, name: str | None) -> ProfilesDocument:
    """Agents as they were set up elsewhere, or the one of this id or name."""
    kept = house.store.profiles().all()
    if name is not None:
        kept = [one for one in kept if name.lower() in (one.profile.id, one.profile.name.lower())][:1]
        if not kept:
            ids = [one.profile.id for one in house.store.profiles().all()]
            raise UsageProblem(
                f"there is no agent `{clean.line(name)[:40]}`",
                fix=f"agentos workspace profiles {' '.join(get_close_matches(name, ids, 1, 0.4))}".rstrip(),
            )
    return {"schema": "agentos.profiles/1", "profiles": [_profile(one) for one in kept]}


def _kept(house: App, key: str, version: int | None) -> KeptDocument:
    """The version that is meant: by key, or by name where one agent alone has such a document."""
    documents = house.store.documents()
    known = [each.key for each in documents.all()]
    meant = key if key in known else _alone(key, known)
    if meant is None:
        near = get_close_matches(key, known, 1, 0.5)
        fix = f"agentos workspace show {near[0]}" if near else "agentos workspace list"
        raise UsageProblem(f"there is no document `{clean.line(key)[:60]}`", fix=clean.line(fix))
    agent, _, name = meant.partition("/")
    kept = documents.get(agent, name, version)
    if kept is None:
        fix = f"agentos workspace history {clean.line(meant)}"
        raise UsageProblem(f"{clean.line(meant)} has no version {version}", fix=fix)
    return kept


def _alone(asked: str, known: list[str]) -> str | None:
    """The only key that is this one but for upper and lower case, or whose name it is."""
    small = asked.lower()
    found = [key for key in known if small in (key.lower(), key.partition("/")[2].lower())]
    if len(found) > 1:
        told = clean.line(", ".join(found[:3]))
        raise UsageProblem(
            f"{len(found)} documents are called `{clean.line(asked)[:40]}`: {told}",
            fix=f"agentos workspace show {clean.line(found[0])}",
        )
    return found[0] if found else None


def _text(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read(MOST + 1) if file == "-" else _bytes(Path(file))
        if len(raw) > MOST:
            raise DataProblem(f"{clean.line(file)} is larger than {MOST // 1_000_000} MB")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataProblem(f"{clean.line(file)} is no text in UTF-8") from None
    except OSError as problem:
        why = (problem.strerror or "cannot be read").lower()
        raise DataProblem(f"{clean.line(file)}: {why}") from None


def _bytes(path: Path) -> bytes:
    with path.expanduser().open("rb") as file:
        return file.read(MOST + 1)


def _document(done: str | None, versions: list[Version], more: int = 0) -> DocumentsDocument:
    found = [_item(version) for version in versions]
    return {"schema": "agentos.documents/1", "done": done, "documents": found, "more": max(0, more)}


def _item(version: Version) -> DocumentItem:
    return {
        "key": version.key,
        "agent": version.agent,
        "name": version.name,
        "version": version.version,
        "role": version.role,
        "size": version.size,
        "origin": version.origin,
        "at": version.at.isoformat(timespec="seconds"),
    }


def _profile(kept: KeptProfile) -> ProfileItem:
    profile = kept.profile
    return {
        "id": profile.id,
        "name": profile.name,
        "is_default": profile.is_default,
        "role": profile.role,
        "identity": dict(profile.identity),
        "settings": dict(profile.settings),
        "origin": kept.origin,
    }
