"""The contract's four benches: the database alone and carried by Redis, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from agentos_cli.store.store import Store
from tests.bus.bench import Bench
from tests.bus.valkey import Valkey


@pytest.fixture(scope="session")
def _valkey() -> Iterator[Valkey]:
    server = Valkey().start()
    yield server
    server.kill()
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def valkey(_valkey: Valkey) -> Valkey:
    """A running server with nothing in it."""
    with _valkey.client() as client:
        client.flushall()
    return _valkey


@pytest.fixture(params=["database", "redis"])
def carried_by(request: pytest.FixtureRequest) -> Valkey | None:
    if request.param == "database":
        return None
    server: Valkey = request.getfixturevalue("valkey")
    return server


@pytest.fixture
def bench(store_url: str, carried_by: Valkey | None) -> Iterator[Bench]:
    store = Store(store_url, "alice")
    with store.outbox() as outbox:
        yield Bench(store, outbox, carried_by)
