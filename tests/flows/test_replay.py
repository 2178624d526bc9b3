"""`agentos demo replay`: told while it runs, whole or not there at all, and gone with a reset."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.flows.street import PATIENCE

PLACE = ".cache/agentos/demo"
SHORT = ("demo", "replay", "--days", "3", "--until", "2026-11-23")


@pytest.fixture(scope="module")
def _lived(tmp_path_factory: pytest.TempPathFactory) -> Program:
    program = Program(tmp_path_factory.mktemp("short"))
    ran = program(*SHORT, "--json")
    assert ran.code == 0, ran.err
    assert ran.json() == {
        "schema": "agentos.done/1",
        "done": "replayed",
        "places": [str(program.home / PLACE / "replay")],
    }
    assert ran.err == "day 3 of 3\n"
    return program


@pytest.fixture
def lived(_lived: Program, tmp_path: Path) -> Program:
    """A home in which three mornings were replayed."""
    return Program(Path(shutil.copytree(_lived.home, tmp_path / "lived")))


def test_each_morning_is_read_and_briefed_by_its_own_clock(lived: Program) -> None:
    about = json.loads((lived.home / PLACE / "replay/rehearsal.json").read_text())
    assert (about["since"], about["now"], about["mornings"]) == (
        "2026-11-21T12:00:00+00:00", "2026-11-23T12:00:00+00:00", 3,
    )  # fmt: skip
    (file,) = (lived.home / PLACE / "replay").rglob("agentos.db")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        days = [f"2026-11-{day}" for day in (21, 22, 23)]
        for column, table in (
            ("as_of", "briefing"),
            ("recorded_at", "source_state"),
            ("made_at", "forecast"),
        ):
            found = store.execute(
                f"SELECT DISTINCT substr({column}, 1, 10) FROM {table} ORDER BY 1"
            ).fetchall()
            assert [day for (day,) in found] == days, table


def test_any_instant_of_those_days_is_read_from_it(lived: Program) -> None:
    told = [
        lived("brief", "--demo", "--as-of", when, "--json").json()["as_of"]
        for when in ("2026-11-21T07:00", "2026-11-22T18:30", "2026-11-23")
    ]
    assert told == ["2026-11-21T07:00:00-05:00", "2026-11-22T18:30:00-05:00", "2026-11-23T23:59:59-05:00"]
    assert [place.name for place in (lived.home / PLACE).iterdir()] == ["replay"], "nothing was made for them"


def test_what_was_asked_about_other_days_leaves_it_alone(lived: Program) -> None:
    for day in ("2026-07-01", "2026-07-02", "2026-07-03", "2026-07-04"):
        assert lived("finance", "--demo", "--as-of", day).code == 0
    assert "another company" in lived("finance", "--demo", "--as-of", "2026-07-04").err
    kept = {place.name for place in (lived.home / PLACE).iterdir()}
    assert "replay" in kept and len(kept) == 4, "three others are kept, and the replay beside them"


def test_on_a_terminal_one_line_counts_the_days(tmp_path: Path) -> None:
    shown = (
        Program(tmp_path).on_terminal("demo", "replay", "--days", "2", "--until", "2026-11-23").raw.decode()
    )
    assert re.search(r"\rday 1 of 2, 0:[0-9]{2} left *\rday 2 of 2 *\r\n2 mornings lived", shown), shown
    assert "reading" not in shown


def test_interrupted_it_leaves_nothing(tmp_path: Path) -> None:
    program = Program(tmp_path)
    running = program.started("demo", "replay", "--days", "90")
    until = time.monotonic() + PATIENCE
    while not list((tmp_path / PLACE).rglob("agentos.db")) and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert list((tmp_path / PLACE).iterdir()) == []


def test_a_replay_takes_the_place_of_the_one_before_and_a_reset_of_both(lived: Program) -> None:
    assert lived("demo", "replay", "--days", "1", "--until", "2026-11-20T09:00").code == 0
    assert lived("brief", "--demo", "--json=as_of").json()["as_of"] == "2026-11-20T07:00:00-05:00"
    assert lived("demo", "reset").code == 0
    assert not (lived.home / PLACE).exists()


@pytest.mark.parametrize("words", [("--days", "0"), ("--days", "181"), ("--until", "someday")])
def test_wrong_words_are_refused_before_anything_is_made(tmp_path: Path, words: tuple[str, str]) -> None:
    ran = Program(tmp_path)("demo", "replay", *words)
    assert ran.code == 2 and ran.said_plainly()
    assert not (tmp_path / PLACE).exists()


def test_its_help_shows_how(tmp_path: Path) -> None:
    said = Program(tmp_path)("demo", "replay", "--help").out
    assert "agentos demo replay" in said and "agentos brief --demo --as-of" in said
