"""Homes to run the program in. What takes seconds is prepared once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentos_cli.clock import utc_now
from agentos_cli.demo.company.world import build_world
from agentos_cli.demo.faults import Faults
from agentos_cli.demo.files import write_files
from agentos_cli.demo.server import DemoServer
from tests.cli.program import UNHURRIED, Program, Ran

SOURCES = ("stripe", "hubspot", "linear")


@dataclass(frozen=True)
class Vendors:
    """The vendors of the demo company on loopback, and a folder of its CSV files."""

    server: DemoServer
    folder: Path

    def connect(self, program: Program, source: str, *words: str, key: str | None = None) -> Ran:
        """`agentos connect SOURCE` to this server, with the right key unless another is given."""
        if source == "files":
            return program("connect", source, "--folder", str(self.folder), *words)
        base = ("--base-url", self.server.urls[source])
        return program(
            "connect", source, *base, "--keep-in", "file", *words, stdin=key or self.server.keys[source]
        )

    def order(self, faults: str) -> None:
        self.server.order(Faults.parse(faults))


@pytest.fixture(scope="session")
def _vendors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendors]:
    world = build_world(utc_now())
    folder = tmp_path_factory.mktemp("files")
    write_files(world, folder)
    with DemoServer(world) as server:
        yield Vendors(server, folder)


@pytest.fixture
def vendors(_vendors: Vendors) -> Iterator[Vendors]:
    """The vendors, in good health again after each test."""
    _vendors.server.recover()
    yield _vendors
    _vendors.server.recover()


@pytest.fixture(scope="session")
def _office(tmp_path_factory: pytest.TempPathFactory, _vendors: Vendors) -> Path:
    home = tmp_path_factory.mktemp("office")
    program = Program(home, UNHURRIED)
    for source in (*SOURCES, "files"):
        assert _vendors.connect(program, source, "--no-check").code == 0
    assert program("sync").code == 0
    return home


@pytest.fixture(scope="session")
def _demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("demo")
    assert Program(home)("brief", "--demo").code == 0
    return home


@pytest.fixture
def fresh(tmp_path: Path) -> Program:
    """The program on a fresh machine."""
    return Program(tmp_path)


@pytest.fixture
def program(fresh: Program, migrated_file: Path) -> Program:
    """The program where its database has been made ready, which takes longer than most of what follows."""
    for folder in reversed(fresh.database.relative_to(fresh.home).parents[:-1]):
        (fresh.home / folder).mkdir(mode=0o700)
    shutil.copy(migrated_file, fresh.database)
    return fresh


@pytest.fixture
def office(_office: Path, vendors: Vendors, tmp_path: Path) -> Program:
    """The program in a home that is connected to the vendors and has read them."""
    return Program(shutil.copytree(_office, tmp_path / "home"), UNHURRIED)


@pytest.fixture
def demo(_demo: Path, tmp_path: Path) -> Program:
    """The program in a home where the demo company was read today."""
    return Program(shutil.copytree(_demo, tmp_path / "home"))


@pytest.fixture
def onlooker(_demo: Path) -> Program:
    """The same without the copy, for tests that change nothing."""
    return Program(_demo)
