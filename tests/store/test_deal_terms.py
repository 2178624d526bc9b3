"""The third schema keeps every deal that was there, with no past terms, and asks for terms from then on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine

from agentos_cli.store import schema
from agentos_cli.store.migrate import scripts, upgrade
from agentos_cli.store.postgres import Postgres
from agentos_cli.store.sqlite import SqliteFile
from agentos_cli.store.store import Store
from agents.nouns import Deal
from tests.store.samples import EVERY, NOW

OLD = """
INSERT INTO deal (tenant_id, source, id, version, name, stage_id, amount_amount, amount_currency,
  created_at, stages, recorded_at, superseded_at, digest)
VALUES ('alice', 'hubspot', 'old', 1, 'Old', 'st_1', 500, 'USD', '2026-01-01T00:00:00.000000+00:00', '[]',
  '2026-01-02T00:00:00.000000+00:00', '9999-12-31T00:00:00.000000+00:00', 'd')
"""


def test_deals_from_before_are_kept_without_past_terms(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "scripts"
    shutil.copytree(scripts(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    for script in (folder / "versions").glob("*.py"):
        if script.name > "0003":
            script.unlink()
    sqlite = database_url.startswith("sqlite")
    database = (
        SqliteFile(Path(database_url.removeprefix("sqlite:///")), "alice")
        if sqlite
        else Postgres(database_url, "alice", password=None, superuser=False)
    )
    with monkeypatch.context() as older:
        older.setattr(schema, "REVISIONS", schema.REVISIONS[:2])
        older.setattr(schema, "HEAD", "0002")
        upgrade(database, folder)
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)
    with engine.begin() as connection:
        if not sqlite:
            connection.exec_driver_sql("SELECT set_config('app.tenant', 'alice', true)")
        connection.exec_driver_sql(OLD)
    upgrade(database)
    store = Store(database_url, "alice")
    (kept,) = store.read(NOW, [Deal]).records[Deal]
    assert isinstance(kept, Deal)
    assert (kept.id, kept.name, kept.amount, kept.terms) == ("old", "Old", kept.amount, ())
    assert kept.amount is not None and kept.amount.amount == 500
    new = next(record for record in EVERY if isinstance(record, Deal))
    with store.unit_of_work() as work:
        work.records.replace("hubspot", Deal, [new], NOW)
        work.commit()
    assert store.read(NOW, [Deal]).records[Deal] == (new,)
