"""Whatever a vendor does: a sync ends in time and says why, the brief comes, and the store is whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.app import App
from agentos_cli.clock import monotonic
from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.demo.company.world import World, build_world
from agentos_cli.demo.faults import KINDS, Faults
from agentos_cli.demo.server import DemoServer
from agentos_cli.sync import GRACE, SyncOutcome
from agents.nouns import NOUNS, Noun
from tests.cli.program import AGENTOS, Program
from tests.flows.street import MORNING, VENDORS, Street, at, house
from tests.measured import measured

PATIENT, HURRIED = 10.0, 1.0
"""Seconds that a sync may take: of a vendor that answers, and of one that stalls."""
BEFORE = MORNING - timedelta(days=14)
RETRY, FINAL, KEY = 75, 7, 4
BOTH = ("changes", "whole")
LARGEST = 200 * 1024
"""Kilobytes of memory that a sync may take at its peak."""

Records = dict[str, tuple[Noun, ...]]


@dataclass(frozen=True)
class Fault:
    """What is ordered of a vendor; how a sync may end (`OK` or an exit code) and a word of why; its deadline.
    `ways`: whether only what has changed is read, or everything; many fail alike at the first call."""

    order: str
    ends: tuple[int, ...]
    word: str = ""
    deadline: float = PATIENT
    ways: tuple[str, ...] = ("changes",)


OK = 0
FAULTS = (
    Fault("ratelimit:1", (RETRY,), "slow down", HURRIED),
    Fault("ratelimit:900", (RETRY,), "slow down"),
    Fault("ratelimit-bare", (RETRY,), "slow down", HURRIED),
    Fault("status:500", (RETRY,), "in trouble (500)"),
    Fault("status:503%30", (OK, RETRY), "in trouble (503)", ways=BOTH),
    Fault("dead:/v1/invoices", (RETRY,), "in trouble (500)", ways=BOTH),
    Fault("dead:/v1/events", (RETRY,), "in trouble (500)"),
    Fault("dead:deals", (RETRY,), "in trouble (500)", ways=BOTH),
    Fault("dead:issues", (RETRY,), "in trouble (500)", ways=BOTH),
    Fault("unauthorized", (KEY,), "refused the key"),
    Fault("expired", (KEY,), "refused the key"),
    Fault("latency:8", (RETRY,), "did not finish within 1 s", HURRIED, BOTH),
    Fault("timeout", (RETRY,), "did not finish within 1 s", HURRIED),
    Fault("reset", (RETRY,), "connection was reset"),
    Fault("down", (RETRY,), "cut off"),
    Fault("truncate", (RETRY,), "cut off", ways=BOTH),
    Fault("html", (RETRY,), "a web page"),
    Fault("gzip-bomb", (RETRY,), "more than 32 MiB", ways=BOTH),
    Fault("loop", (FINAL,), "go round in a circle", ways=BOTH),
    Fault("duplicate", (OK,), ways=BOTH),
    Fault("shift", (OK,), ways=BOTH),
    Fault("enum", (OK, FINAL), ways=BOTH),
    Fault("nan", (RETRY,), "NaN"),
    Fault("bigint", (RETRY,), "a number is too long"),
    Fault("dupkey", (RETRY,), "one key twice"),
    Fault("deep", (RETRY,), "nested too deeply"),
    Fault("surrogate", (RETRY,), "half a character"),
)
ELSEWHERE = {
    "dead:/v1/invoices": "stripe",
    "dead:/v1/events": "stripe",
    "dead:deals": "hubspot",
    "dead:issues": "linear",
}
CELLS = [
    pytest.param(source, fault, way, id=f"{source}-{fault.order}-{way}")
    for source in VENDORS
    for fault in FAULTS
    for way in fault.ways
    if ELSEWHERE.get(fault.order, source) == source
]


@dataclass(frozen=True)
class Past:
    """A home in which the company was read two weeks before, and what a sync would bring since then."""

    server: DemoServer
    home: Path
    old: Records
    new: Records


def records(made: App, source: str) -> tuple[Noun, ...]:
    """All that is known of a source."""
    wanted = [noun for noun in NOUNS if noun.kind in CATALOGUE[source].kinds]
    found = made.store.read(MORNING, wanted).records
    return tuple(each for noun in wanted for each in found[noun] if each.source == source)


def everything(made: App) -> Records:
    return {source: records(made, source) for source in VENDORS}


@pytest.fixture(scope="session")
def world() -> World:
    return build_world(MORNING, customers=3, deals=2, projects=1, team=3)


@pytest.fixture(scope="session")
def _past(tmp_path_factory: pytest.TempPathFactory, world: World) -> Iterator[Past]:
    home, ahead = tmp_path_factory.mktemp("past"), tmp_path_factory.mktemp("ahead") / "home"
    street = Street.of(world.seen(BEFORE), tmp_path_factory.mktemp("files"))
    with street.server as server:
        made = street.connect(house(home, MORNING), *VENDORS)
        assert all(outcome.ok for outcome in at(made, BEFORE).sync(None, force=True))
        old = everything(made)
        server.show(world)
        after = unhurried(house(Path(shutil.copytree(home, ahead)), MORNING))
        assert all(outcome.ok and outcome.how == "changes" for outcome in after.sync(None, force=True))
        yield Past(server, home, old, everything(after))


@pytest.fixture
def past(_past: Past) -> Iterator[Past]:
    _past.server.recover()
    yield _past
    _past.server.recover()


def later(past: Past, folder: Path, deadline: float) -> App:
    """The program two weeks later, in a home of its own."""
    return unhurried(house(Path(shutil.copytree(past.home, folder)), MORNING, deadline=deadline))


def unhurried(made: App) -> App:
    """The same without need to read anything whole."""
    settings = made.loaded.settings
    syncing = replace(settings.sync, full_every=24.0 * 30)
    return replace(made, loaded=replace(made.loaded, settings=replace(settings, sync=syncing)))


def spot(document: Any, source: str) -> Any:
    return next((found for found in document["blind_spots"] if found["source"] == source), None)


def test_the_company_has_changed_since_then(past: Past) -> None:
    assert [source for source in VENDORS if past.old[source] == past.new[source]] == []
    assert all(past.old.values())


def test_every_fault_that_can_be_ordered_has_its_row() -> None:
    assert {Faults.parse(f"stripe={fault.order}").orders["stripe"].kind for fault in FAULTS} == set(KINDS)


@pytest.mark.parametrize(("source", "fault", "way"), CELLS)
def test_every_vendor_at_its_worst(past: Past, tmp_path: Path, source: str, fault: Fault, way: str) -> None:
    made = later(past, tmp_path / "home", fault.deadline)
    past.server.order(Faults.parse(f"{source}={fault.order}"))

    begun = monotonic()
    (outcome,) = made.sync([source], force=True, quiet=True, full=way == "whole")
    took = monotonic() - begun

    assert_typed(outcome, fault)
    if not outcome.ok:
        assert took < fault.deadline + GRACE + 1, "it took longer than its deadline and a second"
    assert_told(made, outcome, source)
    assert_whole(made, past, outcome, source, fault)


def assert_typed(outcome: SyncOutcome, fault: Fault) -> None:
    """It ended in one of the ways that it may end, and says why in one line."""
    assert (OK if outcome.ok else outcome.exit_code) in fault.ends, outcome
    if outcome.ok:
        assert (outcome.problem, outcome.exit_code) == (None, 0)
    else:
        assert outcome.problem is not None and "\n" not in outcome.problem
        assert fault.word in outcome.problem
        assert "broke" not in outcome.problem, "that was no fault of the connector"
        assert (outcome.fix or "").startswith("agentos ")


def assert_told(made: App, outcome: SyncOutcome, source: str) -> None:
    """What could not be read is a blind spot with its age and its remedy, in a brief that comes."""
    told = spot(made.desk.brief(), source)
    if outcome.ok:
        assert told is None or "could not be read" in told["why"]
        return
    assert told is not None
    assert told["why"] == outcome.problem
    assert told["fix"] == outcome.fix
    assert told["since"] is not None and told["age"], "data of two weeks ago that does not say so"


def assert_whole(made: App, past: Past, outcome: SyncOutcome, source: str, fault: Fault) -> None:
    """The store is sound and holds what was before, or what a good sync brings; others are as they were."""
    assert [finding for finding in made.store.check() if not finding.ok] == []
    now = everything(made)
    others = [name for name in VENDORS if name != source]
    assert [now[name] for name in others] == [past.old[name] for name in others]
    if fault.order != "enum" or not outcome.ok:
        assert now[source] == (past.new if outcome.ok else past.old)[source]
    else:
        assert {each.id for each in now[source]} <= {
            each.id for each in (*past.old[source], *past.new[source])
        }


@pytest.mark.parametrize(
    "order", ["gzip-bomb", "deep", "bigint", "loop", "latency:8", "duplicate", "status:503%30"]
)
def test_a_sync_at_its_worst_stays_small(office: Program, today: Street, order: str) -> None:
    """The whole program, as the kernel measured it."""
    today.order(f"stripe={order},hubspot={order},linear={order}")
    environment = office.env({"AGENTOS_SYNC__DEADLINE": "2"})
    begun = monotonic()
    ran = measured((str(AGENTOS), "sync", "--full"), environment, timeout=60)
    assert monotonic() - begun < 2 + GRACE + 10, "the deadline, and the interpreter twice"
    assert ran.code in {OK, RETRY, FINAL}, ran.err
    assert "Traceback" not in ran.err and "unexpected" not in ran.err
    assert 20 * 1024 < ran.kilobytes < LARGEST
    assert [finding for finding in house(office.home, MORNING).store.check() if not finding.ok] == []
