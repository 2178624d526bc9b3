"""The PostgreSQL role for every day: it reads and writes rows, and owns and changes no table."""

from __future__ import annotations

from agentos_cli.errors import DataProblem
from agentos_cli.store.link import Database
from agentos_cli.store.postgres import Postgres
from agentos_cli.store.problems import clear_errors
from agentos_cli.store.schema import VERSION_TABLE
from agentos_cli.store.tables import METADATA


def grant(database: Database, role: str) -> None:
    """Give `role`, which must exist, the rights of daily work. Run as the owner of the tables.

    TRUNCATE is not among them: row-level security does not bind it.
    """
    if not isinstance(database, Postgres):
        raise DataProblem("roles are for PostgreSQL; a SQLite store belongs to its file's owner")
    from psycopg.sql import SQL, Identifier

    name = Identifier(role)
    tables = SQL(", ").join(Identifier(table) for table in METADATA.tables)
    with clear_errors(database.label), database.open(write=True) as connection:
        connection.execute(SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(tables, name))
        connection.execute(SQL("GRANT SELECT ON {} TO {}").format(Identifier(VERSION_TABLE), name))
