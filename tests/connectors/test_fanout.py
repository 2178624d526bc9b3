"""Reading lists side by side, and walking pages: at once, to the end, and no further than an error."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from agentos_cli.connectors.fanout import interleaved, side_by_side
from agentos_cli.connectors.paging import Page, walk
from agentos_cli.errors import Fatal, Retryable


def test_the_parts_run_at_once_and_come_back_in_order() -> None:
    meeting = threading.Barrier(3, timeout=5)  # nobody passes unless all three are there

    def part(name: str) -> Iterator[str]:
        meeting.wait()
        yield name
        yield name.upper()

    assert side_by_side(part("a"), part("b"), part("c")) == (["a", "A"], ["b", "B"], ["c", "C"])


def test_more_parts_than_threads_all_come() -> None:
    assert side_by_side(*([n] for n in range(30))) == tuple([n] for n in range(30))
    assert side_by_side() == ()


def test_the_first_error_stops_the_others_at_their_next_page() -> None:
    started = threading.Event()
    pages: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            pages.append(1)
            yield 1
            started.set()
            time.sleep(0.001)

    def broken() -> Iterator[int]:
        yield 1
        started.wait(5)
        raise Retryable("down")

    with pytest.raises(Retryable, match="down"):
        side_by_side(endless(), broken())  # returns at all: the endless part was stopped
    read = len(pages)
    time.sleep(0.02)
    assert len(pages) == read


def test_pages_are_walked_from_a_cursor_to_the_end() -> None:
    pages = {None: Page(["a"], "1"), "1": Page(["b"], "2"), "2": Page(["c"], None)}
    assert list(walk("x", pages.__getitem__)) == ["a", "b", "c"]
    assert list(walk("x", pages.__getitem__, "1")) == ["b", "c"]


def test_a_longer_circle_is_found_too() -> None:
    pages = {None: Page(["a"], "1"), "1": Page(["b"], "2"), "2": Page(["c"], "1")}
    with pytest.raises(Fatal, match="circle"):
        list(walk("x", pages.__getitem__))
    with pytest.raises(Fatal, match="circle"):
        list(walk("x", {"1": Page(["b"], "1")}.__getitem__, "1"))  # type: ignore[arg-type]


def counting(read: list[int], upto: int = 1_000_000) -> Iterator[int]:
    for number in range(upto):
        read.append(number)
        yield number


def test_all_items_of_more_parts_than_threads_come_as_they_are_read() -> None:
    parts = [range(n * 100, n * 100 + 50) for n in range(20)]
    found = list(interleaved(*parts, at_once=3))
    assert sorted(found) == [number for part in parts for number in part]
    for part in parts:  # each part in its own order
        assert [number for number in found if number in part] == list(part)
    assert list(interleaved()) == []


def test_parts_are_read_at_once_and_no_further_ahead_than_the_queue() -> None:
    meeting = threading.Barrier(3, timeout=5)
    read: list[int] = []

    def part() -> Iterator[int]:
        meeting.wait()
        yield from counting(read)

    found = interleaved(part(), part(), part(), at_once=3)
    assert not read  # nothing before it is asked for
    for _ in range(100):
        next(found)
    assert len(read) <= 100 + 2 * 3
    found.close()  # type: ignore[attr-defined]


def test_closing_early_stops_the_threads() -> None:
    before = threading.active_count()
    read: list[int] = []
    found = interleaved(counting(read), counting(read), counting(read))
    next(found)
    found.close()  # type: ignore[attr-defined]
    ended = len(read)
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.001)
    assert threading.active_count() == before
    assert len(read) == ended


class Leaving(BaseException):
    """What would end a thread without a word."""


@pytest.mark.parametrize("error", [Retryable("down"), Leaving()])
def test_the_first_error_comes_after_what_was_read_before_it(error: BaseException) -> None:
    read: list[int] = []

    def broken() -> Iterator[int]:
        yield -1
        raise error

    found: list[int] = []
    with pytest.raises(type(error)):
        for number in interleaved(broken(), counting(read), at_once=2):
            found.append(number)
    assert -1 in found
    ended = len(read)
    time.sleep(0.02)
    assert len(read) == ended
