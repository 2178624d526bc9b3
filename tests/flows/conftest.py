"""One served company and three homes: at a fixed morning, at this machine's, after ninety mornings."""

from __future__ import annotations

import fcntl
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentos_cli.app import App
from agentos_cli.clock import utc_now
from tests.cli.program import AGENTOS, UNHURRIED, Program
from tests.flows.street import MORNING, Street, house, small_world


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
    return Program(Path(shutil.copytree(_today[1], tmp_path / "office")), UNHURRIED)


@pytest.fixture(scope="session")
def ninety_mornings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where `agentos demo replay` let the demo company live through ninety mornings, the last one
    `MORNING` in the company's zone. Made once for all workers: copy it before you write to it."""
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "ninety"
    home.mkdir(exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes second waits, and finds it made
        if not (home / ".cache/agentos/demo/replay").exists():
            words = (AGENTOS, "demo", "replay", "--days", "90", "--until", f"{MORNING.date()}")
            made = subprocess.run(
                words, env=Program(home).env(), capture_output=True, timeout=1_200, text=True, check=False
            )
            assert made.returncode == 0, made.stderr
    return home


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
