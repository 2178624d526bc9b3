"""What the tests of the ground share: the hostile server, a steady clock, a gate that takes notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from agentos_cli.http import Http, Limits
from agentos_cli.resilience.gate import Outcome
from tests.ground.hostile import Hostile, hostile_server

FAST = Limits(connect=0.5, read=0.5, per_second=1000)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class SteadyClock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **gap: float) -> None:
        self.now += timedelta(**gap)


class Notebook:
    """A gate that admits everything and writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Outcome, datetime | None]] = []
        self.why: list[str] = []

    def admit(self) -> None:
        return None

    def record(self, outcome: Outcome, *, until: datetime | None = None, why: str = "") -> None:
        self.told.append((outcome, until))
        self.why.append(why)

    @property
    def outcomes(self) -> list[Outcome]:
        return [outcome for outcome, _ in self.told]


class Sleeper:
    """Sleeps at once, and remembers for how long it was asked to."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def clock() -> SteadyClock:
    return SteadyClock()


@pytest.fixture
def vendor() -> Iterator[Hostile]:
    with hostile_server() as server:
        yield server


@pytest.fixture
def gate() -> Notebook:
    return Notebook()


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def http(gate: Notebook, sleeper: Sleeper) -> Iterator[Http]:
    with Http("stripe", gate, deadline_seconds=20, limits=FAST, clock=lambda: NOON, sleep=sleeper) as made:
        yield made
