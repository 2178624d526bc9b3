"""Finds the skills of a home: which folders hold some, which file belongs to which, which skill counts.

As the program looks for them: `SKILL.md` in any folder below a root, and every `*.md` directly in a root, but
nothing in hidden folders or `node_modules`. Of two with one name the workspace's counts over the managed one,
that over a plugin's, that over a shared folder's, a later shared folder over an earlier one.
https://github.com/openclaw/openclaw: src/agents/skills/workspace.ts (`loadSkillEntries`) puts the folders of
plugins behind the shared ones and lets the last one win.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.documents.workspace import REGISTRIES, owner
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.source.home import Entry, Home
from agentos_cli.importers.source.lenient import parse

MANIFESTS = ("openclaw.plugin.json", "clawdbot.plugin.json", "moltbot.plugin.json")


@dataclass(frozen=True, slots=True)
class Root:
    """A folder of skills: `prefix` is its path in the home, `agent` whose it is, "" for all; the lower `rank`
    counts over the higher one."""

    prefix: str
    place: str
    agent: str
    rank: tuple[int, int]

    @property
    def label(self) -> str:
        return self.prefix.partition("/")[0]


@dataclass(frozen=True, slots=True)
class SkillFolder:
    """One skill: its document, the folder that is its own ("" for a document directly in the root), and the
    further files in it."""

    root: Root
    document: Entry
    folder: str
    files: list[Entry] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """What its folder is called, or its document without the ending."""
        if self.folder:
            return self.folder.rpartition("/")[2]
        stem = self.document.name.removesuffix(".md")
        return self.root.prefix.rpartition("/")[2] if stem == "SKILL" else stem


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at the home found: skills, entries that belong to none with why, and what the registry's
    own program left (`lock.json`, `origin.json`)."""

    skills: list[SkillFolder]
    strays: list[tuple[Entry, str]]
    registry: list[Entry]


def look(home: Home, setup: Setup) -> Looked:
    """Every entry of the folders of skills, each in one of the three lists."""
    roots = _roots(home, setup)
    inside: dict[Root, list[Entry]] = {root: [] for root in roots}
    looked = Looked([], [], [])
    for entry in home.all():
        root = next((root for root in roots if entry.path.startswith(f"{root.prefix}/")), None)
        folders = entry.path.split("/")[1:-1]
        in_registry = folders[-1:] and folders[-1].casefold() in REGISTRIES
        if root is not None and not in_registry:
            inside[root].append(entry)
        elif in_registry and (root is not None or _is_ours(entry.path, folders)):
            looked.registry.append(entry)
    for root, entries in inside.items():
        _sort(root, entries, looked)
    return looked


def _is_ours(path: str, folders: list[str]) -> bool:
    return len(folders) == 1 and (path.startswith("state/") or owner(path) == "skills")


def _sort(root: Root, entries: list[Entry], looked: Looked) -> None:
    """The entries of one root: documents first, then each other file to the nearest folder above it."""
    owners: dict[str, SkillFolder] = {}
    rest: list[tuple[Entry, list[str]]] = []
    for entry in entries:
        below = entry.path.removeprefix(f"{root.prefix}/").split("/")
        hidden = next((part for part in below[:-1] if part.startswith(".") or part == "node_modules"), None)
        is_document = below[-1] == "SKILL.md" or (len(below) == 1 and below[0].endswith(".md"))
        if hidden is not None:
            looked.strays.append((entry, entry.problem or "in a folder that skills are not looked for in"))
        elif is_document and entry.problem is None:
            folder = "/".join([root.prefix, *below[:-1]]) if len(below) > 1 else ""
            skill = SkillFolder(root, entry, folder)
            looked.skills.append(skill)
            if folder:
                owners[folder] = skill
        else:
            rest.append((entry, below))
    for entry, below in rest:
        above = ["/".join([root.prefix, *below[:n]]) for n in range(len(below) - 1, 0, -1)]
        skill_above = next((owners[folder] for folder in above if folder in owners), None)
        if skill_above is not None:
            skill_above.files.append(entry)
        else:
            looked.strays.append((entry, entry.problem or "lies among skills, and belongs to none"))


# ── where skills are ─────────────────────────────────────────────────────────────────────────────


