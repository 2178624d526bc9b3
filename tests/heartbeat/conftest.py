"""A store on each database, and the served company of the flows."""

from __future__ import annotations

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
from tests.flows.conftest import _read_home, _street, home, street

__all__ = [
    "_read_home",
    "_street",
    "home",
    "migrated_database",
    "migrated_file",
    "postgres_server",
    "postgres_store_url",
    "sqlite_store_url",
    "sqlite_url",
    "store_url",
    "street",
]


@pytest.fixture
def store(store_url: str) -> Store:
    return Store(store_url, "alice")
