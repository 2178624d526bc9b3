"""A file holds each message once, whole, whatever was cut off before."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agentos_cli.errors import DataProblem, Temporary
from agentos_cli.notifiers.catalogue import CHANNELS
from agentos_cli.notifiers.message import Message, Target
from tests.notifiers.samples import KEY, MESSAGE, TROUBLE, troubled

OTHER = replace(
    MESSAGE, key="evt_2:team", subject="Another", text="day", markdown="# Another\n\nday", facts={"day": 2}
)


def send(path: Path, message: Message = MESSAGE, form: str = "markdown") -> str | None:
    return CHANNELS["file"].send(message, Target({"path": str(path), "format": form}))


def test_a_markdown_file_grows_message_by_message(tmp_path: Path) -> None:
    path = tmp_path / "new" / "briefs.md"
    assert send(path) == str(path)
    send(path, OTHER)
    told = path.read_text()
    assert told.index("Call Globex") < told.index("# Another")
    assert re.sub("<!--.*?-->", "", told).count("# Another\n\nday\n") == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_json_line_file_holds_what_a_program_needs(tmp_path: Path) -> None:
    path = tmp_path / "briefs.jsonl"
    send(path, form="jsonl")
    send(path, OTHER, "jsonl")
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["key"], first["kind"], first["at"]) == (KEY, "BriefingReady", "2026-11-23T07:00:06+00:00")
    assert first["facts"] == dict(MESSAGE.facts)
    assert second["subject"] == "Another"


def test_a_folder_gets_a_file_for_each(tmp_path: Path) -> None:
    folder = tmp_path / "briefs"
    path = Path(str(send(folder, form="each")))
    send(folder, OTHER, "each")
    assert path.name.startswith("2026-11-23T0700-briefingready-")
    assert path.read_text() == MESSAGE.markdown.strip() + "\n"
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("form", ["markdown", "jsonl", "each"])
@pytest.mark.parametrize("trouble", ["ordinary", *TROUBLE])
def test_the_same_message_is_written_once(tmp_path: Path, form: str, trouble: str) -> None:
    message = MESSAGE if trouble == "ordinary" else troubled(TROUBLE[trouble])
    path = tmp_path / "out"
    first = Path(str(send(path, message, form)))
    before = first.read_bytes()
    for each in (OTHER, message, replace(message, text="changed", markdown="changed"), OTHER):
        send(path, each, form)
    assert first.read_bytes().startswith(before)
    if form == "each":
        assert len(list(path.iterdir())) == 2
    elif form == "jsonl":
        assert [json.loads(line)["key"] for line in path.read_text().splitlines()] == [KEY, OTHER.key]
    else:
        assert len(re.findall(r"^<!-- agentos [0-9a-f]{32} -->$", path.read_text(), re.MULTILINE)) == 2


@pytest.mark.parametrize("form", ["markdown", "jsonl"])
def test_a_half_that_a_power_cut_left_is_taken_away_whoever_comes_next(tmp_path: Path, form: str) -> None:
    path = tmp_path / "out"
    send(path, OTHER, form)
    before = path.read_bytes()
    send(path, MESSAGE, form)
    whole = path.read_bytes()
    third = replace(OTHER, key="evt_3:team")
    for length in [*range(len(before) + 1, len(whole), 11), len(whole) - 1]:
        for padding in (b"", b"\0" * 100):
            path.write_bytes(whole[:length] + padding)
            send(path, MESSAGE, form)
            assert path.read_bytes() == whole
            path.write_bytes(whole[:length] + padding)
            send(path, third, form)
            assert path.read_bytes().startswith(before)
            assert b"Globex" not in path.read_bytes()
            send(path, MESSAGE, form)
            assert path.read_bytes().count(b"Globex") == whole.count(b"Globex")


def test_what_a_person_wrote_into_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("my own notes, without a line end")
    send(path)
    path.write_text(path.read_text() + "and a remark")
    send(path, OTHER)
    told = path.read_text()
    assert told.startswith("my own notes, without a line end\n<!-- agentos ")
    assert "and a remark\n<!-- agentos " in told


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.md"
    send(path)
    before = path.read_bytes()
    code = (
        "import resource, signal, sys; from tests.notifiers.test_file import *;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 100},) * 2);"
        "send(Path(sys.argv[1]), replace(MESSAGE, key='evt_9:x'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "nothing was written" in done.stderr
    assert path.read_bytes() == before


def test_four_writers_at_once_write_each_message_once(tmp_path: Path) -> None:
    """A writer that finds the file locked says so, and comes again, as the outbox would."""
    path = tmp_path / "out.jsonl"
    code = (
        "import sys, time; from tests.notifiers.test_file import *\n"
        "for n in range(10):\n"
        "    while True:\n"
        "        try:\n"
        "            send(Path(sys.argv[1]), replace(MESSAGE, key=f'evt_{n}:x'), 'jsonl'); break\n"
        "        except Temporary: time.sleep(0.002)\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        for _ in range(4)
    ]
    assert [each.wait() for each in running] == [0] * 4
    keys = [json.loads(line)["key"] for line in path.read_text().splitlines()]
    assert sorted(keys) == sorted(f"evt_{n}:x" for n in range(10))


def test_a_locked_file_is_tried_again_later(tmp_path: Path) -> None:
    path = tmp_path / "out.md"
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Temporary, match="nothing was written"):
            send(path)


def test_what_is_no_file_is_not_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path, Path("/dev/null"), Path("/proc/self/nothing/x"), pipe / "x"):
        with pytest.raises(DataProblem):
            send(path)
