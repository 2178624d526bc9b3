"""Reads Stripe whole: the lists side by side, long ones in windows of time, going on where a read stopped.

Lists come newest first and can be asked for what was created within a window:
https://docs.stripe.com/api/pagination, https://docs.stripe.com/api/customers/list. A window's cursor is the
time down to which it was read, not an id: a record that was deleted since does not stop the reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agentos_cli.connectors.fanout import interleaved
from agentos_cli.connectors.stripe.api import Api
from agentos_cli.connectors.stripe.lookup import Lookup
from agentos_cli.connectors.stripe.streams import LISTS, asked
from agentos_cli.contract import Access, Page

SINCE = "since"
"""The lasting cursor: epoch seconds from which on the next read asks for changes."""
BEGAN = "began"
"""The same while a whole read is under way."""
OVERLAP = timedelta(minutes=5)
"""How much is asked for twice, since an event may be late."""
DONE = "done"

HEAD = 8
"""After so many pages the rest of a list is split into windows."""
MOST = 32
"""Windows of one list; an empty one costs a request."""
HOUR = 3600
OPENED = 1_262_304_000
"""2010, before Stripe opened: there is nothing older."""


@dataclass(frozen=True, slots=True)
class Window:
    """What was created from `low` to `high`, both within, in epoch seconds; `high` None: up to now."""

    stream: str
    number: int = 0
    low: int = 0
    high: int | None = None

    @property
    def name(self) -> str:
        """Its cursor's: the newest part of a list goes by the list's own."""
        return f"{self.stream}:{self.number}" if self.number else self.stream

    @property
    def cursor(self) -> str:
        """What is left of it: `low high`."""
        return f"{self.low} {self.high or ''}"

    @property
    def asked(self) -> dict[str, object]:
        """The parameters that ask for what is left of it."""
        created = {"gte": self.low} if self.low else {}
        created |= {"lte": self.high} if self.high is not None else {}
        return {**asked(self.stream), **({"created": created} if created else {})}


def whole(access: Access, cursors: Mapping[str, str]) -> Iterator[Page]:
    """Every record of every list, at last from where changes will be asked for; goes on behind `cursors`."""
    reading = _Reading(access, cursors.get(BEGAN))
    windows = [found for stream in LISTS for found in left(stream, cursors)]
    behind = [window for window in windows if window.number]
    yield from interleaved(*(reading.head(window, behind) for window in windows if not window.number))
    behind.sort(key=lambda window: window.number)
    yield from interleaved(*map(reading.window, behind))
    yield Page(LISTS[0], (), lasting={SINCE: reading.since})


def left(stream: str, cursors: Mapping[str, str]) -> list[Window]:
    """The windows of a list that an earlier read did not finish; of a list never begun, all of it."""
    told = {name: cursor for name, cursor in cursors.items() if name.partition(":")[0] == stream}
    found = []
    for name, cursor in (told or {stream: "0 "}).items():
        if cursor != DONE:
            low, high = cursor.split(" ")
            number = int(name.partition(":")[2] or 0)
            found.append(Window(stream, number, int(low), int(high) if high else None))
    return found


class _Reading:
    """One whole read of an account. Thread-safe."""

    def __init__(self, access: Access, began: str | None) -> None:
        self._api = Api(access)
        self._lookup = Lookup(self._api)
        self._began = began
        self._now = access.now

    @property
    def since(self) -> str:
        """From when on this read may have missed something: when it began, by Stripe's clock, and a bit."""
        return self._began or since(self._api, self._now)

    def window(self, window: Window) -> Iterator[Page]:
        """All pages of a window."""
        given: set[str] = set()
        for page in self._pages(window):
            yield from self._lookup.completed(page, given)

    def head(self, window: Window, behind: list[Window]) -> Iterator[Page]:
        """The newest pages of a list. What follows them, if there is much, is added to `behind`."""
        given: set[str] = set()
        newest = None
        for count, page in enumerate(self._pages(window), start=1):
            bottom = _created(page.records[-1]) if page.records else None
            newest = newest or (_created(page.records[0]) if page.records else None)
            if count < HEAD or page.cursors.get(window.name) == DONE or bottom is None or newest is None:
                yield from self._lookup.completed(page, given)
                continue
            parts = split(window.stream, window.low, bottom, self._oldest(window.stream, newest, bottom))
            behind.extend(parts)
            told = {window.name: DONE, **{part.name: part.cursor for part in parts}}
            yield from self._lookup.completed(replace(page, cursors={**page.cursors, **told}), given)
            return

    def _pages(self, window: Window) -> Iterator[Page]:
        """The pages of a window as they come, each with what is left of the window behind it."""
        for page in self._api.pages(f"/v1/{window.stream}", **window.asked):
            bottom = _created(page.records[-1]) if page.records else None
            told = {BEGAN: self.since}
            if page.after is None:
                told[window.name] = DONE
            elif bottom is not None:
                told[window.name] = replace(window, high=bottom).cursor
            yield Page(window.stream, page.records, cursors=told)

    def _oldest(self, stream: str, newest: int, bottom: int) -> tuple[int, int]:
        """A time before which nothing of a list was created, and how long the part took that was read:
        steps back twice as far each time, until there is nothing any more."""
        span = reach = max(newest - bottom, HOUR)
        plain = {name: value for name, value in asked(stream).items() if name != "expand"}
        while bottom - reach > OPENED:
            found = self._api.get(f"/v1/{stream}", limit=1, created={"lt": bottom - reach}, **plain)
            if not found.get("data"):
                return bottom - reach, span
            reach *= 2
        return OPENED, span


def since(api: Api, now: datetime) -> str:
    """The cursor for changes after a read that uses `api`: when that began, by Stripe's clock if ours is
    ahead of it, and a bit."""
    return str(int((min(api.began or now, now) - OVERLAP).timestamp()))


def split(stream: str, low: int, high: int, known: tuple[int, int]) -> list[Window]:
    """Windows of equal length from `high` down, newest first; the last one is open to `low`."""
    oldest, span = known
    length = max(high - oldest, 1)
    count = min(MOST, length, max(2, -(-length // span)))
    edges = [high - length * number // count for number in range(count)]
    lows = [edge + 1 for edge in edges[1:]] + [low]
    return [Window(stream, n, *ends) for n, ends in enumerate(zip(lows, edges, strict=True), start=1)]


def _created(raw: object) -> int | None:
    """When a record was created, in epoch seconds; None if it does not say."""
    found = raw.get("created") if isinstance(raw, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None
