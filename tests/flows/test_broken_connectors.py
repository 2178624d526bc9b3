"""A connector breaks, hangs or brings nonsense: the others and the brief come through, and none is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

import pytest

from agentos_cli.app import App
from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.sync import GRACE, SyncOutcome
from agents.nouns import Issue, Team
from tests.flows.street import MORNING, Street, house

Plant = Callable[[str, str], str]

HEAD = """
from dataclasses import replace
from datetime import datetime
from threading import Event
from agentos_cli.connectors import linear
from agentos_cli.contract import Batch
from agentos_cli.testing.parts import read_in_parts
from agents.nouns import Invoice, Issue, Noun, Team
check = lambda access: "fine"
really = lambda access: iter(read_in_parts(linear, access))
"""
WAYS = {
    "raises": ("def fetch(access):\n    raise KeyError('planted')", "KeyError"),
    "raises half way": (
        "def fetch(access):\n    yield next(really(access))\n    raise KeyError('planted')",
        "KeyError",
    ),
    "cannot be imported": ("raise ImportError('planted')", "ImportError"),
    "has no fetch": ("", "AttributeError"),
    "gives nothing to go through": ("def fetch(access):\n    return None", "TypeError"),
    "brings no batches": ("def fetch(access):\n    yield {'issues': []}", "dict"),
    "brings what others bring": ("def fetch(access):\n    yield Batch(Invoice, ())", "Invoice"),
    "brings a class of its own": (
        "class Rumour(Noun):\n    kind = 'issue'\ndef fetch(access):\n    yield Batch(Rumour, ())",
        "Rumour",
    ),
    "mixes its records": (
        "def fetch(access):\n    yield Batch(Issue, (Team('linear', 't1', 'Core'),))",
        "a Team came among its issue records",
    ),
    "names another source": (
        "def fetch(access):\n    yield Batch(Team, (Team('stripe', 't1', 'Core'),))",
        "comes from stripe",
    ),
    "floods": (
        "def fetch(access):\n    while True:\n        yield Batch(Team, ())",
        "it brought its team records twice",
    ),
    "brings naive instants": (
        "def fetch(access):\n"
        "    for batch in really(access):\n"
        "        if batch.noun is Issue:\n"
        "            naive = tuple(replace(i, created_at=datetime(2026, 1, 1)) for i in batch.records)\n"
        "            batch = replace(batch, records=naive)\n"
        "        yield batch",
        "",
    ),
}


def in_place_of_linear(code: str, plant: Plant, patch: pytest.MonkeyPatch) -> None:
    module = plant("planted_linear", HEAD + code)
    patch.setitem(CATALOGUE, "linear", replace(CATALOGUE["linear"], module=module))


def by_source(outcomes: tuple[SyncOutcome, ...]) -> dict[str, SyncOutcome]:
    return {outcome.source: outcome for outcome in outcomes}


@pytest.mark.parametrize("way", WAYS)
def test_the_others_come_through(
    way: str,
    open_house: App,
    plant: Plant,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    code, told = WAYS[way]
    before = open_house.store.read(MORNING, [Issue, Team]).records
    in_place_of_linear(code, plant, monkeypatch)

    began = monotonic()
    outcomes = by_source(open_house.sync(None, force=True))
    document = open_house.desk.brief()

    problem = str(outcomes["linear"].problem)
    assert {source for source, outcome in outcomes.items() if not outcome.ok} == {"linear"}
    assert told in problem and "\n" not in problem
    assert outcomes["linear"].exit_code == 7
    assert open_house.store.read(MORNING, [Issue, Team]).records == before
    spot = next(s for s in document["blind_spots"] if s["source"] == "linear")
    assert spot["why"] == problem
    assert document["failed"] == []
    assert open_house.store.runs(1, "source", "linear")[0].error == problem
    assert "Traceback" not in capfd.readouterr().err
    assert monotonic() - began < open_house.loaded.settings.sync.deadline / 2, "a broken one was waited for"


def test_one_whose_pages_never_end_is_left_behind_at_the_deadline(
    street: Street, tmp_path_factory: pytest.TempPathFactory, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = house(tmp_path_factory.mktemp("flood"), MORNING, deadline=2.0)
    street.connect(made, "linear", "files")
    code = """
from itertools import count
from agentos_cli.contract import Page
from agentos_cli.connectors.linear import STREAMS, derive
def feed(access, cursors, whole):
    for number in count():
        yield Page("teams", [{"id": f"t{number}-{each}", "name": "x"} for each in range(50)])
"""
    in_place_of_linear(code, plant, monkeypatch)

    outcomes = by_source(made.sync(None, force=True))
    document = made.desk.brief()

    assert outcomes["files"].ok and not outcomes["linear"].ok
    assert "records so far" in str(outcomes["linear"].problem)
    assert made.store.read(MORNING, [Team]).records[Team] == ()
    assert any(spot["source"] == "linear" for spot in document["blind_spots"])


def test_one_that_hangs_is_left_behind_at_the_deadline(
    street: Street, tmp_path_factory: pytest.TempPathFactory, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadline = 2.0
    made = house(tmp_path_factory.mktemp("hang"), MORNING, deadline=deadline)
    street.connect(made, "linear", "files")
    in_place_of_linear("def fetch(access):\n    Event().wait()\n    yield", plant, monkeypatch)

    began = monotonic()
    outcomes = by_source(made.sync(None, force=True))
    waited = monotonic() - began
    document = made.desk.brief()

    assert deadline <= waited < deadline + GRACE + 1.0  # the last second is this machine's
    assert outcomes["files"].ok
    assert outcomes["linear"].problem == "it did not finish within 2 s"
    assert next(s["why"] for s in document["blind_spots"] if s["source"] == "linear") == (
        "it did not finish within 2 s"
    )
    assert made.store.runs(1, "source", "linear")[0].success is False
    made.sync(["files"], force=True)  # the lease was given back
