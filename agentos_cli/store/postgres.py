"""A PostgreSQL database: row-level security sees the tenant of every transaction, and nothing without one."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentos_cli.errors import DataProblem
from agentos_cli.store.schema import VERSION_TABLE, SchemaState, state_of
from agentos_cli.store.values import Dialect

if TYPE_CHECKING:
    from psycopg import Connection

    Link = Connection[tuple[object, ...]]

CONNECT_SECONDS = 5
LOCK_TIMEOUT = "10s"
BEGIN = """
SELECT set_config('app.tenant', %s, true),
       (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
"""
"""The tenant holds for this transaction only, so a pooled connection cannot carry it to the next."""
ONE_WRITER = "SELECT pg_advisory_xact_lock(hashtextextended('agentos:' || %s, 0))"
MIGRATING = "SELECT pg_advisory_xact_lock(hashtextextended('agentos:migrating', 0))"
"""Held by an upgrade, whatever its tenant. No tenant is called that: a name has no colon."""
TABLES = """
SELECT to_regclass(%s) IS NOT NULL,
       EXISTS (SELECT 1 FROM pg_class
               WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace)
"""


class Postgres:
    """A `Database` on a server. Its role must be an ordinary one: superusers and roles with BYPASSRLS
    see every tenant, so they are refused unless `superuser` says that this is meant."""

    dialect = Dialect.POSTGRES

    def __init__(self, url: str, tenant: str, *, password: str | None, superuser: bool) -> None:
        self._url = url
        self._password = password
        self._superuser = superuser
        self.tenant = tenant
        self.turn = threading.RLock()
        parts = urlsplit(url)
        self.label = f"the PostgreSQL database {parts.path.strip('/') or 'of this user'!r}"

    def open(self, *, write: bool) -> Link:
        try:
            import psycopg
        except ImportError as error:
            raise DataProblem(
                "PostgreSQL needs an extra package", fix="pipx inject agentos-cli 'psycopg[binary]'"
            ) from error
        connection = psycopg.connect(
            self._url,
            connect_timeout=CONNECT_SECONDS,
            application_name="agentos",
            options=f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT}",
            password=self._password or None,
        )
        if not write:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection

    def begin(self, connection: Link, *, write: bool, beside: bool = False) -> None:
        row = connection.execute(BEGIN, (self.tenant,)).fetchone()
        if row and row[1] and not self._superuser:
            raise DataProblem(
                f"{self.label} was opened by a role that row-level security does not bind",
                fix="connect as an ordinary role (NOSUPERUSER NOBYPASSRLS); see docs/postgresql.md",
            )
        if write and not beside:
            # one writer at a time per tenant, as SQLite has it: no race to think about twice
            connection.execute(ONE_WRITER, (self.tenant,))

    def now(self, plus_seconds: float = 0) -> str:
        return f"(clock_timestamp() + interval '{float(plus_seconds):.3f} seconds')"

    def alone(self) -> AbstractContextManager[None]:
        return nullcontext()  # `MIGRATING`, taken inside the transaction, is enough

    def state(self) -> SchemaState:
        try:
            with self.open(write=False) as connection:
                return self._state(connection)
        except Exception:  # whatever is wrong, the first real read says it clearly
            return SchemaState.UNREADABLE

    def _state(self, connection: Link) -> SchemaState:
        row = connection.execute(TABLES, (VERSION_TABLE,)).fetchone()
        ours, tables = row if row else (False, False)
        if not ours:
            return state_of(None, bool(tables))
        found = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
        return state_of(str(found[0]) if found else None, bool(tables))
