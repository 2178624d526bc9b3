"""A private directory for one run of a tap: its settings hold secrets, and are gone when the run is over.

A run that was killed leaves its directory behind; the next run of any tap sweeps it away. Which directories
belong to living runs is told by a lock that ends with its process, however that ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from agentos_cli.errors import Fatal

LOCK = ".lock"


@contextmanager
def private_room(under: Path) -> Iterator[Path]:
    """A new directory that no other user can look into, removed at the end. Raises Fatal where none can be
    made."""
    try:
        under.mkdir(parents=True, exist_ok=True, mode=0o700)
        under.chmod(0o700)
        _sweep(under)
        room = Path(mkdtemp(prefix="run-", dir=under))
        held = os.open(room / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
    except OSError as problem:
        raise Fatal(f"cannot make a private directory in {under}: {problem.strerror}") from None
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
        os.close(held)


def put(room: Path, name: str, content: Mapping[str, object] | str) -> Path:
    """Write a file that only its owner can read; an object as JSON."""
    path = room / name
    text = content if isinstance(content, str) else json.dumps(content)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def _sweep(under: Path) -> None:
    """Remove what runs that were killed have left. A directory without a lock is just being made, or was
    left at that very moment: it holds nothing yet, and stays."""
    for room in under.glob("run-*"):
        with suppress(OSError):
            held = os.open(room / LOCK, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(room, ignore_errors=True)
            finally:
                os.close(held)
