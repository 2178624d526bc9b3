"""Work that is late is left behind, and the worker that does the next is not the one that is stuck."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from agentos_cli.http.crew import Crew, LateError


def test_a_worker_is_used_again() -> None:
    crew = Crew("call")
    workers = {crew.call(threading.get_ident, 5) for _ in range(20)}
    assert len(workers) == 1
    assert threading.get_ident() not in workers
    crew.close()


def test_callers_at_once_have_a_worker_each() -> None:
    crew, line = Crew("call"), threading.Barrier(4, timeout=5)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: crew.call(line.wait, 5), range(4)))
    crew.close()


def test_what_the_work_raises_reaches_its_caller() -> None:
    crew = Crew("call")
    with pytest.raises(ZeroDivisionError):
        crew.call(lambda: 1 // 0, 5)
    assert crew.call(lambda: "next", 5) == "next"
    crew.close()


def test_late_work_is_left_behind_and_its_worker_goes_home() -> None:
    crew, stuck = Crew("stuck-caller"), threading.Event()
    begun = time.monotonic()
    with pytest.raises(LateError):
        crew.call(stuck.wait, 0.05)
    assert time.monotonic() - begun < 2
    assert crew.call(lambda: "next", 5) == "next"
    assert alive("stuck-caller") == 2
    stuck.set()
    crew.close()
    until = time.monotonic() + 5
    while alive("stuck-caller") and time.monotonic() < until:
        time.sleep(0.01)
    assert alive("stuck-caller") == 0


def alive(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())
