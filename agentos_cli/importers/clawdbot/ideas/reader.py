"""Reads the idea garden: `dreams.json`, pages under `dreams/`, vaults, the intake, and other ideas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from agentos_cli.belongings import Idea
from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.documents.workspace import owner
from agentos_cli.importers.clawdbot.ideas.shapes import Found, idea, in_intake, in_json, in_page
from agentos_cli.importers.clawdbot.rest.folders import is_custom
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.piece import Piece, brought, failed, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Home
from agentos_cli.importers.source.lenient import parse
from agentos_cli.store.values import clean

INTAKE = "memory/idea-intake.md"
GUESSED = 4
"""From this order on a file may hold ideas, or anything else."""
LONGEST = 120
"""Characters of an id."""


def read(home: Home, setup: Setup, redactor: Redactor) -> Iterator[Piece]:
    """Every idea of the home. A JSON file in a custom folder that holds none is left to `custom`."""
    entries = sorted(filter(None, (_place(entry.path) for entry in home.all() if entry.problem is None)))
    taken: dict[str, _Taken] = {}
    for order, path in entries:
        try:
            found = _found(home, path)
        except DataProblem as problem:
            if order < GUESSED:
                yield failed(path, problem.what)
            continue
        except (ValueError, RecursionError, OverflowError):
            if order < GUESSED:
                yield failed(path, "cannot be understood")
            continue
        if found is None:
            if order < GUESSED:
                yield failed(path, "holds no ideas of a known shape")
            continue
        yield from _pieces(path, found, redactor, taken)
        if not found:
            yield skipped(path, "holds no idea yet")


@dataclass(frozen=True, slots=True)
class _Taken:
    """An idea that has come over: the digest of what was said, where, and what it says."""

    digest: str
    path: str
    idea: Idea


def is_of_ideas(path: str) -> bool:
    """Whether a path of the home is a place of ideas, whatever is in it."""
    place = _place(path)
    return place is not None and place[0] < GUESSED


def _place(path: str) -> tuple[int, str] | None:
    """The path, and in which order it counts: where two files have an idea of one id, the first keeps it."""
    label, *folders = path.split("/")
    name = folders.pop() if folders else ""
    if label.startswith("skills-") or {"skills", "node_modules", ".git"} & set(folders):
        return None
    if label.startswith("workspace") and owner(path) not in ("ideas", "custom"):
        return None
    within = folders[-1] if folders else ""
    orders = (
        name == "dreams.json",
        within == "idea-vault" and name.endswith(".json"),
        within == "dreams" and "memory" not in folders and name.endswith(".md"),
        path.partition("/")[2] == INTAKE,
        is_custom(path) and name.endswith(".json"),
    )
    return (orders.index(True), path) if True in orders else None


def _found(home: Home, path: str) -> list[Found] | None:
    text, stem = home.text(path), path.rpartition("/")[2].rpartition(".")[0]
    if path.endswith(".json"):
        return in_json(parse(text, path), stem)
    if path.endswith(f"/{INTAKE}"):
        return in_intake(text)
    page = in_page(text, stem)
    return [] if page is None else [page]


def _pieces(path: str, found: list[Found], redactor: Redactor, taken: dict[str, _Taken]) -> Iterator[Piece]:
    for one in found:
        digest = _digest(one)
        key = clean(redactor.clean(one.id).text)[:LONGEST]
        redacted: dict[str, int] = {}
        try:
            said = redactor.tree(dict(one.said), redacted)
            thing = idea(key, one.shape, said if isinstance(said, dict) else {})
        except (ValueError, RecursionError, OverflowError):
            yield failed(path, "an idea in it cannot be understood", kind="idea", name=f"{path}#{key}")
            continue
        before = taken.get(key)
        if before is not None and (before.digest == digest or _adds_nothing(thing, before.idea)):
            yield skipped(path, f"the same idea is in {before.path}", kind="idea", name=f"{path}#{key}")
            continue
        key = next(name for name in _names(key, one, path) if name not in taken)
        taken[key] = _Taken(digest, path, thing)
        yield brought(replace(thing, id=key), path, digest, line=one.line, redacted=redacted)


def _adds_nothing(thing: Idea, before: Idea) -> bool:
    """Whether all that an idea says was said by one of its id: a page is often a copy out of the garden."""
    lists = ((thing.tags, before.tags), (thing.connections, before.connections), (thing.trail, before.trail))
    return (
        (thing.title, thing.essence, thing.context) == (before.title, before.essence, before.context)
        and all(set(new) <= set(old) for new, old in lists)
        and all(claim in before.claims for claim in thing.claims)
    )


def _names(key: str, one: Found, path: str) -> Iterator[str]:
    """What an idea may be called: its id, else the id with where it is from."""
    yield from (key, f"{one.shape}:{key}", f"{clean(path)}#{key}")
    number = 2
    while True:
        yield f"{clean(path)}#{key} ({number})"
        number += 1


def _digest(one: Found) -> str:
    told = json.dumps(one.said, sort_keys=True, ensure_ascii=True, default=str)
    return sha256(told.encode()).hexdigest()
