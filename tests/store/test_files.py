"""A SQLite store is one file: private, backed up whole, and honest about a disk that will not do."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agentos_cli.errors import DataProblem
from agentos_cli.store import sqlite
from agentos_cli.store.schema import SchemaState
from agentos_cli.store.sqlite import wal_is_safe
from agentos_cli.store.store import Store
from agents.nouns import Invoice
from tests.store.samples import LATER, NOW, invoice

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(sqlite_store_url: str) -> Path:
    return Path(sqlite_store_url.removeprefix("sqlite:///"))


def file_store(path: Path) -> Store:
    return Store(f"sqlite:///{path}", "alice")


def save(store: Store, *numbers: str) -> None:
    with store.unit_of_work() as work:
        work.records.replace("stripe", Invoice, [invoice(number) for number in numbers], NOW)
        work.commit()


def ids(store: Store) -> list[str]:
    return [record.id for record in store.read(LATER, [Invoice]).records[Invoice]]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_only_the_owner_can_read_a_new_store(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    previous = os.umask(0)
    try:
        store = Store(sqlite_url, "alice")
        store.upgrade()
        save(store, "in_1")
        store.backup(path.with_name("copy.db"))
    finally:
        os.umask(previous)
    assert mode(path.parent) == 0o700
    assert {file.name: oct(mode(file)) for file in path.parent.iterdir() if mode(file) != 0o600} == {}


def test_a_path_with_odd_characters_is_a_path(tmp_path: Path) -> None:
    store = file_store(tmp_path / "a b?mode=memory#ü%41" / "x.db")
    store.upgrade()
    save(store, "in_1")
    assert (tmp_path / "a b?mode=memory#ü%41" / "x.db").is_file()


def test_every_connection_has_the_settings_that_hold(path: Path) -> None:
    from agentos_cli.store.sqlite import SqliteFile

    with closing(SqliteFile(path, "alice").open(write=True)) as connection:
        found = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in (
                "foreign_keys",
                "busy_timeout",
                "synchronous",
                "trusted_schema",
                "cell_size_check",
                "journal_mode",
            )
        }
    journal = "wal" if wal_is_safe() else "persist"
    assert found == {
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "synchronous": 2,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "journal_mode": journal,
    }


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 9), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_is_used_only_where_its_reset_bug_is_fixed(version: tuple[int, int, int], safe: bool) -> None:
    assert wal_is_safe(version) is safe


def test_reading_never_writes_and_never_makes_a_file(tmp_path: Path, path: Path) -> None:
    store = file_store(path)
    save(store, "in_1")
    before = {file: file.stat().st_mtime_ns for file in path.parent.iterdir()}
    assert ids(store) == ["in_1"] and store.check_schema() is SchemaState.CURRENT
    assert {file: file.stat().st_mtime_ns for file in path.parent.iterdir()} == before
    missing = file_store(tmp_path / "nowhere" / "x.db")
    assert missing.check_schema() is SchemaState.EMPTY
    with pytest.raises(DataProblem, match="does not exist yet"):
        missing.runs()
    assert not (tmp_path / "nowhere").exists()


def test_a_backup_is_whole_and_comes_back(path: Path, tmp_path: Path) -> None:
    store, copy = file_store(path), tmp_path / "copy.db"
    save(store, "in_1")
    store.backup(copy)
    save(store, "in_2")
    assert ids(store) == ["in_2"]
    kept = store.restore(copy)
    assert ids(store) == ["in_1"]
    assert kept is not None and ids(file_store(kept)) == ["in_2"]
    assert mode(kept) == mode(path) == 0o600
    store.backup(copy)  # replaces the older one
    assert ids(file_store(copy)) == ["in_1"]


def test_a_backup_can_be_made_while_someone_writes(path: Path, tmp_path: Path) -> None:
    store = file_store(path)
    save(store, "in_1")
    with store.unit_of_work() as work:
        work.records.replace("stripe", Invoice, [], LATER)
        store.backup(tmp_path / "copy.db")
        work.commit()
    assert ids(file_store(tmp_path / "copy.db")) == ["in_1"]


def test_a_backup_restores_to_a_machine_that_has_no_store(path: Path, tmp_path: Path) -> None:
    save(file_store(path), "in_1")
    file_store(path).backup(tmp_path / "copy.db")
    fresh = file_store(tmp_path / "new" / "agentos.db")
    assert fresh.restore(tmp_path / "copy.db") is None
    assert ids(fresh) == ["in_1"] and mode(tmp_path / "new" / "agentos.db") == 0o600


def test_a_damaged_store_is_named_and_can_be_replaced(path: Path, tmp_path: Path) -> None:
    store, copy = file_store(path), tmp_path / "copy.db"
    save(store, *(f"in_{number}" for number in range(300)))
    store.backup(copy)
    whole = path.read_bytes()
    for damage in (b"not a database at all" * 999, whole[:8192] + os.urandom(4096) * 40):
        path.write_bytes(damage)
        with pytest.raises(DataProblem):
            store.require_schema()
            ids(store)
            save(store, "in_1")
        assert any(not finding.ok for finding in store.check())
        kept = store.restore(copy)
        assert kept is not None and kept.read_bytes() == damage
        assert len(ids(store)) == 300


@pytest.mark.parametrize("wrong", ["missing", "damaged", "foreign", "blank"])
def test_a_backup_that_is_none_changes_nothing(path: Path, tmp_path: Path, wrong: str) -> None:
    store, copy = file_store(path), tmp_path / "copy.db"
    save(store, "in_1")
    match wrong:
        case "damaged":
            store.backup(copy)
            copy.write_bytes(copy.read_bytes()[:8192] + os.urandom(8192))
        case "foreign":
            with closing(sqlite3.connect(copy)) as connection:
                connection.execute("CREATE TABLE theirs (id)")
        case "blank":
            copy.touch()
    before = path.read_bytes()
    with pytest.raises(DataProblem) as caught:
        store.restore(copy)
    assert caught.value.exit_code == 7
    assert path.read_bytes() == before and ids(store) == ["in_1"]


def test_a_store_of_another_program_is_not_restored_over(path: Path, tmp_path: Path) -> None:
    file_store(path).backup(tmp_path / "copy.db")
    theirs = tmp_path / "theirs.db"
    with closing(sqlite3.connect(theirs)) as connection:
        connection.execute("CREATE TABLE theirs (id)")
    before = theirs.read_bytes()
    with pytest.raises(DataProblem, match="another program"):
        file_store(theirs).restore(tmp_path / "copy.db")
    assert theirs.read_bytes() == before


def test_postgresql_is_backed_up_by_its_own_tools(tmp_path: Path) -> None:
    store = Store("postgresql://x@/y", "alice")
    for act in (store.backup, store.restore):
        with pytest.raises(DataProblem) as caught:
            act(tmp_path / "x")
        assert "pg_dump" in (caught.value.fix or "")


def test_damage_is_found_by_the_check(path: Path) -> None:
    store = file_store(path)
    save(store, *(f"in_{number}" for number in range(500)))
    assert [finding for finding in store.check() if not finding.ok] == []
    content = bytearray(path.read_bytes())
    content[-6 * 4096 : -4096] = os.urandom(5 * 4096)
    path.write_bytes(content)
    assert any(not finding.ok for finding in store.check())


WRITE = """
import sys
from agentos_cli.errors import AgentosError
from agentos_cli.store.store import Store
from tests.store.test_files import save, ids
store = Store("sqlite:///" + sys.argv[1], "alice")
print(ids(store))
try:
    save(store, *(f"in_{number}" for number in range(20_000)))
