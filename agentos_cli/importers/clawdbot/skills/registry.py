"""Which skills came from a registry: what its program wrote beside them (`lock.json`, `origin.json`).

Their shapes are those of https://github.com/openclaw/clawhub: packages/clawdhub/src/skills.ts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.ideas.shapes import instant
from agentos_cli.importers.clawdbot.skills.folders import SkillFolder
from agentos_cli.importers.piece import Piece, failed, skipped
from agentos_cli.importers.source.home import Entry, Home, Unreadable
from agentos_cli.importers.source.lenient import parse

TEXT_ENDINGS = re.compile(
    r"\.(md|mdx|txt|json|json5|yaml|yml|toml|js|cjs|mjs|ts|tsx|jsx|py|sh|rb|go|rs|swift|kt|java|cs|cpp|c|h|hpp"
    r"|sql|csv|ini|cfg|env|xml|html|css|scss|sass|svg)$",
    re.IGNORECASE,
)
"""What the registry takes for text; only such files are in a fingerprint."""

GONE = "installed once from the registry, and its folder is gone"


@dataclass(slots=True)
class Registry:
    """What the registry's program wrote: by label and slug what locks say, by folder what origins say."""

    locked: dict[tuple[str, str], Mapping[str, object]] = field(default_factory=dict)
    origins: dict[str, Mapping[str, object]] = field(default_factory=dict)
    locks: dict[str, list[str]] = field(default_factory=dict)
    """By the path of a lock, the slugs in it."""
    said: dict[str, str] = field(default_factory=dict)
    """By path, why nothing comes over of a file."""
    broken: set[str] = field(default_factory=set)

    def of(self, skill: SkillFolder) -> Mapping[str, object] | None:
        """Where a skill came from, None for one that was written here: registry, slug, version, when."""
        origin = self.origins.get(skill.folder) if skill.folder else None
        lock = self.locked.get((skill.root.label, skill.slug)) if skill.folder else None
        if origin is None and lock is None:
            return None
        told, held = origin or {}, lock or {}
        at = instant(told.get("installedAt")) or instant(held.get("installedAt"))
        return {
            "registry": _text(told.get("registry")) or _text(held.get("registry")) or "clawdhub",
            "slug": _text(told.get("slug")) or skill.slug,
            "version": _text(told.get("installedVersion")) or _text(held.get("version")),
            "installed_at": None if at is None else at.isoformat(timespec="seconds"),
        }


def read_registry(home: Home, entries: Iterable[Entry]) -> Registry:
    """Everything in these files. Raises nothing: what cannot be read is `broken`."""
    found = Registry()
    for entry in entries:
        folder, _, name = entry.path.rpartition("/")
        if entry.problem is not None:
            found.said[entry.path] = entry.problem
        elif name in ("lock.json", "origin.json"):
            _read(home, entry.path, folder, name, found)
        else:
            found.said[entry.path] = "a file of the registry's program"
    return found


def _read(home: Home, path: str, folder: str, name: str, found: Registry) -> None:
    above, _, kind = folder.rpartition("/")
    try:
        value = parse(home.text(path, 1_000_000), path)
    except (DataProblem, ValueError, RecursionError) as problem:
        found.broken.add(path)
        found.said[path] = problem.why if isinstance(problem, Unreadable) else "cannot be understood"
        return
    told = value if isinstance(value, Mapping) else {}
    if name == "origin.json":
        found.origins[above] = told
        found.said[path] = "read for where its skill came from"
        return
    skills = told.get("skills")
    held = skills if isinstance(skills, Mapping) else {}
    for slug, about in held.items():
        known = about if isinstance(about, Mapping) else {}
        found.locked[above.partition("/")[0], str(slug)] = {"registry": kind.removeprefix("."), **known}
    found.locks[path] = list(map(str, held))
    found.said[path] = "read for where skills came from"


def pieces(found: Registry, skills: Sequence[SkillFolder]) -> Iterator[Piece]:
    """One for each of these files, and one for each skill that a lock knows and nobody has any more."""
    there = {(skill.root.label, skill.slug) for skill in skills}
    for path, said in found.said.items():
        yield failed(path, said) if path in found.broken else skipped(path, said)
        for slug in found.locks.get(path, ()):
            if (path.partition("/")[0], slug) not in there:
                name = f"{path}#{slug}"
                yield skipped(path, GONE, kind="skill-lock", name=name)


def fingerprint(texts: Iterable[tuple[str, bytes]]) -> str:
    """What the registry knows a version by: of each text file its path in the skill and its SHA-256, sorted,
    a line each, and of these the SHA-256 again."""
    lines = sorted(
        f"{path}:{sha256(content).hexdigest()}" for path, content in texts if TEXT_ENDINGS.search(path)
    )
    return sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _text(value: object) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None
