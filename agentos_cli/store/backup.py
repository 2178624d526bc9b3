"""Backups of a SQLite store: verified before they get their name, and before they replace anything."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from agentos_cli.errors import DataProblem
from agentos_cli.store.link import Database
from agentos_cli.store.problems import clear_errors
from agentos_cli.store.schema import SchemaState
from agentos_cli.store.sqlite import SqliteFile


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
    """Put `backup` in the place of the store. Gives where the replaced store was kept, if there was one.

    A backup that is damaged, foreign or newer than this program is refused and nothing is touched.
    """
    store = _file(database)
    saved = SqliteFile(backup, store.tenant)
    with clear_errors(saved.label):
        if not backup.is_file():
            raise DataProblem(f"no backup at {backup}", fix="check the path")
        _verify(backup)
        if saved.state() not in {SchemaState.CURRENT, SchemaState.OLDER}:
            raise DataProblem(
                f"{backup} is no agentos backup that this version can read", fix="upgrade agentos"
            )
    part = store.path.with_name(f"{store.path.name}.restoring")
    kept = store.path.with_name(f"{store.path.name}.before-restore")
    with clear_errors(store.label):
        store.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        save(saved, part)
        if not store.path.exists():
            _settle(part, store.path)
            return None
        _keep(store, kept)
        _settle(part, store.path)
        return kept


def _keep(store: SqliteFile, kept: Path) -> None:
    """Copy the old store aside. A damaged one cannot be copied as a database, so its bytes are."""
    try:
        save(store, kept)
    except DataProblem:
        kept.write_bytes(store.path.read_bytes())
        kept.chmod(0o600)


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
