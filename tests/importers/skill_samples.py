"""Skills to be read, and a home around them. All invented."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agentos_cli.importers.clawdbot.settings.setup import AgentSetup, Setup
from agentos_cli.importers.source.home import Home
from tests.importers.building import Files, write

MAIN = AgentSetup("main", "workspace", is_default=True)
OPS = AgentSetup("ops", "workspace-ops")


def home_of(folder: Path, roots: Mapping[str, Files]) -> Home:
    """A home with these roots, by label; the state directory first."""
    home = Home("abc", "clawdbot")
    for label, files in {"state": {}, **roots}.items():
        place = folder / label
        place.mkdir(parents=True)
        home.add(label, write(place, files))
    return home


def setup_of(
    *agents: AgentSetup,
    skill_roots: tuple[str, ...] = (),
    entries: Mapping[str, Mapping[str, object]] | None = None,
) -> Setup:
    """Settings with these agents, or one; `entries` are those of `skills.entries`."""
    return Setup(agents or (MAIN,), "clawdbot", skill_roots=skill_roots, skill_entries=entries or {})


def skill(name: str, more: str = "", body: str = "Do it.") -> str:
    """A document with front matter."""
    return f"---\nname: {name}\ndescription: What {name} does\n{more}---\n{body}\n"
