"""Opens files to read them, and nothing else: step by step from a folder held open, through no link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from agentos_cli.errors import DataProblem
from agentos_cli.store.values import clean

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_UNTOUCHED = getattr(os, "O_NOATIME", 0)
"""Leaves the time of the last reading alone; only the owner of a file may ask for it, and only on Linux."""
_STEADY = 3
"""How often a file is read again that changes while it is read."""


class Unreadable(DataProblem):
    """A file of the home could not be read, or is not what it should be; costs that file alone. `why` is the
    message without the path."""

    def __init__(
        self, what: str, *, path: str | None = None, fix: str | None = None, detail: str | None = None
    ) -> None:
        super().__init__(f"{shown(path)}: {what}" if path else what, fix=fix, detail=detail)
        self.why = what


def shown(path: str) -> str:
    """A path as it can stand in one line of a message: whatever steers a terminal is spelled out."""
    return "".join(char if char.isprintable() else _spelled(char) for char in path)


def _spelled(char: str) -> str:
    return clean(char) if "\ud800" <= char <= "\udfff" else char.encode("unicode_escape").decode()


@contextmanager
def folder(path: str | os.PathLike[str], within: int | None = None) -> Iterator[int]:
    """A folder held open: `path` is one name in the folder `within`, or a whole path whose last part is no
    link. Raises OSError."""
    opened = _open(path, os.O_DIRECTORY, within)
    try:
        yield opened
    finally:
        os.close(opened)


@contextmanager
def file(
    root: str | os.PathLike[str], parts: Sequence[str], known: tuple[int, int] | None = None
) -> Iterator[int]:
    """A regular file below `root`, held open for reading. `known`: device and inode that the root had when it
    was looked at. Raises Unreadable."""
    if not parts or any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
        raise Unreadable("is no path within the home")
    held: list[int] = []
    try:
        held.append(_open(root, os.O_DIRECTORY, None))
        about = os.fstat(held[0])
        if known and known != (about.st_dev, about.st_ino):
            raise Unreadable("lies in a folder that was exchanged meanwhile")
        for part in parts[:-1]:
            held.append(_open(part, os.O_DIRECTORY, held[-1]))
        held.append(_regular(parts[-1], held[-1]))
    except OSError as problem:
        _close(held)
        raise Unreadable(f"cannot be read: {reason(problem)}") from None
    except Unreadable:
        _close(held)
        raise
    try:
        yield held[-1]
    finally:
        _close(held)


def _regular(name: str, within: int) -> int:
    """Looked at before it is opened, since to open a pipe or a device is to touch it already; and after,
    since it may have been exchanged."""
    if not stat.S_ISREG(os.stat(name, dir_fd=within, follow_symlinks=False).st_mode):
        raise Unreadable("is not a regular file")
    opened = _open(name, 0, within)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise Unreadable("is not a regular file")
    return opened


def _open(path: str | os.PathLike[str], more: int, within: int | None) -> int:
    try:
        return os.open(path, _READ | _UNTOUCHED | more, dir_fd=within)
    except PermissionError:
        return os.open(path, _READ | more, dir_fd=within)


def _close(held: list[int]) -> None:
    for opened in reversed(held):
        os.close(opened)


def whole(opened: int, most: int) -> bytes:
    """The bytes of an open file, read again if it was written to meanwhile. Unreadable above `most`."""
    data = b""
    for _ in range(_STEADY):
        before = os.fstat(opened)
        if before.st_size > most:
            raise Unreadable(f"is larger than {most // 1_000_000:,} MB")
        data = _bytes(opened, most + 1)
        after = os.fstat(opened)
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            break
    if len(data) > most:
        raise Unreadable(f"is larger than {most // 1_000_000:,} MB")
    return data


def _bytes(opened: int, most: int) -> bytes:
    parts, at = [], 0
    while at < most:
        try:
            part = os.pread(opened, min(1 << 20, most - at), at)
        except OSError as problem:
            raise Unreadable(f"cannot be read: {reason(problem)}") from None
        if not part:
            break
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def lines(opened: int, size: int, most: int) -> Iterator[tuple[bytes, bool]]:
    """As `Home.lines`. Of a line that is too long no more than a piece is held at a time."""
    try:
        with open(opened, "rb", buffering=1 << 18, closefd=False) as file:
            left = size
            while left > 0:
                line = file.readline(min(most + 1, left))
                left -= len(line)
                if line.endswith(b"\n"):
                    yield line[:-1].removesuffix(b"\r"), True
                elif len(line) > most:
                    left = _drained(file, left)
                    yield b"", False
                else:
                    if line:
                        yield line.removesuffix(b"\r"), False
                    return
    except OSError as problem:
        raise Unreadable(f"cannot be read: {reason(problem)}") from None


def _drained(file: BinaryIO, left: int) -> int:
    """Reads to the end of a line; how many bytes are left after it."""
    while left > 0:
        part = file.readline(min(1 << 20, left))
        left = left - len(part) if part else 0
        if part.endswith(b"\n"):
            break
    return left


def reason(problem: OSError) -> str:
    """What the system said, in small letters and without the path."""
    return (problem.strerror or "the system refuses").lower()
