"""A database of the home, read in memory: the columns that were asked for, and nothing that it says to do.

Its bytes come through the Home, so nothing is written, locked or made beside it, and no copy is on disk if we
are killed. Its schema may be hostile: views, triggers and virtual tables are never touched, and an authorizer
refuses every column but those that are wanted. See https://www.sqlite.org/security.html.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress

from agentos_cli.importers.clawdbot.databases import wal
from agentos_cli.importers.source.home import Home, Unreadable

LARGEST = 512_000_000
"""Bytes of a database."""
LARGEST_LOG = 64_000_000
"""Bytes of a write-ahead log: programs keep it to a few megabytes."""
LARGEST_VALUE = 32_000_000
STEPS, TURNS = 1_000_000, 3_000
"""Work that one statement may be: this many turns of this many steps. Much more than any honest one needs."""
TRIES = 3
HARMLESS = frozenset({"count", "length"})
Value = str | int | float | None
Wanted = Mapping[str, tuple[str, ...]]
"""By table, the columns that may be read."""


class Database:
    """The tables of a database. `tables`: the rows of each real one, whatever it is, None for one that is
    damaged; `columns`: of those that were wanted, which of the wanted columns they have. Raises Unreadable
    wherever it turns out broken."""

    def __init__(self, path: str, data: bytearray, wanted: Wanted) -> None:
        self.path = path
        self._wanted = wanted
        self._link = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._turns = 0
        try:
            self._open(data)
            self.tables = self._count()
            self.columns = {name: self._have(name) for name in wanted if self.tables.get(name)}
        except sqlite3.Error:
            self.close()
            raise Unreadable("the database is damaged", path=path) from None

    def close(self) -> None:
        """Let go of it."""
        self._link.close()

    def rows(
        self, table: str, order: tuple[str, ...] = (), where: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Value]]:
        """Every row, with those of the wanted columns that there are; None for a value that is too large."""
        for row in self._rows(table, order, where or {}):
            yield {name: _text(value) for name, value in row.items()}

    def raw(
        self, table: str, column: str, order: tuple[str, ...], where: Mapping[str, str]
    ) -> Iterator[bytes | None]:
        """The bytes of one column; None for what is too large, or no text."""
        for row in self._rows(table, order, where):
            value = row.get(column)
            yield value if isinstance(value, bytes) else None

    def distinct(self, table: str, column: str) -> list[Value]:
        """The values of a column, each once."""
        if column not in self.columns.get(table, ()):
            return []
        sql = f"SELECT DISTINCT {_quoted(column)} FROM {_quoted(table)} ORDER BY 1"  # noqa: S608
        return [_text(row[0]) for row in self._run(table, sql)]

    def _rows(
        self, table: str, order: tuple[str, ...], where: Mapping[str, str]
    ) -> Iterator[dict[str, object]]:
        have = self.columns.get(table, ())
        if not have or not set(where) <= set(have):
            return
        chosen = [
            f"CASE WHEN length({_quoted(name)}) <= {LARGEST_VALUE} THEN {_quoted(name)} END" for name in have
        ]
        sql = f"SELECT {', '.join(chosen)} FROM {_quoted(table)}"  # noqa: S608
        if where:
            sql += " WHERE " + " AND ".join(f"{_quoted(name)} = ?" for name in where)
        ordered = [_quoted(name) for name in order if name in have]
        sql += f" ORDER BY {', '.join(ordered)}" if ordered else ""
        for row in self._run(table, sql, *where.values()):
            yield dict(zip(have, row, strict=True))

    def _run(self, table: str, sql: str, *values: str) -> Iterator[tuple[object, ...]]:
        self._turns = 0
        try:
            yield from self._link.execute(sql, values)
        except (sqlite3.Error, UnicodeError, OverflowError):
            raise Unreadable(f"its table {table} is damaged", path=self.path) from None

    def _open(self, data: bytearray) -> None:
        link = self._link
        link.text_factory = bytes
        link.deserialize(data)
        for pragma in ("trusted_schema=OFF", "query_only=ON", "temp_store=MEMORY", "cell_size_check=ON",
                       "mmap_size=0"):  # fmt: skip
            link.execute(f"PRAGMA {pragma}")
        link.set_progress_handler(self._too_much, STEPS)
        link.set_authorizer(self._allowed)

    def _count(self) -> dict[str, int | None]:
        """The rows of each table that has any of its own: no view, no virtual table."""
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
        names = [_text(row[0]) for row in self._link.execute(sql)]
        found: dict[str, int | None] = {}
        for name in names:
            if isinstance(name, str) and not name.startswith("sqlite_"):
                self._turns, found[name] = 0, None
                with suppress(sqlite3.Error):  # a damaged one costs itself alone
                    (found[name],) = self._link.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()  # noqa: S608
        return dict(sorted(found.items()))

    def _have(self, table: str) -> tuple[str, ...]:
        told = self._link.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
        names = {_text(row[1]) for row in told}
        return tuple(name for name in self._wanted[table] if name in names)

    def _allowed(
        self, action: int, one: str | None, other: str | None, database: str | None, inner: str | None
    ) -> int:
        """What a statement may do: read the wanted columns and the names of tables, and count."""
        if inner is not None:
            return sqlite3.SQLITE_DENY
        fine = action == sqlite3.SQLITE_SELECT
        if action == sqlite3.SQLITE_READ:
            fine = not other or one == "sqlite_master" or other in self._wanted.get(one or "", ())
        elif action == sqlite3.SQLITE_FUNCTION:
            fine = other in HARMLESS
        elif action == sqlite3.SQLITE_PRAGMA:
            fine = one == "table_info"
        return sqlite3.SQLITE_OK if fine else sqlite3.SQLITE_DENY

    def _too_much(self) -> int:
        self._turns += 1
        return int(self._turns > TURNS)


def opened(home: Home, path: str, wanted: Wanted) -> Database:
    """The database at a path of the home, with all that was committed. Raises Unreadable."""
    journal = home.get(f"{path}-journal")
    if journal is not None and journal.size and any(home.read(journal.path, LARGEST)[:8]):
        raise Unreadable("a change of the database was not finished: start the old program once", path=path)
    try:
        data = wal.whole(*_steady(home, path), LARGEST)
    except wal.NoDatabaseError as problem:
        raise Unreadable(str(problem), path=path) from None
    return Database(path, data, wanted)


def _steady(home: Home, path: str) -> tuple[bytes, bytes]:
    """The bytes of a database and of its log that belong together: while one is read, the log may grow, but
    not begin anew. What the log has by then covers whatever was moved from it in between."""
    for _ in range(TRIES):
        before = _log(home, path)
        main = home.read(path, LARGEST)
        after = _log(home, path)
        if wal.salts(before) == wal.salts(after):
            return main, after
    raise Unreadable("it changes all the time: stop the old program", path=path)


def _log(home: Home, path: str) -> bytes:
    beside = f"{path}-wal"
    return home.read(beside, LARGEST_LOG) if home.get(beside) else b""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: object) -> Value:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str | int | float) else None
