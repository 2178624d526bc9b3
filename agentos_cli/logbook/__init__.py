"""The log that is kept: JSON lines in files of bounded size, to which several processes append."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

Line = Mapping[str, object]
"""One line, read: `ts`, `level`, `logger`, `message`, and whatever else is known of it."""

SIZE = 1_000_000
"""Bytes from which on a file is full."""
FILES = 5
"""How many files are kept: the one that is written, and the full ones before it, `.1` the newest."""
LEVELS = ("debug", "info", "warning", "error", "critical")
"""From the least to the worst."""


def append(path: Path, line: str) -> None:
    """Add one line, which holds no newline; the folder and the file are made for their owner alone.

    Raises OSError where it cannot be written. What a process left half written when it was killed ends up as
    a line of its own, which readers pass over.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = line.encode("utf-8", "replace") + b"\n"
    with _alone(path):
        handle = _open(path)
        try:
            size = os.fstat(handle).st_size
            if size + len(text) > SIZE and size:
                os.close(handle)
                _turn(path)
                handle, size = _open(path), 0
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            os.write(handle, b"\n" + text if torn else text)
        finally:
            os.close(handle)


def lines(path: Path) -> Iterator[Line]:
    """Every line that is kept, oldest first. Whatever is no line of ours is passed over."""
    for number in reversed(range(FILES)):
        yield from _older(_numbered(path, number), None)


def follow(path: Path) -> Iterator[Line | None]:
    """Every line that is kept, oldest first, then those that are added, without an end; None wherever there
    is none yet. Each comes once, whatever files turn meanwhile."""
    handle = _opened(path)
    for number in reversed(range(1, FILES)):
        yield from _older(_numbered(path, number), handle)
    rest = b""
    while True:
        more = os.read(handle, 65_536) if handle is not None else b""
        *whole, rest = (rest + more).split(b"\n")
        yield from filter(None, map(_read, whole))
        if not more and (handle is None or _is_over(handle, path)):
            if handle is not None and (more := os.read(handle, 65_536)):  # came before the file turned
                rest += more
                continue
            handle, rest = _exchanged(handle, path), b""
            if handle is None:
                yield None
        elif not more:
            yield None


def _read(line: bytes) -> Line | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    known = isinstance(found, dict) and isinstance(found.get("ts"), str) and found.get("level") in LEVELS
    return found if known else None


def _numbered(path: Path, number: int) -> Path:
    return path if number == 0 else path.with_name(f"{path.name}.{number}")


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _turn(path: Path) -> None:
    """Begin a new file; the oldest one goes."""
    for number in reversed(range(FILES - 1)):
        if (old := _numbered(path, number)).exists():
            old.replace(_numbered(path, number + 1))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keeps other processes and threads out for the block."""
    lock = path.with_name(f"{path.name}.lock")
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _opened(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None


def _exchanged(handle: int | None, path: Path) -> int | None:
    """The file that is written now, instead of the one that is over."""
    if handle is not None:
        os.close(handle)
    return _opened(path)


def _older(path: Path, but: int | None) -> Iterator[Line]:
    """The lines of a full file, unless it is the one that is open as `but`."""
    try:
        with path.open("rb") as file:
            if but is None or not os.path.samestat(os.fstat(file.fileno()), os.fstat(but)):
                yield from filter(None, map(_read, file))
    except FileNotFoundError:
        return


def _is_over(handle: int, path: Path) -> bool:
    """Whether another file has taken the place of the open one."""
    try:
        return not os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return True
