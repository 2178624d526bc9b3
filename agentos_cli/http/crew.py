"""Threads that work while the caller waits no longer than it wants to. One that is late is left behind."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

Task = tuple[Callable[[], object], "queue.SimpleQueue[tuple[object, BaseException | None]]"]


class LateError(Exception):
    """The work was not done in time. It goes on somewhere, and nobody hears of it."""


class Crew:
    """Workers for pieces of work that know no overall timeout: name look-ups, addresses tried in turn,
    answers that come byte by byte. Each caller has a worker to itself, and gives it back for the next."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._free: list[queue.SimpleQueue[Task | None]] = []
        self._closed = False

    def call(self, work: Callable[[], T], seconds: float) -> T:
        """What `work` gives or raises; LateError if that takes longer than `seconds`."""
        inbox = self._worker()
        done: queue.SimpleQueue[tuple[T, BaseException | None]] = queue.SimpleQueue()
        inbox.put((work, done))  # type: ignore[arg-type]  # the result's type goes through unseen
        try:
            result, problem = done.get(timeout=max(0.0, seconds))
        except queue.Empty:
            inbox.put(None)  # it ends when it is through
            raise LateError from None
        if self._closed:
            inbox.put(None)
        else:
            self._free.append(inbox)
        if problem is not None:
            raise problem
        return result

    def close(self) -> None:
        """Sends everybody home who is not at work."""
        self._closed = True
        while self._free:
            self._free.pop().put(None)

    def _worker(self) -> queue.SimpleQueue[Task | None]:
        try:
            return self._free.pop()
        except IndexError:
            inbox: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
            threading.Thread(target=_work, args=(inbox,), name=self._name, daemon=True).start()
            return inbox


def _work(inbox: queue.SimpleQueue[Task | None]) -> None:
    while (task := inbox.get()) is not None:
        work, done = task
        try:
            done.put((work(), None))
        except Exception as problem:
            done.put((None, problem))
        del task, work, done  # or the last answer would live until the next
