"""`agentos schedule run`, the daemon: it wakes the house, ends in good order, and a switch hears of it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.cli.program import PATIENCE, Program
from tests.duties.switch import Switch, switch

RUN = ("schedule", "run", "--every", "1")


@pytest.fixture
def ear() -> Iterator[Switch]:
    with switch() as found:
        yield found


class Daemons:
    """Daemons in one home, all of which are gone after the test."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        """One that is ready."""
        self.running.append(self.program.started(*RUN))
        until(lambda: self.status()["pid"] == self.running[-1].pid and self.status()["state"] == "ready")
        return self.running[-1]

    def status(self) -> Any:
        return self.program("schedule", "run", "--status", "--json").json()


@pytest.fixture
def daemons(program: Program) -> Iterator[Daemons]:
    found = Daemons(program)
    yield found
    for process in found.running:
        ended(process)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, float, list[str]]:
    """Exit code, seconds that the end took, and the lines of stderr."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, logged = process.communicate(timeout=PATIENCE)
    return process.returncode, time.monotonic() - began, logged.decode().splitlines()


def due_now(program: Program, name: str, *words: str) -> None:
    """A schedule that fell due just now."""
    assert program("schedule", "add", name, "--cron", "0 7 * * *", "--late", "2d", "--", *words).code == 0
    change(program, "UPDATE schedule SET last_due = ?", days_ago(1.5))


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")


def change(program: Program, sql: str, *values: str) -> None:
    with closing(sqlite3.connect(program.database)) as connection, connection:
        connection.execute(sql, values)


def slot(program: Program, name: str) -> Any:
    """The newest slot, {} where there is none yet."""
    found = program("schedule", "show", name, "--json").json()["slots"]
    return found[0] if found else {}


def owner(program: Program) -> int:
    """The process that does the slot which is running."""
    with closing(sqlite3.connect(program.database)) as connection:
        (found,) = connection.execute("SELECT owner FROM slot WHERE state = 'running'").fetchone()
    return int(found.split()[1])


def test_it_does_what_is_due_and_says_how_it_fares(program: Program, daemons: Daemons) -> None:
    due_now(program, "look", "goals", "list")
    process = daemons.start()
    until(lambda: slot(program, "look").get("state") in ("ran", "caught_up"))
    until(lambda: daemons.status()["ticks"] >= 2)
    said = daemons.status()
    schema = program("schema", "daemon").json()
    Draft202012Validator(schema).validate(said)
    assert (said["pid"], said["running"], said["tenant"]) == (process.pid, True, "default")
    shown = program("status", "--json").json()
    assert (shown["daemon"], shown["woken_by"]) == ("ready", "daemon")
    code, seconds, logged = ended(process)
    assert code == 0
    assert seconds < 10
    lines = [json.loads(line) for line in logged]
    assert [lines[0]["message"], lines[-1]["message"]] == ["ready: a tick every 1 s", "stopped"]
    stopped = program("schedule", "run", "--status")
    assert (stopped.code, stopped.out.split(":")[0]) == (1, "stopped")


def test_a_second_one_does_not_begin(program: Program, daemons: Daemons) -> None:
    first = daemons.start()
    second = program(*RUN)
    assert second.code == 6
    assert "a daemon runs already" in second.err
    assert first.poll() is None
    other = program.started(*RUN, "--tenant", "acme")  # whose work is another
    until(lambda: program("schedule", "run", "--status", "--tenant", "acme").code == 0)
    assert ended(other)[0] == 0


def test_told_to_end_during_a_job_it_gives_the_slot_back_and_it_is_begun_again(
    program: Program, daemons: Daemons
) -> None:
    """The job is a demo server, which stays until it is told to go."""
    due_now(program, "stay", "demo", "serve")
    first = daemons.start()
    until(lambda: slot(program, "stay").get("state") == "running")
    time.sleep(0.5)
    code, seconds, _ = ended(first)
    assert code == 0
    assert seconds < 10
    given_back = slot(program, "stay")
    assert (given_back["attempts"], given_back["ended_at"]) == (1, None)
    assert "is begun once more" in given_back["why"]
    daemons.start()
    until(lambda: slot(program, "stay")["attempts"] == 2)


def test_after_a_kill_the_tick_goes_on_and_the_next_daemon_does_not_do_its_work_again(
    program: Program, daemons: Daemons
) -> None:
    due_now(program, "stay", "demo", "serve")
    first = daemons.start()
    until(lambda: slot(program, "stay").get("state") == "running")
    tick = owner(program)
    try:
        first.kill()
        daemons.start()
        until(lambda: daemons.status()["ticks"] >= 2)
        assert slot(program, "stay")["attempts"] == 1
        assert owner(program) == tick
    finally:
        change(program, "DELETE FROM schedule")
        os.kill(tick, signal.SIGTERM)


def test_the_switch_hears_of_ticks_that_go_well_and_of_those_that_fail(program: Program, ear: Switch) -> None:
    program.configure(f'[schedule]\nping = "{ear.url}"\n')
    assert program("tick").code == 0
    assert ear.paths() == ["/ping/abc/start", "/ping/abc"]
    due_now(program, "wrong", "goals", "list")
    change(program, "UPDATE schedule SET command = ?", '["goals", "nowhere"]')
    assert program("tick").code != 0
    assert ear.paths()[2:] == ["/ping/abc/start", "/ping/abc/fail"]
    assert "wrong failed" in ear.heard[-1][1]


def test_a_switch_that_answers_nothing_does_not_keep_the_daemon_from_its_end(
    program: Program, daemons: Daemons, ear: Switch
) -> None:
    ear.delay = threading.Event()
    program.configure(f'[schedule]\nping = "{ear.url}"\n')
    process = daemons.start()
    ear.wait(1)
    code, seconds, _ = ended(process)
    assert code == 0
    assert seconds < 10


def test_a_unit_that_failed_is_told_to_the_switch(program: Program, ear: Switch) -> None:
    program.configure(f'[schedule]\nping = "{ear.url}"\n')
    ran = program("schedule", "failed-unit", "agentos-tick.service")
    assert (ran.code, ran.err) == (0, "agentos-tick.service failed; the dead-man's switch was told\n")
    assert ear.heard[0][0] == "/ping/abc/fail"
    assert ear.heard[0][1].startswith("agentos-tick.service failed")
