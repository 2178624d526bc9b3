"""The register of sub-agents, `subagents/runs.json`: who was sent for what by whom. Nothing of it is resumed.

Its shape (versions 1 and 2) is that of https://github.com/openclaw/openclaw:
src/agents/subagent-registry.store.ts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agentos_cli.importers.clawdbot.sessions.index import canonical
from agentos_cli.importers.source import lenient
from agentos_cli.importers.source.home import Home, Unreadable


@dataclass(frozen=True, slots=True)
class Errand:
    """One run of a sub-agent, as it stands there, not redacted: `child` and `parent` are keys of sessions."""

    id: str
    child: str
    parent: str | None = None
    label: str | None = None
    task: str | None = None


def read_errands(home: Home, path: str, agent: str) -> list[Errand]:
    """Every run in the register; keys without an agent are of `agent`. Raises Unreadable."""
    table = lenient.parse(home.text(path), path)
    runs = table.get("runs") if isinstance(table, dict) else None
    if isinstance(runs, dict):
        named: Iterable[tuple[str, object]] = ((str(key), value) for key, value in runs.items())
    elif isinstance(runs, list):
        named = ((str(number), value) for number, value in enumerate(runs, 1))
    else:
        raise Unreadable("is no register of sub-agents", path=path)
    return [errand for key, value in named if (errand := _errand(key, value, agent)) is not None]


def _errand(key: str, value: object, agent: str) -> Errand | None:
    if not isinstance(value, dict):
        return None

    def text(name: str) -> str | None:
        found = value.get(name)
        return found.strip() if isinstance(found, str) and found.strip() else None

    child, parent = text("childSessionKey"), text("requesterSessionKey")
    if child is None:
        return None
    return Errand(
        text("runId") or key,
        canonical(child, agent),
        canonical(parent, agent) if parent else None,
        text("label"),
        text("task"),
    )
