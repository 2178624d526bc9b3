"""What the tests of the ground share: the hostile server and a steady clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.ground.hostile import Hostile, hostile_server

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class SteadyClock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **gap: float) -> None:
        self.now += timedelta(**gap)


@pytest.fixture
def clock() -> SteadyClock:
    return SteadyClock()


@pytest.fixture
def vendor() -> Iterator[Hostile]:
    with hostile_server() as server:
        yield server
