"""Servers that go away again and again while thousands of events are announced and delivered by four workers.

Nothing may be lost, nothing may have two effects at a receiver that honours the key, and the events of one
aggregate arrive in their order. Intervals are compressed: a restart every second or so.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from agentos_cli.errors import Temporary
from agentos_cli.events import Event
from agentos_cli.store.outbox import State
from agentos_cli.store.store import Store
from tests import databases
from tests.bus.bench import happened
from tests.bus.valkey import Valkey
from tests.bus.worker import LOG, MIRROR, receiver
from tests.databases import SUPERUSER, RestartableServer
from tests.store.samples import NOW

EVENTS = 5_000
AT_ONCE = 100
ABOUT = 40
ROOT = Path(__file__).parents[2]
PATIENCE = 180.0
"""Seconds until a test of this kind has failed, on a machine that has other work, too."""


@dataclass
class House:
    """A store, four workers that deliver, and whoever shakes it all."""

    store: Store
    folder: Path
    shake: Callable[[int], None]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def announce(self) -> list[str]:
        """All events, so many at once; in between it is shaken. Gives their ids."""
        ids: list[str] = []
        with self.store.outbox() as outbox:
            for start in range(0, EVENTS, AT_ONCE):
                events = [happened(f"about:{n % ABOUT}", n) for n in range(start, start + AT_ONCE)]
                self._surely(lambda now=events: outbox.announce(*now), events[0])  # type: ignore[misc]
                ids += [event.id for event in events]
                self.shake(start)
                time.sleep(0.1)
        return ids

    def _surely(self, announce: Callable[[], None], first: Event) -> None:
        """Until they are there. Where the answer to a commit was lost, they may be there already."""
        while True:
            try:
                if self.store.event_log().event(first.id) is None:
                    announce()
                return
            except Temporary:
                time.sleep(0.1)

    def settled(self, name: str) -> bool:
        try:
            return set(self.store.event_log().counts()[name]) == {"done"}
        except Temporary:
            return False

    def left(self) -> str:
        """What did not arrive, and what the workers said."""
        open_states = [state for state in State if state is not State.DONE]
        found = self.store.event_log().deliveries(states=open_states, limit=20)
        return f"{found}\n{(self.folder / 'errors').read_text()[-2_000:]}"

    def wait(self, *names: str) -> None:
        until = time.monotonic() + PATIENCE
        while not all(map(self.settled, names)):
            assert time.monotonic() < until, self.left()
            for process in self.processes:
                assert process.poll() is None, "a worker died"
            time.sleep(0.2)


@contextmanager
def running(
    url: str, folder: Path, redis: Valkey | None, shake: Callable[[House], Callable[[int], None]]
) -> Iterator[House]:
    store = Store(url, "alice")
    with store.outbox() as outbox:
        outbox.subscribe(LOG, NOW)
        if redis:
            outbox.subscribe(MIRROR, NOW)
    (folder / "settings.json").write_text(json.dumps({"store": url, "redis": redis.url if redis else None}))
    receiver(folder).close()
    house = House(store, folder, lambda start: None)
    house.shake = shake(house)
    with (folder / "errors").open("wb") as errors:
        for role in ("deliver", "deliver", "deliver", "deliver", *(["mirror"] if redis else [])):
            house.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.bus.worker", role, folder], cwd=ROOT, stderr=errors
                )
            )
        try:
            yield house
        finally:
            for process in house.processes:
                process.send_signal(signal.SIGCONT)
                process.terminate()
            codes = [process.wait(15) for process in house.processes]
    told = (folder / "errors").read_text()
    assert "Traceback" not in told, told
    assert set(codes) == {0}, told


def check(house: House, ids: list[str]) -> None:
    """Every event had one effect, those of one aggregate in their order."""
    there = receiver(house.folder)
    found = there.execute("SELECT key, aggregate, number, calls FROM effect ORDER BY rowid").fetchall()
    there.close()
    assert sorted(key for key, *_ in found) == sorted(f"{name}:log" for name in ids)
    last: dict[str, int] = {}
    for _, aggregate, number, _ in found:
        assert number > last.get(aggregate, 0), (aggregate, number)
        last[aggregate] = number


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[RestartableServer]:
    with databases.running(databases.KEEPING) as server:
        yield server


def test_postgresql_restarted_again_and_again(own_postgres: RestartableServer, tmp_path: Path) -> None:
    url = own_postgres.url(own_postgres.create())
    Store(url, "alice").upgrade()

    def shaker(house: House) -> Callable[[int], None]:
        def shake(start: int) -> None:
            if start % 400 == 0:
                own_postgres.restart("fast" if start % 800 else "immediate")
            if start in {1_000, 3_000}:  # one is paused past its lease, and goes on
                house.processes[0].send_signal(signal.SIGSTOP)
            if start in {2_000, 4_000}:
                house.processes[0].send_signal(signal.SIGCONT)

        return shake

    with running(url, tmp_path, None, shaker) as house:
        ids = house.announce()
        house.wait("log")
        check(house, ids)


def test_connections_cut_by_the_server_are_opened_anew(own_postgres: RestartableServer) -> None:
    url = own_postgres.url(own_postgres.create())
    store = Store(url, "alice")
    store.upgrade()
    with store.outbox() as outbox:
        outbox.subscribe(LOG, NOW)
        with psycopg.connect(own_postgres.url("postgres", SUPERUSER), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'keeper'")
        outbox.announce(happened("a", 1))  # an idle connection that broke is no reason to fail
        assert len(outbox.claim("log", NOW, owner="me", seconds=60)) == 1


def test_redis_killed_and_emptied_in_the_middle(postgres_store_url: str, tmp_path: Path) -> None:
    redis = Valkey().start()
    try:

        def shaker(house: House) -> Callable[[int], None]:
            def shake(start: int) -> None:
                if start % 1_000 == 500:
                    redis.kill()
                    redis.start()
                if start % 1_000 == 0:
                    with redis.client() as client:
                        client.flushall()

            return shake

        with running(postgres_store_url, tmp_path, redis, shaker) as house:
            ids = house.announce()
            house.wait("log", "redis")
            check(house, ids)
            with redis.client() as client:
                mirrored = {fields["id"] for _, fields in client.xrange("agentos:alice:events")}
            assert mirrored == set(ids)
    finally:
        redis.kill()
        shutil.rmtree(redis.folder, ignore_errors=True)
