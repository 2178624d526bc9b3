"""Backups of a SQLite store: verified before they get their name, and before they replace anything."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from agentos_cli.errors import DataProblem, Temporary
from agentos_cli.store.link import Database
from agentos_cli.store.problems import clear_errors
from agentos_cli.store.schema import SchemaState, problem_of
from agentos_cli.store.sqlite import BUSY_MS, SqliteFile


def save(database: Database, target: Path) -> None:
    """A consistent copy of the whole store at `target`, mode 0600, beside running writers.

    It is checked and on the disk before it takes the name `target`; an older file there is replaced.
    """
    source = _file(database)
    part = target.with_name(f"{target.name}.part")
    with clear_errors(str(target)), closing(source.open(write=False)) as connection:
        _discard(part)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            connection.execute("PRAGMA query_only=0")  # it forbids VACUUM INTO; the file is open read-only
            connection.execute("VACUUM INTO ?", (str(part),))
            _verify(part)
            _settle(part, target)
        finally:
            _discard(part)


def restore(database: Database, backup: Path) -> Path | None:
    """Put the content of `backup` in the store. Gives where the former store was kept, if there was one.

    A backup that is damaged, foreign or newer than this program is refused and nothing is touched. The
    content arrives in one transaction, so other processes and a crash see the old store or the new.
    """
    store = _file(database)
    saved = SqliteFile(backup, store.tenant)
    if not backup.is_file():
        raise DataProblem(f"there is no backup at {backup}", fix="check the path")
    with clear_errors(saved.label):
        _verify(backup)
        state = saved.state()
        if state not in {SchemaState.CURRENT, SchemaState.OLDER}:
            raise problem_of(state, saved.label) or AssertionError(state)
    with clear_errors(store.label), store.alone():
        kept = _keep(store)
        store.create()
        part = store.path.with_name(f"{store.path.name}.part")
        try:
            _doubted(saved, part)
            copy = SqliteFile(part, store.tenant)
            with closing(copy.open(write=False)) as source, closing(store.open(write=True)) as target:
                source.backup(target, progress=_Patience())
        finally:
            for file in (part, part.with_name(f"{part.name}-journal")):
                _discard(file)
        return kept


def _doubted(saved: SqliteFile, part: Path) -> None:
    """A copy of the backup at `part` in which what was on its way is in doubt wherever sending it again might
    do it twice: it may have been sent since the backup was made."""
    _discard(part)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(saved.open(write=False)) as source:
        source.execute("PRAGMA query_only=0")  # see `save`
        source.execute("VACUUM INTO ?", (str(part),))
    copy = SqliteFile(part, saved.tenant)
    with closing(copy.open(write=True)) as connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'delivery'").fetchone():
            connection.execute(IN_DOUBT.format(now=copy.now()))
            connection.execute(AGAIN.format(now=copy.now()))


IN_DOUBT = """
UPDATE delivery SET state = 'in_doubt', finished_at = {now}, lease_until = NULL,
  note = 'a backup was restored: it may have been sent since that was made'
WHERE finished_at IS NULL AND EXISTS (
  SELECT 1 FROM consumer c
  WHERE c.tenant_id = delivery.tenant_id AND c.name = delivery.consumer AND c.confirms = 0
)
"""
AGAIN = "UPDATE delivery SET state = 'waiting', due_at = {now}, lease_until = NULL WHERE state = 'claimed'"
"""Those who honour our key simply get it again; whoever held the claims works on a store that is gone."""


class _Patience:
    """`Connection.backup` waits for ever for a busy database; this gives up after `BUSY_MS`."""

    def __init__(self) -> None:
        self._left = BUSY_MS // 250  # it asks four times a second

    def __call__(self, status: int, remaining: int, total: int) -> None:
        self._left -= 1
        if self._left < 0:
            raise Temporary("the store is busy: another program writes to it", fix="try again in a moment")


def _keep(store: SqliteFile) -> Path | None:
    """Keep the former store beside the new one: copied if it is sound, moved away if it is damaged."""
    kept = store.path.with_name(f"{store.path.name}.before-restore")
    match store.state():
        case SchemaState.EMPTY:
            return None
        case SchemaState.FOREIGN:
            raise problem_of(SchemaState.FOREIGN, store.label) or AssertionError
        case _:
            try:
                save(store, kept)
            except DataProblem:
                for suffix in ("", "-journal", "-wal", "-shm"):
                    part = store.path.with_name(f"{store.path.name}{suffix}")
                    if part.exists():
                        part.replace(kept.with_name(f"{kept.name}{suffix}"))
            return kept


def _file(database: Database) -> SqliteFile:
    if not isinstance(database, SqliteFile):
        raise DataProblem(
            "agentos backs up SQLite stores only", fix="use pg_dump and pg_restore, see docs/postgresql.md"
        )
    return database


def _verify(path: Path) -> None:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok" or connection.execute("PRAGMA foreign_key_check").fetchone():
            raise DataProblem(f"{path} is damaged", fix="use another backup", detail=str(verdict))


def _settle(part: Path, target: Path) -> None:
    """Give a finished file its name, so that a crash leaves the old one or the new one."""
    _sync(part)
    part.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
