"""A token bucket: how many calls a second one source gets from us, and pauses for all its threads."""

from __future__ import annotations

import threading


class Pace:
    """At most `per_second` calls a second, with bursts of one second's worth. Thread-safe; never sleeps.

    Times are monotonic seconds handed in by the caller, who does the waiting.
    """

    def __init__(self, per_second: float) -> None:
        if per_second <= 0:
            raise ValueError("per_second must be above 0")
        self._gap = 1 / per_second
        self._burst = max(1.0, per_second) * self._gap
        self._next = float("-inf")
        self._paused_until = float("-inf")
        self._lock = threading.Lock()

    def reserve(self, now: float) -> float:
        """Takes the next free slot and says how many seconds from `now` it is."""
        with self._lock:
            self._next = max(self._next, now - self._burst) + self._gap
            return max(0.0, self._next - now, self._paused_until - now)

    def pause(self, until: float) -> None:
        """Nobody gets a slot before `until`; a shorter pause never ends a longer one."""
        with self._lock:
            self._paused_until = max(self._paused_until, until)
