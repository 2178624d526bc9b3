"""How often a run may ask again: retries must not become the load that keeps a sick vendor down."""

from __future__ import annotations

import threading

SHARE = 0.1
FLOOR = 5


class Budget:
    """At most one repeated call in ten, and always five. Thread-safe.

    Being told to slow down costs nothing: that wait holds up every call, and so brings no more of them.
    """

    def __init__(self) -> None:
        self._calls = 0
        self._repeats = 0
        self._lock = threading.Lock()

    def called(self) -> None:
        """A call begins, for the first time."""
        with self._lock:
            self._calls += 1

    def repeat(self) -> bool:
        """Whether one more call may be repeated; it counts as repeated then."""
        with self._lock:
            if self._repeats >= max(FLOOR, SHARE * self._calls):
                return False
            self._repeats += 1
            return True

    def told(self) -> str:
        """What was spent, for a log."""
        return f"{self._repeats} repeats within {self._calls} calls are enough"
