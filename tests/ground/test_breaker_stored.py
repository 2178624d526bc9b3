"""The gate over a stored state: one probe over threads and processes, and a dead vendor left alone."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from agentos_cli.errors import CircuitOpen, CredentialRefused, RateLimited, Retryable, SourceError
from agentos_cli.http import Http, Limits
from agentos_cli.redaction import register_secret
from agentos_cli.resilience.breaker import Breaker, BreakerState
from agentos_cli.resilience.gate import Outcome
from tests.ground.conftest import NOON, SteadyClock
from tests.ground.hostile import Act, Hostile, text, value

T = TypeVar("T")
OK, SLOW, FAILED, UNREACHABLE = Outcome.OK, Outcome.SLOW, Outcome.FAILED, Outcome.UNREACHABLE
LIMITED, REFUSED, UNSENT = Outcome.LIMITED, Outcome.REFUSED, Outcome.UNSENT


class FileCell:
    """A state in one SQLite file: what a store does, and nothing else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writes = 0
        with closing(self._open()) as link:
            link.execute("CREATE TABLE IF NOT EXISTS cell (state TEXT NOT NULL)")

    def update(self, change: Callable[[BreakerState | None], tuple[BreakerState, T]]) -> T:
        with closing(self._open()) as link:
            link.execute("BEGIN IMMEDIATE")
            row = link.execute("SELECT state FROM cell").fetchone()
            state, result = change(None if row is None else BreakerState.from_json(row[0]))
            link.execute("DELETE FROM cell")
            link.execute("INSERT INTO cell VALUES (?)", (state.to_json(),))
            link.execute("COMMIT")
        self.writes += 1
        return result

    def state(self) -> BreakerState:
        with closing(self._open()) as link:
            row = link.execute("SELECT state FROM cell").fetchone()
        return BreakerState() if row is None else BreakerState.from_json(row[0])

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=10, isolation_level=None)


@pytest.fixture
def cell(tmp_path: Path) -> FileCell:
    return FileCell(tmp_path / "breaker.db")


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


# ── the gate over a stored state ────────────────────────────────────────────────────────────────────


def call(breaker: Breaker, outcome: Outcome) -> None:
    breaker.admit()
    breaker.record(outcome)


def test_it_stays_open_in_a_new_process_and_closes_after_two_probes(
    cell: FileCell, clock: SteadyClock
) -> None:
    for _ in range(3):
        call(Breaker(cell, "stripe", clock), UNREACHABLE)
    fresh = Breaker(cell, "stripe", clock, jitter=lambda: 0.5)
    with pytest.raises(CircuitOpen) as caught:
        fresh.admit()
    assert caught.value.until is not None
    assert NOON < caught.value.until <= NOON + seconds(36)
    clock.forward(seconds=40)
    call(fresh, OK)
    assert cell.state().state == "half_open"
    call(Breaker(cell, "stripe", clock), OK)
    assert cell.state().state == "closed"


def test_a_refused_key_is_named_until_it_is_another_one(cell: FileCell, clock: SteadyClock) -> None:
    call(Breaker(cell, "stripe", clock, "old"), REFUSED)
    with pytest.raises(CredentialRefused) as caught:
        Breaker(cell, "stripe", clock, "old").admit()
    assert caught.value.fix == "agentos connect stripe"
    Breaker(cell, "stripe", clock, "new").admit()


def test_a_vendors_wait_holds_in_a_new_process(cell: FileCell, clock: SteadyClock) -> None:
    breaker = Breaker(cell, "stripe", clock)
    breaker.admit()
    breaker.record(LIMITED, until=NOON + seconds(90))
    with pytest.raises(RateLimited) as caught:
        Breaker(cell, "stripe", clock).admit()
    assert caught.value.not_before == NOON + seconds(90)


def test_a_healthy_source_costs_few_transactions_and_loses_no_outcome(
    cell: FileCell, clock: SteadyClock
) -> None:
    breaker = Breaker(cell, "stripe", clock)
    for _ in range(25):
        call(breaker, OK)
        clock.forward(seconds=0.1)
    assert cell.writes <= 6
    breaker.run_finished(True)
    assert len(cell.state().outcomes) == 20
    for _ in range(9):
        call(breaker, FAILED)
    assert cell.state().state == "closed"  # 9 of 20
    call(breaker, FAILED)
    assert cell.state().state == "open"


