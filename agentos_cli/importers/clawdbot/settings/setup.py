"""What the settings of a home say that the readers of its other parts need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AgentSetup:
    """One agent: `workspace` is the label of its root in the home (`workspace`, `workspace-ops`), None if it
    was not found. `heartbeat`: the merged block (`every`, `activeHours`, `target`, `to`, `prompt` ...); that
    of an agent that does not beat has `every` "0m". `raw` is what the settings say of this agent alone.
    Both hold texts as they stand there, secrets included: they stay in memory."""

    id: str
    workspace: str | None
    is_default: bool = False
    heartbeat: Mapping[str, object] = field(default_factory=dict)
    raw: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setup:
    """The settings, as far as others need them. `timezone`: the user's, or None. `raw` is the parsed settings
    after includes and legacy shapes (`${VAR}` left as it is), and holds secrets: it stays in memory. `config`
    is the Home path of the settings file, None if there is none that could be read."""

    agents: tuple[AgentSetup, ...]
    era: str
    version: str | None = None
    timezone: str | None = None
    skill_roots: tuple[str, ...] = ()
    skill_entries: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    cron_store: str | None = None
    raw: Mapping[str, object] = field(default_factory=dict)
    config: str | None = None

    @property
    def default(self) -> AgentSetup:
        """The default agent: the one marked so, else the first."""
        return next((agent for agent in self.agents if agent.is_default), self.agents[0])
