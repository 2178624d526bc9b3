"""The daemon as a real process: it is alone, it ends when told, and nothing that a tick does ends it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agentos_cli.scheduler.singleton import Post, Standing

COUNT = "echo tick >> count"
PATIENCE = 30.0


@dataclass
class Alone:
    """Daemons in one state folder, each with its own line of sh for a tick."""

    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(
        self, tick: str = COUNT, every: float = 1, longest: float = 60, **environ: str
    ) -> subprocess.Popen[bytes]:
        words = ("-m", "tests.scheduler.alone", str(self.folder), str(every), str(longest))
        process = subprocess.Popen(
            (sys.executable, *words, "/bin/sh", "-c", f"cd '{self.folder}' && {tick}"),
            env={**os.environ, **environ},
            stderr=subprocess.PIPE,
        )
        self.running.append(process)
        return process

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def standing(self) -> Standing:
        found = Post(self.folder, "default").read()
        assert found is not None
        return found

    def ready(self) -> bool:
        found = Post(self.folder, "default").read()
        return found is not None and found.pid == self.running[-1].pid

    def end(self, process: subprocess.Popen[bytes], sign: int = signal.SIGTERM) -> tuple[int, float, str]:
        """Exit code, seconds that it took, and what it logged."""
        began = time.monotonic()
        process.send_signal(sign)
        _, logged = process.communicate(timeout=PATIENCE)
        return process.returncode, time.monotonic() - began, logged.decode()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    found = Alone(tmp_path)
    yield found
    for process in found.running:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stderr:
            process.stderr.close()


def test_it_ticks_again_and_again_and_says_how_it_fares(alone: Alone) -> None:
    process = alone.start()
    until(lambda: len(alone.lines("count")) >= 3)
    said = alone.standing()
    assert (said.pid, said.state, said.every) == (process.pid, "ready", 1.0)
    assert said.ticks >= 3
    assert Post(alone.folder, "default").is_held()
    code, _, logged = alone.end(process)
    assert code == 0
    assert alone.standing().state == "stopped"
    assert not Post(alone.folder, "default").is_held()
    assert [json.loads(line)["message"] for line in logged.splitlines()] == [
        "ready: a tick every 1 s",
        "stopped",
    ]


def test_a_second_one_does_not_begin_and_leaves_the_first_in_peace(alone: Alone) -> None:
    first = alone.start()
    until(alone.ready)
    second = alone.start("echo second >> count")
    assert second.wait(PATIENCE) == 6
    assert first.poll() is None
    assert alone.standing().pid == first.pid
    assert "second" not in alone.lines("count")


def test_a_killed_one_leaves_its_place_to_the_next(alone: Alone) -> None:
    first = alone.start()
    until(alone.ready)
    assert alone.end(first, signal.SIGKILL)[0] == -signal.SIGKILL
    assert not Post(alone.folder, "default").is_held()  # though its file says that it is ready
    count = len(alone.lines("count"))
    alone.start()
    until(lambda: alone.ready() and len(alone.lines("count")) > count)


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_lets_the_tick_give_back_its_work_and_is_gone_in_ten_seconds(
    alone: Alone, sign: signal.Signals
) -> None:
    gives_back = "trap 'echo given back >> told; exit 0' TERM; echo began >> count; sleep 60 & wait"
    process = alone.start(gives_back, every=60)
    until(lambda: bool(alone.lines("count")))
    code, seconds, _ = alone.end(process, sign)
    assert (code, alone.lines("told")) == (0, ["given back"])
    assert seconds < 10


def test_a_tick_that_will_not_end_is_killed_with_all_it_started(alone: Alone) -> None:
    process = alone.start("trap '' TERM; echo $$ >> count; sleep 300; sleep 300", every=60)
    until(lambda: bool(alone.lines("count")))
    group = int(alone.lines("count")[0])
    code, seconds, logged = alone.end(process)
    assert code == 0
    assert seconds < 10
    assert "had to be killed" in logged
    until(lambda: not is_there(group))


def is_there(group: int) -> bool:
    """Whether a process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_fails_hangs_or_dies_does_not_end_the_loop(alone: Alone) -> None:
    turns = 'echo tick >> count; case "$(wc -l < count)" in 1) exit 5;; 2) kill -9 $$;; 3) sleep 300;; esac'
    process = alone.start(turns, longest=2)
    until(lambda: len(alone.lines("count")) >= 5 and len(alone.lines("told")) >= 2)
    assert process.poll() is None
    told = alone.lines("told")
    assert "a tick was ended by SIGKILL" in told
    assert "a tick did not end within 2 s" in told


def test_a_tick_that_takes_long_does_not_hold_up_the_next(alone: Alone) -> None:
    alone.start(f"{COUNT}; sleep 300")
    until(lambda: len(alone.lines("count")) >= 3)


def test_a_program_that_is_gone_is_told_and_tried_again(alone: Alone) -> None:
    words = ("-m", "tests.scheduler.alone", str(alone.folder), "1", "60", "/nowhere/agentos")
    alone.running.append(subprocess.Popen((sys.executable, *words), stderr=subprocess.PIPE))
    until(lambda: len(alone.lines("told")) >= 2)
    assert "FileNotFoundError" in alone.lines("told")[0]


def test_one_that_slept_through_several_ticks_makes_up_for_them_once(alone: Alone) -> None:
    process = alone.start()
    until(lambda: bool(alone.lines("count")))
    process.send_signal(signal.SIGSTOP)
    before = alone.standing().ticks
    time.sleep(4.5)
    woke = time.monotonic()
    process.send_signal(signal.SIGCONT)
    until(lambda: alone.standing().ticks > before)
    time.sleep(0.3)  # the others, if there were any, would come together
    assert alone.standing().ticks - before <= 2 + (time.monotonic() - woke)


def test_a_clock_that_is_put_back_does_not_silence_it(alone: Alone) -> None:
    alone.start()
    until(lambda: bool(alone.lines("count")))
    (alone.folder / "offset").write_text("-7200")
    time.sleep(2.5)  # what was due by the old clock has begun
    before = len(alone.lines("count"))
    until(lambda: len(alone.lines("count")) > before + 1)


def test_at_sighup_it_reads_the_settings_and_ticks_and_bad_ones_do_not_end_it(alone: Alone) -> None:
    process = alone.start(every=60)
    until(lambda: len(alone.lines("count")) == 1)
    (alone.folder / "broken").touch()
    process.send_signal(signal.SIGHUP)
    until(lambda: len(alone.lines("count")) == 2)
    assert alone.lines("told") == ["settings read"]
    assert "the former ones stay" in alone.end(process)[2]


def test_systemd_hears_that_it_is_ready_alive_and_stopping(alone: Alone) -> None:
    address = alone.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(address))
        ear.settimeout(PATIENCE)
        process = alone.start(NOTIFY_SOCKET=str(address), WATCHDOG_USEC="1000000")
        assert [ear.recv(99), ear.recv(99), ear.recv(99)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        assert alone.end(process)[0] == 0
        left = iter(lambda: ear.recv(99), b"STOPPING=1")
        assert set(left) <= {b"WATCHDOG=1"}
