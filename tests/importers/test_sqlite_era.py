"""Databases of later homes: jobs and conversations come over, the rest is told, and nothing is touched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentos_cli.belongings import Plan, Session
from agentos_cli.importers.clawdbot.databases import file as sqlite_file
from agentos_cli.importers.clawdbot.databases import reader as sqlite_era
from agentos_cli.importers.piece import Piece
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.store.import_records import Outcome
from tests.importers import era_databases
from tests.importers.building import snapshot, write
from tests.importers.cron_samples import BRIEF, MADE, NOW, POLL, job, run, setup

SHARED, AGENT = "state/openclaw.sqlite", "agents/main/agent/openclaw-agent.sqlite"
SECRET = "sk-ant-api03-inventedinventedinvented0073inventedinvented"
MAIN = "agent:main:main"


def home(folder: Path) -> Home:
    found = Home("abc", "openclaw-sqlite")
    found.add("state", folder)
    return found


def read(folder: Path, **options: object) -> list[Piece]:
    redactor = Redactor([(SECRET, "api_key")])
    given = {"timezone": "UTC", "now": NOW, **options}
    return list(sqlite_era.read(home(folder), setup(), redactor, **given))  # type: ignore[arg-type]


def made(path: Path, schema: str, rows: Iterable[tuple[str, Iterable[object]]] = ()) -> Path:
    """A database at a path, with what a shell would put in it; gives its state directory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as link:
        link.executescript(schema)
        for table, values in rows:
            told = list(values)
            link.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(told))})", told)
        link.commit()
    return path


def plans(pieces: list[Piece]) -> dict[str, Plan]:
    return {piece.name: piece.thing for piece in pieces if isinstance(piece.thing, Plan)}


