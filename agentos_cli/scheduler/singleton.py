"""One daemon for each tenant and machine: a lock that ends with its process, and a file on how it fares."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from agentos_cli.clock import sleep
from agentos_cli.errors import DataProblem, LeaseHeld


@dataclass(frozen=True, slots=True)
class Standing:
    """How a daemon fares. Instants are ISO 8601 in UTC; `last_tick` is when the newest tick began,
    `last_ended` and `last_code` are those of the tick that ended last; `every` is in seconds."""

    pid: int
    host: str
    started_at: str
    every: float
    state: str = "ready"
    ticks: int = 0
    last_tick: str | None = None
    last_ended: str | None = None
    last_code: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """The place of a tenant's daemon in the state folder."""

    folder: Path
    tenant: str

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only one meanwhile. Raises LeaseHeld when another is, DataProblem without a place to lock.

        The kernel gives the lock back when the process ends, however it ends; a process id in a file would
        outlive it, and might be another's by then.
        """
        handle = self._open()
        try:
            if not any(_taken(handle, wait) for wait in (0.0, 0.2)):  # somebody may be looking just now
                raise LeaseHeld(
                    f"a daemon runs already for tenant {self.tenant}", fix="agentos schedule run --status"
                )
            yield
        finally:
            os.close(handle)

    def is_held(self) -> bool:
        """Whether a daemon runs now."""
        try:
            handle = os.open(self._lock, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(handle)

    def write(self, standing: Standing) -> None:
        """Say how it fares: whole or not at all; a disk that is full ends no daemon."""
        path = self.folder / f"daemon-{self.tenant}.json"
        fresh = path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(asdict(standing)), encoding="utf-8")
            fresh.replace(path)
        except OSError:
            return

    def read(self) -> Standing | None:
        """How the last daemon said it fares; None if none ever did."""
        try:
            said = (self.folder / f"daemon-{self.tenant}.json").read_text(encoding="utf-8")
            return Standing(**json.loads(said))
        except (OSError, ValueError, TypeError):
            return None

    @property
    def _lock(self) -> Path:
        return self.folder / f"daemon-{self.tenant}.lock"

    def _open(self) -> int:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise DataProblem(f"cannot open {self._lock}: {problem.strerror}") from None


def _taken(handle: int, wait: float) -> bool:
    sleep(wait)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_stuck(standing: Standing, now: datetime) -> bool:
    """Whether no tick has begun for far longer than one should have."""
    last = datetime.fromisoformat(standing.last_tick or standing.started_at)
    return now - last > timedelta(seconds=max(3 * standing.every, 30.0))
