"""Bugs that the killer has to find, each a step of the worker done wrongly."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from agentos_cli.events import Delivery
from agentos_cli.store import outbox
from agentos_cli.store.store import Store
from tests.kill.worker import Watched, Worker


class TwoCommits(Worker):
    """The change in one transaction, its event in the next."""

    def change(self, life: int, number: int) -> None:
        self.ask(life, number)
        with self.store.unit_of_work() as work:
            work.tasks.add(self.task(life, number), self.board.now())
            work.commit()
        self.outbox.announce(self.event(life, number))
        self.acknowledge(life, number)


class MarkedBeforeSent(Worker):
    """Done first, then sent."""

    def send(self, delivery: Delivery) -> None:
        self.outbox.done([delivery], self.board.now())
        super().send(delivery)


class FreshKey(Worker):
    """Every attempt has a key of its own."""

    def key(self, delivery: Delivery) -> str:
        return f"{delivery.key}:{delivery.attempts}"


class Unfenced(Watched):
    """Whoever says that it is done is believed, as long as somebody has a claim on it."""

    def done(self, deliveries: Sequence[Delivery], at: datetime, receipt: str | None = None) -> None:
        sql = "SELECT fence FROM delivery WHERE number = ?"
        with closing(sqlite3.connect(self.place.store)) as database:
            newest = [database.execute(sql, (one.event.number,)).fetchone()[0] for one in deliveries]
        passed = [replace(one, fence=fence) for one, fence in zip(deliveries, newest, strict=True)]
        outbox.Outbox.done(self, passed, at, receipt)
        self._wrote("done", deliveries)


class LeaseWithoutFence(Worker):
    """A claim that anybody may finish."""

    outbox_type: ClassVar[type[Watched]] = Unfenced


class AcknowledgedBeforeCommit(Worker):
    """Whoever asked is told before it is true."""

    def change(self, life: int, number: int) -> None:
        self.acknowledge(life, number)
        super().change(life, number)


class ReplacedAtTheReceiver(Worker):
    """The receiver replaces what it knows of a key."""

    forgetful_receiver: ClassVar[bool] = True


class ReplacedInTheOutbox(Worker):
    """An event that is announced again takes the place of the first."""

    @classmethod
    def prepare(cls, store: Store) -> None:
        super().prepare(store)
        outbox.PUT_EVENT = outbox.PUT_EVENT.replace("INSERT INTO", "INSERT OR REPLACE INTO")


class Unconfirmed(Worker):
    """No bug: the receiver gives no word on keys, so nothing may go out twice."""

    confirms: ClassVar[bool] = False


class SentAgainInDoubt(Unconfirmed):
    """What may have arrived is sent again."""

    def live(self) -> None:
        with closing(sqlite3.connect(self.place.store)) as database, database:
            database.execute("UPDATE delivery SET state = 'waiting' WHERE state = 'claimed'")
        super().live()


WORKERS: dict[str, type[Worker]] = {
    kind.__name__: kind
    for kind in (
        Worker,
        Unconfirmed,
        TwoCommits,
        MarkedBeforeSent,
        FreshKey,
        LeaseWithoutFence,
        AcknowledgedBeforeCommit,
        ReplacedAtTheReceiver,
        ReplacedInTheOutbox,
        SentAgainInDoubt,
    )
}
"""Every worker by its name; the first two are as they should be."""
