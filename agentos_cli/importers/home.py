"""The source on disk: what is in it, read without ever writing, locking, or leaving it.

A home has roots: the state directory, each agent's workspace, further folders of skills. A path within it is
`<label>/<path under the root>`, the same wherever the home lies: `state/cron/jobs.json`, `workspace/SOUL.md`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agentos_cli.importers.opening import Unreadable

__all__ = ["MOST", "Entry", "Home", "Unreadable"]

MOST = 16_000_000
"""Bytes of a file that is read whole."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that the walk saw: a file, or what is not one. `problem` says why it is not read: a link that
    leads out, a pipe, too large, a folder that is not looked into. `size` in bytes, `mtime` in seconds."""

    path: str
    size: int = 0
    mtime: float = 0.0
    problem: str | None = None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


class Home:
    """A home, and which of its entries a reader has taken. Text of paths is as the file system has it, with
    surrogates for bytes that are no UTF-8; who shows or stores it cleans it."""

    def __init__(self, install: str, era: str) -> None:
        self.install, self.era = install, era
        self._roots: dict[str, Path] = {}
        self._entries: dict[str, Entry] = {}

    @property
    def roots(self) -> dict[str, Path]:
        """The real folder of each label."""
        return dict(self._roots)

    def add(self, label: str, folder: Path) -> None:
        """One more root, walked at once. A folder that is a root already, or lies in one, is not walked
        twice."""
        self._roots[label] = folder
        for found, _, names in os.walk(folder):
            for name in names:
                path = Path(found) / name
                told, entry = path.lstat(), f"{label}/{path.relative_to(folder).as_posix()}"
                problem = None if stat.S_ISREG(told.st_mode) else "not a file"
                self._entries[entry] = Entry(entry, told.st_size, told.st_mtime, problem)

    def add_file(self, label: str, file: Path) -> None:
        """One more root that is a single file: `<label>/<its name>`."""
        told = file.lstat()
        self._roots[label] = file.parent
        self._entries[f"{label}/{file.name}"] = Entry(f"{label}/{file.name}", told.st_size, told.st_mtime)

    def all(self) -> list[Entry]:
        """Every entry, by path."""
        return [self._entries[path] for path in sorted(self._entries)]

    def get(self, path: str) -> Entry | None:
        """The entry of this path, if it is a file that can be read."""
        entry = self._entries.get(path)
        return entry if entry and entry.problem is None else None

    def under(self, folder: str, suffix: str = "") -> list[Entry]:
        """Readable files below a folder (`state/cron`, without a slash at the end), by path."""
        return [
            entry
            for entry in self.all()
            if entry.path.startswith(f"{folder}/") and entry.path.endswith(suffix) and entry.problem is None
        ]

    def read(self, path: str, most: int = MOST) -> bytes:
        """The bytes of a file. Raises Unreadable."""
        label, _, rest = path.partition("/")
        return (self._roots[label] / rest).read_bytes()[:most]

    def text(self, path: str, most: int = MOST) -> str:
        """Its text: without a byte order mark, bytes that are no UTF-8 replaced, line ends as they are."""
        return self.read(path, most).decode("utf-8-sig", "replace")

    def lines(self, path: str, size: int, most: int = 32_000_000) -> Iterator[tuple[bytes, bool]]:
        """The lines of the first `size` bytes of a file, without their ends, each with whether it is whole:
        False for one that is longer than `most` (then it is b"") and for a last one without an end."""
        label, _, rest = path.partition("/")
        with (self._roots[label] / rest).open("rb") as file:
            for line in file.read(size).splitlines(keepends=True):
                yield line.rstrip(b"\r\n"), line.endswith(b"\n") and len(line) <= most
