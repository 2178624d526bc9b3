"""Workers who pick at the same time: each event goes to one of them, those of one aggregate in order."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from agentos_cli.bus.relay import Relay
from agentos_cli.events import Delivery
from agentos_cli.store.event_log import EventLog
from agentos_cli.store.outbox import State
from agentos_cli.store.store import Store
from tests.bus.bench import LOG, happened
from tests.store.samples import NOW

EVENTS, ABOUT, WORKERS = 400, 3, 4


def test_four_workers_keep_the_order_of_every_aggregate(store_url: str) -> None:
    store = Store(store_url, "alice")
    with store.outbox() as outbox:
        outbox.subscribe(LOG, NOW)
        for start in range(0, EVENTS, 100):
            outbox.announce(*(happened(f"a{n % ABOUT}", n) for n in range(start, start + 100)))
    arrived: list[tuple[str, int]] = []
    lock, together = threading.Lock(), threading.Barrier(WORKERS)

    def work(seed: int) -> None:
        chance = random.Random(seed)
        mine = Store(store_url, "alice")

        def handle(delivery: Delivery) -> None:
            with lock:
                arrived.append((delivery.event.aggregate, delivery.event.number))

        with mine.outbox() as outbox:
            together.wait()
            while len(arrived) < EVENTS:
                Relay(outbox, LOG, handle, lambda: NOW, f"worker {seed}", batch=chance.randint(1, 9)).once()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(WORKERS)))
    assert sorted(number for _, number in arrived) == list(range(1, EVENTS + 1))
    for about in {about for about, _ in arrived}:
        numbers = [number for name, number in arrived if name == about]
        assert numbers == sorted(numbers)


def test_a_long_history_is_delivered_and_forgotten(store_url: str) -> None:
    store = Store(store_url, "alice")
    with store.outbox() as outbox:
        outbox.subscribe(LOG, NOW)
        for start in range(0, 6_000, 500):
            outbox.announce(*(happened(f"a{n}", n) for n in range(start, start + 500)))
            outbox.done(outbox.claim("log", NOW, owner="me", seconds=60, limit=500), NOW)
        outbox.announce(happened("late", 1))
        assert len(outbox.claim("log", NOW, owner="me", seconds=60, limit=500)) == 1
    log: EventLog = store.event_log()
    assert log.purge(NOW + timedelta(days=1), NOW + timedelta(days=1)) == 6_000
    assert log.counts()["log"] == {"claimed": 1}


def test_what_nobody_fetched_is_given_up_shown_and_forgotten(store_url: str) -> None:
    store, log = Store(store_url, "alice"), Store(store_url, "alice").event_log()
    with store.outbox() as outbox:
        outbox.subscribe(LOG, NOW)
        outbox.announce(happened("a", 1), happened("a", 2, at=NOW + timedelta(days=200)))
    now = NOW + timedelta(days=91)
    assert log.purge(now - timedelta(days=90), now) == 0
    (given_up,) = log.deliveries(states=[State.DEAD])
    assert given_up.note == "nobody fetched it for as long as events are kept"
    later = now + timedelta(days=91)
    assert log.purge(later - timedelta(days=90), later) == 1
    assert log.counts()["log"] == {"waiting": 1}
