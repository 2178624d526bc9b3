"""One SQLite file with the settings that hold: nothing acknowledged is lost, nobody else can read it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from agentos_cli.errors import DataProblem, Temporary
from agentos_cli.store.schema import VERSION_TABLE, SchemaState, state_of
from agentos_cli.store.values import Dialect

OLDEST = (3, 37, 0)
"""STRICT tables came with 3.37 (2021)."""
BUSY_MS = 10_000
GLANCE_MS = 1_000
"""How long a look at the schema alone waits for another's lock: the work itself waits its full time after."""
SETTINGS = (
    "foreign_keys=ON",
    "synchronous=FULL",
    "trusted_schema=OFF",
    "cell_size_check=ON",
)


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite has the fix of the WAL-reset bug (3.51.3, and 3.50.7 and 3.44.6 in their
    lines; https://sqlite.org/wal.html#walresetbug). Without it several processes can damage a file."""
    lines = {(3, 44): 6, (3, 50): 7}
    fixed = lines.get((version[0], version[1]))
    return version >= (3, 51, 3) or (fixed is not None and version[2] >= fixed)


class SqliteFile:
    """A `Database` in one file. Transactions are begun by hand: the driver's own way begins none
    before a SELECT or a CREATE, and upgrades readers to writers, which fails under load."""

    dialect = Dialect.SQLITE

    def __init__(self, path: Path, tenant: str) -> None:
        self.path = path.absolute()
        self.tenant = tenant
        self.turn = threading.RLock()
        self.label = f"the database {self.path}"

    def open(self, *, write: bool) -> sqlite3.Connection:
        """Never creates the file. A reader opens read-only, so that a read-only home is enough."""
        if sqlite3.sqlite_version_info < OLDEST:
            raise DataProblem(
                f"SQLite {sqlite3.sqlite_version} is too old", fix="use a Python with SQLite 3.37 or later"
            )
        if not self.path.exists():
            raise DataProblem(f"{self.label} does not exist yet", fix="agentos db upgrade")
        return self._open_writer() if write else self._open_reader()

    def begin(self, connection: sqlite3.Connection, *, write: bool, beside: bool = False) -> None:
        connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")

    def now(self, plus_seconds: float = 0) -> str:
        # %f is seconds with milliseconds; the rest brings it to the fixed width of every instant
        return f"strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now', '{float(plus_seconds):+.3f} seconds')"

    def state(self) -> SchemaState:
        if not self.path.exists() or self._is_blank():
            return SchemaState.EMPTY
        try:
            connection = self._open_reader(GLANCE_MS)
        except (sqlite3.Error, DataProblem):
            return SchemaState.UNREADABLE
        try:
            return self._state(connection)
        except sqlite3.Error:
            return SchemaState.UNREADABLE
        finally:
            connection.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """By a lock on a file beside the store; the kernel frees it when its process dies."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self.path.with_name(f"{self.path.name}.lock")
        handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Temporary(
                    f"{self.label} is being upgraded or restored by another run", fix="try again in a moment"
                ) from error
            yield
        finally:
            os.close(handle)

    def create(self) -> None:
        """The file, readable by its owner alone, in a folder that only the owner enters."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            if wal_is_safe():
                with closing(self._connect("mode=rw")) as connection:
                    connection.execute("PRAGMA journal_mode=WAL")

    def _is_blank(self) -> bool:
        try:
            return self.path.is_file() and self.path.stat().st_size == 0
        except OSError:
            return False

    def _state(self, connection: sqlite3.Connection) -> SchemaState:
        names = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        if VERSION_TABLE not in names:
            return state_of(None, bool(names))
        row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
        return state_of(row[0] if row else None, len(names) > 1)

    def _open_writer(self) -> sqlite3.Connection:
        connection = self._connect("mode=rw")
        try:
            ((mode,),) = connection.execute("PRAGMA journal_mode").fetchall()
            if mode != "wal":  # WAL is a property of the file, PERSIST of each connection
                connection.execute("PRAGMA journal_mode=PERSIST")
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_reader(self, patience: int = BUSY_MS) -> sqlite3.Connection:
        """Read-only where that works. After a crash somebody has to roll the journal back, which takes
        a writable connection; and a WAL file on a read-only disk only opens as `immutable`."""
        try:
            return self._probed("mode=ro", patience)
        except sqlite3.OperationalError as refused:
            if refused.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}:
                raise
            try:
                return self._probed("mode=rw", patience)
            except sqlite3.OperationalError:
                wal = self.path.with_name(f"{self.path.name}-wal")
                if wal.exists() and wal.stat().st_size:
                    raise refused from None
                return self._probed("mode=ro&immutable=1", patience)

    def _probed(self, mode: str, patience: int) -> sqlite3.Connection:
        connection = self._connect(mode, patience)
        try:
            connection.execute("PRAGMA query_only=1")
            connection.execute("PRAGMA schema_version").fetchone()  # the first touch of the file
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self, mode: str, patience: int = BUSY_MS) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?{mode}", uri=True, isolation_level=None, check_same_thread=False
        )
        for setting in (*SETTINGS, f"busy_timeout={patience}"):
            connection.execute(f"PRAGMA {setting}")
        return connection
