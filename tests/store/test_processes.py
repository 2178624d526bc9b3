"""Several processes at once, and processes that die: nothing acknowledged is lost, nothing is half done."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from agentos_cli.errors import LeaseHeld, Temporary
from agentos_cli.store import sqlite
from agentos_cli.store.store import Store
from agentos_cli.telemetry import RunRecord
from agents.nouns import Invoice
from tests.store.samples import NOW, invoice

ROOT = Path(__file__).parents[2]


def spawn(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


REPLACE_FOR_EVER = """
import sys
from datetime import timedelta
from agents.nouns import Invoice
from agentos_cli.store.store import Store
from tests.store.samples import NOW, invoice
store = Store(sys.argv[1], "alice")
for turn in range(int(sys.argv[2]), 10**6):
    with store.unit_of_work() as work:
        at = NOW + timedelta(seconds=turn)
        records = [invoice(f"in_{n}", status=str(turn)) for n in range(200)]
        work.records.replace("stripe", Invoice, records, at)
        work.commit()
    print(turn, flush=True)
"""


def test_a_killed_sync_leaves_the_old_records_or_the_new(store_url: str) -> None:
    store = Store(store_url, "alice")
    chance = random.Random(7)
    turn = 0
    for _ in range(4):
        process = spawn(REPLACE_FOR_EVER, store_url, str(turn))
        assert process.stdout is not None
        process.stdout.readline()  # at least one turn is acknowledged
        time.sleep(chance.uniform(0.0, 0.08))
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        acknowledged = max([turn, *(int(line) for line in rest.split())])
        found = store.read(NOW + timedelta(days=30), [Invoice]).records[Invoice]
        states = {record.status for record in found if isinstance(record, Invoice)}
        assert len(found) == 200 and len(states) == 1
        assert int(states.pop()) in {acknowledged, acknowledged + 1}
        turn = acknowledged + 2
    assert [finding for finding in store.check() if not finding.ok] == []


COUNT = """
import sys
from dataclasses import replace
from agentos_cli.resilience.state import BreakerState
from agentos_cli.store.store import Store
from agentos_cli.telemetry import RunRecord
from tests.store.samples import NOW
store = Store(sys.argv[1], "alice")
def count(state):
    state = state or BreakerState()
    return replace(state, open_count=state.open_count + 1), None
for turn in range(10):
    store.breaker("stripe").update(count)
    store.record([RunRecord(f"run_{sys.argv[2]}", "agent", "finance", NOW, turn, True)])
    with store.unit_of_work() as work:
        work.energy.set(turn, NOW)
        work.commit()
"""


def test_eight_processes_writing_at_once_lose_nothing(store_url: str) -> None:
    processes = [spawn(COUNT, store_url, str(number)) for number in range(8)]
    assert [process.communicate()[1] for process in processes] == [""] * 8
    store = Store(store_url, "alice")
    state = store.breaker("stripe").peek()
    assert state is not None and state.open_count == 80
    assert len(store.runs(limit=1000)) == 80
    energy = store.read(NOW, []).energy
    assert energy is not None and energy.level == 9


def test_a_breaker_is_remembered_by_the_next_process_and_can_be_cleared(store: Store) -> None:
    cell = store.breaker("stripe")
    assert cell.peek() is None
    from agentos_cli.resilience.state import BreakerState

    assert cell.update(lambda state: (BreakerState(fingerprint="ab"), state)) is None
    assert store.breaker("stripe").peek() == BreakerState(fingerprint="ab")
    assert store.breaker("hubspot").peek() is None
    with pytest.raises(ZeroDivisionError):
        cell.update(lambda state: (BreakerState(), 1 // 0))
    assert cell.peek() == BreakerState(fingerprint="ab")
    cell.clear()
    assert cell.peek() is None


def test_of_many_at_once_one_gets_the_lease(store: Store) -> None:
    def attempt(_: int) -> bool:
        try:
            with store.lease("brief", 30):
                time.sleep(0.5)
        except LeaseHeld:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_a_lease_is_free_again_when_its_block_ends_or_its_time_is_up(store: Store) -> None:
    with store.lease("brief", 30) as first, store.lease("other", 30):
        with pytest.raises(LeaseHeld, match=str(os.getpid())) as caught, store.lease("brief", 30):
            pass
        assert caught.value.exit_code == 6 and "UTC" in (caught.value.fix or "")
    with store.lease("brief", 0.05) as second:
        time.sleep(0.1)
        with store.lease("brief", 30) as third:
            assert (first.fence, second.fence, third.fence) == (1, 2, 3)
        # the holder that was overtaken gives back only what is its own
    with store.lease("brief", 30) as fourth:
        assert fourth.fence == 4


def test_a_holder_that_was_overtaken_cannot_commit(store: Store) -> None:
    with store.lease("brief", 0.05) as slow:
        time.sleep(0.1)
        with store.lease("brief", 30) as quick:
            with pytest.raises(LeaseHeld, match="took over"), store.unit_of_work(slow) as work:
                work.energy.set(1, NOW)
                work.commit()
            with store.unit_of_work(quick) as work:
                work.energy.set(2, NOW)
                work.commit()
    energy = store.read(NOW, []).energy
    assert energy is not None and energy.level == 2


def test_a_database_held_by_another_writer_is_worth_another_try(
    sqlite_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "SETTINGS", (*sqlite.SETTINGS, "busy_timeout=50"))
    store = Store(sqlite_store_url, "alice")
    with store.unit_of_work():
        for act in (
            lambda: store.record([RunRecord("r", "agent", "a", NOW, 1, True)]),
            lambda: store.unit_of_work().__enter__(),
        ):
            with pytest.raises(Temporary, match="busy") as caught:
                act()
            assert caught.value.exit_code == 75
        assert store.runs() == ()  # reading goes on


def test_a_reader_keeps_one_picture_while_a_writer_commits(store: Store) -> None:
    from agentos_cli.store.link import transaction
    from agentos_cli.store.reading import Reader

    with transaction(store._database) as link:
        reader = Reader(link, "alice")
        assert reader.records(Invoice, NOW) == ()
        # SQLite without WAL lets no writer commit meanwhile, PostgreSQL does; the picture holds on both
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(_save_one, store)
            time.sleep(0.2)
            assert reader.records(Invoice, NOW) == ()
            link.run("ROLLBACK")
            done.result()
    assert store.read(NOW, [Invoice]).records[Invoice] == (invoice("in_1"),)


def _save_one(store: Store) -> None:
    with store.unit_of_work() as work:
        work.records.replace("stripe", Invoice, [invoice("in_1")], NOW)
        work.commit()


def test_a_server_that_goes_away_is_worth_another_try(postgres_store_url: str) -> None:
    store = Store(postgres_store_url, "alice")
    with pytest.raises(Temporary), store.unit_of_work() as work:
        with psycopg.connect(postgres_store_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid != pg_backend_pid()"
            )
        work.energy.set(1, NOW)
