"""One served company and two prepared homes for all flows: one at a fixed morning, one at this machine's."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentos_cli.app import App
from agentos_cli.clock import utc_now
from tests.cli.program import Program
from tests.databases import (
    migrated_database,
    migrated_file,
    postgres_server,
    postgres_store_url,
    sqlite_store_url,
    sqlite_url,
    store_url,
)
from tests.flows.street import MORNING, Street, house, small_world

__all__ = [
    "migrated_database",
    "migrated_file",
    "postgres_server",
    "postgres_store_url",
    "sqlite_store_url",
    "sqlite_url",
    "store_url",
]


@pytest.fixture(scope="session")
def _street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    street = Street.of(small_world(MORNING), tmp_path_factory.mktemp("files"))
    with street.server:
        yield street


@pytest.fixture
def street(_street: Street) -> Iterator[Street]:
    """The vendors at `MORNING`, in good health again after each test."""
    _street.quiet()
    yield _street
    _street.quiet()


@pytest.fixture(scope="session")
def _read_home(tmp_path_factory: pytest.TempPathFactory, _street: Street) -> Path:
    home = tmp_path_factory.mktemp("home")
    _street.connect(house(home, MORNING)).sync(None, force=True)
    return home


@pytest.fixture
def home(_read_home: Path, street: Street, tmp_path: Path) -> Path:
    """A home in which everything was read at `MORNING`."""
    return Path(shutil.copytree(_read_home, tmp_path / "home"))


@pytest.fixture
def open_house(home: Path) -> App:
    """The program at `MORNING` in that home."""
    return house(home, MORNING)


@pytest.fixture(scope="session")
def _today(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Street, Path]]:
    street = Street.of(small_world(utc_now()), tmp_path_factory.mktemp("files"))
    home = tmp_path_factory.mktemp("today")
    with street.server:
        street.connect(house(home, utc_now)).sync(None, force=True)
        yield street, home


@pytest.fixture
def today(_today: tuple[Street, Path]) -> Iterator[Street]:
    """The vendors as they are now, for processes, which have this machine's clock."""
    _today[0].quiet()
    yield _today[0]
    _today[0].quiet()


@pytest.fixture
def office(_today: tuple[Street, Path], today: Street, tmp_path: Path) -> Program:
    """The installed program in a home where everything was read just now."""
    return Program(Path(shutil.copytree(_today[1], tmp_path / "office")))


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Write a module that can be imported by the name it is given; gives that name."""
    folder = tmp_path / "planted"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def write(name: str, code: str) -> str:
        (folder / f"{name}.py").write_text(code, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name, raising=False)
        importlib.invalidate_caches()
        return name

    return write


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The installed program on a fresh machine."""
    return Program(tmp_path)
