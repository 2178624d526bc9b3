"""A database locked, foreign, newer, damaged or none at all: one clear line, and not a byte changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Vendors
from tests.cli.program import Program, Ran


@pytest.fixture
def program(fresh: Program) -> Program:
    """Here it is the first start that is looked at, and what may not be written by it."""
    return fresh


def foreign(path: Path) -> None:
    """Another program's database."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE photo (name TEXT)")
        connection.execute("INSERT INTO photo VALUES ('beach')")
        connection.commit()


def newer(path: Path) -> None:
    """A database that a later agentos has upgraded."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE agentos_version SET version_num = '9999'")
        connection.commit()


def no_database(path: Path) -> None:
    path.write_text("Dear diary, this is no database at all. " * 100, encoding="utf-8")


def damaged(path: Path) -> None:
    """Every page after the second overwritten."""
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xa5" * (len(content) - 8192))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10_000])


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "foreign": (foreign, "belongs to another program"),
    "newer": (newer, "was written by a newer agentos"),
    "no database": (no_database, "is not a database"),
    "damaged": (damaged, "is damaged"),
    "cut off": (cut_off, "is damaged"),
}
COMMANDS = ("brief --cached", "brief", "finance --json", "sync", "tasks add Call", "energy low", "db upgrade")


def told(ran: Ran, words: str) -> None:
    assert ran.said_plainly(), ran.err
    assert (ran.code, ran.raw) == (7, b""), ran.err
    assert words in ran.err
    assert sum(line.startswith(("error: ", '{"schema"')) for line in ran.err.splitlines()) == 1


@pytest.mark.parametrize("state", BROKEN)
def test_a_database_that_cannot_be_used_is_named_and_left_alone(office: Program, state: str) -> None:
    spoil, words = BROKEN[state]
    spoil(office.database)
    before = office.database.read_bytes()
    for command in COMMANDS:
        if state in {"damaged", "cut off"} and command == "db upgrade":
            continue  # the version can still be read, and is current
        told(office(*command.split()), words)
    assert office.database.read_bytes() == before
    check = office("db", "check")
    assert check.code == 7
    assert "BAD" in check.out
    assert office("doctor").code == 1
    assert office("status").code in {0, 1}
    assert office.database.read_bytes() == before


@pytest.mark.parametrize("state", BROKEN)
def test_a_backup_brings_it_back(office: Program, state: str) -> None:
    copy = office.home / "copy.db"
    assert office("db", "backup", str(copy)).code == 0
    known = office("finance", "--json=metrics").json()["metrics"]
    BROKEN[state][0](office.database)
    ran = office("db", "restore", str(copy), "--yes")
    assert ran.said_plainly(), ran.err
    if ran.code == 0:
        after = office("finance", "--json=metrics").json()["metrics"]
        assert [m["value"] for m in after] == [m["value"] for m in known]
    else:
        assert "error: " in ran.err


@pytest.mark.parametrize("state", BROKEN)
def test_such_a_file_is_no_backup(office: Program, state: str) -> None:
    copy = office.home / "copy.db"
    assert office("db", "backup", str(copy)).code == 0
    BROKEN[state][0](copy)
    before = office.database.read_bytes()
    ran = office("db", "restore", str(copy), "--yes")
    assert ran.said_plainly(), ran.err
    assert (ran.code, ran.raw) == (7, b"")
    assert office.database.read_bytes() == before


def test_a_restore_is_not_done_without_a_yes(office: Program) -> None:
    copy = office.home / "copy.db"
    assert office("db", "backup", str(copy)).code == 0
    assert office("tasks", "add", "Later than the backup").code == 0
    assert office("db", "restore", str(copy)).code == 2
    assert "Later than" in office("tasks", "list").out
    refused = office.on_terminal("db", "restore", str(copy), answers=[("[y/N]", "n\n")])
    assert refused.code == 2
    assert "Later than" in office("tasks", "list").out
    assert office.on_terminal("db", "restore", str(copy), answers=[("[y/N]", "y\n")]).code == 0
    assert "Later than" not in office("tasks", "list").out


def test_a_folder_in_the_place_of_the_database_is_named(program: Program) -> None:
    program.database.mkdir(parents=True)
    for command in ("brief", "tasks add Call", "db upgrade"):
        ran = program(*command.split())
        assert ran.said_plainly(), ran.err
        assert (ran.code, ran.raw) == (7, b"")
        assert str(program.database) in ran.err


def test_a_store_that_cannot_be_reached_is_named_without_its_password(program: Program) -> None:
    program.configure(
        '[store]\nurl = "postgresql://me@127.0.0.1:1/agentos"\npassword = "env:STORE_PASSWORD"\n'
    )
    ran = program("brief", "--cached", env={"STORE_PASSWORD": "hunter2hunter2"})
    assert (ran.code, ran.raw) == (75, b"")
    assert ran.said_plainly()
    assert "cannot be reached" in ran.err
    assert "hunter2" not in ran.err


# ── others at work on it ─────────────────────────────────────────────────────────────────────────


def test_a_locked_database_is_waited_for_and_then_named(office: Program) -> None:
    with closing(sqlite3.connect(office.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with ThreadPoolExecutor() as pool:
            commands = (("tasks", "add", "Call"), ("finance", "--json"), ("brief", "--json"), ("sync",))
            ran = list(pool.map(lambda words: office(*words), commands))
        other.execute("ROLLBACK")
    for each in ran:
        assert each.said_plainly(), each.err
        assert (each.code, each.raw) == (75, b"")
        assert "busy" in each.err or "locked" in each.err
    assert office("tasks", "add", "Call").code == 0
    assert office("db", "check").code == 0


def test_a_lock_that_goes_away_is_sat_out(office: Program) -> None:
    with closing(sqlite3.connect(office.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        waiting = office.started("tasks", "add", "Call")
        with pytest.raises(Exception, match="timed out"):
            waiting.wait(1.0)
        other.execute("ROLLBACK")
    assert waiting.wait(20) == 0
    waiting.communicate()
    assert "Call" in office("tasks", "list").out


def test_briefs_at_once_all_come_and_the_store_stays_whole(office: Program, vendors: Vendors) -> None:
    vendors.server.latency = 0.05
    try:
        with ThreadPoolExecutor() as pool:
            ran = list(pool.map(lambda _: office("brief", "--refresh", "--json"), range(3)))
    finally:
        vendors.server.latency = 0.0
    for each in ran:
        assert each.code in {0, 6}, each.err
        assert each.said_plainly()
        if each.code == 0:
            assert each.json()["decisions"]
    assert sum(each.code == 0 for each in ran) >= 1
    assert office("db", "check").code == 0


def test_two_syncs_at_once_do_the_work_once(office: Program, vendors: Vendors) -> None:
    vendors.order("stripe=latency:0.3")
    first = office.started("sync", "stripe", "--json")
    called = vendors.server.counts["stripe"]
    while vendors.server.counts["stripe"] == called:
        assert first.poll() is None
    second = office("sync", "stripe", "--json")
    assert (second.code, second.raw) == (6, b"")
    assert second.error()["code"] == "lease_held"
    assert first.wait(60) == 0
    first.communicate()
    assert office("db", "check").code == 0


def test_two_first_starts_at_once_both_work(program: Program) -> None:
    with ThreadPoolExecutor() as pool:
        ran = list(pool.map(lambda n: program("tasks", "add", f"Task {n}"), range(3)))
    for each in ran:
        assert each.said_plainly(), each.err
        assert each.code in {0, 75}
    kept = program("tasks", "list", "--json").json()["tasks"]
    assert len(kept) == sum(each.code == 0 for each in ran)
    assert program("db", "check").code == 0
