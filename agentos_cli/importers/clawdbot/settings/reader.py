"""The settings of a home, of whatever era: read, put together, and what the other readers need of them.

Strict there, lenient here: the source program refuses to start on an unknown key, we keep it and name it.
A file that cannot be read costs itself alone: the rest of the home is read as if there were no settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from agentos_cli.errors import UsageProblem
from agentos_cli.importers.clawdbot.place.locate import Located, find_workspace
from agentos_cli.importers.clawdbot.place.places import is_workspace, names_in
from agentos_cli.importers.clawdbot.settings.includes import Includes
from agentos_cli.importers.clawdbot.settings.legacy import modern
from agentos_cli.importers.clawdbot.settings.setup import AgentSetup, Setup
from agentos_cli.importers.clawdbot.settings.shape import block, items, text, texts
from agentos_cli.importers.piece import Piece, failed
from agentos_cli.importers.source import lenient
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.importers.source.opening import shown

AGENT_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
"""src/routing/session-key.ts of openclaw/openclaw."""
MAIN = "main"
OFF = {"every": "0m"}


def read_setup(
    home: Home,
    located: Located,
    *,
    timezone: str | None,
    workspace: Path | None,
    allow_external_includes: bool = False,
) -> tuple[Setup, list[Piece]]:
    """The settings of a home, and what is to be said of their files. Workspaces and further folders of skills
    become roots of the home. `timezone` and `workspace` (the default agent's) are what the user said of them.

    Raises UsageProblem if there is no such zone or folder.
    """
    if workspace is not None:
        located = replace(located, workspace=_folder(workspace))
    raw, pieces = _raw(home, located.config_path, allow_external_includes)
    found = _Agents(home, located, raw)
    agents = found.all()
    setup = Setup(
        agents=agents,
        era=str(located.era),
        version=located.version,
        timezone=_zone(timezone) or known_zone(block(raw, "agents", "defaults").get("userTimezone")),
        skill_roots=tuple(_skill_roots(home, located, raw, pieces)),
        skill_entries={
            name: each for name, each in block(raw, "skills", "entries").items() if isinstance(each, Mapping)
        },
        cron_store=text(block(raw, "cron").get("store")),
        raw=raw,
        config=located.config_path if raw else None,
    )
    return setup, [*pieces, *found.pieces]


def agent_id(name: object) -> str | None:
    """An agent's id as the source program spells it: in small letters, a dash for whatever an id cannot
    have. None if nothing is left of it."""
    told = text(name)
    if told is None:
        return None
    small = told.lower()
    if AGENT_ID.fullmatch(small):
        return small
    return re.sub(r"[^a-z0-9_-]+", "-", small).strip("-")[:64] or None


def _raw(home: Home, path: str | None, external: bool) -> tuple[dict[str, object], list[Piece]]:
    """The settings with their includes, in the newest shape; nothing where they cannot be read."""
    if path is None:
        return {}, []
    includes = Includes(home, external=external)
    try:
        whole = includes.expand(lenient.parse(home.text(path), path), path)
        if not isinstance(whole, Mapping):
            raise Unreadable("is not a set of settings")
        return modern(whole), includes.pieces
    except Unreadable as problem:
        told = failed(path, f"the settings could not be read, the rest of the home was: {problem.why}")
        return {}, [*includes.pieces, told]
    except RecursionError:
        return {}, [failed(path, "the settings are nested too deeply; the rest of the home was read")]


@dataclass(slots=True)
class _Agents:
    """Finds the agents: those that the settings name, and those that left something in the home."""

    home: Home
    located: Located
    raw: Mapping[str, object]
    pieces: list[Piece] = field(default_factory=list)

    def all(self) -> tuple[AgentSetup, ...]:
        """Every agent, in the order of the settings, then by id."""
        named = self._named()
        default = next((name for name, agent in named.items() if agent.get("default") is True), None)
        default = default or next(iter(named), MAIN)
        for name in (default, *sorted(self._on_disk())):
            named.setdefault(name, {})
        beats = {name for name, agent in named.items() if isinstance(agent.get("heartbeat"), Mapping)}
        return tuple(
            AgentSetup(
                name,
                self._workspace(name, agent, name == default),
                name == default,
                self._heartbeat(agent) if name in (beats or {default}) else OFF,
                agent,
            )
            for name, agent in named.items()
        )

    def _named(self) -> dict[str, Mapping[str, object]]:
        """By id, what the settings say of each agent."""
        found: dict[str, Mapping[str, object]] = {}
        for place, agent in enumerate(items(block(self.raw, "agents").get("list")), 1):
            name = agent_id(block(agent).get("id"))
            if name is None:
                self._failed(f"agent {place} of the list", "it has no id")
            elif name in found:
                self._failed(
                    f"agent {place} of the list", f"there is another agent `{name}`, which was taken"
                )
            else:
                found[name] = block(agent)
        return found

    def _on_disk(self) -> set[str]:
        """Ids of those that have a folder in the state directory with something in it."""
        parts = (entry.path.split("/") for entry in self.home.all() if entry.path.startswith("state/agents/"))
        found = {part[2] for part in parts if len(part) > 4 and part[3] in ("agent", "sessions")}
        return {name for name in found if AGENT_ID.fullmatch(name)}

    def _heartbeat(self, agent: Mapping[str, object]) -> dict[str, object]:
        defaults = block(self.raw, "agents", "defaults", "heartbeat")
        return {**defaults, **block(agent, "heartbeat")}

    def _workspace(self, name: str, agent: Mapping[str, object], is_default: bool) -> str | None:
        configured = text(agent.get("workspace"))
        if configured is None and is_default:
            configured = text(block(self.raw, "agents", "defaults").get("workspace"))
        folder = find_workspace(self.located, configured, name, is_default)
        if folder is None or (folder == self.located.home and not is_workspace(names_in(folder))):
            return None  # somebody's whole home is no workspace, whatever the settings say
        return _root(self.home, "workspace" if is_default else f"workspace-{name}", folder)

    def _failed(self, name: str, reason: str) -> None:
        path = self.located.config_path or "state"
        self.pieces.append(failed(path, reason, kind="profile", name=name))


def _root(home: Home, label: str, folder: Path) -> str | None:
    """Makes a folder a root of the home, and gives its label there, which is that of an earlier one if it is
    the same folder. None if it cannot be looked into."""
    try:
        return home.add(label, folder)
    except OSError:
        return None


def _skill_roots(
    home: Home, located: Located, raw: Mapping[str, object], pieces: list[Piece]
) -> Iterator[str]:
    """What paths of further folders of skills begin with; of those that cannot be read a piece is made."""
    for place, named in enumerate(texts(block(raw, "skills", "load").get("extraDirs")), 1):
        folder = _within(located, named)
        root = None if folder is None else _root(home, f"skills-{place}", folder)
        if root is not None:
            yield root
            continue
        path = located.config_path or "state"
        why = "this folder of skills lies outside the home, or is not there"
        pieces.append(failed(path, why, kind="skills", name=shown(named)[:200]))


def _within(located: Located, named: str) -> Path | None:
    """A folder within the home, real; one of another machine is looked for at the same place in this home."""
    plain = named.replace("\\", "/")
    moved = re.sub(r"^(?:[A-Za-z]:)?/(?:(?:home|Users)/[^/]+|root)/", "~/", plain)
    for path in (plain, moved):
        wanted = located.home / path[2:] if path.startswith("~/") else located.home / path
        try:
            real = wanted.resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            continue
        if real.is_dir() and real != located.home and real.is_relative_to(located.home):
            return real
    return None


def _folder(path: Path) -> Path:
    try:
        real = path.expanduser().resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        real = None
    if real is None or not real.is_dir():
        raise UsageProblem(f"{shown(str(path))}: there is no such folder", fix="--workspace FOLDER")
    return real


def _zone(name: str | None) -> str | None:
    if name is not None and known_zone(name) is None:
        raise UsageProblem(f"there is no time zone `{shown(name)[:80]}`", fix="--timezone Europe/Berlin")
    return name


def known_zone(name: object) -> str | None:
    """The name of a time zone, if there is one of this name."""
    told = text(name)
    try:
        return ZoneInfo(told).key if told else None
    except (OSError, ValueError, KeyError):
        return None
