"""One open transaction on either database, without an ORM: the read path and the small hot writes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

from agentos_cli.store.problems import clear_errors
from agentos_cli.store.schema import SchemaState
from agentos_cli.store.values import Dialect, Primitive, Stored, bind

Connection = Any
"""A DB-API connection; `sqlite3` and `psycopg` share no type for one."""


class Database(Protocol):
    """What differs between the two databases: opening, the start of a transaction, the clock.

    `label` names it in messages and holds no secret.
    """

    @property
    def dialect(self) -> Dialect: ...
    @property
    def label(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def turn(self) -> AbstractContextManager[object]:
        """For the threads of this process, one of which writes at a time: they wait for each other as long
        as it takes, and for other processes some seconds."""

    def open(self, *, write: bool) -> Connection:
        """A new connection with every setting made, no transaction begun."""

    def begin(self, connection: Connection, *, write: bool, beside: bool = False) -> None:
        """Start a transaction for this tenant: one writer at a time, readers on one snapshot. `beside`: a
        writer that touches rows of its own only, and is not kept out by the others where they allow it."""

    def now(self, plus_seconds: float = 0) -> str:
        """An SQL expression: the database's own clock, as its instant columns hold it."""

    def state(self) -> SchemaState:
        """How its schema stands. Raises nothing."""

    def alone(self) -> AbstractContextManager[None]:
        """Keeps a second upgrade or restore out for the block; raises Temporary if one is running."""


class Link:
    """Runs statements written with `?` on either driver."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection = connection
        self.dialect = dialect

    def rows(self, sql: str, *values: Primitive) -> list[Sequence[Stored]]:
        """All rows of a query, or of a statement with RETURNING."""
        found: list[Sequence[Stored]] = self._run(sql, values).fetchall()
        return found

    def one(self, sql: str, *values: Primitive) -> Sequence[Stored] | None:
        """The first row, or None."""
        row: Sequence[Stored] | None = self._run(sql, values).fetchone()
        return row

    def run(self, sql: str, *values: Primitive) -> int:
        """Run a statement; how many rows it touched."""
        return int(self._run(sql, values).rowcount)

    def many(self, sql: str, rows: Sequence[Sequence[Primitive]]) -> int:
        """Run a statement for each row; how many rows it touched. Its values are as the driver takes them:
        see `values.bind`."""
        if not rows:
            return 0
        if self.dialect is Dialect.POSTGRES:
            with self._connection.cursor() as cursor:
                cursor.executemany(sql.replace("?", "%s"), rows)
                return int(cursor.rowcount)
        return int(self._connection.executemany(sql, rows).rowcount)

    def _run(self, sql: str, values: tuple[Primitive, ...]) -> Any:
        if self.dialect is Dialect.POSTGRES:
            sql = sql.replace("?", "%s")
        return self._connection.execute(sql, [bind(value, self.dialect) for value in values])


def marks(values: Collection[object]) -> str:
    """A mark for each value."""
    return ", ".join("?" * len(values))


def size(link: Link) -> int:
    """Bytes of the database's file; of a shared PostgreSQL the whole database's."""
    if link.dialect is Dialect.POSTGRES:
        return int(link.rows("SELECT pg_database_size(current_database())")[0][0])
    pages, bytes_each = (link.rows(f"PRAGMA {name}")[0][0] for name in ("page_count", "page_size"))
    return int(pages * bytes_each)


@contextmanager
def transaction(database: Database, *, write: bool = False, beside: bool = False) -> Iterator[Link]:
    """One transaction: committed when the block ends and `write` is set, else left without a trace. `beside`:
    see `Database.begin`."""
    with clear_errors(database.label), database.turn if write else nullcontext():
        connection = database.open(write=write)
        try:
            database.begin(connection, write=write, beside=beside)
            yield Link(connection, database.dialect)
            if write:
                connection.commit()
        finally:
            connection.close()


class Line:
    """A connection that is kept for many transactions, for work that has many; one thread at a time. One that
    broke, as when the server was restarted, is opened anew for the next transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._connection: Connection | None = None

    @contextmanager
    def transaction(self, *, write: bool = False, beside: bool = False) -> Iterator[Link]:
        """As the function of this name."""
        database = self.database
        alone = write and not (beside and database.dialect is Dialect.POSTGRES)
        with clear_errors(database.label), database.turn if alone else nullcontext():
            try:
                connection = self._begun(write, beside)
                yield Link(connection, database.dialect)
                (connection.commit if write else connection.rollback)()
            except BaseException:
                self.close()
                raise

    def _begun(self, write: bool, beside: bool) -> Connection:
        """The kept connection with a transaction begun, or a new one where the kept one turns out broken:
        nothing has been asked of it yet, so nothing is repeated."""
        if self._connection is not None:
            try:
                self.database.begin(self._connection, write=write, beside=beside)
                return self._connection
            except Exception:
                if not getattr(self._connection, "closed", False):
                    raise
                self.close()
        self._connection = self.database.open(write=True)
        self.database.begin(self._connection, write=write, beside=beside)
        return self._connection

    def close(self) -> None:
        """Let go of the connection; what was not committed leaves no trace."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
