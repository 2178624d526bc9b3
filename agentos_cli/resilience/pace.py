"""How many calls a second a source gets from us: within this process, and from all processes together."""

from __future__ import annotations

import threading
from math import ceil
from typing import Protocol

from agentos_cli.errors import AgentosError

MOST_AT_ONCE = 20
LOT_SECONDS = 0.25
AWAY_SECONDS = 1.0


class Pacer(Protocol):
    """Gives calls their turn. Thread-safe; never sleeps: whoever asks does the waiting. Times are monotonic
    seconds handed in."""

    def reserve(self, now: float) -> float:
        """Takes the next free slot and says how many seconds from `now` it is."""

    def pause(self, until: float) -> None:
        """Nobody gets a slot before `until`; a shorter pause never ends a longer one."""


class Ledger(Protocol):
    """Where all processes write down what they take of one credential's limit."""

    def take(self, count: int, gap: float, burst: float) -> float:
        """Speak for the next `count` calls, `gap` seconds apart; in how many seconds the first of them is,
        up to `burst` seconds ago after a pause. Raises AgentosError where it cannot be written."""


class Pace:
    """At most `per_second` calls a second of this process. A pause may be made up for: by one second's
    worth, 20 calls at most."""

    def __init__(self, per_second: float) -> None:
        self._gap, self._burst = _gap_and_burst(per_second)
        self._next = float("-inf")
        self._paused_until = float("-inf")
        self._lock = threading.Lock()

    def reserve(self, now: float) -> float:
        with self._lock:
            self._next = max(self._next, now - self._burst) + self._gap
            return max(0.0, self._next - now, self._paused_until - now)

    def pause(self, until: float) -> None:
        with self._lock:
            self._paused_until = max(self._paused_until, until)


class SharedPace:
    """At most `per_second` calls a second of all processes that keep the same ledger.

    Slots are taken in lots of a quarter of a second's worth, so a thousand calls a second cost four
    transactions. A slot not used within a quarter of a second lapses. While the ledger is busy or away
    this process keeps the pace alone: no call fails for it.
    """

    def __init__(self, ledger: Ledger, per_second: float) -> None:
        self._ledger = ledger
        self._gap, self._burst = _gap_and_burst(per_second)
        self._count = max(1, int(per_second * LOT_SECONDS))
        self._alone = Pace(per_second)
        self._alone_until = float("-inf")
        self._paused_until = float("-inf")
        self._first = self._taken_at = 0.0
        self._left = 0
        self._lock = threading.Lock()

    def reserve(self, now: float) -> float:
        with self._lock:
            self._lapse(now)
            if not self._left and not self._take(now):
                return max(self._alone.reserve(now), self._paused_until - now)
            slot = self._first
            self._first, self._left = slot + self._gap, self._left - 1
            return max(0.0, slot - now, self._paused_until - now)

    def pause(self, until: float) -> None:
        with self._lock:
            self._paused_until = max(self._paused_until, until)

    def _lapse(self, now: float) -> None:
        """Lets go of the slots that are too old: used late, they would come on top of another's."""
        if self._left and now > self._taken_at + LOT_SECONDS:
            old = max(0, ceil((now - LOT_SECONDS - self._first) / self._gap))
            self._first, self._left = self._first + old * self._gap, max(0, self._left - old)

    def _take(self, now: float) -> bool:
        """A new lot; False where the ledger cannot be used, which is not tried again for a second."""
        if now < self._alone_until:
            return False
        try:
            self._first = now + self._ledger.take(self._count, self._gap, self._burst)
        except AgentosError:
            self._alone_until = now + AWAY_SECONDS
            return False
        self._left, self._taken_at = self._count, now
        return True


def _gap_and_burst(per_second: float) -> tuple[float, float]:
    """Seconds between two calls, and how many seconds of a pause may be made up for."""
    if per_second <= 0:
        raise ValueError("per_second must be above 0")
    gap = 1 / per_second
    return gap, max(1.0, min(per_second, MOST_AT_ONCE)) * gap