def _roots(home: Home, setup: Setup) -> list[Root]:
    """Every folder of skills, the deepest first, so that what is in two counts as the inner one's."""
    found: dict[str, Root] = {}
    agents = sorted(setup.agents, key=lambda agent: agent is not setup.default)
    labels: dict[str, str] = {}
    for agent in agents:
        if agent.workspace is not None:
            labels.setdefault(agent.workspace, agent.id)
    for entry in home.all():
        label, *below = entry.path.split("/")
        if label in labels and len(below) > 1 and below[0].casefold() == "skills":
            prefix = f"{label}/{below[0]}"
            found.setdefault(prefix, Root(prefix, "workspace", labels[label], (0, 0)))
    found.setdefault("state/skills", Root("state/skills", "managed", "", (1, 0)))
    for prefix in plugin_roots(home):
        found.setdefault(prefix, Root(prefix, "plugin", "", (2, 0)))
    for number, shared in enumerate(setup.skill_roots):
        found.setdefault(shared, Root(shared, "extra", "", (3, -number)))
    return sorted(found.values(), key=lambda root: -root.prefix.count("/"))


def plugin_roots(home: Home) -> list[str]:
    """Folders of skills that plugins bring: those that their manifests name, and `skills`."""
    found: list[str] = []
    for entry in home.all():
        label, *folders = entry.path.split("/")
        if label != "state" or folders[:1] != ["extensions"] or len(folders) < 3:
            continue
        base = f"state/extensions/{folders[1]}"
        if len(folders) == 3 and folders[2] in MANIFESTS and entry.problem is None:
            found += [f"{base}/{told}" for told in _named(home, entry.path)]
        elif folders[2] == "skills" and len(folders) > 3:
            found.append(f"{base}/skills")
    return list(dict.fromkeys(found))


def _named(home: Home, manifest: str) -> list[str]:
    try:
        said = parse(home.text(manifest, 1_000_000), manifest)
    except (DataProblem, ValueError, RecursionError):
        return []
    named = said.get("skills") if isinstance(said, Mapping) else None
    texts = [each for each in named if isinstance(each, str)] if isinstance(named, list) else []
    parts = [[part for part in text.split("/") if part not in ("", ".")] for text in texts]
    return ["/".join(each) for each in parts if each and ".." not in each]


# ── which one counts ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Named:
    """A skill of which is known what it is called; `key` is what it is called here, and unique."""

    skill: SkillFolder
    name: str
    key: str
    shown: str
    """Its name here: where another of its place has it already, with its folder added."""


def named(skills: list[tuple[SkillFolder, str]]) -> list[Named]:
    """Each skill with a key of its own, by name, those that count first."""
    found: list[Named] = []
    taken: set[str] = set()
    for skill, name in sorted(skills, key=lambda each: (each[1], *_order(each[0]))):
        at = skill.folder or skill.document.path
        shown = next(
            told for told in (name, f"{name}@{at}", f"{name}@{at}#2") if _key(skill, told) not in taken
        )
        taken.add(_key(skill, shown))
        found.append(Named(skill, name, _key(skill, shown), shown))
    return found


def _order(skill: SkillFolder) -> tuple[tuple[int, int], str, tuple[int, ...]]:
    """By precedence; within one root the last path counts, as where each replaces the one before."""
    return skill.root.rank, skill.root.agent, tuple(-ord(char) for char in skill.document.path)


def _key(skill: SkillFolder, name: str) -> str:
    return "/".join(part for part in (skill.root.place, skill.root.agent, name) if part)


def shadows(found: list[Named], setup: Setup) -> dict[str, str]:
    """By key, the key of the one of its name that counts instead. What all agents share is shadowed only if
    every agent has one of its own."""
    workspaces = {agent.workspace for agent in setup.agents}
    told: dict[str, str] = {}
    by_name: dict[str, list[Named]] = {}
    for each in found:
        by_name.setdefault(each.name, []).append(each)
    for group in by_name.values():
        own: dict[str, Named] = {}
        for each in (each for each in group if each.skill.root.place == "workspace"):
            first = own.setdefault(each.skill.root.label, each)
            if first is not each:
                told[each.key] = first.key
        shared = [each for each in group if each.skill.root.place != "workspace"]
        told.update({each.key: shared[0].key for each in shared[1:]})
        if shared and own and workspaces <= set(own):
            told[shared[0].key] = own[setup.default.workspace or ""].key
    return told
