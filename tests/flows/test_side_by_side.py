"""Sources and agents work at the same time: each waits here until all the others are at work too.

How much time that saves is measured by `benchmarks/side_by_side.py`; these tests look at no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

import pytest

from agentos_cli.app import App
from agentos_cli.connectors import catalogue as connectors
from agents import catalogue as agents
from tests.flows.street import MORNING, PATIENCE, VENDORS, Street

MEET = """
from threading import Barrier
PLACE = Barrier({parties}, timeout={patience})
"""
"""Where planted modules meet: `wait` comes back once all of them are there, and fails if they never are."""


def test_every_source_is_read_while_the_others_are(
    street: Street, open_house: App, plant: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = import_module(plant("meeting", MEET.format(parties=len(VENDORS) + 1, patience=PATIENCE))).PLACE
    street.watch.before = lambda source: place.wait() if street.watch.asked(source) == 1 else None
    planted = plant(
        "files_that_wait",
        "from agentos_cli.connectors.files import check, fetch as really\n"
        "from meeting import PLACE\n"
        "def fetch(access):\n"
        "    PLACE.wait()\n"
        "    yield from really(access)\n",
    )
    monkeypatch.setitem(connectors.CATALOGUE, "files", replace(connectors.CATALOGUE["files"], module=planted))

    outcomes = open_house.sync(None, force=True)

    assert {outcome.source: outcome.problem for outcome in outcomes} == {
        "stripe": None, "hubspot": None, "linear": None, "files": None,
    }  # fmt: skip
    assert not place.broken


def test_every_agent_works_while_the_others_do(
    open_house: App, plant: Callable[[str, str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant("meeting", MEET.format(parties=len(agents.CATALOGUE), patience=PATIENCE))
    for name, module in agents.CATALOGUE.items():
        code = (
            "from dataclasses import replace\n"
            f"from {module} import AGENT as REAL\n"
            "from meeting import PLACE\n"
            "def analyse(snapshot):\n"
            "    PLACE.wait()\n"
            "    return REAL.analyse(snapshot)\n"
            "AGENT = replace(REAL, analyse=analyse)\n"
        )
        monkeypatch.setitem(agents.CATALOGUE, name, plant(f"{name}_that_waits", code))

    document = open_house.desk.brief()

    assert document["failed"] == []
    assert len(open_house.store.runs(50, "agent")) == len(agents.CATALOGUE) + 1
    assert document["as_of"] == MORNING.astimezone(open_house.zone).isoformat(timespec="seconds")
