"""A database with its log worked in says what SQLite itself would say, however it was left behind."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agentos_cli.importers.clawdbot.databases import wal

COUNT = "SELECT count(*), total(length(b)) FROM t"


@contextmanager
def writer(path: Path, size: int = 4096) -> Iterator[sqlite3.Connection]:
    """A program that keeps a log and never moves it into the database by itself."""
    with closing(sqlite3.connect(path, isolation_level=None)) as link:
        link.execute(f"PRAGMA page_size = {size}")
        link.execute("PRAGMA journal_mode = WAL")
        link.execute("PRAGMA wal_autocheckpoint = 0")
        link.execute("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT)")
        yield link


def add(link: sqlite3.Connection, count: int, size: int = 700) -> None:
    """So many rows, in transactions of five."""
    for start in range(0, count, 5):
        link.execute("BEGIN")
        link.executemany("INSERT INTO t (b) VALUES (?)", [("x" * size,)] * min(5, count - start))
        link.execute("COMMIT")


def files(path: Path) -> tuple[bytes, bytes]:
    log = Path(f"{path}-wal")
    return path.read_bytes(), log.read_bytes() if log.exists() else b""


def told(data: bytes | bytearray, sql: str = COUNT) -> tuple[object, ...]:
    with closing(sqlite3.connect(":memory:")) as link:
        link.deserialize(bytes(data))
        assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found: tuple[object, ...] = link.execute(sql).fetchone()
        return found


@pytest.mark.parametrize("size", [512, 4096, 65536])
def test_what_is_in_the_log_alone_is_there(tmp_path: Path, size: int) -> None:
    with writer(tmp_path / "a", size) as link:
        add(link, 60)
        main, log = files(tmp_path / "a")
        assert told(wal.whole(main, log)) == link.execute(COUNT).fetchone()


def test_a_log_that_began_anew_and_still_holds_frames_of_before(tmp_path: Path) -> None:
    with writer(tmp_path / "a") as link:
        add(link, 200)
        link.execute("PRAGMA wal_checkpoint(RESTART)")
        add(link, 7)
        main, log = files(tmp_path / "a")
        found = wal.read_log(log)
        assert found is not None and found.torn > len(log) / 2
        assert told(wal.whole(main, log)) == link.execute(COUNT).fetchone() == (207, 207 * 700.0)


def test_a_log_that_was_moved_into_the_database_already(tmp_path: Path) -> None:
    with writer(tmp_path / "a") as link:
        add(link, 60)
        link.execute("PRAGMA wal_checkpoint(FULL)")
        main, log = files(tmp_path / "a")
        assert told(wal.whole(main, log)) == told(wal.whole(main)) == (60, 60 * 700.0)


def test_a_transaction_that_is_not_over_is_not_there(tmp_path: Path) -> None:
    with writer(tmp_path / "a") as link:
        add(link, 20)
        link.execute("PRAGMA cache_size = 1")
        link.execute("BEGIN")
        link.executemany("INSERT INTO t (b) VALUES (?)", [("y" * 3_000,)] * 500)
        main, log = files(tmp_path / "a")
        found = wal.read_log(log)
        assert found is not None and found.torn > 100_000
        assert told(wal.whole(main, log)) == (20, 20 * 700.0)
        link.execute("ROLLBACK")


def test_a_database_that_grew_smaller(tmp_path: Path) -> None:
    with writer(tmp_path / "a") as link:
        add(link, 400)
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        link.execute("DELETE FROM t WHERE a > 3")
        link.execute("VACUUM")
        main, log = files(tmp_path / "a")
        data = wal.whole(main, log)
        assert len(data) < len(main) and told(data) == (3, 3 * 700.0)


@pytest.mark.parametrize("keep", [0, 1, 31, 32, 33, 56, 4151, 4152, 9_000, 50_000])
def test_a_torn_end_costs_what_was_not_whole(tmp_path: Path, keep: int) -> None:
    """As SQLite itself recovers from the same two files."""
    with writer(tmp_path / "a") as link:
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        add(link, 100)
        main, log = files(tmp_path / "a")
    (tmp_path / "b").write_bytes(main)
    (tmp_path / "b-wal").write_bytes(log[:keep])
    found = told(wal.whole(main, log[:keep]))
    with closing(sqlite3.connect(tmp_path / "b")) as link:
        assert link.execute(COUNT).fetchone() == found


@pytest.mark.parametrize("place", [0, 5, 9, 17, 25, 33, 41, 50, 60, 4_000, 20_000])
def test_one_wrong_byte_ends_what_counts(tmp_path: Path, place: int) -> None:
    with writer(tmp_path / "a") as link:
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        add(link, 50)
        main, log = files(tmp_path / "a")
    wrong = bytearray(log)
    wrong[place] ^= 0x10
    (tmp_path / "b").write_bytes(main)
    (tmp_path / "b-wal").write_bytes(wrong)
    found = told(wal.whole(main, bytes(wrong)))
    with closing(sqlite3.connect(tmp_path / "b")) as link:
        assert link.execute(COUNT).fetchone() == found != (50, 50 * 700.0)


def test_checksums_may_be_of_the_other_byte_order(tmp_path: Path) -> None:
    """As on the machines that wrote them so; made here from a log of this machine."""
    with writer(tmp_path / "a") as link:
        add(link, 30)
        main, log = files(tmp_path / "a")
        whole = told(wal.whole(main, log))
    other = bytearray(log)
    other[:4] = struct.pack(">I", wal.BIG if log[:4] == struct.pack(">I", wal.LITTLE) else wal.LITTLE)
    order = ">" if struct.unpack(">I", other[:4])[0] == wal.BIG else "<"
    sums = wal._checksum(order, bytes(other[:24]), (0, 0))
    other[24:32] = struct.pack(">2I", *sums)
    for at in range(32, len(other), 24 + 4096):
        sums = wal._checksum(order, bytes(other[at : at + 8]), sums)
        sums = wal._checksum(order, bytes(other[at + 24 : at + 24 + 4096]), sums)
        other[at + 16 : at + 24] = struct.pack(">2I", *sums)
    assert told(wal.whole(main, bytes(other))) == whole == (30, 30 * 700.0)


def test_a_database_without_a_log_says_so_afterwards(tmp_path: Path) -> None:
    with writer(tmp_path / "a") as link:
        add(link, 5)
    main, log = files(tmp_path / "a")
    assert log == b"" and main[18:20] == b"\2\2"
    data = wal.whole(main)
    assert data[18:20] == b"\1\1" and told(data) == (5, 5 * 700.0)


@pytest.mark.parametrize(
    "main",
    [
        b"",
        b"SQLite format 3\0",
        b"x" * 4096,
        b"SQLite format 3\0" + bytes(84),
        b"SQLite format 3\0" + b"\xff" * 4080,
    ],
)
def test_what_is_no_database_is_refused(main: bytes) -> None:
    for log in (b"", bytes(32), b"\x37\x7f\x06\x82" + bytes(99)):
        with pytest.raises(wal.NoDatabaseError):
            wal.whole(main, log)


def test_a_log_that_claims_terabytes_is_refused(tmp_path: Path) -> None:
    with writer(tmp_path / "a") as link:
        add(link, 5)
        main, log = files(tmp_path / "a")
    head = struct.pack(">6I", wal.LITTLE, wal.VERSION, 4096, 0, 1, 2)
    sums = wal._checksum("<", head, (0, 0))
    frame = struct.pack(">2I", 1, 0xFFFFFFFF)
    last = wal._checksum("<", bytes(4096), wal._checksum("<", frame, sums))
    hostile = head + struct.pack(">2I", *sums) + frame + struct.pack(">4I", 1, 2, *last) + bytes(4096)
    with pytest.raises(wal.NoDatabaseError, match="larger"):
        wal.whole(main, hostile)
    assert wal.read_log(log) is not None


@pytest.mark.parametrize("mixed", [lambda log: log[:32] + log[32:][::-1], lambda log: bytes(len(log))])
def test_rubbish_in_place_of_a_log_changes_nothing(tmp_path: Path, mixed: Callable[[bytes], bytes]) -> None:
    with writer(tmp_path / "a") as link:
        add(link, 5)
        link.execute("PRAGMA wal_checkpoint(FULL)")
        main, log = files(tmp_path / "a")
    assert told(wal.whole(main, mixed(log))) == (5, 5 * 700.0)
