"""A breaker over processes and databases: one probe a round, and a history of every change of its state."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentos_cli.resilience.breaker import Breaker
from agentos_cli.resilience.gate import Outcome
from agentos_cli.resilience.state import BreakerState
from agentos_cli.store.breakers import KEPT
from agentos_cli.store.store import Store

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ROUNDS, PROCESSES = 50, 8

PROBER = """
import sys
from datetime import datetime
from agentos_cli.errors import CircuitOpen
from agentos_cli.resilience.breaker import Breaker
from agentos_cli.store.store import Store
cell = Store(sys.argv[1], "alice").breaker("stripe")
print("ready", flush=True)
for line in sys.stdin:
    now = datetime.fromisoformat(line.strip())
    try:
        Breaker(cell, "stripe", lambda: now).admit()
        print("probe", flush=True)
    except CircuitOpen:
        print("open", flush=True)
"""


class Clock:
    """A clock that moves only when told to."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def fail(breaker: Breaker, times: int, why: str = "connection refused") -> None:
    for _ in range(times):
        breaker.admit()
        breaker.record(Outcome.UNREACHABLE, why=why)


def told(store: Store) -> list[tuple[str, str]]:
    """The history of the breaker, oldest first."""
    return [(event.state, event.reason) for event in reversed(store.breaker("stripe").history())]


@contextmanager
def probers(url: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that ask for leave at the instant they are told, all on one store."""
    words = [sys.executable, "-c", PROBER, url]
    started = [
        subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        for _ in range(PROCESSES)
    ]
    try:
        assert [said(process) for process in started] == ["ready"] * PROCESSES
        yield started
    finally:
        for process in started:
            process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_fifty_rounds_of_eight_processes_probe_once_each(store_url: str, clock: Clock) -> None:
    store = Store(store_url, "alice")
    fail(Breaker(store.breaker("stripe"), "stripe", clock), 3)
    with probers(store_url) as processes:
        for number in range(ROUNDS):
            clock.now += timedelta(minutes=20)
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(f"{clock.now.isoformat()}\n")
                process.stdin.flush()
            answers = [said(process) for process in processes]
            assert answers.count("probe") == 1, f"round {number}: {answers}"
    state = store.breaker("stripe").peek()
    assert state is not None and state.state == "half_open"


def test_every_change_of_state_is_a_line_of_the_history(store: Store, clock: Clock) -> None:
    cell = store.breaker("stripe")
    breaker = Breaker(cell, "stripe", clock)
    fail(breaker, 3)
    clock.now += timedelta(minutes=1)
    fail(breaker, 1, "status 503")
    clock.now += timedelta(minutes=5)
    for _ in range(2):
        breaker.admit()
        breaker.record(Outcome.OK)
    breaker.force_open()
    cell.clear()
    cell.clear()

    assert told(store) == [
        ("open", "connection refused, 3 times within a minute"),
        ("half_open", "one call finds out whether it is back"),
        ("open", "status 503, when it was tried again"),
        ("half_open", "one call finds out whether it is back"),
        ("closed", "it answers again, after it opened 2 times in a row"),
        ("open", "opened by you"),
        ("closed", "reset by you"),
    ]
    times = [event.at for event in cell.history()]
    assert times == sorted(times, reverse=True)


def test_a_change_that_fails_leaves_neither_state_nor_history(store: Store) -> None:
    cell = store.breaker("stripe")

    def broken(state: BreakerState | None) -> tuple[BreakerState, None]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cell.update(broken)
    assert (cell.peek(), cell.history()) == (None, ())


def test_the_newest_fifty_changes_of_each_source_are_kept(store_url: str, clock: Clock) -> None:
    store = Store(store_url, "alice")
    Breaker(store.breaker("hubspot"), "hubspot", clock).force_open()
    stripe = Breaker(store.breaker("stripe"), "stripe", clock)
    fail(stripe, 3)
    for _ in range(KEPT // 2):
        stripe.force_open()
        store.breaker("stripe").clear()
    assert told(store) == [("open", "opened by you"), ("closed", "reset by you")] * (KEPT // 2)
    assert len(store.breaker("hubspot").history()) == 1
    assert Store(store_url, "bob").breaker("stripe").history() == ()
