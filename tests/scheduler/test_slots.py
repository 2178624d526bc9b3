"""Slots are done by real processes: once each however many look, ended in time, given back, done anew."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from agentos_cli.clock import utc_now
from agentos_cli.errors import Temporary
from agentos_cli.scheduler.runner import Runner
from agentos_cli.scheduler.tick import Outcome, Pace, Until, drain, once
from agentos_cli.store.schedules import StoredSchedules
from agentos_cli.store.slots import CatchUp, Claimed, Schedule, Slot, SlotState
from agentos_cli.store.store import Store

ROOT = Path(__file__).parents[2]
SLOTS, AT_ONCE, PATIENCE = 1_000, 4, 100
START = datetime(2026, 6, 1, tzinfo=UTC)
A_WHILE = 20.0

TICK = """
import os, sys
from datetime import datetime, timedelta
from functools import partial
from agentos_cli.clock import utc_now
from agentos_cli.scheduler.slots import enter_due
from agentos_cli.scheduler.tick import Outcome, Until, drain, once
from agentos_cli.store.store import Store

def run(claimed, stopped):
    handle = os.open(sys.argv[3], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, f"{claimed.schedule} {claimed.due_at.isoformat()}\\n".encode())
    os.close(handle)
    return Outcome(0)

schedules, now = Store(sys.argv[1], "alice").schedules(), datetime.fromisoformat(sys.argv[2])
clock = lambda: now
sys.stdin.readline()
enter_due(schedules, now)
work = partial(once, schedules, run, clock, owner=f"process {os.getpid()}")
print(drain(work, Until(clock, now + timedelta(days=1)), width=2, again=0.05))
"""


def schedule(name: str = "brief", cron: str = "0 7 * * *", **other: object) -> Schedule:
    given = {"command": ("status",), "patience": timedelta(minutes=1), "catch_up": CatchUp.LATEST, **other}
    day = timedelta(days=1)
    return Schedule(name, cron, "UTC", late=day, paused=False, last_due=START, created_at=START, **given)  # type: ignore[arg-type]


@pytest.fixture
def schedules(sqlite_store_url: str) -> StoredSchedules:
    """Where the command of a slot is a real process: one database is enough."""
    return Store(sqlite_store_url, "alice").schedules()


def due_now(schedules: StoredSchedules, *words: str, patience: float = 60.0) -> datetime:
    """A slot that is due at this moment; the words are a command of agentos, or of what runs it instead."""
    now = utc_now()
    schedules.put(schedule(command=words, patience=timedelta(seconds=patience)), now)
    schedules.make_due("brief", now)
    return now


def slot(schedules: StoredSchedules, due_at: datetime) -> Slot:
    found = schedules.slot("brief", due_at)
    assert found is not None
    return found


def runner(*program: str) -> Runner:
    return Runner(dict(os.environ), "alice", program or (sys.executable, "-m", "agentos_cli"))


def do_once(schedules: StoredSchedules, run: Runner, stop: threading.Event | None = None) -> bool:
    stopped = stop.is_set if stop else lambda: False
    return once(schedules, run, utc_now, owner="me", stopped=stopped, pace=Pace(beat=0.2))


# ── many at once ─────────────────────────────────────────────────────────────────────────────────


def test_four_ticks_at_once_do_each_of_a_thousand_slots_once(store_url: str, tmp_path: Path) -> None:
    schedules, effects = Store(store_url, "alice").schedules(), tmp_path / "effects"
    for number in range(100):
        schedules.put(schedule(f"s{number:02}", f"{number % 59 + 1} 0-9 * * *", catch_up=CatchUp.ALL), START)
    now = START + timedelta(hours=10)
    ticks = [
        subprocess.Popen(
            [sys.executable, "-c", TICK, store_url, now.isoformat(), str(effects)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(AT_ONCE)
    ]  # fmt: skip
    for each in ticks:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    counts = [int(each.communicate(timeout=PATIENCE)[0]) for each in ticks]

    done = effects.read_text().splitlines()
    assert (len(done), len(set(done)), sum(counts)) == (SLOTS, SLOTS, SLOTS)
    assert min(counts) > 0, "all of them took part"
    by_schedule = {name: [line for line in done if line.startswith(name)] for name in ("s00", "s57", "s99")}
    assert all(len(lines) == 10 and lines == sorted(lines) for lines in by_schedule.values())
    states = [each.state for number in range(100) for each in schedules.slots(f"s{number:02}", 100)]
    assert set(states) == {SlotState.CAUGHT_UP, SlotState.RAN} and len(states) == SLOTS
    assert not schedules.waiting(now)


def test_what_takes_long_does_not_hold_up_what_becomes_due_meanwhile(schedules: StoredSchedules) -> None:
    schedules.put(schedule("long"), START)
    schedules.put(schedule("short"), START)
    schedules.make_due("long", utc_now())
    told: list[str] = []
    short_is_done = threading.Event()

    def run(claimed: Claimed, stopped: object) -> Outcome:
        if claimed.schedule == "long":
            schedules.make_due("short", utc_now())
            assert short_is_done.wait(A_WHILE)
        else:
            short_is_done.set()
        told.append(claimed.schedule)
        return Outcome(0)

    until = Until(utc_now, utc_now() + timedelta(hours=1))
    assert drain(lambda: once(schedules, run, utc_now, owner="me"), until, again=0.05) == 2
    assert told == ["short", "long"]
    assert drain(lambda: once(schedules, run, utc_now, owner="me"), until, again=0.05) == 0


def test_while_something_takes_long_what_must_not_wait_is_minded(schedules: StoredSchedules) -> None:
    due_at = due_now(schedules, "status")
    minded = threading.Event()

    def run(claimed: Claimed, stopped: object) -> Outcome:
        assert minded.wait(A_WHILE)
        return Outcome(0)

    until = Until(utc_now, utc_now() + timedelta(hours=1))
    work = partial(once, schedules, run, utc_now, owner="me")
    assert drain(work, until, again=0.05, meanwhile=minded.set) == 1
    assert slot(schedules, due_at).state is SlotState.RAN


def test_nothing_is_begun_once_it_is_over(schedules: StoredSchedules) -> None:
    due_now(schedules, "status")
    until = Until(utc_now, utc_now() + timedelta(hours=1))
    until.stop.set()
    assert drain(lambda: do_once(schedules, runner()), until) == 0
    assert schedules.waiting(utc_now())


# ── one command ──────────────────────────────────────────────────────────────────────────────────


TALKATIVE = """
import os
print("x" * 9000)
print(*(os.environ[f"AGENTOS_{name}"] for name in ("SCHEDULE", "DUE_AT", "TENANT")))
print("sk_live_abcdef123456")
"""


def test_a_command_knows_what_it_was_due_for_and_its_last_words_are_kept(schedules: StoredSchedules) -> None:
    due_at = due_now(schedules, "-c", TALKATIVE)
    assert do_once(schedules, runner(sys.executable))
    found = slot(schedules, due_at)
    assert (found.state, found.exit_code, found.why) == (SlotState.RAN, 0, None)
    assert found.output is not None and len(found.output) == 2_000
    before, told, masked = found.output.partition(f"\nbrief {due_at.isoformat()} alice\n")
    assert (before[-1], bool(told), masked.replace("[secret]", "")) == ("x", True, "")
    assert masked  # once or twice, as other tests of this process have told what is secret


def test_the_program_itself_is_run(schedules: StoredSchedules) -> None:
    due_at = due_now(schedules, "--version")
    assert do_once(schedules, runner())
    assert (slot(schedules, due_at).output or "").startswith("agentos ")


@pytest.mark.parametrize(
    ("code", "state", "why"),
    [
        ("print('error: no key\\n  fix:  x'); raise SystemExit(4)", "failed", "no key (exit 4)"),
        ("print('{\"error\": {\"message\": \"no key\"}}'); raise SystemExit(4)", "failed", "no key (exit 4)"),
        ("import os; raise SystemExit(0 if os.environ['AGENTOS_LOG'] == 'text' else 1)", "ran", None),
        ("raise SystemExit(6)", "skipped", "exit 6"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "failed", "it was ended by signal 11"),
    ],
)  # fmt: skip
def test_how_a_command_ended_decides(
    schedules: StoredSchedules, code: str, state: str, why: str | None
) -> None:
    due_at = due_now(schedules, "-c", code)
    assert do_once(schedules, runner(sys.executable))
    assert (str(slot(schedules, due_at).state), slot(schedules, due_at).why) == (state, why)


def test_a_program_that_is_not_there_is_a_failure(schedules: StoredSchedules) -> None:
    due_at = due_now(schedules, "x")
    assert do_once(schedules, runner("/nowhere/at/all"))
    assert slot(schedules, due_at).state is SlotState.FAILED
    assert "could not be begun" in str(slot(schedules, due_at).why)


STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])  # inherits what is ignored
print(child.pid, flush=True)
time.sleep(600)
"""


