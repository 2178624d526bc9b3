"""One process of the chaos tests: `python -m tests.bus.worker ROLE FOLDER`, until it is told to end.

`settings.json` in the folder says where the store is and, if events are carried by one, Redis. `deliver`
brings events to a receiver that honours their key: a SQLite file, where `calls` counts how often one came and
`rowid` says in which order they came first. `mirror` does what a tick does for Redis.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType

from agentos_cli.bus.redis import Carrier, Mirror, Stream
from agentos_cli.bus.relay import Relay
from agentos_cli.clock import utc_now
from agentos_cli.errors import AgentosError, Temporary
from agentos_cli.events import Consumer, Delivery
from agentos_cli.store.store import Store

LOG = Consumer("log", "script", confirms=True)
MIRROR = Consumer("redis", "redis", confirms=True)
LEASE = 2.0
RECEIVER = "receiver.db"
TABLE = "CREATE TABLE IF NOT EXISTS effect (key TEXT UNIQUE, aggregate TEXT, number INTEGER, calls INTEGER)"
PUT = """
INSERT INTO effect (key, aggregate, number, calls) VALUES (?, ?, ?, 1)
ON CONFLICT (key) DO UPDATE SET calls = calls + 1
"""


def receiver(folder: Path) -> sqlite3.Connection:
    """What is delivered to; power loss is none of its worries."""
    connection = sqlite3.connect(folder / RECEIVER, isolation_level=None, timeout=30)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute(TABLE)
    return connection


def deliver(store: Store, redis: str | None, folder: Path) -> None:
    there = receiver(folder)

    def handle(delivery: Delivery) -> None:
        event = delivery.event
        there.execute(PUT, (delivery.key, event.aggregate, event.number))
        time.sleep(0.0005)

    with store.outbox() as outbox:
        source = Carrier(Stream(redis, store.tenant), outbox, wait=0.1) if redis else None
        relay = Relay(outbox, LOG, handle, utc_now, f"worker:{os.getpid()}", source, lease=LEASE, batch=20)
        swept = 0.0

        def step() -> None:
            nonlocal swept
            if time.monotonic() - swept > 0.5:
                outbox.sweep(utc_now())
                swept = time.monotonic()
            if not relay.once():
                time.sleep(0.05)

        go_on(step)


def mirror(store: Store, redis: str | None, _: Path) -> None:
    stream = Stream(str(redis), store.tenant)
    with store.outbox() as outbox:
        mirror = Mirror(stream, store.event_log(), MIRROR.name)

        def step() -> None:
            outbox.sweep(utc_now())
            mirror.catch_up(utc_now() - timedelta(days=1), utc_now())
            while mirror.once(outbox, utc_now, owner="mirror", limit=20):
                pass
            time.sleep(0.05)

        go_on(step)


def go_on(step: Callable[[], None]) -> None:
    """Until somebody ends it; a store or a Redis that is away comes back."""
    while True:
        try:
            step()
        except Temporary:
            time.sleep(0.1)


def ended(_: int, __: FrameType | None) -> None:
    raise SystemExit(0)


def main(role: str, folder: Path) -> None:
    signal.signal(signal.SIGTERM, ended)
    settings = json.loads((folder / "settings.json").read_text())
    store = Store(settings["store"], "alice")
    try:
        {"deliver": deliver, "mirror": mirror}[role](store, settings["redis"], folder)
    except AgentosError as problem:
        raise SystemExit(f"{role} gave up: {problem.what} ({problem.detail})") from problem


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
