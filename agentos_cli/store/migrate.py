"""Bring a database to the schema of this program: one transaction, one at a time, a backup first."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from agentos_cli.errors import Temporary
from agentos_cli.store.backup import save
from agentos_cli.store.engine import engine
from agentos_cli.store.link import Database
from agentos_cli.store.postgres import Postgres
from agentos_cli.store.problems import clear_errors
from agentos_cli.store.schema import SchemaState, problem_of
from agentos_cli.store.sqlite import SqliteFile


def scripts() -> Path:
    """The folder with `env.py`: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).parent.parent
    shipped = package / "_migrations"
    return shipped if shipped.is_dir() else package.parent / "migrations"


def upgrade(database: Database) -> Path | None:
    """Migrate to this program's schema; does nothing on a current one. Gives the backup it made, if any.

    Raises DataProblem for a foreign or newer database, Temporary while another upgrade runs.
    """
    with clear_errors(database.label), _alone(database):
        state = database.state()
        if state is SchemaState.CURRENT:
            return None
        if state in {SchemaState.FOREIGN, SchemaState.NEWER} and (
            problem := problem_of(state, database.label)
        ):
            raise problem
        kept = None
        if isinstance(database, SqliteFile):
            if state is SchemaState.OLDER:
                kept = database.path.with_name(f"{database.path.name}.before-upgrade")
                save(database, kept)
            database.create()
        _migrate(database)
        return kept


def _migrate(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts()).replace("%", "%%"))
    made = engine(database)
    try:
        with made.connect() as connection:
            # foreign keys can only be switched off outside a transaction; a table rebuild needs them off
            _foreign_keys(connection, "OFF")
            with connection.begin():
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                if connection.dialect.name == "sqlite":
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                    assert not broken, "a migration broke a foreign key"
    finally:
        made.dispose()


def _foreign_keys(connection: Connection, setting: str) -> None:
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(f"PRAGMA foreign_keys={setting}")


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Two upgrades at once: the second is told to wait. The kernel drops the lock of a dead process.

    On PostgreSQL the transaction's own advisory lock is enough, see `Postgres.begin`.
    """
    if isinstance(database, Postgres) or not isinstance(database, SqliteFile):
        yield
        return
    database.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = database.path.with_name(f"{database.path.name}.lock")
    handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Temporary(
                "another upgrade of this database is running", fix="try again in a moment"
            ) from error
        yield
    finally:
        os.close(handle)