def test_after_its_patience_the_whole_group_is_ended(
    schedules: StoredSchedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentos_cli.scheduler.runner.GRACE", 0.3)
    due_at = due_now(schedules, "-c", STUBBORN, patience=1.0)
    assert do_once(schedules, runner(sys.executable))
    found = slot(schedules, due_at)
    assert (found.state, found.exit_code) == (SlotState.FAILED, None)
    assert "after 1s, its patience" in str(found.why)
    assert is_gone(int(str(found.output)))


def is_gone(pid: int) -> bool:
    """Dead, or a zombie that nobody has fetched yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_what_is_stopped_is_given_back_and_done_once_more(schedules: StoredSchedules) -> None:
    due_at, stop = due_now(schedules, "-c", "import time; time.sleep(600)"), threading.Event()
    threading.Timer(0.3, stop.set).start()
    assert do_once(schedules, runner(sys.executable), stop)
    assert slot(schedules, due_at).state is SlotState.RUNNING
    assert once(schedules, lambda claimed, stopped: Outcome(0), utc_now, owner="next")
    found = slot(schedules, due_at)
    assert (found.state, found.attempts) == (SlotState.CAUGHT_UP, 2)


def test_signs_of_life_keep_a_slot_and_who_lost_it_stops(schedules: StoredSchedules) -> None:
    """The lease is a second, the command takes longer; then the slot is taken, as from one that slept."""
    due_at, seen = due_now(schedules, "-c", "import time; time.sleep(600)"), threading.Event()
    ended: list[bool] = []

    def work() -> None:
        pace = Pace(lease=1.0, beat=0.2)
        ended.append(once(schedules, runner(sys.executable), utc_now, owner="me", pace=pace))
        seen.set()

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(15):
        time.sleep(0.1)
        assert schedules.claim(utc_now(), owner="them", seconds=60) is None
    far = utc_now() + timedelta(hours=1)
    while slot(schedules, due_at).attempts < 2:  # both looks between two signs of life
        schedules.claim(far, owner="them", seconds=-60)
    assert seen.wait(A_WHILE)
    worker.join()
    assert (slot(schedules, due_at).owner, slot(schedules, due_at).state) == ("them", SlotState.RUNNING)


class Away(StoredSchedules):
    """A store that is away when the end of a slot is to be written, some times."""

    times = 2

    def finish(self, *given: object, **named: object) -> None:
        """As it is, once the database is back."""
        if self.times:
            self.times -= 1
            raise Temporary("the database is away")
        super().finish(*given, **named)  # type: ignore[arg-type]


def test_the_end_of_a_slot_is_written_once_the_database_is_back(
    sqlite_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentos_cli.scheduler.tick.AGAIN", 0.05)
    store = Store(sqlite_store_url, "alice")
    schedules = Away(store.schedules()._database)
    due_at = due_now(schedules, "status")
    assert once(schedules, lambda claimed, stopped: Outcome(0), utc_now, owner="me")
    assert (slot(schedules, due_at).state, schedules.times) == (SlotState.RAN, 0)
