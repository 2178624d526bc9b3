"""A home that cannot be written and a disk that is full: the brief comes if it can, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Vendors
from tests.cli.program import Program, Ran, bound_by_modes, files_of_at_most, need_modes


@pytest.fixture
def program(fresh: Program) -> Program:
    """Here it is the first start that is looked at, and what may not be written by it."""
    return fresh


def sealed(folder: Path) -> None:
    """Take every right to write from a whole tree."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)


def content(program: Program) -> bytes:
    return program.database.read_bytes()


@pytest.fixture
def locked_up(office: Program) -> Iterator[Program]:
    """A home that has read its sources and was then made read-only."""
    need_modes()
    assert office("brief", "--cached").code == 0
    sealed(office.home)
    yield office
    for path in [office.home, *office.home.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o700)


def bound(program: Program, *words: str, stdin: str = "") -> Ran:
    ran = program(*words, before=bound_by_modes, stdin=stdin)
    assert ran.said_plainly(), ran.err
    return ran


# ── a read-only home ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("words", ["brief --cached", "brief", "finance --json", "next", "status", "runs"])
def test_reading_works_in_a_read_only_home(locked_up: Program, words: str) -> None:
    before = content(locked_up)
    ran = bound(locked_up, *words.split())
    assert ran.code == 0
    assert ran.raw
    assert len(ran.err.splitlines()) <= 2
    assert content(locked_up) == before


@pytest.mark.parametrize(
    "words",
    ["sync", "tasks add Call", "goals add Grow", "energy low", "db backup mine.db", "init --yes --company X"],
)
def test_writing_in_a_read_only_home_is_one_clear_line(locked_up: Program, words: str) -> None:
    before = content(locked_up)
    ran = bound(locked_up, *words.split())
    assert (ran.code, ran.raw) == (7, b"")
    errors = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "read-only" in errors[0] or "Permission denied" in errors[0]
    assert content(locked_up) == before


def test_connecting_in_a_read_only_home_keeps_the_old_key(locked_up: Program, vendors: Vendors) -> None:
    before = content(locked_up)
    base = ("--base-url", vendors.server.urls["stripe"])
    ran = bound(
        locked_up, "connect", "stripe", *base, "--keep-in", "file", stdin=vendors.server.keys["stripe"]
    )
    assert ran.code in {4, 7}
    assert content(locked_up) == before


def test_the_very_first_start_in_a_read_only_home_is_one_clear_line(program: Program) -> None:
    need_modes()
    sealed(program.home)
    for words in (("brief",), ("brief", "--demo"), ("tasks", "add", "Call"), ("db", "upgrade")):
        ran = bound(program, *words)
        program.home.chmod(0o500)
        assert (ran.code, ran.raw) == (7, b""), ran.err
        assert sum(line.startswith("error: ") for line in ran.err.splitlines()) == 1
    assert bound(program, "status").code == 1
    assert bound(program, "--help").code == 0
    program.home.chmod(0o700)


def test_the_doctor_names_what_cannot_be_written(locked_up: Program) -> None:
    ran = bound(locked_up, "doctor")
    assert ran.code == 1
    assert "state directory" in ran.out
    assert "cannot be written" in ran.out
    assert "chmod u+w" in ran.out


# ── a full disk ──────────────────────────────────────────────────────────────────────────────────


def test_no_file_can_grow_and_nothing_is_lost(office: Program) -> None:
    """The database may not grow by a byte: what needs room is refused, what is stored is still told."""
    known = office("finance", "--json=metrics").json()
    size = content(office)
    full = files_of_at_most(4096)
    for words in (("tasks", "add", "Call"), ("energy", "low"), ("sync", "--json"), ("db", "backup", "b.db")):
        ran = office(*words, before=full)
        assert ran.said_plainly(), (words, ran.err)
        assert ran.code == 7, (words, ran.err)
    ran = office("brief", before=full)
    assert ran.code == 0
    assert ran.said_plainly()
    assert office("db", "check").code == 0
    assert len(content(office)) >= len(size)
    assert office("finance", "--json=metrics").json()["metrics"][0]["value"] == known["metrics"][0]["value"]
    assert not (office.home / "b.db").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of a few megabytes, where one may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=24m", "agentos-test", str(place))
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(("umount", "-l", str(place)), check=True)


def test_a_full_disk_is_named_and_nothing_is_lost(office: Program, small_disk: Path) -> None:
    home = Program(shutil.copytree(office.home, small_disk / "home"))
    known = home("finance", "--json=metrics").json()["metrics"][0]["value"]
    fill(small_disk)
    for words in (
        ("sync",),
        ("brief", "--refresh", "--json"),
        ("db", "backup", "b.db"),
        ("tasks", "add", "x"),
    ):
        ran = home(*words)
        assert ran.said_plainly(), (words, ran.err)
        assert "the disk is full" in ran.out + ran.err or ran.code == 0
    (small_disk / "ballast").unlink()
    assert home("db", "check").code == 0
    assert home("finance", "--json=metrics").json()["metrics"][0]["value"] == known
    assert home("sync").code == 0


def test_the_first_start_on_a_full_disk_is_one_clear_line(small_disk: Path) -> None:
    fill(small_disk)
    for words in (("brief",), ("brief", "--demo"), ("init", "--yes"), ("config", "example", "--write", "x")):
        home = small_disk / "home"
        home.mkdir(exist_ok=True)
        ran = Program(home)(*words)
        assert ran.said_plainly(), (words, ran.err)
        assert ran.code == 7, (words, ran.err)
        assert sum(line.startswith("error: ") for line in ran.err.splitlines()) == 1
    (small_disk / "ballast").unlink()
    assert Program(home)("brief").code == 0


def fill(disk: Path) -> None:
    """Leave not one free byte."""
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"\0" * 65536)
        except OSError:
            return
