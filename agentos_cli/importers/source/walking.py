"""Walks a directory tree without following a link or opening a file, and tells all that it comes by."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Set
from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path

from agentos_cli.importers.clawdbot.place.places import is_copy
from agentos_cli.importers.source import opening
from agentos_cli.importers.source.folders import left_out, unread

DEEPEST = 64
"""Folders within folders."""
COUNTED = 10_000
"""How far the files of a folder that is not looked into are counted."""
HUGE = 1_000_000_000
"""Bytes from which on a file must hold a hundredth of what it claims: it may be all holes."""

Identity = tuple[int, int]
"""Device and inode of a directory."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the walk came by, with its path below the root ("" is the root itself). `target` is where a link
    leads, as a real path, if it leads anywhere."""

    path: str
    size: int = 0
    mtime: float = 0.0
    problem: str | None = None
    target: str | None = None


def identity(folder: Path) -> Identity | None:
    """Of a directory; None if there is none."""
    try:
        told = folder.stat()
    except OSError:
        return None
    return told.st_dev, told.st_ino


class Walk:
    """One walk over `root`, whose label decides what is left out. `roots` are directories that are walked
    under labels of their own. `most`: how many entries may be told; `room` is how many still may."""

    def __init__(self, root: Path, label: str, roots: Set[Identity], most: int, room: int) -> None:
        self._root, self._label, self._roots = root, label, roots
        self._most, self.room = most, room

    def entries(self) -> Iterator[Seen]:
        """Each thing that is no directory, once; and each directory of which not everything is told."""
        try:
            with opening.folder(self._root) as opened:
                yield from self._told(opened, self._listed(opened), "", 0)
        except OSError as problem:
            yield Seen("", problem=f"cannot be looked into: {opening.reason(problem)}")

    def _listed(self, opened: int) -> list[os.DirEntry[str]]:
        """What a folder holds, by name: one more than may be told, and the same ones in every run."""
        with os.scandir(opened) as found:
            return nsmallest(max(0, self.room) + 1, found, key=lambda entry: entry.name)

    def _told(self, opened: int, listed: list[os.DirEntry[str]], path: str, depth: int) -> Iterator[Seen]:
        for entry in listed:
            if self.room <= 0:
                yield Seen(path, problem=f"more than {self._most:,} files in all: the rest of it is not told")
                return
            inner = f"{path}/{entry.name}" if path else entry.name
            try:
                about = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # gone between two looks, so it is not part of the home any more
            except OSError as problem:
                self.room -= 1
                yield Seen(inner, problem=f"cannot be looked at: {opening.reason(problem)}")
                continue
            if stat.S_ISDIR(about.st_mode):
                yield from self._folder(entry.name, opened, inner, about, depth + 1)
            else:
                self.room -= 1
                yield self._other(inner, about)

    def _folder(
        self, name: str, within: int, path: str, about: os.stat_result, depth: int
    ) -> Iterator[Seen]:  # fmt: skip
        if (about.st_dev, about.st_ino) in self._roots:
            return
        try:
            with opening.folder(name, within) as opened:
                listed = self._listed(opened)
                reason = self._reason(name, path, frozenset(entry.name for entry in listed), depth)
                if reason is None:
                    yield from self._told(opened, listed, path, depth)
                    return
                self.room -= 1
                yield Seen(path, 0, about.st_mtime, f"{reason} ({_files(_count(opened, COUNTED))})")
        except OSError as problem:
            self.room -= 1
            yield Seen(path, 0, about.st_mtime, f"cannot be looked into: {opening.reason(problem)}")

    def _reason(self, name: str, path: str, inside: Set[str], depth: int) -> str | None:
        if depth > DEEPEST:
            return f"deeper than {DEEPEST} folders in folders: not looked into"
        if is_copy(name, inside):
            return "a copy of a home inside the home: not looked into"
        return left_out(self._label, path)

    def _other(self, path: str, about: os.stat_result) -> Seen:
        target, problem = None, unread(self._label, path)
        if stat.S_ISLNK(about.st_mode):
            target, problem = self._led(path)
        elif not stat.S_ISREG(about.st_mode):
            problem = f"{_KINDS.get(stat.S_IFMT(about.st_mode), 'no regular file')}, not a file"
        elif about.st_size >= HUGE and about.st_blocks * 512 < about.st_size // 100:
            problem = f"claims {about.st_size // 1_000_000:,} MB and holds next to none of it: not read"
        return Seen(path, about.st_size, about.st_mtime, problem, target)

    def _led(self, path: str) -> tuple[str | None, str | None]:
        """Where a link leads. Only the names on its way are looked at; nothing is opened."""
        try:
            return os.path.realpath(self._root / path, strict=True), None
        except OSError as problem:
            if problem.errno == errno.ELOOP:
                return None, "a link that leads in a circle"
            return None, "a link that leads nowhere"


_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _count(opened: int, most: int, depth: int = 0) -> int:
    """How many files are below an open folder, up to `most`; by their names alone."""
    count, folders = 0, []
    with os.scandir(opened) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                count += 1
            if count >= most:
                return most
    for name in folders if depth < DEEPEST else []:
        try:
            with opening.folder(name, opened) as inner:
                count += _count(inner, most - count, depth + 1)
        except OSError:
            continue
        if count >= most:
            return most
    return count


def _files(count: int) -> str:
    if count >= COUNTED:
        return f"{COUNTED:,} files or more"
    return "1 file" if count == 1 else f"{count:,} files"
