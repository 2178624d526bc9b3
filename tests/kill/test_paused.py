"""A consumer in its own process, stopped past its lease: what it finishes afterwards is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from agentos_cli.events import Consumer, Event
from agentos_cli.store.outbox import State
from agentos_cli.store.store import Store
from tests.store.samples import NOW

ROOT = Path(__file__).parents[2]
A_WHILE = timedelta(minutes=5)
DELIVER = """
import sys
from agentos_cli.bus.relay import Relay
from agentos_cli.store.store import Store
from tests.store.samples import NOW

def send(delivery):
    print("sending", delivery.fence, flush=True)
    sys.stdin.readline()

with Store(sys.argv[1], "alice").outbox() as outbox:
    (consumer,) = outbox.consumers()
    Relay(outbox, consumer, send, lambda: NOW, owner="sleeper", lease=60).once()
"""


class Sleeper:
    """A consumer that is in the middle of a delivery, and stopped."""

    def __init__(self, url: str) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, "-c", DELIVER, url], cwd=ROOT, text=True, stdin=pipe, stdout=pipe, stderr=pipe
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "sending 1\n", self._process.communicate()
        self._process.send_signal(signal.SIGSTOP)
        _, status = os.waitpid(self._process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)

    def __enter__(self) -> Sleeper:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def wakes(self) -> str:
        """It goes on to its end; gives what it complained of."""
        self._process.send_signal(signal.SIGCONT)
        _, complaint = self._process.communicate("go on\n", timeout=60)
        assert self._process.returncode == 0, complaint
        return complaint


def announced(store: Store, *, confirms: bool) -> None:
    with store.outbox() as outbox:
        outbox.subscribe(Consumer("remote", "script", confirms=confirms), NOW)
        outbox.announce(Event("Happened", "a", NOW, {"number": 1}))


def test_its_claim_is_somebody_elses(store: Store, store_url: str) -> None:
    announced(store, confirms=True)
    with Sleeper(store_url) as sleeper, store.outbox() as outbox:
        assert outbox.sweep(NOW + A_WHILE) == {"waiting": 1}
        (mine,) = outbox.claim("remote", NOW + A_WHILE, owner="me", seconds=60)
        assert (mine.fence, mine.attempts) == (2, 2)
        assert "the claim" in (said := sleeper.wakes()) and "has run out" in said
        assert store.event_log().counts()["remote"] == {"claimed": 1}
        outbox.done([mine], NOW + A_WHILE)
    assert store.event_log().counts()["remote"] == {"done": 1}
    assert [one.outcome for one in store.event_log().attempts("remote", 1)] == ["done"]


def test_what_is_in_doubt_stays_so_until_somebody_decides(store: Store, store_url: str) -> None:
    announced(store, confirms=False)
    with Sleeper(store_url) as sleeper, store.outbox() as outbox:
        assert outbox.sweep(NOW + A_WHILE) == {"in_doubt": 1}
        assert "has run out" in sleeper.wakes()
        assert outbox.claim("remote", NOW + A_WHILE, owner="me", seconds=60) == []
    (doubt,) = store.event_log().deliveries()
    assert doubt.state is State.IN_DOUBT and doubt.note is not None
