"""Reads the lists of one source side by side, so that a source takes as long as its longest list."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import Queue, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")

AT_ONCE = 8


def side_by_side(*parts: Iterable[T]) -> tuple[list[T], ...]:
    """Drains every iterable in a thread of its own, at most 8 at once; gives the lists in the order given.

    The first error ends the whole: the other parts stop at their next item, then it is raised. A part
    is a generator that reads page by page, so it stops between two pages.
    """
    stop = threading.Event()

    def drain(part: Iterable[T]) -> list[T]:
        kept: list[T] = []
        for item in part:
            if stop.is_set():
                break
            kept.append(item)
        return kept

    with ThreadPoolExecutor(max_workers=min(AT_ONCE, max(1, len(parts)))) as pool:
        try:
            futures = [pool.submit(drain, part) for part in parts]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            failed = [future for future in futures if future in done and future.exception()]
            if failed:
                failed[0].result()
            return tuple(future.result() for future in futures)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    """What a thread brought."""

    value: T


@dataclass(frozen=True, slots=True)
class _End:
    """A thread is through, with what went wrong in it."""

    problem: BaseException | None


def interleaved(*parts: Iterable[T], at_once: int = AT_ONCE) -> Iterator[T]:
    """The items of all parts as they come, read by `at_once` threads; never more than twice as many items
    wait as there are threads, however large the parts.

    A thread takes up the next part when it has drained one. The first error ends the whole: what came before
    it is given, the other threads stop at their next item, then it is raised. Closing the iterator stops the
    threads in the same way. Nothing is read before the first item is asked for.
    """
    threads = min(at_once, len(parts))
    waiting: SimpleQueue[Iterable[T] | None] = SimpleQueue()
    for part in (*parts, *[None] * threads):
        waiting.put(part)
    ready: Queue[_Item[T] | _End] = Queue(maxsize=max(1, at_once))
    stop = threading.Event()

    def work() -> None:
        problem: BaseException | None = None
        try:
            _drain(waiting, ready, stop)
        except BaseException as raised:  # also one that would end a thread in silence: nothing may be missing
            problem = raised
        ready.put(_End(problem))

    for _ in range(threads):
        threading.Thread(target=work, name="reading", daemon=True).start()
    running = threads
    try:
        while running:
            found = ready.get()
            if isinstance(found, _Item):
                yield found.value
                continue
            running -= 1
            if found.problem is not None:
                raise found.problem
    finally:
        stop.set()
        while running:  # a thread that waits to hand something over must not wait for ever
            running -= isinstance(ready.get(), _End)


def _drain(
    waiting: SimpleQueue[Iterable[T] | None], ready: Queue[_Item[T] | _End], stop: threading.Event
) -> None:
    """One part after another, until there is none or all is to stop."""
    for part in iter(waiting.get, None):
        for value in part or ():
            ready.put(_Item(value))
            if stop.is_set():
                return