def test_another_process_that_opens_it_is_noticed(cell: FileCell, clock: SteadyClock) -> None:
    mine, other = Breaker(cell, "stripe", clock), Breaker(cell, "stripe", clock)
    call(mine, OK)
    for _ in range(3):
        call(other, UNREACHABLE)
    clock.forward(seconds=2)
    with pytest.raises(CircuitOpen):
        mine.admit()


def test_three_failed_runs_in_three_processes(cell: FileCell, clock: SteadyClock) -> None:
    for _ in range(3):
        run = Breaker(cell, "stripe", clock)
        call(run, FAILED)
        run.run_finished(False)
        clock.forward(days=1)
    clock.now -= timedelta(days=1)
    with pytest.raises(CircuitOpen):
        Breaker(cell, "stripe", clock).admit()
    Breaker(cell, "stripe", clock).reset()
    Breaker(cell, "stripe", clock).admit()


PROBER = """
import sys
from datetime import datetime
from pathlib import Path
from agentos_cli.errors import CircuitOpen
from agentos_cli.resilience.breaker import Breaker
from tests.ground.test_breaker_stored import FileCell
cell = FileCell(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(20):
    try:
        Breaker(cell, "stripe", lambda: datetime.fromisoformat(sys.argv[2])).admit()
        print("probe", flush=True)
    except CircuitOpen:
        pass
"""


def test_of_four_processes_one_gets_the_probe(cell: FileCell, clock: SteadyClock) -> None:
    for _ in range(3):
        call(Breaker(cell, "stripe", clock), UNREACHABLE)
    now = (NOON + seconds(40)).isoformat()
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROBER, str(cell.path), now],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    said = []
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in started:
        said.append(process.communicate()[0])
        assert process.returncode == 0
    assert "".join(said).count("probe") == 1


def test_threads_wait_for_the_probe_of_their_own_run(cell: FileCell, clock: SteadyClock) -> None:
    """A connector that fans out must not lose three of four threads to its own first call."""
    for _ in range(3):
        call(Breaker(cell, "stripe", clock), UNREACHABLE)
    clock.forward(seconds=40)
    breaker = Breaker(cell, "stripe", clock)
    breaker.admit()
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(call, breaker, OK) for _ in range(3)]
        assert not any(each.done() for each in waiting)
        breaker.record(OK)
        for each in waiting:
            each.result(timeout=5)
    assert cell.state().state == "closed"


def test_fifty_rounds_of_threads_over_one_file_probe_once_each(cell: FileCell, clock: SteadyClock) -> None:
    for _ in range(3):
        call(Breaker(cell, "stripe", clock), UNREACHABLE)
    for _ in range(50):
        clock.forward(minutes=20)
        line = threading.Barrier(4)

        def ask(line: threading.Barrier = line) -> bool:
            mine = Breaker(cell, "stripe", clock)
            line.wait()
            try:
                mine.admit()
            except CircuitOpen:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(lambda _, ask=ask: ask(), range(4))) == 1


# ── what is told ────────────────────────────────────────────────────────────────────────────────────


def refusal(cell: FileCell, clock: SteadyClock) -> str:
    with pytest.raises(SourceError) as caught:
        Breaker(cell, "stripe", clock, title="Stripe", zone=ZoneInfo("Europe/Berlin")).admit()
    return caught.value.what


def test_an_open_breaker_tells_until_when_and_what_opened_it(cell: FileCell, clock: SteadyClock) -> None:
    breaker = Breaker(cell, "stripe", clock, jitter=lambda: 0.5)
    for _ in range(3):
        breaker.admit()
        breaker.record(UNREACHABLE, why="connection refused")
    assert refusal(cell, clock) == (
        "Stripe is not called before 13:00: connection refused, 3 times within a minute"
    )