def sessions(pieces: list[Piece]) -> dict[str, Session]:
    return {piece.name: piece.thing for piece in pieces if isinstance(piece.thing, Session)}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with both databases."""
    files = {SHARED: era_databases.state(), AGENT: era_databases.agent()}
    return write(tmp_path / "state", {**files, f"{SHARED}-shm": b"x"})


# ── what comes over ──────────────────────────────────────────────────────────────────────────────


def test_jobs_come_over_whole_or_from_their_columns(state: Path) -> None:
    found = plans(read(state))
    assert [plan.name for plan in found.values()] == ["morning-brief", "pay-vat", "poll", "stock-count"]
    assert [run.status for run in found[BRIEF].runs] == ["ok", "error"]
    bare = found["columns-only"]
    assert (bare.when, bare.zone, bare.text.splitlines()[0]) == (
        "0 18 * * 5",
        "Europe/Berlin",
        "Count the flour.",
    )


def test_a_conversation_comes_over_as_from_its_transcript(state: Path) -> None:
    (found,) = sessions(read(state)).values()
    entries = list(found.entries())
    assert (found.agent, found.name, found.title) == ("main", MAIN, "list invoices")
    assert (found.counts.compactions, found.counts.mirrors, found.counts.turns) == (1, 1, 2)
    assert [entry.seq for entry in entries] == list(range(2, 10))
    assert entries == list(found.entries())


def test_everything_else_is_told_by_table_with_its_rows_and_never_a_secret(state: Path) -> None:
    pieces = read(state)
    told = {piece.name.rpartition(":")[2]: str(piece.reason) for piece in pieces if piece.kind == "table"}
    assert "never read" in told["auth_profile_stores"] and told["cron_jobs"].startswith("4 rows")
    assert {"config_machine_state", "device_identities", "device_auth_tokens"} <= set(told)
    for secret in (era_databases.KEY, era_databases.PRIVATE, "invented-token-0063", "invented0062"):
        assert secret not in repr(pieces)
    assert {piece.path for piece in pieces} == {entry.path for entry in home(state).all()}


def test_the_same_is_said_twice_and_nothing_is_touched(state: Path, tmp_path: Path) -> None:
    before = snapshot(state)
    assert [(p.name, p.digest, p.reason) for p in read(state)] == [
        (p.name, p.digest, p.reason) for p in read(state)
    ]
    assert snapshot(state) == before


def test_sessions_may_be_left_out(state: Path) -> None:
    assert not sessions(read(state, sessions=False))
    assert not sessions(read(state, since=datetime(2027, 1, 1, tzinfo=UTC)))


def test_who_sent_whom_is_kept(tmp_path: Path) -> None:
    child = "agent:main:subagent:c1"
    event = json.dumps({"type": "message", "id": "a", "timestamp": "2026-06-01T08:00:00Z",
                        "message": {"role": "user", "content": "hi"}})  # fmt: skip
    made(tmp_path / AGENT, era_databases.AGENT, [
        ("session_nodes", (MAIN, "s1", "{}")),
        ("session_nodes", (child, "s2", json.dumps({"label": "research", "channel": "slack"}))),
        ("transcript_events", ("s1", 1, event, 0)), ("transcript_events", ("s2", 1, event, 0)),
        ("transcript_events", ("lost", 1, event, 0)),
    ])  # fmt: skip
    made(tmp_path / SHARED, era_databases.STATE, [
        ("subagent_runs", ("r", json.dumps({"childSessionKey": child, "requesterSessionKey": "main",
                                            "task": f"find rye {SECRET}"}))),
    ])  # fmt: skip
    found = sessions(read(tmp_path))
    assert list(found) == ["main/lost", "main/s1", "main/s2"]
    sent = found["main/s2"]
    assert (sent.parent, sent.label, sent.channel) == ("main/s1", "research", "slack")
    assert sent.task is not None and sent.task.startswith("find rye ") and SECRET not in sent.task
    assert found["main/lost"].name is None and found["main/s1"].parent is None


def test_what_was_committed_to_the_log_alone_is_read(tmp_path: Path) -> None:
    path = tmp_path / "live" / SHARED
    made(path, era_databases.STATE + "PRAGMA journal_mode = WAL;")
    with closing(sqlite3.connect(path, isolation_level=None)) as link:
        link.execute("PRAGMA wal_autocheckpoint = 0")
        whole = json.dumps(job(POLL, "Late"))
        link.execute("INSERT INTO cron_jobs (job_id, job_json) VALUES (?, ?)", (POLL, whole))
        before = {
            name: (path.parent / name).read_bytes() for name in ("openclaw.sqlite", "openclaw.sqlite-wal")
        }
        found = read(tmp_path / "live")
        assert list(plans(found)) == [POLL]
        assert before == {name: (path.parent / name).read_bytes() for name in before}
    assert any("read together with it" in str(piece.reason) for piece in found)


def test_names_do_not_meet_those_of_jobs_in_files(tmp_path: Path) -> None:
    made(tmp_path / SHARED, "CREATE TABLE cron_jobs (job_id TEXT, job_json TEXT)", [
        ("cron_jobs", (POLL, json.dumps(job(POLL, "Morning brief")))),
    ])  # fmt: skip
    (tmp_path / "cron").mkdir()
    (tmp_path / "cron" / "jobs.json").write_text(json.dumps([job()]))
    (found,) = plans(read(tmp_path)).values()
    assert found.name == f"morning-brief-{POLL[:8]}"


def test_runs_in_columns_alone_count_too(tmp_path: Path) -> None:
    schema = "CREATE TABLE cron_jobs (job_id, job_json);"
    schema += "CREATE TABLE cron_run_logs (job_id, ts, status, run_at_ms);"
    told = run(MADE)
    made(tmp_path / SHARED, schema, [
        ("cron_jobs", (BRIEF, json.dumps(job()))),
        ("cron_run_logs", (BRIEF, told["ts"], "ok", told["runAtMs"])),
    ])  # fmt: skip
    (found,) = plans(read(tmp_path)).values()
    assert [(r.status, r.due_at.hour) for r in found.runs] == [("ok", 8)]


# ── hostile ──────────────────────────────────────────────────────────────────────────────────────


def failures(folder: Path) -> list[str]:
    return [str(piece.reason) for piece in read(folder) if piece.outcome is Outcome.FAILED]


def damaged() -> Iterator[bytes]:
    good = era_databases.state()
    yield b""
    yield b"not a database at all" * 99
    yield good[:5_000]
    yield good[:100] + bytes(len(good) - 100)
    yield good[:4_096] + bytes(range(256)) * (len(good) // 256 - 16)
    yield b"SQLite format 3\0" + b"\xff" * 9_000


@pytest.mark.parametrize("content", list(damaged()), ids=range(6))
def test_a_damaged_database_fails_alone(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, {SHARED: content, AGENT: era_databases.agent()})
    assert failures(tmp_path)
    assert len(sessions(read(tmp_path))) == 1


def test_views_triggers_and_virtual_tables_are_never_touched(tmp_path: Path) -> None:
    """A view in the place of a table, one that would never end, a trigger, and columns that are computed."""
    made(tmp_path / SHARED, """
        CREATE TABLE auth_profile_stores (id INTEGER PRIMARY KEY, store_json TEXT);
        INSERT INTO auth_profile_stores VALUES (1, 'the-secret-0074');
        CREATE VIEW cron_jobs AS SELECT 'j' AS job_id, store_json AS job_json FROM auth_profile_stores;
        CREATE VIEW endless AS
          WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
        CREATE VIRTUAL TABLE cron_run_logs USING fts5(job_id, entry_json);
        CREATE TABLE subagent_runs (run_id TEXT, child_session_key TEXT,
          task TEXT GENERATED ALWAYS AS (hex(zeroblob(9))) VIRTUAL);
        INSERT INTO subagent_runs (run_id, child_session_key) VALUES ('r', 'main');
    """)  # fmt: skip
    pieces = read(tmp_path)
    assert not plans(pieces) and "the-secret-0074" not in repr(pieces)
    assert not [piece for piece in pieces if "endless" in piece.name]


def test_no_column_but_the_wanted_ones_can_be_read(tmp_path: Path) -> None:
    write(tmp_path, {SHARED: era_databases.state()})
    database = sqlite_file.opened(home(tmp_path), f"state/{SHARED}", sqlite_era.WANTED)
    for sql in (
        "SELECT store_json FROM auth_profile_stores", "SELECT * FROM config_machine_state",
        "SELECT hex(job_json) FROM cron_jobs", "ATTACH ':memory:' AS x", "DELETE FROM cron_jobs",
        "PRAGMA writable_schema = ON", "SELECT load_extension('x')", "CREATE TABLE x (a)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    ):  # fmt: skip
        with pytest.raises(sqlite3.DatabaseError):
            database._link.execute(sql)
    assert database.tables["cron_jobs"] == 4
    database.close()


def test_a_statement_that_would_take_for_ever_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path / SHARED, "CREATE TABLE cron_jobs (job_id TEXT, job_json TEXT)", [
        ("cron_jobs", (f"j{n}", "{}")) for n in range(500)
    ])  # fmt: skip
    monkeypatch.setattr(sqlite_file, "STEPS", 10)
    monkeypatch.setattr(sqlite_file, "TURNS", 3)
    assert failures(tmp_path) == [] or "damaged" in failures(tmp_path)[0]
    monkeypatch.setattr(sqlite_file, "TURNS", 10**6)
    assert len([p for p in read(tmp_path) if p.kind == "schedule"]) == 500


def test_a_change_that_was_not_finished_and_what_is_too_large_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {SHARED: era_databases.state(), f"{SHARED}-journal": b"\xd9\xd5\x05\xf9" + bytes(600)})
    assert "not finished" in failures(tmp_path)[0]
    write(tmp_path, {f"{SHARED}-journal": bytes(600)})
    assert not failures(tmp_path)
    monkeypatch.setattr(sqlite_file, "LARGEST", 4_096)
    assert "larger" in failures(tmp_path)[0]


def test_values_of_every_type_and_encoding_are_read(tmp_path: Path) -> None:
    schema = "PRAGMA encoding = 'UTF-16le';"
    schema += "CREATE TABLE cron_jobs (job_id, name, enabled, schedule_expr, job_json);"
    made(tmp_path / SHARED, schema, [
        ("cron_jobs", (7, "Ümläut 朝", 0, "0 7 * * *", None)),
        ("cron_jobs", (b"\xff\xfe", 3.5, "no", b"0 8 * * *", b"{broken")),
        ("cron_jobs", (None, None, None, "0 9 * * *", "[" * 50_000)),
        ("cron_jobs", ("x", "y\0\x1b[2J", 1, None, json.dumps({"schedule": {"expr": "0 6 * * *"}}))),
    ])  # fmt: skip
    found = plans(read(tmp_path))
    assert sorted(plan.when for plan in found.values()) == [
        "0 6 * * *",
        "0 7 * * *",
        "0 8 * * *",
        "0 9 * * *",
    ]
    assert found["7"].name == "umlaut" and "\0" not in repr(found)


def test_one_that_changes_all_the_time_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {SHARED: era_databases.state(), f"{SHARED}-wal": bytes(64)})
    found, count = home(tmp_path), iter(range(10**6))
    real = Home.read

    def restless(self: Home, path: str, most: int = 16_000_000) -> bytes:
        told = real(self, path, most)
        return bytes(16) + next(count).to_bytes(8) + told[24:] if path.endswith("-wal") else told

    monkeypatch.setattr(Home, "read", restless)
    with pytest.raises(Unreadable, match="changes all the time"):
        sqlite_file.opened(found, f"state/{SHARED}", sqlite_era.WANTED)
