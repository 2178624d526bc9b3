"""When a source was connected is known for any past instant, whatever was connected or removed since."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from agentos_cli.contract import Connection
from agentos_cli.store.store import Store
from tests.store.samples import LATER, NOW

SECOND = timedelta(seconds=1)


def connect(store: Store, source: str, at: datetime, base_url: str | None = None) -> None:
    with store.unit_of_work() as work:
        work.connections.put(Connection(source, None, base_url), at)
        work.commit()


def disconnect(store: Store, source: str, at: datetime) -> None:
    with store.unit_of_work() as work:
        assert work.connections.remove(source, at)
        work.commit()


def connected(store: Store, at: datetime) -> frozenset[str]:
    return store.read(at, ()).connected


def test_each_instant_has_the_connections_of_its_time(store: Store) -> None:
    connect(store, "stripe", NOW)
    connect(store, "files", LATER)
    connect(store, "stripe", LATER, "http://127.0.0.1:1")  # another address is no new connection
    disconnect(store, "stripe", LATER + SECOND)
    connect(store, "stripe", LATER + 3 * SECOND)
    told = {
        NOW - SECOND: set(),
        NOW: {"stripe"},
        LATER: {"stripe", "files"},
        LATER + SECOND: {"files"},
        LATER + 2 * SECOND: {"files"},
        LATER + 3 * SECOND: {"stripe", "files"},
    }
    assert {at: connected(store, at) for at in told} == told


def test_a_connection_from_before_this_was_kept_was_always_there(sqlite_store_url: str) -> None:
    store = Store(sqlite_store_url, "alice")
    connect(store, "stripe", NOW)
    with closing(sqlite3.connect(Path(sqlite_store_url.removeprefix("sqlite:///")))) as connection:
        connection.execute("DELETE FROM connected")  # as an upgraded store has it
        connection.commit()
    connect(store, "stripe", LATER, "http://127.0.0.1:1")
    assert connected(store, NOW - SECOND) == connected(store, LATER) == {"stripe"}
    disconnect(store, "stripe", LATER)
    assert connected(store, LATER - SECOND) == {"stripe"}
    assert connected(store, LATER) == set()
