"""Where all processes agree on how much of a credential's rate limit is spoken for."""

from __future__ import annotations

from datetime import datetime, timedelta

from agentos_cli.store.link import Connection, Database, Link, transaction
from agentos_cli.store.problems import clear_errors
from agentos_cli.store.values import READ, Dialect, Kind

BUSY_MS = 250
"""How long a writer is waited for: whoever asks can go by a pace of its own."""
FARTHEST = timedelta(minutes=1)
"""What is spoken for further ahead than this was written by a clock that was wrong."""


class StoredPace:
    """The calls of one credential, in turn. By the database's own clock: those of several machines differ."""

    def __init__(self, database: Database, credential: str) -> None:
        self._database = database
        self._credential = credential

    def take(self, count: int, gap: float, burst: float) -> float:
        """Speak for the next `count` calls, `gap` seconds apart; in how many seconds the first of them is.

        It is up to `burst` seconds ago after a pause, which may be made up for. Raises Temporary where the
        database is busy, within a moment, and DataProblem where it cannot be written.
        """
        with clear_errors(self._database.label):
            connection = self._database.open(write=True)
            try:
                link, next_at, now = self._held(connection)
                first = min(max(next_at, now - timedelta(seconds=burst)), now + FARTHEST)
                link.run(
                    "UPDATE pace SET next_at = ? WHERE tenant_id = ? AND credential = ?",
                    first + timedelta(seconds=count * gap),
                    self._database.tenant,
                    self._credential,
                )
                connection.commit()
            finally:
                connection.close()
        return (first - now).total_seconds()

    def ahead(self) -> float:
        """For how many seconds from now its limit is spoken for; 0 where it is free."""
        sql = f"SELECT next_at, {self._database.now()} FROM pace WHERE tenant_id = ? AND credential = ?"  # noqa: S608
        with transaction(self._database) as link:
            row = link.one(sql, self._database.tenant, self._credential)
        if row is None:
            return 0.0
        instant = READ[self._database.dialect][Kind.INSTANT]
        return max(0.0, float((instant(row[0]) - instant(row[1])).total_seconds()))

    def _held(self, connection: Connection) -> tuple[Link, datetime, datetime]:
        """A transaction that holds this credential's row alone, what is in it, and the database's time.

        Not the one writer's lock of a PostgreSQL store: a sync that is being stored must not hold it up.
        """
        sqlite = self._database.dialect is Dialect.SQLITE
        if sqlite:
            connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        self._database.begin(connection, write=sqlite)
        link = Link(connection, self._database.dialect)
        if not sqlite:
            link.run(f"SET LOCAL lock_timeout = {BUSY_MS}")
        row = link.one(_hold_sql(self._database), self._database.tenant, self._credential)
        assert row is not None
        instant = READ[self._database.dialect][Kind.INSTANT]
        return link, instant(row[0]), instant(row[1])


def _hold_sql(database: Database) -> str:
    now, long_ago = database.now(), database.now(-60)
    return f"""
        INSERT INTO pace (tenant_id, credential, next_at) VALUES (?, ?, {long_ago})
        ON CONFLICT (tenant_id, credential) DO UPDATE SET next_at = pace.next_at RETURNING next_at, {now}
    """  # noqa: S608  the clock is an SQL expression of ours
