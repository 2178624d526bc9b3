"""What the killer and its workers share: a folder, the time they live in, and what a worker is at."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
LEASE = 120.0
"""Seconds of the board's time, which stands still while a worker lives and goes on when it is dead."""
LAYOUT = struct.Struct("=dBII?I")


class Stage(IntEnum):
    """What a worker is at when it is killed."""

    FORKED = 0
    SWEEPING = 1
    CHANGING = 2
    ACKNOWLEDGING = 3
    CLAIMING = 4
    SENDING = 5
    MARKING = 6


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one run. A Unix socket's path is short, so the folder's has to be."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "agentos.db"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.store}"

    @property
    def remote(self) -> Path:
        """The receiver's own database."""
        return self.folder / "remote.db"

    @property
    def socket(self) -> str:
        return str(self.folder / "socket")

    @property
    def acknowledged(self) -> Path:
        """One line a change that somebody was told is kept."""
        return self.folder / "acknowledged"

    @property
    def history(self) -> Path:
        """One line a claim, a completion, and a completion that was refused."""
        return self.folder / "history"

    @property
    def said(self) -> Path:
        """What workers write on standard error."""
        return self.folder / "said"


class Board:
    """Memory that outlives each worker: the clock, the stage, and the last change that was asked for, which
    somebody who got no answer asks for again."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, LAYOUT.size)

    def now(self) -> datetime:
        """The present instant of everybody here."""
        return START + timedelta(seconds=self._read()[0])

    def advance(self, seconds: float) -> None:
        """Time goes on."""
        self._write(0, self._read()[0] + seconds)

    @property
    def stage(self) -> Stage:
        return Stage(self._read()[1])

    @stage.setter
    def stage(self, stage: Stage) -> None:
        self._write(1, stage)
        self._write(5, self.steps + 1)

    @property
    def steps(self) -> int:
        """How often the stage has changed since the beginning."""
        return self._read()[5]

    def ask(self, life: int, number: int) -> None:
        """A change is asked for."""
        self._write(2, life)
        self._write(3, number)
        self._write(4, True)

    def answer(self) -> None:
        """The change that was asked for is acknowledged."""
        self._write(4, False)

    @property
    def unanswered(self) -> tuple[int, int] | None:
        """The last change that was asked for, if nobody acknowledged it."""
        _, _, life, number, waiting, _ = self._read()
        return (life, number) if waiting else None

    def _read(self) -> tuple[float, int, int, int, bool, int]:
        values: tuple[float, int, int, int, bool, int] = LAYOUT.unpack(self._memory[:])
        return values

    def _write(self, place: int, value: float) -> None:
        values: list[float] = list(self._read())
        values[place] = value
        self._memory[:] = LAYOUT.pack(*values)
