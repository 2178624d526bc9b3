"""The log that is kept: whole lines of many writers, within its bounds, for its owner's eyes."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentos_cli import logbook, telemetry
from agentos_cli.telemetry import RunRecord

WHEN = datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "logs" / "default.jsonl"


def line(number: int, text: str = "") -> str:
    return json.dumps({"ts": "2026-11-23T07:00:00.000Z", "level": "info", "number": number, "message": text})


def numbers(path: Path) -> list[object]:
    return [found["number"] for found in logbook.lines(path)]


def test_lines_come_back_in_their_order(path: Path) -> None:
    assert list(logbook.lines(path)) == []
    for number in range(3):
        logbook.append(path, line(number))
    assert numbers(path) == [0, 1, 2]


def test_only_its_owner_can_read_it(path: Path) -> None:
    previous = os.umask(0)
    try:
        logbook.append(path, line(1))
    finally:
        os.umask(previous)
    assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_it_stays_within_its_bounds_and_keeps_the_newest(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logbook, "SIZE", 1_000)
    for number in range(200):
        logbook.append(path, line(number, "x" * 20))
    files = [each for each in path.parent.iterdir() if not each.name.endswith(".lock")]
    assert len(files) == logbook.FILES == 5
    assert all(each.stat().st_size <= 1_000 for each in files)
    kept = numbers(path)
    assert kept == list(range(200 - len(kept), 200)) and len(kept) > 30


def test_a_line_torn_by_a_kill_costs_no_other(path: Path) -> None:
    logbook.append(path, line(1))
    with path.open("ab") as file:
        file.write(line(2).encode()[:20])
    logbook.append(path, line(3))
    assert numbers(path) == [1, 3]


@pytest.mark.parametrize("strange", ["", "[]", "null", '{"ts": 1, "level": "info"}', '{"ts": "x"}', "\ud800"])
def test_whatever_else_is_in_the_file_is_passed_over(path: Path, strange: str) -> None:
    logbook.append(path, strange)
    logbook.append(path, line(1))
    assert numbers(path) == [1]


def test_a_link_in_its_place_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        logbook.append(path, line(1))
    assert not (tmp_path / "elsewhere").exists()


WRITER = """
import sys
from pathlib import Path
from agentos_cli import logbook
logbook.SIZE = 6_000
for number in range(150):
    line = '{"ts": "x", "level": "info", "who": "%s", "number": %d}' % (sys.argv[2], number)
    logbook.append(Path(sys.argv[1]), line)
"""


def test_several_processes_write_whole_lines_and_lose_none(path: Path) -> None:
    writers = [subprocess.Popen((sys.executable, "-c", WRITER, str(path), who)) for who in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    found = list(logbook.lines(path))
    assert (
        sum(len(each.read_bytes().splitlines()) for each in path.parent.glob("*.jsonl*")) == len(found) == 450
    )
    for who in "abc":
        assert [each["number"] for each in found if each["who"] == who] == list(range(150))


def taken(lines: Iterator[logbook.Line | None]) -> list[object]:
    """The numbers of those that are there at present."""
    return [found["number"] for found in iter(lines.__next__, None) if found is not None]


def test_who_follows_gets_each_line_once_whatever_files_turn(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logbook, "SIZE", 300)
    followed = logbook.follow(path)
    assert taken(followed) == []
    seen: list[object] = []
    for number in range(12):
        logbook.append(path, line(number))
        if number % 2:
            seen += taken(followed)
    assert seen == list(range(12))
    assert len(list(path.parent.glob("*.jsonl*"))) > 3
    assert [each["number"] for each in iter(logbook.follow(path).__next__, None) if each] == numbers(path)


def test_half_a_line_is_waited_for(path: Path) -> None:
    logbook.append(path, line(1))
    followed = logbook.follow(path)
    assert taken(followed) == [1]
    half = line(2).encode()
    for part in (half[:30], half[30:]):
        assert taken(followed) == []
        with path.open("ab") as file:
            file.write(part)
    assert taken(followed) == []
    with path.open("ab") as file:
        file.write(b"\n")
    assert taken(followed) == [2]


# ── what is kept ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(telemetry, "_log", telemetry._Log())
    root = logging.getLogger()
    before = (root.level, root.handlers[:])
    telemetry.keep_log(path)
    yield path
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def messages(path: Path) -> list[object]:
    return [found["message"] for found in logbook.lines(path)]


def test_what_we_do_is_kept_and_of_libraries_only_warnings(kept: Path) -> None:
    logging.getLogger("agentos_cli.sync").info("ours")
    logging.getLogger("agentos_cli.http").info("a call")
    logging.getLogger("somebody").info("theirs")
    logging.getLogger("somebody").warning("their warning")
    logging.getLogger("agentos_cli.sync").debug("a detail")
    assert messages(kept) == ["ours", "their warning"]


def test_runs_work_and_what_was_said_are_kept(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.log_runs([RunRecord("run_1", "source", "stripe", WHEN, 5, True)])
    telemetry.log_work("tick", "2 due", failed=True, count=2)
    telemetry.notice("the disk is full")
    found = list(logbook.lines(kept))
    assert [(each["level"], each["logger"]) for each in found] == [
        ("info", "agentos.run"),
        ("warning", "agentos.work.tick"),
        ("warning", "agentos.said"),
    ]
    assert found[0]["source"] == "stripe" and found[1]["count"] == 2
    assert capsys.readouterr().err == "the disk is full\n"


def test_it_is_kept_beside_json_lines_on_stderr(kept: Path) -> None:
    stream = io.StringIO()
    telemetry.configure_json_logging(stream)
    telemetry.log_work("tick", "both")
    assert messages(kept) == ["both"]
    assert [json.loads(each)["message"] for each in stream.getvalue().splitlines()] == ["both"]


def test_a_log_that_cannot_be_written_costs_nothing_else(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept.parent.parent.mkdir()
    kept.parent.write_text("a file where the folder should be")
    telemetry.log_work("tick", "nowhere")
    assert capsys.readouterr().err == ""


def test_ids_of_the_whole_process_are_on_every_line(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "_always", {})
    telemetry.about_all(schedule="morning")
    with telemetry.about(run="run_7"):
        telemetry.log_work("tick", "x")
    (found,) = logbook.lines(kept)
    assert (found["schedule"], found["run"]) == ("morning", "run_7")
