"""The page of definitions, `docs/metrics.md`, made from what the agents themselves say of their figures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentos_cli.renderers.definitions import BETTER, spoken
from agents import catalogue
from agents.ceo import AGENT as CEO
from agents.definitions import CATALOGUE
from agents.report import Agent, Definition
from agents.unit import Unit

HEAD = """\
# What each figure means

Made by `make docs` from the definitions in the agents' own code, and held equal to them by a test. On the
command line, `agentos metrics show mrr` tells one of them and `agentos metrics list` names all.

- **One definition, every week.** A figure is worked out for today and for the six weeks before in the same
  way, from the records; that is its sparkline, and what its change is measured against. Where the records
  keep no past, there is none.
- **n/a and no data.** Where there is nothing to divide by, a figure is `n/a` and says why; where a source was
  never read, it is `no data`. Neither is ever a 0.
- **What is not counted is said.** Records without an amount, a date or an exchange rate are left out, and
  beside the figure stands how many.
- **Settings.** `policy.runway_act (6)` names a setting of the section `[policy]` and its default, see
  [config.example.toml](../config.example.toml).
- **Watched and ACT.** Where nothing is said of them, a figure is always ok.
- **Families.** `cac_<channel>` stands for one figure for each channel.
"""
UNITS = {
    Unit.MONEY: "money in the company currency",
    Unit.COUNT: "a count",
    Unit.RATIO: "a share, shown in %",
    Unit.TIMES: "times over",
    Unit.DAYS: "days",
    Unit.HOURS: "hours",
    Unit.MONTHS: "months",
    Unit.SCORE: "a score",
}


def metrics_page() -> str:
    """`docs/metrics.md`: a section for each agent, in it one for each of its metrics."""
    agents = (*(catalogue.load(name) for name in catalogue.CATALOGUE), CEO)
    parts = [HEAD, *map(_contents, agents)]
    for agent in agents:
        parts += ["", f"## {agent.title}", "", f"The report of `agentos {agent.name}`."]
        for definition in _of(agent):
            parts += ["", *_section(definition)]
    return "\n".join(parts) + "\n"


def _of(agent: Agent) -> Iterator[Definition]:
    return (definition for definition in CATALOGUE.values() if definition.agent == agent.name)


def _contents(agent: Agent) -> str:
    names = ", ".join(f"[{_safe(d.title)}](#{_anchor(d.title)})" for d in _of(agent))
    return f"- [{agent.title}](#{_anchor(agent.title)}): {names}"


def _section(definition: Definition) -> Iterator[str]:
    yield f"### {_safe(definition.title)}"
    yield ""
    yield _safe(definition.sentence)
    yield ""
    yield f"| `{definition.key}` | {UNITS[definition.unit]}; {BETTER[definition.good.value]} |"
    yield "| --- | --- |"
    yield f"| Formula | {_safe(definition.formula)} |"
    yield f"| Made from | {', '.join(map(spoken, definition.inputs))} |"
    yield f"| Source | {_linked(definition.source)} |"
    yield ""
    yield from (f"- {_safe(case)}" for case in definition.edge_cases)


def _safe(text: str) -> str:
    """Blanks and settings as code, so that no browser takes them for tags."""
    return re.sub(r"(<\w+>|policy\.\w+)", r"`\1`", text)


def _linked(source: str) -> str:
    return "; ".join(
        re.sub(r"^(.*?): (https://\S+)$", r"[\1](\2)", part) for part in _safe(source).split("; ")
    )


def _anchor(title: str) -> str:
    """The name under which GitHub and others find a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
