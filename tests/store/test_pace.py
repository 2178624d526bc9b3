"""One rate limit for all processes that use a key: kept together, cheap, and never in the way."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from agentos_cli.errors import Temporary
from agentos_cli.resilience.pace import LOT_SECONDS, MOST_AT_ONCE, SharedPace
from agentos_cli.store.link import transaction
from agentos_cli.store.store import Store

RATE = 40.0
PROCESSES, SECONDS = 4, 2.5
WINDOW = 1.0

CALLER = """
import sys, time
from agentos_cli.http import Http
from agentos_cli.resilience.gate import OpenGate
from agentos_cli.resilience.pace import SharedPace
from agentos_cli.store.store import Store
url, store, rate, seconds = sys.argv[1], Store(sys.argv[2], "alice"), float(sys.argv[3]), float(sys.argv[4])
with Http("shop", OpenGate(), pace=SharedPace(store.pace("key"), rate)) as http:
    print("ready", flush=True)
    sys.stdin.readline()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        http.json("GET", url)
"""


class Door:
    """A server on this machine that notes when it is called."""

    def __init__(self) -> None:
        self.calls: list[float] = []
        calls = self.calls

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                calls.append(time.monotonic())
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"

    def most_within(self, seconds: float) -> int:
        """The most calls that came within any stretch of so many seconds."""
        calls = sorted(self.calls)
        return max(sum(start <= at < start + seconds for at in calls) for start in calls)


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    thread = threading.Thread(target=door.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield door
    door.server.shutdown()
    door.server.server_close()
    thread.join()


def callers(door: Door, url: str, rate: float) -> None:
    """So many processes call as fast as they are let, side by side."""
    words = [sys.executable, "-c", CALLER, door.url, url, str(rate), str(SECONDS)]
    started = [
        subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        for _ in range(PROCESSES)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in started:
        process.communicate()
        assert process.returncode == 0


def test_four_processes_keep_one_limit_together(store_url: str, door: Door) -> None:
    callers(door, store_url, RATE)
    late = RATE * LOT_SECONDS  # a slot may be used so much later than it was meant for
    assert door.most_within(WINDOW) <= RATE * WINDOW + MOST_AT_ONCE + late
    assert len(door.calls) <= RATE * SECONDS + MOST_AT_ONCE + PROCESSES * late
    assert len(door.calls) >= RATE * SECONDS / 2, "most of what is allowed goes to waste"


class Counted:
    """A ledger that counts how often it is asked."""

    def __init__(self, store: Store, key: str = "key") -> None:
        self.pace = store.pace(key)
        self.taken = 0

    def take(self, count: int, gap: float, burst: float) -> float:
        self.taken += 1
        return self.pace.take(count, gap, burst)


def test_a_thousand_calls_a_second_cost_a_handful_of_transactions(store: Store) -> None:
    ledger = Counted(store)
    pace, now = SharedPace(ledger, 1000), 0.0
    for _ in range(1000):
        now += pace.reserve(now)
    assert ledger.taken <= 5


def test_slots_are_given_out_in_turn_and_one_gap_apart(store: Store) -> None:
    mine, other = store.pace("key"), store.pace("key")
    first, second, third = mine.take(10, 0.1, 0), other.take(1, 0.1, 0), mine.take(5, 0.1, 0)
    assert (first, second, third) == pytest.approx((0, 1.0, 1.1), abs=0.2)
    assert mine.ahead() == pytest.approx(1.6, abs=0.2)
    assert store.pace("another key").take(1, 0.1, 0) == pytest.approx(0, abs=0.1)
    assert store.pace("never used").ahead() == 0
    assert Store.pace(store, "key").take(1, 0.1, 0) > 1


def test_another_tenants_calls_are_its_own(store_url: str) -> None:
    Store(store_url, "alice").pace("key").take(100, 0.1, 0)
    assert Store(store_url, "bob").pace("key").take(1, 0.1, 0) <= 0


def test_a_pause_is_made_up_for_by_a_burst_and_no_more(store: Store) -> None:
    assert store.pace("key").take(1, 0.1, 0.5) == pytest.approx(-0.5, abs=0.01)


def test_what_a_wrong_clock_wrote_holds_nobody_up_for_long(store: Store) -> None:
    store.pace("key").take(100_000, 1, 0)
    assert store.pace("key").take(1, 0.1, 0) <= 60


def test_slots_that_were_not_used_in_time_lapse(store: Store) -> None:
    ledger = Counted(store)
    pace = SharedPace(ledger, 100)
    pace.reserve(0.0)
    assert ledger.taken == 1
    pace.reserve(10.0)
    assert ledger.taken == 2


def test_a_busy_store_costs_a_moment_and_no_call(sqlite_store_url: str) -> None:
    store = Store(sqlite_store_url, "alice")
    ledger = Counted(store)
    pace = SharedPace(ledger, 10)
    begun = time.monotonic()
    with transaction(store._database, write=True):
        with pytest.raises(Temporary):
            store.pace("key").take(1, 0.1, 0)
        waits = [pace.reserve(0.5) for _ in range(15)]
    assert time.monotonic() - begun < 5
    assert ledger.taken == 1, "a store that was busy is not asked again for every call"
    assert waits == sorted(waits) and waits[-1] > 0, "alone it keeps the pace all the same"
    assert all(after - before < 0.11 for before, after in pairwise(waits))
    pace.reserve(2.0)
    assert ledger.taken == 2


def test_a_sync_that_is_being_stored_does_not_hold_the_pace_up(postgres_store_url: str) -> None:
    store = Store(postgres_store_url, "alice")
    with transaction(store._database, write=True):
        assert store.pace("key").take(1, 0.1, 0) <= 0


def test_a_pause_holds_up_whoever_shares_the_process(store: Store) -> None:
    pace = SharedPace(store.pace("key"), 100)
    pace.pause(7.0)
    assert pace.reserve(2.0) == pytest.approx(5.0)
    pace.pause(3.0)
    assert pace.reserve(2.0) == pytest.approx(5.0)
