"""The program under test: it changes something, announces it, answers, delivers, until it is killed."""

from __future__ import annotations

import itertools
import os
import random
import signal
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from agentos_cli.bus.relay import Relay
from agentos_cli.errors import DataProblem, LeaseHeld
from agentos_cli.events import Consumer, Delivery, Event
from agentos_cli.store.outbox import Outbox
from agentos_cli.store.sqlite import SqliteFile
from agentos_cli.store.store import Store
from agents.snapshot import Task
from tests.kill.board import LEASE, START, Board, Place, Stage
from tests.kill.receiver import call

CONSUMER = "remote"
AGGREGATES = 5


class Watched(Outbox):
    """The outbox, and a line in the history for what a claim came to. A line is written when its transaction
    is over, so a killed worker may leave one out."""

    def __init__(self, place: Place) -> None:
        super().__init__(SqliteFile(place.store, "alice"))
        self.place = place
        self._history = os.open(place.history, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def claim(
        self, consumer: str, now: datetime, *, owner: str, seconds: float, limit: int = 1
    ) -> list[Delivery]:
        """As the outbox does."""
        taken = super().claim(consumer, now, owner=owner, seconds=seconds, limit=limit)
        self._wrote("claimed", taken)
        return taken

    def done(self, deliveries: Sequence[Delivery], at: datetime, receipt: str | None = None) -> None:
        """As the outbox does."""
        try:
            super().done(deliveries, at, receipt)
        except LeaseHeld:
            self._wrote("refused", deliveries)
            raise
        self._wrote("done", deliveries)

    def _wrote(self, what: str, deliveries: Sequence[Delivery]) -> None:
        for one in deliveries:
            os.write(self._history, f"{what} {one.key} {one.fence}\n".encode())


class Worker:
    """One life. The planted bugs override a step of it."""

    outbox_type: ClassVar[type[Watched]] = Watched
    forgetful_receiver: ClassVar[bool] = False
    confirms: ClassVar[bool] = True

    def __init__(
        self, place: Place, store: Store, board: Board, life: int, seed: int, *, pausing: bool = False
    ) -> None:
        self.place, self.store, self.board, self.life = place, store, board, life
        self.pausing = pausing
        self.chance = random.Random(f"{seed}:{life}")
        self.outbox = self.outbox_type(place)
        self.acknowledged = os.open(place.acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.relay = Relay(
            self.outbox, self.consumer(), self.send, board.now, owner=f"life {life}", lease=LEASE
        )

    @classmethod
    def consumer(cls) -> Consumer:
        """Who is on the other side."""
        return Consumer(CONSUMER, "script", confirms=cls.confirms)

    @classmethod
    def prepare(cls, store: Store) -> None:
        """The store, before the first life."""
        store.upgrade()
        with store.outbox() as outbox:
            outbox.subscribe(cls.consumer(), START)

    def live(self) -> None:
        """Begin as every worker does, with what the one before left; then go on until killed."""
        parent = os.getppid()
        self.board.stage = Stage.SWEEPING
        self.outbox.sweep(self.board.now())
        if self.board.unanswered:
            self.again(*self.board.unanswered)
        numbers = itertools.count(1)
        while os.getppid() == parent:
            if self.pausing or self.chance.random() < 0.4:
                self.change(self.life, next(numbers))
            else:
                self.deliver()
            if self.pausing:
                self.deliver()

    def finish(self) -> None:
        """Deliver all that is left, and end."""
        self.outbox.sweep(self.board.now())
        while self.relay.once():
            pass

    def close(self) -> None:
        """Let go of every file."""
        self.outbox.close()
        os.close(self.acknowledged)

    # ── the steps ────────────────────────────────────────────────────────────────────────────────

    def change(self, life: int, number: int) -> None:
        """Something changes and is announced, in one transaction; then whoever asked for it is told."""
        self.ask(life, number)
        with self.store.unit_of_work() as work:
            work.tasks.add(self.task(life, number), self.board.now())
            work.announce(self.event(life, number))
            work.commit()
        self.acknowledge(life, number)

    def again(self, life: int, number: int) -> None:
        """Nobody was told about this one, so it is asked for again; it may have been kept all the same."""
        try:
            self.change(life, number)
        except DataProblem:
            if self.store.event_log().event(self.event(life, number).id) is None:
                raise
            self.acknowledge(life, number)

    def ask(self, life: int, number: int) -> None:
        self.board.stage = Stage.CHANGING
        self.board.ask(life, number)

    def acknowledge(self, life: int, number: int) -> None:
        self.board.stage = Stage.ACKNOWLEDGING
        os.write(self.acknowledged, f"{life}.{number}\n".encode())
        os.fsync(self.acknowledged)
        self.board.answer()

    def deliver(self) -> None:
        self.board.stage = Stage.CLAIMING
        self.relay.once()

    def send(self, delivery: Delivery) -> None:
        """The remote call. A worker that is to pause does so here, before the call or after it."""
        self.board.stage = Stage.SENDING
        pause, early = self.pausing, self.chance.random() < 0.5
        self.pausing = False
        if pause and early:
            os.kill(os.getpid(), signal.SIGSTOP)
        event = delivery.event
        call(self.place, self.key(delivery), event.id, event.aggregate, event.number)
        if pause and not early:
            os.kill(os.getpid(), signal.SIGSTOP)
        self.board.stage = Stage.MARKING

    def key(self, delivery: Delivery) -> str:
        return delivery.key

    def task(self, life: int, number: int) -> Task:
        return Task(f"{life}.{number}", "call them", None, None, 30, 50, (), False, self.board.now())

    def event(self, life: int, number: int) -> Event:
        name = f"{life}.{number}"
        about = f"customer:{(life + number) % AGGREGATES}"
        return Event("TaskAdded", about, self.board.now(), {"task": name}, id=f"evt_{name}")
