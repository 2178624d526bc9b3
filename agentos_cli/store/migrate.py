"""Bring a database to the schema of this program: one transaction, one at a time, a backup first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from agentos_cli.errors import DataProblem
from agentos_cli.store.backup import save
from agentos_cli.store.engine import engine
from agentos_cli.store.link import Database
from agentos_cli.store.postgres import MIGRATING
from agentos_cli.store.problems import clear_errors
from agentos_cli.store.schema import SchemaState, problem_of
from agentos_cli.store.sqlite import SqliteFile
from agentos_cli.store.values import Dialect


def scripts() -> Path:
    """The folder with `env.py`: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).parent.parent
    shipped = package / "_migrations"
    return shipped if shipped.is_dir() else package.parent / "migrations"


def upgrade(database: Database, folder: Path | None = None) -> Path | None:
    """Migrate to this program's schema; does nothing on a current one. Gives the backup it made, if any.

    Raises DataProblem for a foreign, newer or unreadable database, Temporary while another upgrade
    runs. If a migration fails, the database is as it was. `folder` holds other scripts than ours.
    """
    with clear_errors(database.label), database.alone():
        state = database.state()
        if state is SchemaState.CURRENT:
            return None
        if state not in {SchemaState.EMPTY, SchemaState.OLDER}:
            raise _refusal(database, state)
        kept = None
        if isinstance(database, SqliteFile):
            if state is SchemaState.OLDER:
                kept = database.path.with_name(f"{database.path.name}.before-upgrade")
                save(database, kept)
            database.create()
        _migrate(database, folder or scripts())
        return kept


def _refusal(database: Database, state: SchemaState) -> Exception:
    if state is SchemaState.UNREADABLE:
        database.open(write=True).close()  # says what is wrong, if it can
    return problem_of(state, database.label) or AssertionError(state)


def _migrate(database: Database, folder: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    with engine(database).connect() as connection:
        sqlite = database.dialect is Dialect.SQLITE
        if sqlite:  # only possible outside a transaction, and a table rebuild needs it
            _driver(connection).execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if not sqlite:
                connection.exec_driver_sql(MIGRATING)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise DataProblem(f"{database.label} has broken references; nothing was changed")


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
