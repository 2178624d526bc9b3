"""Each agent is a room of its own: its card is cheap to read, and nobody loads a room they do not enter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agents import catalogue

ROOT = Path(__file__).parents[2]
NAMES = tuple(catalogue.CATALOGUE)
REVENUE = ("figures", "ledger", "recurring", "revenue", "terms")
"""What recurring revenue is worked out with: what a customer brings, set against what it cost to win one."""


def loaded(statement: str) -> set[str]:
    """The modules of `agents` that are there after `statement` in a fresh process."""
    told = f"import sys; {statement}; print(*(m for m in sys.modules if m.startswith('agents.')))"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", NAMES)
def test_every_agent_says_who_it_is_and_what_it_answers(name: str) -> None:
    agent = catalogue.load(name)
    assert agent.name == name
    assert set(agent.needs) <= set(agent.reads)


def test_the_cards_are_read_without_entering_a_room() -> None:
    rooms = {"agents.ceo", *catalogue.CATALOGUE.values()}
    found = loaded(
        "from agents import catalogue, ceo; [catalogue.load(name) for name in catalogue.CATALOGUE]"
    )
    assert {module for module in found if module.split(".")[1] in {*NAMES, "ceo"}} == rooms


@pytest.mark.parametrize(
    ("name", "borrowed"),
    [
        ("finance", set()),
        ("sales", set()),
        ("ops", set()),
        ("marketing", {"agents.finance", *(f"agents.finance.{part}" for part in REVENUE)}),
        ("hr", {"agents.ops", "agents.ops.staff"}),
    ],
)
def test_an_agent_at_work_takes_from_the_others_only_what_it_needs(name: str, borrowed: set[str]) -> None:
    found = loaded(f"from agents.{name} import figures, findings, metrics")
    others = {*NAMES, "ceo"} - {name}
    assert {module for module in found if module.split(".")[1] in others} == borrowed


def test_the_ceo_loads_no_agent_whole() -> None:
    found = loaded("import agents.ceo.alone")
    assert not {f"agents.{name}.{part}" for name in NAMES for part in ("metrics", "findings")} & found
