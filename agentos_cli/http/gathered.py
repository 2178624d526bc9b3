"""The bytes of one answer as they come in, so that not even many large ones at once take much memory."""

from __future__ import annotations

import mmap
import threading

LARGE = 1024 * 1024
_LARGE_ONES = threading.BoundedSemaphore(1)
"""Held while an answer of more than `LARGE` bytes is read: of all sources and calls at once, one may be."""


class TurnNotCome(Exception):
    """Another large answer was being read all the while."""


class Gathered:
    """At most `cap` bytes. A large answer waits for its turn, and has a mapping of its own: what is given
    back goes to the system at once, where freed memory would stay with each thread that ever had some."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._size = 0
        self._pieces: list[bytes] = []
        self._mapping: mmap.mmap | None = None

    def add(self, piece: bytes, seconds: float) -> bool:
        """Keeps one more piece; False if that is more than the cap. Raises TurnNotCome in so many seconds."""
        self._size += len(piece)
        if self._size > self._cap:
            return False
        if self._mapping is None and self._size > LARGE:
            self._enlarge(seconds)
        if self._mapping is None:
            self._pieces.append(piece)
        else:
            self._mapping.write(piece)
        return True

    def whole(self) -> bytes:
        """All of it."""
        return b"".join(self._pieces) if self._mapping is None else self._mapping[: self._mapping.tell()]

    def close(self) -> None:
        """Lets go of all of it, and of the turn."""
        self._pieces.clear()
        if self._mapping is not None:
            self._mapping.close()
            self._mapping = None
            _LARGE_ONES.release()

    def _enlarge(self, seconds: float) -> None:
        if not _LARGE_ONES.acquire(timeout=max(0.0, seconds)):
            raise TurnNotCome
        try:
            self._mapping = mmap.mmap(-1, self._cap)
        except BaseException:
            _LARGE_ONES.release()
            raise
        self._mapping.write(b"".join(self._pieces))
        self._pieces.clear()