def test_a_wait_and_a_refused_key_are_told_with_their_times(cell: FileCell, clock: SteadyClock) -> None:
    breaker = Breaker(cell, "stripe", clock)
    breaker.admit()
    breaker.record(LIMITED, until=NOON + timedelta(minutes=50))
    assert refusal(cell, clock) == "Stripe asked us not to call before 13:50"
    breaker.reset()
    call(breaker, REFUSED)
    assert refusal(cell, clock) == "Stripe refused the key at 13:00, and has no other since"


def test_what_was_opened_by_hand_says_so_in_every_process(cell: FileCell, clock: SteadyClock) -> None:
    Breaker(cell, "stripe", clock).force_open()
    clock.forward(days=2)
    assert refusal(cell, clock) == "Stripe is not called: opened by you at 13:00 on 23 Nov"
    Breaker(cell, "stripe", clock).reset()
    Breaker(cell, "stripe", clock).admit()


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (text(b"", 503, Request_Id="req_1"), "status 503 (request req_1)"),
        (text(b"<html>"), "an answer that is not valid JSON: it is a web page"),
        (text(b"", Content_Encoding="br"), "an answer in an encoding we did not ask for"),
    ],
)
def test_evidence_is_what_the_vendor_did_without_its_name(
    vendor: Hostile, cell: FileCell, clock: SteadyClock, act: Act, why: str
) -> None:
    gate = Breaker(cell, "stripe", clock)
    with (
        Http("stripe", gate, title="Stripe", limits=Limits(per_second=1000), sleep=lambda _: None) as http,
        pytest.raises(Retryable),
    ):
        http.json("GET", vendor.on("/", act))
    assert cell.state().failure == why


def test_evidence_holds_no_secret(vendor: Hostile, cell: FileCell, clock: SteadyClock) -> None:
    register_secret("sk_live_canary_51HxyzSECRET")
    complaint = Retryable("stripe says: bad key sk_live_canary_51HxyzSECRET " + "x" * 500)
    gate = Breaker(cell, "stripe", clock)
    with (
        Http("stripe", gate, limits=Limits(attempts=1)) as http,
        pytest.raises(Retryable),
    ):
        http.send("GET", vendor.on("/", value([])), judge=lambda _: complaint)
    assert cell.state().failure.startswith("says: bad key [secret] xxx")
    assert len(cell.state().failure) <= 160


# ── together with the way out ───────────────────────────────────────────────────────────────────────


def test_a_dead_vendor_is_left_alone_and_found_again(
    vendor: Hostile, cell: FileCell, clock: SteadyClock
) -> None:
    url = vendor.on("/", text(b"", 500))

    def run() -> object:
        """One process of its own, as far as the breaker can tell."""
        gate = Breaker(cell, "stripe", clock)
        with Http("stripe", gate, limits=Limits(per_second=1000), sleep=lambda _: None, clock=clock) as http:
            return http.json("GET", url)

    for _ in range(2):
        with pytest.raises(Retryable, match="500"):
            run()
    assert vendor.calls["/"] == 5  # the fifth failure opened it, in the middle of the second run
    with pytest.raises(CircuitOpen):
        run()
    assert vendor.calls["/"] == 5
    clock.forward(seconds=40)
    with pytest.raises(Retryable, match="500"):  # what the probe met, not that the breaker closed again
        run()
    assert vendor.calls["/"] == 6
    vendor.on("/", value({"ok": 1}))
    clock.forward(seconds=80)
    assert run() == {"ok": 1}
    assert run() == {"ok": 1}
    assert cell.state().state == "closed"


def test_every_thread_of_a_run_hears_what_went_wrong_and_none_that_it_was_not_asked(
    vendor: Hostile, cell: FileCell, clock: SteadyClock
) -> None:
    url = vendor.on("/", text(b"", 500))
    gate = Breaker(cell, "stripe", clock)

    def ask(_: int) -> str:
        with pytest.raises(Retryable) as refusal:
            http.json("GET", url)
        return str(refusal.value)

    with (
        Http("stripe", gate, limits=Limits(per_second=1000), sleep=lambda _: None, clock=clock) as http,
        ThreadPoolExecutor(4) as pool,
    ):
        assert set(pool.map(ask, range(12))) == {"stripe is in trouble (500)"}
    assert cell.state().state == "open"
