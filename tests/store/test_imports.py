"""What every command pays for: the read path loads no ORM, and the same on both databases byte for byte."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

from agentos_cli.store.store import Store
from agents.nouns import NOUNS
from tests.store.samples import LATER
from tests.store.test_tenants import fill

ROOT = Path(__file__).parents[2]
HEAVY = ("sqlalchemy", "sqlmodel", "pydantic", "alembic", "asyncio", "http.client", "urllib.request")
READ = f"""
import sys
from datetime import UTC, datetime
from agents.nouns import NOUNS
from agentos_cli.store.store import Store
from agentos_cli.telemetry import RunRecord
store = Store(sys.argv[1], "alice")
store.check_schema(), store.require_schema()
at = datetime(2026, 11, 23, 8, tzinfo=UTC)
assert len(store.read(at, NOUNS).records) == len(NOUNS)
store.runs(), store.last_briefing(), store.connections(), store.skipped()
store.record([RunRecord("r", "agent", "a", at, 1, True)])
store.breaker("stripe").peek()
with store.lease("brief", 5):
    pass
print(*(name for name in {HEAVY} + ("psycopg",) if name in sys.modules))
"""


def loaded_by_reading(url: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", READ, url], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_reading_sqlite_loads_no_orm_and_no_other_driver(sqlite_store_url: str) -> None:
    assert loaded_by_reading(sqlite_store_url) == set()


def test_reading_postgresql_loads_its_driver_and_no_orm(postgres_store_url: str) -> None:
    found = loaded_by_reading(postgres_store_url)
    assert found & {"sqlalchemy", "sqlmodel", "pydantic", "alembic"} == set() and "psycopg" in found


def test_both_databases_give_the_same_bytes(sqlite_store_url: str, postgres_store_url: str) -> None:
    known = []
    for url in (sqlite_store_url, postgres_store_url):
        store = Store(url, "alice")
        fill(store)
        known.append((store.read(LATER, NOUNS), store.runs(), store.last_briefing(), store.connections()))
    assert repr(known[0]) == repr(known[1])
    assert pickle.dumps(known[0][0].records) == pickle.dumps(known[1][0].records)
