"""A store on each database, for Alice; others join her by the same URL."""

from __future__ import annotations

import pytest

from agentos_cli.store.store import Store
from tests.databases import (
    database_url,
    migrated_database,
    migrated_file,
    postgres_server,
    postgres_store_url,
    postgres_url,
    sqlite_store_url,
    sqlite_url,
    store_url,
)

__all__ = [
    "database_url",
    "migrated_database",
    "migrated_file",
    "postgres_server",
    "postgres_store_url",
    "postgres_url",
    "sqlite_store_url",
    "sqlite_url",
    "store_url",
]


@pytest.fixture
def store(store_url: str) -> Store:
    return Store(store_url, "alice")
