"""The circuit breaker: its rules as tables and properties, and its one probe over threads and processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentos_cli.errors import CircuitOpen, CredentialRefused, RateLimited, Retryable
from agentos_cli.http import Http, Limits
from agentos_cli.resilience.breaker import Breaker, BreakerState, describe
from agentos_cli.resilience.gate import Outcome
from agentos_cli.resilience.rules import Answer, admit, record, reset, run_finished
from agentos_cli.resilience.state import Mark
from tests.ground.conftest import NOON, SteadyClock
from tests.ground.hostile import Hostile, text, value

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


def after(*outcomes: Outcome, every: float = 1, state: BreakerState | None = None) -> BreakerState:
    """The state after these outcomes, the last of them at noon."""
    state = state or BreakerState()
    for number, outcome in enumerate(outcomes, 1):
        state = record(state, outcome, NOON - timedelta(seconds=every * (len(outcomes) - number)))
    return state


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


# ── when it opens ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("outcomes", "every", "opens"),
    [
        ([FAILED] * 4, 1, False),  # too few to judge
        ([FAILED] * 5, 1, True),
        ([OK, FAILED, OK, FAILED, FAILED], 1, True),
        ([OK, FAILED] * 3, 1, True),  # half of them: one dead endpoint of two
        ([OK, OK, OK, FAILED, FAILED], 1, False),
        ([OK] * 20 + [FAILED] * 9, 1, False),
        ([OK] * 20 + [FAILED] * 10, 1, True),  # only the last 20 count
        ([FAILED] * 5, 200, False),  # only those of the last 10 minutes count
        ([SLOW] * 4 + [OK], 1, True),
        ([SLOW] * 3 + [OK] * 2, 1, False),
        ([UNREACHABLE] * 3, 19, True),
        ([UNREACHABLE] * 3, 31, False),
        ([UNREACHABLE] * 2, 1, False),
        ([LIMITED] * 20, 1, False),  # a 429 is no failure
        ([UNSENT] * 20, 1, False),
    ],
)
def test_when_it_opens(outcomes: list[Outcome], every: float, opens: bool) -> None:
    assert (after(*outcomes, every=every).state == "open") is opens


def test_three_failed_runs_open_it_however_far_apart() -> None:
    state = BreakerState()
    for day in range(3):
        state = run_finished(state, False, NOON + timedelta(days=day))
        assert (state.state == "open") is (day == 2)
    assert state.reason == "3 failed runs in a row"


def test_a_good_run_forgets_the_failed_ones() -> None:
    state = BreakerState()
    for ok in (False, False, True, False, False):
        state = run_finished(state, ok, NOON)
    assert (state.state, state.failed_runs) == ("closed", 2)


def test_a_run_that_was_not_let_in_is_no_new_failure() -> None:
    opened = after(*[FAILED] * 5)
    assert run_finished(opened, False, NOON) == opened
    waiting = record(BreakerState(), LIMITED, NOON, until=NOON + seconds(60))
    assert run_finished(waiting, False, NOON) == waiting


# ── how long ────────────────────────────────────────────────────────────────────────────────────────


def test_open_doubles_from_half_a_minute_to_a_quarter_of_an_hour() -> None:
    state, now, waits = after(*[FAILED] * 5), NOON, []
    for _ in range(8):
        assert state.opened_at is not None
        waits.append(state.open_for.total_seconds())
        now = state.opened_at + state.open_for
        state, decision = admit(state, now, owner="me")
        assert decision.probe
        state = record(state, FAILED, now, owner="me")
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 24), (0.5, 30), (0.999999, 36)])
def test_the_wait_is_spread_by_a_fifth(jitter: float, wait: float) -> None:
    state = after(*[FAILED] * 4)
    state = record(state, FAILED, NOON, jitter=lambda: jitter)
    assert state.open_for.total_seconds() == pytest.approx(wait, abs=0.01)


def test_open_refuses_until_its_time_is_over() -> None:
    state = after(*[FAILED] * 5)
    _, early = admit(state, NOON + seconds(29), owner="me")
    assert (early.answer, early.until) == (Answer.OPEN, NOON + seconds(30))
    state, due = admit(state, NOON + seconds(30), owner="me")
    assert (due.answer, due.probe, state.state) == (Answer.ADMIT, True, "half_open")


# ── half-open ───────────────────────────────────────────────────────────────────────────────────────


def half_open() -> BreakerState:
    return admit(after(*[FAILED] * 5), NOON + seconds(30), owner="probe")[0]


LATER = NOON + seconds(31)


def test_only_one_probe_is_out_at_a_time() -> None:
    _, other = admit(half_open(), LATER, owner="other")
    assert (other.answer, other.until) == (Answer.OPEN, NOON + seconds(60))


def test_a_probe_that_never_came_back_is_replaced() -> None:
    state, other = admit(half_open(), NOON + seconds(60), owner="other")
    assert (other.probe, state.probe_owner) == (True, "other")
    assert record(state, OK, NOON + seconds(61), owner="probe").state == "half_open"  # the lost one is late


@pytest.mark.parametrize(
    ("outcome", "state", "probe_out"),
    [
        (OK, "closed", False),
        (FAILED, "open", False),
        (UNREACHABLE, "open", False),
        (SLOW, "open", False),
        (REFUSED, "auth_broken", False),
        (LIMITED, "half_open", False),
        (UNSENT, "half_open", False),
    ],
)
def test_what_the_probe_finds_decides(outcome: Outcome, state: str, probe_out: bool) -> None:
    found = record(half_open(), outcome, LATER, owner="probe", until=NOON + seconds(90))
    assert (found.state, found.probe_owner is not None) == (state, probe_out)


def test_one_good_probe_makes_it_as_new() -> None:
    assert record(half_open(), OK, LATER, owner="probe") == BreakerState()


@pytest.mark.parametrize("outcome", [OK, FAILED, SLOW, UNREACHABLE])
def test_calls_from_before_the_opening_change_nothing(outcome: Outcome) -> None:
    opened = after(*[FAILED] * 5)
    assert record(opened, outcome, NOON) == opened
    assert record(half_open(), outcome, LATER) == half_open()


# ── 429 and the key ─────────────────────────────────────────────────────────────────────────────────


def test_a_429_only_sets_a_time() -> None:
    state = record(BreakerState(), LIMITED, NOON, until=NOON + seconds(90))
    assert state.state == "closed"
    assert admit(state, NOON + seconds(89), owner="me")[1][:2] == (Answer.LIMITED, NOON + seconds(90))
    assert admit(state, NOON + seconds(90), owner="me")[1].answer is Answer.ADMIT


def test_a_429_never_locks_us_out_for_more_than_an_hour() -> None:
    state = record(BreakerState(), LIMITED, NOON, until=NOON + timedelta(days=400))
    assert state.not_before == NOON + timedelta(hours=1)


def test_a_refused_key_is_tried_again_every_quarter_of_an_hour() -> None:
    state = record(BreakerState(fingerprint="old"), REFUSED, NOON, fingerprint="old")
    for minutes in (0, 14.9):
        again = admit(state, NOON + timedelta(minutes=minutes), owner="me", fingerprint="old")[1]
        assert (again.answer, again.until) == (Answer.REFUSED, NOON + timedelta(minutes=15))
    now = NOON + timedelta(minutes=15)
    state, due = admit(state, now, owner="me", fingerprint="old")
    assert due.probe
    assert admit(state, now, owner="other", fingerprint="old")[1].answer is Answer.REFUSED
    refused = record(state, REFUSED, now, owner="me", fingerprint="old")
    assert admit(refused, now + seconds(60), owner="me", fingerprint="old")[1].answer is Answer.REFUSED
    down = record(state, FAILED, now, owner="me", fingerprint="old")
    assert admit(down, now + seconds(60), owner="me", fingerprint="old")[1].answer is Answer.REFUSED
    assert record(state, OK, now, owner="me", fingerprint="old") == BreakerState(fingerprint="old")


def test_another_key_is_tried_at_once() -> None:
    broken = record(BreakerState(fingerprint="old"), REFUSED, NOON, fingerprint="old")
    state, decision = admit(broken, NOON, owner="me", fingerprint="new")
    assert (decision.answer, state) == (Answer.ADMIT, BreakerState(fingerprint="new"))


def test_another_key_has_its_own_rate_limit_but_the_same_sick_vendor() -> None:
    limited = record(BreakerState(fingerprint="old"), LIMITED, NOON, until=NOON + seconds(90))
    assert admit(limited, NOON, owner="me", fingerprint="new")[1].answer is Answer.ADMIT
    opened = after(*[FAILED] * 5, state=BreakerState(fingerprint="old"))
    assert admit(opened, NOON, owner="me", fingerprint="new")[1].answer is Answer.OPEN


def test_what_the_old_key_met_does_not_break_the_new_one() -> None:
    state = BreakerState(fingerprint="new")
    assert record(state, REFUSED, NOON, fingerprint="old") == state


def test_reset_closes_and_forgets() -> None:
    assert reset(after(*[FAILED] * 5, state=BreakerState(fingerprint="k"))) == BreakerState(fingerprint="k")
    assert reset(None) == BreakerState()


# ── clocks ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=400)])
def test_a_clock_set_back_does_not_lock_the_source_out(back: timedelta) -> None:
    past = NOON - back
    state, decision = admit(after(*[FAILED] * 5), past, owner="me")
    assert decision.until == past + seconds(30)
    assert admit(state, past + seconds(30), owner="me")[1].probe
    assert admit(half_open(), past, owner="me")[1].until in (None, past + seconds(30))
    limited = record(BreakerState(), LIMITED, NOON, until=NOON + seconds(90))
    until = admit(limited, past, owner="me")[1].until
    assert until is not None
    assert until <= past + timedelta(hours=1)


def test_failures_from_a_clock_that_ran_ahead_grow_old_like_others() -> None:
    past = NOON - timedelta(days=1)
    state = record(after(FAILED, FAILED), OK, past)
    for _ in range(3):
        state = record(state, FAILED, past + timedelta(minutes=11))
    assert (state.state, len(state.outcomes)) == ("closed", 3)


# ── properties ──────────────────────────────────────────────────────────────────────────────────────

events = st.lists(
    st.tuples(
        st.sampled_from(["call", "late", "run", "new key"]),
        st.sampled_from(list(Outcome)),
        st.integers(-7200, 7200),
        st.floats(0, 0.999),
    ),
    max_size=60,
)


def _history(script: list[tuple[str, Outcome, int, float]]) -> Iterator[tuple[BreakerState, datetime]]:
    state, now, key = BreakerState(), NOON, "key"
    for number, (what, outcome, gap, spread) in enumerate(script):
        now += seconds(gap)
        if what == "new key":
            key = f"key {number}"
        elif what == "run":
            state = run_finished(state, outcome is OK, now, lambda spread=spread: spread)  # type: ignore[misc]
        elif what == "late":
            state = record(state, outcome, now, fingerprint=key, until=now + seconds(abs(gap)))
        else:
            state, decision = admit(state, now, owner=str(number), fingerprint=key)
            if decision.answer is Answer.ADMIT and spread > 0.2:  # else the caller died
                state = record(
                    state,
                    outcome,
                    now,
                    owner=str(number) if decision.probe else None,
                    fingerprint=key,
                    until=now + seconds(abs(gap)),
                    jitter=lambda spread=spread: spread,  # type: ignore[misc]
                )
        yield state, now


@settings(max_examples=60, deadline=None)
@given(events)
def test_whatever_happens_it_can_be_stored_told_and_left_again(
    script: list[tuple[str, Outcome, int, float]],
) -> None:
    for state, now in _history(script):
        assert BreakerState.from_json(state.to_json()) == state
        assert describe(state, now)
        assert len(state.outcomes) <= 20
        key, much_later = state.fingerprint, now + timedelta(hours=2)
        asked, _ = admit(state, now, owner="now", fingerprint=key)  # whoever asks puts a wrong clock right
        again, decision = admit(asked, much_later, owner="later", fingerprint=key)
        assert decision.answer is Answer.ADMIT
        good = record(again, OK, much_later, owner="later", fingerprint=key)
        assert good.state == "closed"


@settings(max_examples=60, deadline=None)
@given(events, st.integers(-7200, 7200))
def test_of_two_who_ask_at_once_only_one_ever_gets_the_probe(
    script: list[tuple[str, Outcome, int, float]], gap: int
) -> None:
    for state, now in _history(script):
        leased, mine = admit(state, now + seconds(gap), owner="a", fingerprint=state.fingerprint)
        _, other = admit(leased, now + seconds(gap), owner="b", fingerprint=state.fingerprint)
        assert not (mine.probe and other.answer is Answer.ADMIT)


@pytest.mark.parametrize("text", ["", "null", "{}", "[1]", '{"state": "odd"}', "\x00"])
def test_a_stored_state_that_cannot_be_read_is_a_fresh_one(text: str) -> None:
    assert BreakerState.from_json(text) == BreakerState()


# ── in words ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (BreakerState(), "working"),
        (BreakerState(outcomes=(Mark(NOON, OK), Mark(NOON, FAILED))), "1 of the last 2 calls failed"),
        (BreakerState(failed_runs=2), "the last 2 runs failed"),
        (after(*[FAILED] * 5), "open: 5 of the last 5 calls failed; tried again in 30 s"),
        (after(*[UNREACHABLE] * 3), "3 failed connections within a minute"),
        (half_open(), "half-open"),
        (record(BreakerState(), REFUSED, NOON), "key refused: connect again"),
        (record(BreakerState(), LIMITED, NOON, until=NOON + seconds(600)), "come back in 10 min"),
    ],
)
def test_it_says_in_plain_words_how_it_is(state: BreakerState, words: str) -> None:
    assert words in describe(state, NOON)


def test_an_open_breaker_whose_time_is_over_says_so() -> None:
    assert describe(after(*[FAILED] * 5), NOON + seconds(60)).endswith("tried again with the next run")


# ── the gate over a stored state ────────────────────────────────────────────────────────────────────


def call(breaker: Breaker, outcome: Outcome) -> None:
    breaker.admit()
    breaker.record(outcome)


def test_it_stays_open_in_a_new_process_and_closes_after_one_probe(
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
    Breaker(cell, "stripe", clock).admit()
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
from tests.ground.test_breaker import FileCell
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
    assert cell.state().state == "closed"
