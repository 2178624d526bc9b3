"""Reads the lists of one source side by side, so that a source takes as long as its longest list."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

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
