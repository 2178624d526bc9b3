"""One demo company and one server for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from agentos_cli.demo.company.world import World, build_world
from agentos_cli.demo.server import DemoServer, serving

AS_OF = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def world() -> World:
    """The default company on a Monday."""
    return build_world(AS_OF)


@pytest.fixture(scope="session")
def demo(world: World) -> Iterator[DemoServer]:
    """The default company, served without faults."""
    with serving(world) as server:
        yield server


def client(server: DemoServer, source: str, key: str | None = None) -> httpx.Client:
    """A client of one source with its key, or another one."""
    token = key or server.keys[source]
    value = token if source == "linear" else f"Bearer {token}"
    return httpx.Client(base_url=server.urls[source], headers={"Authorization": value}, timeout=5)


@pytest.fixture
def stripe(demo: DemoServer) -> Iterator[httpx.Client]:
    with client(demo, "stripe") as found:
        yield found


@pytest.fixture
def hubspot(demo: DemoServer) -> Iterator[httpx.Client]:
    with client(demo, "hubspot") as found:
        yield found


@pytest.fixture
def linear(demo: DemoServer) -> Iterator[httpx.Client]:
    with client(demo, "linear") as found:
        yield found
