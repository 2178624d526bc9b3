"""Which of the program's eras a home is from; each has its own places and shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from agentos_cli.importers.clawdbot.place.places import names_in, profile


class Era(StrEnum):
    """The program's names in their order, and the last one since its state is a SQLite database."""

    WARELAY = "warelay"
    CLAWDIS = "clawdis"
    CLAWDBOT = "clawdbot"
    MOLTBOT = "moltbot"
    OPENCLAW = "openclaw"
    OPENCLAW_SQLITE = "openclaw-sqlite"


DATABASE = Path("state", "openclaw.sqlite")
"""Where the last era keeps its state, within the state directory."""

_AGE = {era: place for place, era in enumerate(Era)}
_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})")
_SINCE = (
    ((2026, 1, 29), Era.OPENCLAW),
    ((2026, 1, 27), Era.MOLTBOT),
    ((2026, 1, 4), Era.CLAWDBOT),
    ((2, 0, 0), Era.CLAWDIS),
    ((0, 0, 0), Era.WARELAY),
)


def era_of(state: Path | None, config: str | None, version: str | None) -> Era:
    """The era of a state directory: by its database, by the version that wrote its settings last, by its
    layout (sessions that no agent owns were there until 2026.1.5), by the newest of its names."""
    if state is None:
        return Era.CLAWDBOT
    if (state / DATABASE).is_file():
        return Era.OPENCLAW_SQLITE
    written = _by_version(version)
    if written:
        return written
    named = _by_name([state.name, config or ""])
    inside = names_in(state)
    if "sessions" in inside and "agents" not in inside:
        return min(named or Era.CLAWDBOT, Era.CLAWDBOT, key=_AGE.__getitem__)
    return named or Era.CLAWDBOT


def era_of_workspace(workspace: Path) -> Era:
    """The era of a workspace alone, as far as it shows."""
    inside = names_in(workspace)
    is_late = ".openclaw" in inside or ".clawhub" in inside or workspace.parent.name == ".openclaw"
    return Era.OPENCLAW if is_late else Era.CLAWDBOT


def _by_version(version: str | None) -> Era | None:
    found = _VERSION.match(version or "")
    if not found:
        return None
    numbers = (int(found[1]), int(found[2]), int(found[3]))
    return next(era for since, era in _SINCE if numbers >= since)


def _by_name(names: Iterable[str]) -> Era | None:
    """`.moldbot` was a slip for moltbot."""
    found = []
    for name in names:
        plain = name.removeprefix(".").removesuffix(".json")
        word = plain.partition("-")[0] if profile(name) else plain
        word = word.replace("moldbot", "moltbot")
        found += [era for era in Era if era == word]
    return max(found, key=_AGE.__getitem__, default=None)
