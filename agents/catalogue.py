"""The agents, in the order in which they are listed. To add one: a file, a line here, a fixture."""

from __future__ import annotations

from importlib import import_module

from agents.report import Agent

CATALOGUE: dict[str, str] = {
    "finance": "agents.finance",
    "sales": "agents.sales",
    "ops": "agents.ops",
    "marketing": "agents.marketing",
    "hr": "agents.hr",
    "success": "agents.success",
}
"""Agent name to the module that holds its `AGENT`. Nothing is imported until it is asked for."""


def load(name: str) -> Agent:
    """The agent called `name`. Raises KeyError for a name that is not in the catalogue."""
    agent = import_module(CATALOGUE[name]).AGENT
    if not isinstance(agent, Agent):
        raise TypeError(f"{CATALOGUE[name]}.AGENT is not an Agent")
    return agent
