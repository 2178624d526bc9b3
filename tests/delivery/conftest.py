"""A home of the small company, both databases, and a receiver on loopback that can misbehave."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agentos_cli.store.store import Store
from tests.databases import (
    migrated_database,
    migrated_file,
    postgres_server,
    postgres_store_url,
    sqlite_store_url,
    sqlite_url,
    store_url,
)
from tests.delivery.receiver import Receiver
from tests.flows.conftest import _today, office, program, today

__all__ = [
    "_today",
    "migrated_database",
    "migrated_file",
    "office",
    "postgres_server",
    "postgres_store_url",
    "program",
    "sqlite_store_url",
    "sqlite_url",
    "store_url",
    "today",
]


@pytest.fixture
def store(store_url: str) -> Store:
    """A store on either database."""
    return Store(store_url, "alice")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who takes messages."""
    with Receiver() as receiver:
        yield receiver
