"""The write path's way in: one SQLAlchemy engine over the same connections as the read path."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from agentos_cli.store.link import Database
from agentos_cli.store.values import Dialect

URLS = {Dialect.SQLITE: "sqlite://", Dialect.POSTGRES: "postgresql+psycopg://"}
"""Only the dialect: the address and its password stay with `Database.open`."""


def engine(database: Database) -> Engine:
    """Every transaction starts as `database.begin` says; parameters never appear in an error."""
    made = create_engine(
        URLS[database.dialect],
        creator=lambda: database.open(write=True),
        poolclass=NullPool,
        hide_parameters=True,
    )

    @event.listens_for(made, "begin")
    def begin(connection: Connection) -> None:
        database.begin(connection.connection.driver_connection, write=True)

    return made