except AgentosError as error:
    print(error.exit_code, error.what)
print(ids(store))
"""


def test_a_file_that_may_not_grow_is_a_clear_error_and_keeps_its_content(path: Path) -> None:
    save(file_store(path), "in_1")
    limit = path.stat().st_size + 50_000
    done = subprocess.run(
        [sys.executable, "-c", WRITE, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    before, error, after = done.stdout.splitlines()
    assert before == after == "['in_1']"
    assert error.startswith("7 the disk")
    save(file_store(path), "in_2")
    assert ids(file_store(path)) == ["in_2"]


def test_a_full_disk_is_a_clear_error_and_keeps_the_content(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = file_store(path)
    save(store, "in_1")
    monkeypatch.setattr(sqlite, "SETTINGS", (*sqlite.SETTINGS, "max_page_count=130"))  # SQLite's own ENOSPC
    with pytest.raises(DataProblem, match="the disk is full; nothing was changed") as caught:
        save(store, *(f"in_{number}" for number in range(2000)))
    assert caught.value.exit_code == 7 and caught.value.fix is not None
    assert ids(store) == ["in_1"]


TELL = """
import os, pwd, sys
from pathlib import Path
from agentos_cli.errors import AgentosError
from agentos_cli.store.store import Store
from agentos_cli.telemetry import RunRecord
from tests.store.samples import NOW
from tests.store.test_files import ids, save
scratch = Store("sqlite:///" + sys.argv[2], "alice")
# once with everything, since modules can no longer be read afterwards
scratch.upgrade(), save(scratch), ids(scratch), scratch.backup(Path(sys.argv[2] + ".copy"))
if os.geteuid() == 0:
    os.setuid(pwd.getpwnam("nobody").pw_uid)  # to root nothing is read-only
store = Store("sqlite:///" + sys.argv[1], "alice")
print(ids(store), store.check_schema())
run = RunRecord("r", "agent", "a", NOW, 1, True)
copy = Path(sys.argv[1] + ".copy")
for act in (lambda: save(store, "in_2"), lambda: store.record([run]), lambda: store.backup(copy)):
    try:
        act()
    except AgentosError as error:
        print(error.exit_code, error.what)
"""


@pytest.fixture
def read_only(path: Path) -> Iterator[Path]:
    """A store in a folder that its reader may not write, with what the last writer left beside it."""
    save(file_store(path), "in_1")
    folder = Path(tempfile.mkdtemp(prefix="agentos-ro-"))
    for file in path.parent.iterdir():
        shutil.copy(file, folder)
        (folder / file.name).chmod(0o444)
    folder.chmod(0o555)
    yield folder / path.name
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_home_can_be_read_and_says_so_when_written(read_only: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TELL, str(read_only), str(tmp_path / "scratch.db")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    first, *errors = done.stdout.splitlines() or [""]
    assert first == "['in_1'] current", done.stderr
    assert len(errors) == 3
    assert all(line.startswith("7 ") and line.endswith("is read-only") for line in errors)


def test_what_a_killed_writer_left_is_rolled_back_by_the_next_reader(path: Path) -> None:
    store = file_store(path)
    save(store, "in_1")
    # a writer that dies inside its commit leaves pages in the file and the old ones in a journal
    code = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=PERSIST")
connection.execute("PRAGMA cache_size=1")
connection.execute("PRAGMA cache_spill=1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE invoice SET status = 'half'")
for n in range(3000):
    connection.execute(
        "INSERT INTO goal SELECT 'alice', ?, 1, 't', 'q', 1.0, '[]', 1, recorded_at, superseded_at"
        " FROM invoice", (str(n),))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == -9
    known = store.read(NOW + timedelta(1), [Invoice])
    assert known.records[Invoice] == (invoice("in_1"),) and known.goals == ()
